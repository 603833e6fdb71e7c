// SPDX-License-Identifier: GPL-2.0
// What smadv offers the shells' completions: every word of its own help, and what is there live.
#include <algorithm>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli_fixture.h"
#include "daemon/policy.h"

namespace smadv {
namespace {

using test::Outcome;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

class CompletionTest : public test::CliTest {
 protected:
  /// Lines that answer the words, the last of which is to be completed.
  std::vector<std::string> lines(std::vector<std::string> words) {
    words.insert(words.begin(), "--complete");
    const Outcome outcome = run_words(words);
    EXPECT_EQ(outcome.exit, ExitCode::Ok);
    EXPECT_EQ(outcome.err, "");
    std::vector<std::string> lines;
    std::istringstream stream(outcome.out);
    for (std::string line; std::getline(stream, line);) {
      lines.push_back(line);
    }
    return lines;
  }

  std::vector<std::string> candidates(const std::vector<std::string>& words) {
    std::vector<std::string> found = lines(words);
    for (std::string& line : found) {
      line.resize(line.find('\t'));
    }
    return found;
  }

  /// Every command below @p path and every option, as the help has them, is offered.
  void expect_all_of_help(const std::vector<std::string>& path) {
    auto words = path;
    words.emplace_back("--help");
    std::istringstream help(run_words(words).out);
    words.back() = "";
    const auto commands = candidates(words);
    words.back() = "-";
    const auto options = candidates(words);
    bool below = false;
    static const std::regex option("^  (?:(-\\w),)?(--[a-z-]+)?.*");
    static const std::regex command("^  ([a-z]+) .*");
    for (std::string line; std::getline(help, line);) {
      std::smatch match;
      below = line.empty() ? false : below || line == "Subcommands:";
      if (below && std::regex_match(line, match, command)) {
        EXPECT_THAT(commands, Contains(match[1].str()));
        auto inner = path;
        inner.push_back(match[1]);
        ++commands_seen_;
        expect_all_of_help(inner);
      } else if (line.starts_with("  -") && std::regex_match(line, match, option)) {
        for (const std::string& name : {match[1].str(), match[2].str()}) {
          EXPECT_TRUE(name.empty() || std::ranges::count(options, name) == 1) << line;
        }
      }
    }
  }

  int commands_seen_ = 0;
};

TEST_F(CompletionTest, OffersAllThatTheHelpHas) {
  expect_all_of_help({});
  EXPECT_GE(commands_seen_, 21);
}

TEST_F(CompletionTest, CommandsBeginWithWhatWasTyped) {
  EXPECT_THAT(lines({"pro"}),
              ElementsAre("probe\tCan this kernel do it, by which mechanism, and why not; needs no "
                          "module"));
  EXPECT_THAT(candidates({"--json", "--color", "never", "po"}), ElementsAre("policy"));
  EXPECT_THAT(candidates({"filter", "f"}), ElementsAre("flush"));
  EXPECT_THAT(candidates({"frob", ""}), Contains("status"));
  EXPECT_THAT(candidates({"ps", ""}), IsEmpty());
}

TEST_F(CompletionTest, OptionsHaveValues) {
  EXPECT_THAT(candidates({"ps", "--color", "a"}), ElementsAre("auto", "always"));
  EXPECT_THAT(candidates({"monitor", "--count", ""}), IsEmpty());
  EXPECT_THAT(candidates({"monitor", "--c"}), ElementsAre("--count", "--color"));
}

TEST_F(CompletionTest, ProcessesAreThoseTracked) {
  EXPECT_THAT(candidates({"ranges", ""}), IsEmpty());
  kernel_.add_fio();
  for (const char* command : {"ranges", "tasks", "explain", "forget", "restore"}) {
    EXPECT_THAT(lines({command, ""}), ElementsAre("136\tfio")) << command;
  }
  EXPECT_THAT(candidates({"ranges", "136", ""}), IsEmpty());
  EXPECT_THAT(lines({"filter", "add", "include", "pid", "1"}), ElementsAre("136\tfio"));
  kernel_.failures["processes"] = test::refusal(ExitCode::Failed, 12, "no memory");
  EXPECT_THAT(candidates({"ranges", ""}), IsEmpty());
}

TEST_F(CompletionTest, FiltersHaveKindsValuesAndNumbers) {
  EXPECT_THAT(candidates({"filter", "add", ""}), ElementsAre("include", "exclude"));
  EXPECT_THAT(candidates({"filter", "add", "include", ""}),
              ElementsAre("pid", "uid", "comm", "exe", "cgroup"));
  EXPECT_THAT(candidates({"filter", "add", "include", "exe", "/usr/"}), ElementsAre(":files"));
  EXPECT_THAT(candidates({"filter", "add", "include", "comm", ""}), IsEmpty());
  run("filter add exclude comm postgres");
  EXPECT_THAT(lines({"filter", "del", ""}), ElementsAre("1\texclude comm postgres"));
}

TEST_F(CompletionTest, PolicyHasKeysWithValues) {
  const auto keys = candidates({"policy", "set", ""});
  ASSERT_EQ(keys.size(), policy_keys().size());
  for (const PolicyKey& key : policy_keys()) {
    EXPECT_THAT(keys, Contains(std::string(key.name) + '='));
  }
  kernel_.policy.hold_ms = 7;
  EXPECT_THAT(
      lines({"policy", "set", "enabled=on", "hold-ms="}),
      ElementsAre("hold-ms=7\tin force (0..60000 ms)", "hold-ms=100\tdefault (0..60000 ms)"));
  EXPECT_THAT(candidates({"policy", "set", "governor=b"}), ElementsAre("governor=benefit"));
  EXPECT_THAT(candidates({"policy", "set", "frob=1"}), IsEmpty());
  EXPECT_THAT(candidates({"governor", ""}), ElementsAre("observe", "pattern", "benefit"));
  kernel_.loaded = false;
  EXPECT_THAT(candidates({"policy", "set", "enabled="}), ElementsAre("enabled=off", "enabled=on"));
}

}  // namespace
}  // namespace smadv
