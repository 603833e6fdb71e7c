// SPDX-License-Identifier: GPL-2.0
// smadv top but for its terminal: rows out of looks, lines out of rows, keys, and --batch.
#include <unistd.h>

#include <array>
#include <sstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "cli_fixture.h"
#include "daemon/cli/top/layout.h"
#include "daemon/cli/top/model.h"
#include "daemon/cli/top/session.h"
#include "daemon/text.h"
#include "daemon/unique_fd.h"
#include "no_more_files.h"

namespace smadv::cli::top {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr std::uint64_t kMiB = 1U << 20U;

Process process(std::uint32_t pid, const std::string& comm, std::uint64_t faults) {
  Process process;
  process.id = std::uint64_t{pid} * 10;
  process.pid = pid;
  process.comm = comm;
  process.tracked_ms = 2000;
  process.faults = faults;
  process.majors = faults / 10;
  process.ranges = 1;
  process.memory_bytes = pid;
  return process;
}

Range range(std::uint32_t pid, std::uint64_t start, std::uint64_t end, Pattern pattern,
            Hint hint = Hint::None) {
  Range range;
  range.pid = pid;
  range.start = start;
  range.end = end;
  range.pattern = pattern;
  range.hint = hint;
  range.file = "/mnt/data/file";
  range.reason = Reason::FewFaults;
  return range;
}

/// Three processes, 100 faults of the first one a second.
Snapshot snapshot(std::uint64_t second = 0) {
  Snapshot snapshot;
  snapshot.time_ns = second * 1'000'000'000;
  snapshot.policy.enabled = 1;
  snapshot.policy.governor = 2;
  snapshot.stats.processes = 3;
  snapshot.stats.ranges = 4;
  snapshot.stats.analyzer_ns = second * 5'000'000;
  snapshot.processes = {process(11, "scan", 1000 + 100 * second), process(12, "db", 500),
                        process(113, "cat", 20)};
  snapshot.processes[0].pages_read = 1 + 1024 * second;
  snapshot.processes[0].pages_touched = 2 + 512 * second;
  snapshot.processes[1].hints_active = 2;
  snapshot.processes[1].saved_bytes = 3 * kMiB;
  snapshot.ranges = {range(11, 0, 64 * kMiB, Pattern::Sequential),
                     range(12, 0, 30 * kMiB, Pattern::Random, Hint::Random),
                     range(12, 100 * kMiB, 110 * kMiB, Pattern::Sequential, Hint::Sequential),
                     range(113, 0, 1 * kMiB, Pattern::Idle)};
  snapshot.read_bytes = {{11, second * 4 * kMiB}, {12, 0}};
  return snapshot;
}

std::vector<std::uint32_t> pids(const std::vector<Row>& rows) {
  std::vector<std::uint32_t> pids;
  pids.reserve(rows.size());
  for (const Row& row : rows) {
    pids.push_back(row.process.pid);
  }
  return pids;
}

std::string text_of(const std::vector<Line>& lines) {
  std::string text;
  for (const Line& line : lines) {
    for (const Cell& cell : line) {
      text += cell.text;
    }
    text += '\n';
  }
  return text;
}

// The line that is selected, without its blanks around.
std::string selected(const std::vector<Line>& lines) {
  for (const Line& line : lines) {
    if (!line.empty() && line[0].style == Style::Selected) {
      const std::string& text = line[0].text;
      const auto first = text.find_first_not_of(' ');
      return text.substr(first, text.find_last_not_of(' ') - first + 1);
    }
  }
  return {};
}

TEST(TopModel, FirstRatesAreSinceTheProcessIsTracked) {
  const auto rows = rows_of(snapshot(), nullptr);
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows[0].rates.faults, 500);
  EXPECT_EQ(rows[0].rates.majors, 50);
  EXPECT_FALSE(rows[0].rates.read_bytes);
  EXPECT_EQ(rows[0].rates.used, 2);
  EXPECT_FALSE(rows[1].rates.used) << "it has read nothing";
}

TEST(TopModel, RatesAreOfTheTimeBetween) {
  const Snapshot before = snapshot(1);
  Snapshot now = snapshot(3);
  now.processes.push_back(process(14, "new", 40));
  const auto rows = rows_of(now, &before);
  EXPECT_EQ(rows[0].rates.faults, 100);
  EXPECT_EQ(rows[0].rates.read_bytes, 4.0 * kMiB);
  EXPECT_EQ(rows[0].rates.used, 0.5);
  EXPECT_EQ(rows[1].rates.faults, 0);
  EXPECT_EQ(rows[1].rates.read_bytes, 0);
  EXPECT_FALSE(rows[2].rates.read_bytes) << "not to be looked at";
  EXPECT_EQ(rows[3].rates.faults, 20) << "since it is tracked";
  EXPECT_EQ(analyzer_percent(now, before), 0.5);
}

