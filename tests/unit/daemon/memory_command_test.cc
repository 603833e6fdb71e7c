// SPDX-License-Identifier: GPL-2.0
// smadv memory
#include <ctime>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "cli_fixture.h"
#include "daemon/memory/store.h"

namespace smadv::cli {
namespace {

using test::Outcome;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class MemoryCommandTest : public test::CliTest {
 protected:
  MemoryCommandTest() { kernel_.loaded = false; }

  [[nodiscard]] std::string database() const { return (root_.path() / "memory.db").string(); }

  Outcome memory(const std::string& line) {
    return run("memory " + line + " --database " + database());
  }

  void learn(const std::string& exe, const std::string& file, bool paid, std::int64_t ago_s) {
    auto store = memory::Store::open(database(), memory::Store::Mode::Write);
    const auto learned = store->learn({.exe = exe,
                                       .file = file,
                                       .file_id = std::hash<std::string>{}(file),
                                       .hint = Hint::Random,
                                       .pattern = Pattern::Strided,
                                       .pattern_pages = 64,
                                       .start = 0,
                                       .end = 4096,
                                       .paid = paid,
                                       .ns = 1'500'000},
                                      {.rows = 10, .days = 1000}, std::time(nullptr) - ago_s);
    ASSERT_TRUE(learned) << learned.error().message;
  }
};

TEST_F(MemoryCommandTest, NothingYet) {
  EXPECT_EQ(memory("show").exit, ExitCode::Ok);
  EXPECT_EQ(memory("--json").out, "[]\n");
  EXPECT_EQ(memory("forget --all").out, "0 forgotten\n");
  EXPECT_FALSE(std::filesystem::exists(database())) << "asking makes none";
}

TEST_F(MemoryCommandTest, ShowsWhatWasLearned) {
  learn("/bin/db", "/data/\x1b", true, 3 * 86400 + 60);
  learn("/bin/fio", "/data/f", false, 7200);
  const Outcome all = memory("");
  EXPECT_THAT(all.out, AllOf(HasSubstr("HINT"), HasSubstr("strided(64)"), HasSubstr("/bin/db"),
                             HasSubstr("/data/\\x1b"), HasSubstr("1.5 ms"), HasSubstr("25 %"),
                             HasSubstr("400 %"), HasSubstr("3 d"), HasSubstr("2 h")));
  EXPECT_THAT(memory("show /bin/fio").out, AllOf(HasSubstr("/data/f"), Not(HasSubstr("/bin/db"))));
  EXPECT_THAT(memory("show /data/f").out, AllOf(HasSubstr("/data/f"), Not(HasSubstr("/bin/db"))));
}

TEST_F(MemoryCommandTest, Json) {
  learn("/bin/db", "/data/f", true, 0);
  const auto json = nlohmann::json::parse(memory("show --json").out);
  ASSERT_EQ(json.size(), 1U);
  EXPECT_EQ(json[0]["exe"], "/bin/db");
  EXPECT_EQ(json[0]["hint"], "random");
  EXPECT_EQ(json[0]["pattern-pages"], 64);
  EXPECT_EQ(json[0]["spared-ns"], 1'500'000);
  EXPECT_EQ(json[0]["price-pct"], 25);
}

TEST_F(MemoryCommandTest, Forgets) {
  learn("/bin/db", "/data/f", true, 0);
  learn("/bin/fio", "/data/f", true, 0);
  const Outcome unknown = memory("forget /bin/none");
  EXPECT_EQ(unknown.exit, ExitCode::NotFound);
  EXPECT_EQ(unknown.err, "smadv: nothing is remembered of /bin/none\n");
  EXPECT_EQ(memory("forget /bin/db").out, "1 forgotten\n");
  EXPECT_EQ(nlohmann::json::parse(memory("forget --all --json").out),
            nlohmann::json({{"forgotten", 1}}));
  for (const auto* line : {"forget", "forget /bin/db --all"}) {
    const Outcome outcome = memory(line);
    EXPECT_EQ(outcome.exit, ExitCode::Usage) << line;
    EXPECT_EQ(outcome.err, "smadv: name an executable or a file, or say --all\n");
  }
}

TEST_F(MemoryCommandTest, WhatIsNoMemoryIsLeftAsItIs) {
  std::ofstream(database()) << std::string(8192, 'x');
  for (const auto* line : {"show", "forget --all"}) {
    const Outcome outcome = memory(line);
    EXPECT_EQ(outcome.exit, ExitCode::Failed) << line;
    EXPECT_THAT(outcome.err, HasSubstr("memory.db: file is not a database"));
  }
  EXPECT_EQ(std::filesystem::file_size(database()), 8192U);
}

TEST_F(MemoryCommandTest, ErrorsOfTheDatabase) {
  std::ofstream(database()).close();
  EXPECT_EQ(memory("show").exit, ExitCode::Failed) << "no tables";
  learn("/bin/db", "/data/f", true, 0);
}

}  // namespace
}  // namespace smadv::cli
