// SPDX-License-Identifier: GPL-2.0
#include "daemon/memory/store.h"

#include <sys/resource.h>

#include <SQLiteCpp/SQLiteCpp.h>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "temp_dir.h"

namespace smadv::memory {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr Limits kLimits{.rows = 100, .days = 10};

class StoreTest : public testing::Test {
 protected:
  [[nodiscard]] std::filesystem::path file() const { return dir_.path() / "state" / "memory.db"; }

  Store open(Store::Mode mode = Store::Mode::Write) const {
    auto store = Store::open(file(), mode);
    EXPECT_TRUE(store) << store.error().message;
    return *std::move(store);
  }

  static Outcome outcome(const std::string& exe, std::uint64_t file_id, bool paid) {
    return {.exe = exe,
            .file = "/data/" + std::to_string(file_id),
            .file_id = file_id,
            .hint = Hint::Random,
            .pattern = Pattern::Strided,
            .pattern_pages = 32,
            .start = 4096,
            .end = 8192,
            .paid = paid,
            .ns = 1000};
  }

  static void learn(Store& store, const Outcome& outcome, std::int64_t now_s = 1000) {
    const auto learned = store.learn(outcome, kLimits, now_s);
    EXPECT_TRUE(learned) << learned.error().message;
  }

  static Lesson only(Store& store) {
    const auto lessons = store.lessons();
    EXPECT_THAT(*lessons, SizeIs(1));
    return lessons->empty() ? Lesson{} : lessons->front();
  }

  test::TempDir dir_;
};

TEST_F(StoreTest, OutcomesAddUpAndSurvive) {
  {
    Store store = open();
    learn(store, outcome("/bin/db", ~0ULL, true), 1000);
    learn(store, outcome("/bin/db", ~0ULL, true), 2000);
    learn(store, outcome("/bin/db", ~0ULL, false), 3000);
  }
  Store store = open();
  const Lesson lesson = only(store);
  EXPECT_EQ(lesson.last.exe, "/bin/db");
  EXPECT_EQ(lesson.last.file, "/data/18446744073709551615");
  EXPECT_EQ(lesson.last.file_id, ~0ULL);
  EXPECT_EQ(lesson.last.hint, Hint::Random);
  EXPECT_EQ(lesson.last.pattern, Pattern::Strided);
  EXPECT_EQ(lesson.last.pattern_pages, 32U);
  EXPECT_EQ(lesson.last.start, 4096U);
  EXPECT_EQ(lesson.last.end, 8192U);
  EXPECT_FALSE(lesson.last.paid);
  EXPECT_EQ(lesson.paid, 2U);
  EXPECT_EQ(lesson.failed, 1U);
  EXPECT_EQ(lesson.streak, -1);
  EXPECT_EQ(lesson.spared_ns, 2000U);
  EXPECT_EQ(lesson.lost_ns, 1000U);
  EXPECT_EQ(lesson.first_s, 1000);
  EXPECT_EQ(lesson.last_s, 3000);
}

TEST_F(StoreTest, ThePriceFollowsTheStreak) {
  Store store = open();
  EXPECT_EQ(price_pct(Lesson{}), 100U);
  for (const std::uint32_t pct : {25U, 6U, 6U}) {
    learn(store, outcome("/bin/db", 1, true));
    EXPECT_EQ(price_pct(only(store)), pct);
  }
  for (const std::uint32_t pct : {400U, 1600U, 1600U}) {
    learn(store, outcome("/bin/db", 1, false));
    EXPECT_EQ(price_pct(only(store)), pct);
  }
  learn(store, outcome("/bin/db", 1, true));
  EXPECT_EQ(price_pct(only(store)), 25U);
}

TEST_F(StoreTest, LessonsOfOneProgramTheLatestFirst) {
  Store store = open();
  learn(store, outcome("/bin/db", 1, true), 1000);
  learn(store, outcome("/bin/db", 2, true), 3000);
  learn(store, outcome("/bin/other", 1, true), 2000);
  const auto lessons = store.lessons("/bin/db");
  ASSERT_THAT(*lessons, SizeIs(2));
  EXPECT_EQ(lessons->front().last.file_id, 2U);
  EXPECT_THAT(*store.lessons(), SizeIs(3));
  EXPECT_THAT(*store.lessons("/bin"), IsEmpty());
}

TEST_F(StoreTest, ForgetsAProgramAFileOrAll) {
  Store store = open();
  for (const auto* exe : {"/bin/a", "/bin/b"}) {
    learn(store, outcome(exe, 1, true));
    learn(store, outcome(exe, 2, true));
  }
  EXPECT_EQ(*store.forget("/bin/none"), 0U);
  EXPECT_EQ(*store.forget("/data/2"), 2U);
  EXPECT_EQ(*store.forget("/bin/a"), 1U);
  EXPECT_THAT(*store.lessons(), SizeIs(1));
  EXPECT_EQ(*store.forget({}), 1U);
}

TEST_F(StoreTest, TheOldestGoBeyondTheLimits) {
  Store store = open();
  constexpr std::int64_t kDayS = 86400;
  for (std::uint64_t id = 1; id <= 5; ++id) {
    const auto now_s = static_cast<std::int64_t>(id) * kDayS;
    ASSERT_TRUE(store.learn(outcome("/bin/a", id, true), {.rows = 3, .days = 10}, now_s));
  }
  EXPECT_THAT(*store.lessons(), SizeIs(3));
  EXPECT_EQ(store.lessons()->back().last.file_id, 3U);
  ASSERT_TRUE(store.learn(outcome("/bin/a", 6, true), {.rows = 3, .days = 10}, 14 * kDayS));
  EXPECT_THAT(*store.lessons(), SizeIs(3)) << "4 days, and what is older than 10 days is gone";
  ASSERT_TRUE(store.learn(outcome("/bin/a", 7, true), {.rows = 9, .days = 1}, 20 * kDayS));
  EXPECT_THAT(*store.lessons(), SizeIs(1));
}

TEST_F(StoreTest, TwoProgramsAtATime) {
  Store one = open();
  Store two = open();
  learn(one, outcome("/bin/a", 1, true));
  learn(two, outcome("/bin/a", 1, true));
  EXPECT_EQ(only(one).paid, 2U);
  Store reader = open(Store::Mode::Read);
  EXPECT_EQ(only(reader).paid, 2U);
  EXPECT_FALSE(reader.learn(outcome("/bin/a", 1, true), kLimits, 1)) << "read only";
}

TEST_F(StoreTest, WhoKeepsItLockedIsNotWaitedForLong) {
  Store store = open();
  SQLite::Database other(file().string(), SQLite::OPEN_READWRITE);
  SQLite::Transaction transaction(other, SQLite::TransactionBehavior::IMMEDIATE);
  const auto learned = store.learn(outcome("/bin/a", 1, true), kLimits, 1);
  ASSERT_FALSE(learned);
  EXPECT_THAT(learned.error().message, HasSubstr("memory.db: database is locked"));
  transaction.commit();
  learn(store, outcome("/bin/a", 1, true));
}

TEST_F(StoreTest, WithoutRoomNothingIsLearnedAndNothingIsLost) {
  Store store = open();
  learn(store, outcome("/bin/a", 1, true));
  rlimit former{};
  getrlimit(RLIMIT_FSIZE, &former);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit none{1, former.rlim_max};  // not a byte more in any file
  setrlimit(RLIMIT_FSIZE, &none);
  const auto learned = store.learn(outcome("/bin/a", 1, true), kLimits, 1);
  setrlimit(RLIMIT_FSIZE, &former);
  std::signal(SIGXFSZ, handler);
  ASSERT_FALSE(learned);
  EXPECT_NE(learned.error().code, EILSEQ);
  learn(store, outcome("/bin/a", 1, true));
  EXPECT_EQ(only(store).paid, 2U);
}

TEST_F(StoreTest, NoFileToRead) {
  EXPECT_FALSE(database_exists(file()));
  const auto store = Store::open(file(), Store::Mode::Read);
  ASSERT_FALSE(store);
  EXPECT_NE(store.error().code, EILSEQ);
  std::filesystem::create_directories(file().parent_path());
  std::ofstream(file()).close();
  EXPECT_TRUE(database_exists(file()));
  auto empty = open(Store::Mode::Read);
  EXPECT_FALSE(empty.lessons()) << "no tables yet";
}

TEST_F(StoreTest, WhereNothingCanBeMade) {
  const auto opened = open_or_replace(dir_.path() / "no" / "such" / "memory.db");
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error().message, HasSubstr("unable to open database file"));
}