TEST(TopModel, NoRateIsMadeOfCountersThatBeganAnew) {
  const Snapshot before = snapshot(3);
  Snapshot now = snapshot(1);
  now.time_ns = before.time_ns;
  EXPECT_EQ(rows_of(now, &before)[0].rates.faults, 0);
  now.time_ns += 1'000'000'000;
  EXPECT_EQ(rows_of(now, &before)[0].rates.faults, 0);
  EXPECT_FALSE(rows_of(now, &before)[0].rates.used);
}

TEST(TopModel, MixIsBytesByPattern) {
  Snapshot now = snapshot();
  now.ranges.push_back(range(12, 0, kMiB, static_cast<Pattern>(77)));
  const auto rows = rows_of(now, nullptr);
  EXPECT_EQ(rows[1].mix, (Mix{kMiB, 0, 10 * kMiB, 0, 0, 0, 30 * kMiB}));
}

TEST(TopModel, SortsByEachKey) {
  const Snapshot before = snapshot(1);
  auto rows = rows_of(snapshot(3), &before);
  rows[0].process.ranges = 9;
  const auto sorted = [&rows](SortKey key, bool reversed = false) {
    sort_rows(rows, key, reversed);
    return pids(rows);
  };
  EXPECT_THAT(sorted(SortKey::Faults), ElementsAre(11, 12, 113));
  EXPECT_THAT(sorted(SortKey::Majors), ElementsAre(11, 12, 113));
  EXPECT_THAT(sorted(SortKey::Read, true), ElementsAre(113, 12, 11));
  EXPECT_THAT(sorted(SortKey::Hints), ElementsAre(12, 11, 113));
  EXPECT_THAT(sorted(SortKey::Saved), ElementsAre(12, 11, 113));
  EXPECT_THAT(sorted(SortKey::Ranges), ElementsAre(11, 12, 113));
  EXPECT_THAT(sorted(SortKey::Memory), ElementsAre(113, 12, 11));
  EXPECT_THAT(sorted(SortKey::Pid), ElementsAre(11, 12, 113));
  EXPECT_THAT(sorted(SortKey::Command), ElementsAre(113, 12, 11));
}

TEST(TopModel, MatchesCommandOrPid) {
  const Row row{process(113, "postgres", 0), {}};
  EXPECT_TRUE(matches(row, ""));
  EXPECT_TRUE(matches(row, "gres"));
  EXPECT_TRUE(matches(row, "11"));
  EXPECT_FALSE(matches(row, "13"));
}

TEST(TopLayout, MixHasTenLetters) {
  EXPECT_EQ(mix_text({}), "-");
  EXPECT_EQ(mix_text({0, 0, 1}), "ssssssssss");
  EXPECT_EQ(mix_text({0, 0, 10, 0, 0, 0, 30}), "sssrrrrrrr") << "the tenth in the middle goes once";
  EXPECT_EQ(mix_text({1, 1, 1, 0, 0, 0, 0}).size(), 10U);
}

TEST(TopLayout, BarOfRanges) {
  std::vector<Range> ranges = {
      range(1, 0, 40, Pattern::Sequential, Hint::Sequential),
      range(1, 1000, 1020, Pattern::Random, Hint::Random),
      range(1, 5000, 5030, Pattern::Random),
      range(1, 6000, 6010, Pattern::Unknown),
  };
  ranges[2].application_hint = Hint::Random;
  ranges[3].application_hint = Hint::Sequential;
  const Bar bar = address_bar(ranges, 1, 10);
  EXPECT_EQ(bar.patterns, "ssssrrrrr?");
  EXPECT_EQ(bar.hints, "SSSSRRrrrs");
  EXPECT_EQ(bar.marks, "    ^^    ");
  EXPECT_EQ(address_bar(ranges, 1, 1).patterns, "r") << "what most of a column is";
  EXPECT_EQ(address_bar(ranges, 3, 5).marks, "    ^") << "also of a part of a column";
  EXPECT_EQ(address_bar({}, 0, 3).patterns, "   ");
  EXPECT_EQ(address_bar(ranges, 0, 0).patterns, "");
}

