// SPDX-License-Identifier: GPL-2.0
#include <algorithm>
#include <ctime>

#include <fmt/format.h>

#include "daemon/cli/commands.h"
#include "daemon/memory/store.h"
#include "daemon/text.h"

namespace smadv::cli {
namespace {

using memory::Lesson;
using memory::Store;

std::string age_text(std::int64_t then_s) {
  const std::int64_t ago_s = std::max<std::int64_t>(std::time(nullptr) - then_s, 0);
  return ago_s < 86400 ? format_duration_ns(static_cast<std::uint64_t>(ago_s) * 1'000'000'000)
                       : fmt::format("{} d", ago_s / 86400);
}

Table table_of(const std::vector<Lesson>& lessons) {
  using Align = Column::Align;
  Table table({{"HINT"},
               {"PAID", Align::Right},
               {"FAILED", Align::Right},
               {"SPARED", Align::Right},
               {"LOST", Align::Right},
               {"PRICE", Align::Right},
               {"AGO", Align::Right},
               {"PATTERN"},
               {"EXE"},
               {"FILE"}});
  for (const Lesson& lesson : lessons) {
    table.add({name_of(lesson.last.hint), fmt::format("{}", lesson.paid),
               fmt::format("{}", lesson.failed), format_duration_ns(lesson.spared_ns),
               format_duration_ns(lesson.lost_ns), format_percent(price_pct(lesson)),
               age_text(lesson.last_s),
               pattern_text(lesson.last.pattern, lesson.last.pattern_pages),
               printable(lesson.last.exe), printable(lesson.last.file)});
  }
  return table;
}

Json json_of(const Lesson& lesson) {
  Json object = Json::object();
  object.set("exe", Json(lesson.last.exe))
      .set("file", Json(lesson.last.file))
      .set("file-id", Json(lesson.last.file_id))
      .set("hint", Json(name_of(lesson.last.hint)))
      .set("pattern", Json(name_of(lesson.last.pattern)))
      .set("pattern-pages", Json(std::uint64_t{lesson.last.pattern_pages}))
      .set("start", Json(lesson.last.start))
      .set("end", Json(lesson.last.end))
      .set("paid", Json(lesson.paid))
      .set("failed", Json(lesson.failed))
      .set("spared-ns", Json(lesson.spared_ns))
      .set("lost-ns", Json(lesson.lost_ns))
      .set("price-pct", Json(std::uint64_t{price_pct(lesson)}))
      .set("first-s", Json(static_cast<std::uint64_t>(lesson.first_s)))
      .set("last-s", Json(static_cast<std::uint64_t>(lesson.last_s)));
  return object;
}

/// What of the memory is asked for.
struct MemoryRequest {
  std::string database;  ///< Its file.
  std::string name;      ///< Executable or file, empty for every one.
  bool all = false;      ///< Said so.
};

Result<void> show_memory(Context& context, const MemoryRequest& request) {
  std::vector<Lesson> lessons;
  if (memory::database_exists(request.database)) {
    auto store = Store::open(request.database, Store::Mode::Read);
    if (!store) {
      return store.error();
    }
    auto all = store->lessons();
    if (!all) {
      return all.error();
    }
    lessons = *std::move(all);
  }
  if (!request.name.empty()) {
    std::erase_if(lessons, [&request](const Lesson& lesson) {
      return lesson.last.exe != request.name && lesson.last.file != request.name;
    });
  }
  if (!context.json()) {
    context.print(table_of(lessons));
    return {};
  }
  Json array = Json::array();
  for (const Lesson& lesson : lessons) {
    array.push(json_of(lesson));
  }
  context.print(array);
  return {};
}

Result<void> forget_memory(Context& context, const MemoryRequest& request) {
  if (request.name.empty() != request.all) {
    return Error{ExitCode::Usage, 0, "name an executable or a file, or say --all"};
  }
  std::uint64_t forgotten = 0;
  if (memory::database_exists(request.database)) {
    auto store = Store::open(request.database, Store::Mode::Write);
    if (!store) {
      return store.error();
    }
    const auto count = store->forget(request.all ? std::nullopt : std::optional(request.name));
    if (!count) {
      return count.error();  // GCOVR_EXCL_LINE: a database that breaks meanwhile
    }
    forgotten = *count;
  }
  if (forgotten == 0 && !request.all) {
    return Error{ExitCode::NotFound, 0,
                 fmt::format("nothing is remembered of {}", printable(request.name))};
  }
  if (context.json()) {
    context.print(Json::object().set("forgotten", Json(forgotten)));
  } else {
    context.out() << fmt::format("{} forgotten\n", forgotten);
  }
  return {};
}

}  // namespace

void declare_memory(const Command& smadv) {
  const Command memory =
      smadv.add("memory", "What trials taught of the files of programs",
                "  smadv memory\n"
                "  smadv memory show /usr/bin/mongod\n"
                "  smadv memory forget /srv/data/index\n"
                "PRICE is what the next trial has to be worth: less where the hint paid the last "
                "times,\nmore where it did not.\n");
  const auto given = memory.text({.names = "--database",
                                  .does = "The memory of smadvd (" SMADV_MEMORY_FILE ")",
                                  .value = "FILE",
                                  .completer = complete_files});
  const auto database = [given] { return given.value_or(SMADV_MEMORY_FILE); };
  const Word path{
      .names = "PATH", .does = "Path of an executable or a file", .completer = complete_files};
  memory.runs([database](Context& context) {
    return show_memory(context, {.database = database(), .name = {}});
  });

  const Command show =
      memory.add("show", "All of it, or of one executable or file",
                 "  smadv memory show\n  smadv memory show /usr/bin/mongod --json\n");
  const auto shown = show.text(path);
  show.runs([database, shown](Context& context) {
    return show_memory(context, {.database = database(), .name = shown.value_or({})});
  });

  const Command forget =
      memory.add("forget", "Forget an executable, a file, or all",
                 "  smadv memory forget /usr/bin/mongod\n  smadv memory forget --all\n");
  const auto forgotten = forget.text(path);
  const auto all = forget.flag({.names = "--all", .does = "Everything"});
  forget.runs([database, forgotten, all](Context& context) {
    return forget_memory(
        context,
        {.database = database(), .name = forgotten.value_or({}), .all = static_cast<bool>(all)});
  });
}

}  // namespace smadv::cli