class AsideTest : public StoreTest {
 protected:
  // The file goes aside, for this reason, and a new one is in its place.
  void expect_aside(const std::string& why) {
    const auto refused = Store::open(file(), Store::Mode::Write);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, EILSEQ);
    EXPECT_THAT(refused.error().message, HasSubstr(why));
    const auto size = std::filesystem::file_size(file());
    auto opened = open_or_replace(file());
    ASSERT_TRUE(opened) << opened.error().message;
    EXPECT_EQ(opened->aside, file().string() + ".aside");
    EXPECT_EQ(std::filesystem::file_size(*opened->aside), size);
    learn(opened->store, outcome("/bin/a", 1, true));
    EXPECT_FALSE(open_or_replace(file())->aside);
  }

  void change(const std::string& statement) {
    static_cast<void>(open());
    SQLite::Database(file().string(), SQLite::OPEN_READWRITE).exec(statement);
  }
};

TEST_F(AsideTest, NoDatabase) {
  dir_.write("state/memory.db", std::string(8192, 'x'));
  expect_aside("file is not a database");
}

TEST_F(AsideTest, OfAnotherProgram) {
  std::filesystem::create_directories(file().parent_path());
  SQLite::Database(file().string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE)
      .exec("CREATE TABLE t (x)");
  expect_aside("is a database of another program");
}

TEST_F(AsideTest, OfAnotherVersion) {
  change("PRAGMA user_version = 2");
  expect_aside("has version 2 of the tables, this program has 1");
}

TEST_F(AsideTest, Broken) {
  {
    Store store = open();
    for (std::uint64_t id = 1; id <= 100; ++id) {
      learn(store, outcome("/bin/a", id, true));
    }
  }
  std::fstream stream(file(), std::ios::in | std::ios::out | std::ios::binary);
  stream.seekp(4096);
  stream << std::string(4096, '\xff');
  stream.close();
  expect_aside("");
}

TEST_F(AsideTest, ThatCannotBeMoved) {
  dir_.write("state/memory.db", std::string(8192, 'x'));
  std::filesystem::create_directories(file().string() + ".aside/folder");
  const auto opened = open_or_replace(file());
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, EILSEQ);
}

}  // namespace
}  // namespace smadv::memory