TEST(TopLayout, ScreenfulEndsWhereTheScreenDoes) {
  Screenful screen({5, 2});
  screen.add({"abc", "defg", "h"});
  screen.add({});
  screen.add({"no room"});
  EXPECT_EQ(text_of(screen.lines()), "abcde\n\n");
}

TEST(TopLayout, ListScrollsToWhatIsSelected) {
  const std::vector<Line> lines = {{"a"}, {"b"}, {"c"}, {"d"}};
  Screenful screen({3, 9});
  screen.add_list(lines, 3, 2);
  screen.add_list(lines, 0, 2);
  EXPECT_EQ(text_of(screen.lines()), "c\nd  \na  \nb\n");
}

TEST(TopLayout, HeadlineCountsWhatWasLost) {
  Snapshot before = snapshot(1);
  Snapshot now = snapshot(2);
  EXPECT_EQ(headline(now, nullptr),
            "enabled, governor benefit; 4 ranges of 3 processes, 0 hints active, 0 changed, 0 "
            "restored");
  now.stats.faults_lost = 1;
  now.policy.enabled = 0;
  EXPECT_THAT(headline(now, &before),
              AllOf(StartsWith("disabled"), HasSubstr("; analyzer 0.50 % of a CPU, 1 fault lost")));
}

class TopSession : public testing::Test {
 protected:
  TopSession() { session_.see(snapshot()); }

  std::vector<Line> lines() { return session_.draw(size_); }
  std::string screen() { return text_of(lines()); }
  void press(const std::string& keys) {
    for (const char key : keys) {
      EXPECT_TRUE(session_.press(key));
    }
  }
  void press(int key) { EXPECT_TRUE(session_.press(key)); }

  Size size_{100, 12};
  Session session_{Settings{}};
};

TEST(TopSessionAtFirst, ShowsThatItHasSeenNothing) {
  Session session{Settings{}};
  EXPECT_TRUE(session.press(key::kDown));
  EXPECT_EQ(text_of(session.draw({100, 3})),
            "rates since each process is tracked, every 2 s\n\n\n");
}

TEST_F(TopSession, ShowsProcesses) {
  session_.see(snapshot(2));
  // clang-format off
  EXPECT_EQ(screen(),
      "smadv top  enabled, governor benefit; 4 ranges of 3 processes, 0 hints active, 0 changed, 0 restored\n"
      "rates of the last 2.0 s, every 2 s\n"
      "PID  COMMAND  FAULTS/S*  MAJOR/S       READ  USED  PATTERN  CONF  MIX         HINTS    SAVED  RANGES\n"
      " 11  scan           100       10  4.0 MiB/s  50 %  unknown   0 %  ssssssssss      0      0 B       1\n"
      " 12  db             0.0      0.0      0 B/s     -  unknown   0 %  sssrrrrrrr      2  3.0 MiB       1\n"
      "113  cat            0.0      0.0          -     -  unknown   0 %  ..........      0      0 B       1\n"
      "\n\n\n\n\n"
      "q quit  Enter ranges  < > sort  / name  Space pause  + - interval  ? help\n");
  // clang-format on
}

TEST_F(TopSession, NothingIsTracked) {
  session_.see({});
  EXPECT_THAT(screen(), HasSubstr("\nno process is tracked"));
  press(key::kEnter);
  press(key::kDown);
  EXPECT_THAT(screen(), HasSubstr("\nno process is tracked"));
}

TEST_F(TopSession, EverySizeIsFilledAndNotExceeded) {
  for (int view = 0; view < 2; ++view) {
    for (std::size_t width : {1, 2, 7, 20, 40, 80, 200}) {
      for (std::size_t height : {1, 2, 3, 5, 7, 8, 10, 24, 100}) {
        const auto lines = session_.draw({width, height});
        EXPECT_EQ(lines.size(), height);
        for (const Line& line : lines) {
          EXPECT_LE(columns_of(text_of({line})) - 1, width);
        }
      }
    }
    size_ = {30, 3};
    EXPECT_THAT(selected(lines()), Not("")) << "what matters shows in a small one, too";
    press(key::kEnter);
  }
}

