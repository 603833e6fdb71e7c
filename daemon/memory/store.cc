// SPDX-License-Identifier: GPL-2.0
#include "daemon/memory/store.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <cerrno>
#include <sqlite3.h>
#include <system_error>
#include <utility>

#include <fmt/format.h>

namespace smadv::memory {
namespace {

namespace fs = std::filesystem;

constexpr std::int32_t kApplication = 0x536d4164;  // "SmAd": what the file is
constexpr int kSchema = 1;
constexpr int kPatienceMs = 200;  // with another program that writes
constexpr std::int64_t kDayS = 86400;

constexpr const char* kTable =
    "CREATE TABLE lesson ("
    "exe TEXT NOT NULL, file TEXT NOT NULL, file_id INTEGER NOT NULL, hint INTEGER NOT NULL,"
    "pattern INTEGER NOT NULL, pattern_pages INTEGER NOT NULL,"
    "start INTEGER NOT NULL, end INTEGER NOT NULL,"
    "paid INTEGER NOT NULL, failed INTEGER NOT NULL, streak INTEGER NOT NULL,"
    "spared_ns INTEGER NOT NULL, lost_ns INTEGER NOT NULL,"
    "first_s INTEGER NOT NULL, last_s INTEGER NOT NULL,"
    "PRIMARY KEY (exe, file_id, hint)) WITHOUT ROWID";

constexpr const char* kLearn =
    "INSERT INTO lesson VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 1 - ?9, 2 * ?9 - 1,"
    "CASE ?9 WHEN 1 THEN ?10 ELSE 0 END, CASE ?9 WHEN 1 THEN 0 ELSE ?10 END, ?11, ?11) "
    "ON CONFLICT DO UPDATE SET file = excluded.file, pattern = excluded.pattern,"
    "pattern_pages = excluded.pattern_pages, start = excluded.start, end = excluded.end,"
    "paid = paid + excluded.paid, failed = failed + excluded.failed,"
    "streak = CASE WHEN streak * excluded.streak > 0 THEN streak + excluded.streak "
    "ELSE excluded.streak END,"
    "spared_ns = spared_ns + excluded.spared_ns, lost_ns = lost_ns + excluded.lost_ns,"
    "last_s = excluded.last_s";

constexpr const char* kPrune =
    "DELETE FROM lesson WHERE last_s < ?1 OR (exe, file_id, hint) IN "
    "(SELECT exe, file_id, hint FROM lesson ORDER BY last_s DESC LIMIT -1 OFFSET ?2)";

Error not_ours(const fs::path& file, std::string_view why) {
  return {ExitCode::Failed, EILSEQ, fmt::format("{}: {}", file.string(), why)};
}

Lesson lesson_of(SQLite::Statement& row) {
  Lesson lesson;
  lesson.last.exe = row.getColumn(0).getString();
  lesson.last.file = row.getColumn(1).getString();
  lesson.last.file_id = static_cast<std::uint64_t>(row.getColumn(2).getInt64());
  lesson.last.hint = static_cast<Hint>(row.getColumn(3).getUInt());
  lesson.last.pattern = static_cast<Pattern>(row.getColumn(4).getUInt());
  lesson.last.pattern_pages = row.getColumn(5).getUInt();
  lesson.last.start = static_cast<std::uint64_t>(row.getColumn(6).getInt64());
  lesson.last.end = static_cast<std::uint64_t>(row.getColumn(7).getInt64());
  lesson.paid = static_cast<std::uint64_t>(row.getColumn(8).getInt64());
  lesson.failed = static_cast<std::uint64_t>(row.getColumn(9).getInt64());
  lesson.streak = row.getColumn(10).getInt64();
  lesson.spared_ns = static_cast<std::uint64_t>(row.getColumn(11).getInt64());
  lesson.lost_ns = static_cast<std::uint64_t>(row.getColumn(12).getInt64());
  lesson.first_s = row.getColumn(13).getInt64();
  lesson.last_s = row.getColumn(14).getInt64();
  lesson.last.paid = lesson.streak > 0;
  return lesson;
}

}  // namespace

/// SQLite with its exceptions turned into results.
class Store::Database {
 public:
  Database(fs::path file, int flags)
      : file_(std::move(file)), database_(file_.string(), flags, kPatienceMs) {}

  template <class Do>
  auto attempt(Do&& action) -> Result<decltype(action(std::declval<SQLite::Database&>()))> {
    try {
      return action(database_);
    } catch (const SQLite::Exception& error) {
      return error_of(file_, error);
    }
  }

  static Error error_of(const fs::path& file, const SQLite::Exception& error) {
    const bool broken =
        error.getErrorCode() == SQLITE_NOTADB || error.getErrorCode() == SQLITE_CORRUPT;
    return {ExitCode::Failed, broken ? EILSEQ : 0,
            fmt::format("{}: {}", file.string(), error.what())};
  }