TEST_F(TopSession, SelectionStaysWithTheProcess) {
  EXPECT_THAT(selected(lines()), StartsWith("11 "));
  press(key::kDown);
  EXPECT_THAT(selected(lines()), StartsWith("12 "));
  press('R');
  EXPECT_THAT(selected(lines()), StartsWith("12 "));
  press('k');
  EXPECT_THAT(selected(lines()), StartsWith("113 "));
  press(key::kEnd);
  EXPECT_THAT(selected(lines()), StartsWith("11 "));
  press(key::kHome);
  EXPECT_THAT(selected(lines()), StartsWith("113 "));
  press(key::kPageDown);
  EXPECT_THAT(selected(lines()), StartsWith("11 "));
  press(key::kPageUp);
  EXPECT_THAT(selected(lines()), StartsWith("113 "));
  press("jjj");
  EXPECT_THAT(selected(lines()), StartsWith("11 "));
}

TEST_F(TopSession, SortsByKeys) {
  for (const auto& [key, title] : std::vector<std::pair<char, std::string>>{{'m', "MAJOR/S*"},
                                                                            {'r', "READ*"},
                                                                            {'h', "HINTS*"},
                                                                            {'s', "SAVED*"},
                                                                            {'p', "PID*"},
                                                                            {'n', "COMMAND*"},
                                                                            {'f', "FAULTS/S*"},
                                                                            {'<', "COMMAND*"},
                                                                            {'>', "FAULTS/S*"}}) {
    press(key);
    EXPECT_THAT(screen(), HasSubstr(title));
  }
}

TEST_F(TopSession, NameIsTyped) {
  press("/x");
  EXPECT_THAT(screen(), AllOf(HasSubstr(", only 'x_'"), HasSubstr("\nno process matches")));
  press(key::kBackspace);
  press(key::kBackspace);
  press(key::kUp);
  press("d");
  EXPECT_THAT(screen(), AllOf(HasSubstr("db"), Not(HasSubstr("scan"))));
  press(key::kEnter);
  EXPECT_THAT(screen(), HasSubstr(", only 'd'"));
  press("/");
  press(key::kEscape);
  EXPECT_THAT(screen(), AllOf(HasSubstr("db"), HasSubstr("scan"), Not(HasSubstr("only"))));
}

TEST_F(TopSession, IntervalHasBounds) {
  press("+");
  EXPECT_EQ(session_.interval_s(), 4);
  press(std::string(20, '+'));
  EXPECT_EQ(session_.interval_s(), kMostIntervalS);
  press(std::string(20, '-'));
  EXPECT_EQ(session_.interval_s(), kLeastIntervalS);
}

TEST_F(TopSession, PausesHelpsAndQuits) {
  press(" ");
  EXPECT_TRUE(session_.paused());
  EXPECT_THAT(screen(), HasSubstr(", paused"));
  press("?");
  EXPECT_THAT(screen(), AllOf(HasSubstr("this help"), Not(HasSubstr("scan"))));
  size_.height = 40;
  EXPECT_THAT(screen(), HasSubstr("s sequential  b backward"));
  press("x");
  EXPECT_THAT(screen(), HasSubstr("scan"));
  press("?");
  EXPECT_FALSE(session_.press('q'));
  EXPECT_FALSE(session_.press('q'));
}

TEST_F(TopSession, LostModuleIsSaidAndForgotten) {
  session_.lose("the module is not loaded");
  EXPECT_THAT(screen(), AllOf(HasSubstr("waiting: the module is not loaded"), HasSubstr("scan")));
  size_.height = 4;
  EXPECT_THAT(screen(), HasSubstr("waiting: the module is not loaded"));
  session_.see(snapshot(9));
  size_.height = 12;
  EXPECT_THAT(screen(), HasSubstr("rates since each process is tracked"));
}

TEST_F(TopSession, ShowsRanges) {
  size_ = {78, 15};
  press(key::kDown);
  press(key::kEnter);
  press(key::kDown);
  press("/");  // means nothing here
  const std::string shown = screen();
  EXPECT_EQ(shown,
            "db (12)  250.0 faults/s, 25.0 major/s; 1 range, 2 hints active\n"
            "rates since each process is tracked, every 2 s\n" +
                std::string(59, 'r') + std::string(19, 's') + "\n" + std::string(59, 'R') +
                std::string(19, 'S') + "\n" + std::string(58, ' ') + std::string(20, '^') + "\n" +
                shown.substr(shown.find("? unknown")));
  EXPECT_THAT(selected(lines()), StartsWith("6400000-6e00000 "));
  EXPECT_THAT(shown, HasSubstr("\nSEQUENTIAL is applied, but no longer wanted: "));
  press(key::kEscape);
  EXPECT_THAT(screen(), HasSubstr("COMMAND"));
}

TEST_F(TopSession, RangesOfOthersAreNotSeen) {
  press(key::kDown);
  press(key::kEnter);
  Snapshot later = snapshot(1);
  later.ranges.clear();
  session_.see(later);
  EXPECT_THAT(screen(), HasSubstr("its ranges show to its user and root only"));
  later.processes[1].ranges = 0;
  session_.see(later);
  EXPECT_THAT(screen(), HasSubstr("no range yet"));
  later.processes.clear();
  session_.see(later);
  EXPECT_THAT(screen(), HasSubstr("the process is gone"));
}

class TopBatch : public test::CliTest {
 protected:
  TopBatch() { kernel_.add_fio(); }
};

TEST_F(TopBatch, PrintsEachLook) {
  root_.write("proc/136/io", "rchar: 5\nread_bytes: 4096\n");
  kernel_.processes[0].pages_read = kernel_.processes[0].pages_touched = 9;
  const auto outcome = run("top --batch -n 2 --interval 0.1");
  EXPECT_EQ(outcome.exit, ExitCode::Ok);
  EXPECT_EQ(outcome.err, "");
  EXPECT_THAT(outcome.out, HasSubstr("\n136  fio           1555     1334     -   all  random"));
  EXPECT_THAT(outcome.out, HasSubstr("\n136  fio            0.0      0.0  0 B/s     -  random"));
}

TEST_F(TopBatch, JsonIsALineForEach) {
  kernel_.processes[0].pages_read = 4;
  kernel_.processes[0].pages_touched = 1;
  const auto outcome = run("top --json -n 2 -i 0.1 --name fi");
  EXPECT_EQ(outcome.exit, ExitCode::Ok);
  std::istringstream lines(outcome.out);
  std::string line;
  std::getline(lines, line);
  const auto first = nlohmann::json::parse(line);
  EXPECT_FALSE(first.contains("over-ms"));
  EXPECT_EQ(first["processes"][0]["pid"], 136);
  EXPECT_EQ(first["processes"][0]["touched-per-read"], 0.25);
  EXPECT_EQ(first["processes"][0]["bytes-by-pattern"]["random"], 64 * kMiB);
  std::getline(lines, line);
  const auto second = nlohmann::json::parse(line);
  EXPECT_GE(second["over-ms"], 100);
  EXPECT_EQ(second["processes"][0]["faults-per-s"], 0);
  EXPECT_FALSE(second["processes"][0].contains("touched-per-read"));
  EXPECT_THAT(run("top --json -n 1 --name x").out, HasSubstr("\"processes\":[]"));
}

TEST_F(TopBatch, SurvivesAModuleThatIsGoneMeanwhile) {
  for (const char* call : {"policy", "stats", "processes", "ranges", "tasks"}) {
    kernel_.failures.clear();
    kernel_.failures[std::string(call) + " 2"] =
        test::refusal(ExitCode::ModuleAbsent, 2, "not loaded");
    const auto outcome = run("top --batch -n 3 -i 0.1");
    EXPECT_EQ(outcome.exit, ExitCode::Ok);
    EXPECT_EQ(outcome.err, "smadv: not loaded; waiting for it\n") << call;
  }
}

TEST_F(TopBatch, EndsWhenItsReaderLeaves) {
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe(ends.data()), 0);
  const UniqueFd out(ends[1]);
  close(ends[0]);
  machine_.out_fd = out.get();
  EXPECT_EQ(run("top --batch").exit, ExitCode::Ok);
}

TEST_F(TopBatch, SignalsThatCannotBeWaitedForAreTold) {
  const test::NoMoreFiles limit;
  EXPECT_EQ(run("top --batch").err, "smadv: cannot wait for signals: Too many open files\n");
}

TEST_F(TopBatch, Complains) {
  EXPECT_EQ(run("top").err,
            "smadv: top needs a terminal for input and output; use --batch or --json\n");
  EXPECT_EQ(run("top -n 1").err, "smadv: --count goes with --batch or --json\n");
  EXPECT_EQ(run("top -b --sort size").exit, ExitCode::Usage);
  EXPECT_EQ(run("top -b --interval 0").err,
            "smadv: --interval: '0' is no number of seconds (0.1..3600) (see smadv top --help)\n");
  kernel_.loaded = false;
  EXPECT_EQ(run("top -b").exit, ExitCode::ModuleAbsent);
}

}  // namespace
}  // namespace smadv::cli::top