  /// Is it a database of ours, of this version? An empty one becomes one.
  [[nodiscard]] Result<void> check(Mode mode) {
    const std::int32_t application = database_.execAndGet("PRAGMA application_id").getInt();
    const int schema = database_.execAndGet("PRAGMA user_version").getInt();
    const int tables = database_.execAndGet("SELECT count(*) FROM sqlite_schema").getInt();
    if (application == kApplication && schema == kSchema) {
      const std::string found = database_.execAndGet("PRAGMA quick_check(1)").getString();
      return found == "ok" ? Result<void>() : not_ours(file_, "is broken: " + found);
    }
    if (application == kApplication) {
      return not_ours(
          file_, fmt::format("has version {} of the tables, this program has {}", schema, kSchema));
    }
    if (application != 0 || schema != 0 || tables != 0) {
      return not_ours(file_, "is a database of another program");
    }
    if (mode == Mode::Write) {
      // Consistent after a power cut, without waiting for the disk at each commit.
      static_cast<void>(database_.execAndGet("PRAGMA journal_mode = WAL"));
      SQLite::Transaction transaction(database_);
      database_.exec(kTable);
      database_.exec(fmt::format("PRAGMA application_id = {}", kApplication));
      database_.exec(fmt::format("PRAGMA user_version = {}", kSchema));
      transaction.commit();
    }
    return {};
  }

 private:
  fs::path file_;
  SQLite::Database database_;
};

Store::Store(std::unique_ptr<Database> database) : database_(std::move(database)) {}
Store::Store(Store&&) noexcept = default;
Store& Store::operator=(Store&&) noexcept = default;  // GCOVR_EXCL_LINE: optionals may
Store::~Store() = default;

Result<Store> Store::open(const fs::path& file, Mode mode) {
  if (mode == Mode::Write) {
    std::error_code ignored;  // what matters is whether the file can be opened
    fs::create_directory(file.parent_path(), ignored);
  }
  try {
    auto database = std::make_unique<Database>(
        file,
        mode == Mode::Read ? SQLite::OPEN_READONLY : SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    if (auto checked = database->check(mode); !checked) {
      return checked.error();
    }
    return Store(std::move(database));
  } catch (const SQLite::Exception& error) {
    return Database::error_of(file, error);
  }
}

Result<void> Store::learn(const Outcome& outcome, const Limits& limits, std::int64_t now_s) {
  const auto learned = database_->attempt([&](SQLite::Database& database) {
    SQLite::Transaction transaction(database, SQLite::TransactionBehavior::IMMEDIATE);
    SQLite::Statement learn(database, kLearn);
    learn.bind(1, outcome.exe);
    learn.bind(2, outcome.file);
    learn.bind(3, static_cast<std::int64_t>(outcome.file_id));
    learn.bind(4, static_cast<std::uint32_t>(outcome.hint));
    learn.bind(5, static_cast<std::uint32_t>(outcome.pattern));
    learn.bind(6, outcome.pattern_pages);
    learn.bind(7, static_cast<std::int64_t>(outcome.start));
    learn.bind(8, static_cast<std::int64_t>(outcome.end));
    learn.bind(9, outcome.paid ? 1 : 0);
    learn.bind(10, static_cast<std::int64_t>(outcome.ns));
    learn.bind(11, now_s);
    learn.exec();
    SQLite::Statement prune(database, kPrune);
    prune.bind(1, now_s - kDayS * limits.days);
    prune.bind(2, limits.rows);
    prune.exec();
    transaction.commit();
    return true;
  });
  return learned ? Result<void>() : learned.error();
}

Result<std::vector<Lesson>> Store::lessons(const std::optional<std::string>& exe) {
  return database_->attempt([&](SQLite::Database& database) {
    SQLite::Statement query(
        database, fmt::format("SELECT * FROM lesson {} ORDER BY last_s DESC, exe, file, hint",
                              exe ? "WHERE exe = ?1" : ""));
    if (exe) {
      query.bind(1, *exe);
    }
    std::vector<Lesson> lessons;
    while (query.executeStep()) {
      lessons.push_back(lesson_of(query));
    }
    return lessons;
  });
}

Result<std::uint64_t> Store::forget(const std::optional<std::string>& exe_or_file) {
  return database_->attempt([&](SQLite::Database& database) {
    SQLite::Statement query(
        database,
        fmt::format("DELETE FROM lesson {}", exe_or_file ? "WHERE exe = ?1 OR file = ?1" : ""));
    if (exe_or_file) {
      query.bind(1, *exe_or_file);
    }
    return static_cast<std::uint64_t>(query.exec());
  });
}

bool database_exists(const fs::path& file) {
  std::error_code code;
  const bool found = fs::exists(file, code);
  return found || code;  // what cannot be looked at is told when it is opened
}

Result<Opened> open_or_replace(const fs::path& file) {
  auto store = Store::open(file, Store::Mode::Write);
  if (store) {
    return Opened{*std::move(store), std::nullopt};
  }
  if (store.error().code != EILSEQ) {
    return store.error();
  }
  const fs::path aside = file.string() + ".aside";
  std::error_code code;
  fs::rename(file, aside, code);
  if (code) {
    return store.error();
  }
  for (const auto* suffix : {"-wal", "-shm"}) {
    fs::remove(file.string() + suffix, code);  // of the file that is gone
  }
  store = Store::open(file, Store::Mode::Write);
  return store ? Result<Opened>(Opened{*std::move(store), aside}) : store.error();
}

std::uint32_t price_pct(const Lesson& lesson) {
  if (lesson.streak == 0) {
    return 100;
  }
  if (lesson.streak > 0) {
    return lesson.streak == 1 ? 25 : 6;
  }
  return lesson.streak == -1 ? 400 : 1600;
}

}  // namespace smadv::memory
