// SPDX-License-Identifier: GPL-2.0
// What each command shows and changes, as a table and as JSON.
#include <cerrno>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "cli_fixture.h"
#include "daemon/fields.h"
#include "daemon/policy.h"
#include "daemon/stats.h"

namespace smadv {
namespace {

using test::Outcome;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class CommandsTest : public test::CliTest {
 protected:
  CommandsTest() { kernel_.add_fio(); }

  nlohmann::ordered_json json(const std::string& line) {
    const Outcome outcome = run(line + " --json");
    EXPECT_EQ(outcome.exit, ExitCode::Ok) << outcome.err;
    return nlohmann::ordered_json::parse(outcome.out, nullptr, false);
  }

  std::string show(const std::string& line) {
    const Outcome outcome = run(line);
    EXPECT_EQ(outcome.exit, ExitCode::Ok) << outcome.err;
    EXPECT_EQ(outcome.err, "");
    return outcome.out;
  }
};

template <Described T>
void expect_keys(const nlohmann::ordered_json& object) {
  auto member = object.begin();
  for_each_field<T>([&](const auto& field) {
    ASSERT_NE(member, object.end()) << field.name;
    EXPECT_EQ(member.key(), field.name);
    ++member;
  });
}

TEST_F(CommandsTest, Status) {
  kernel_.stats.processes = 1;
  kernel_.stats.ranges = 17;
  kernel_.stats.hints_active = 5;
  kernel_.stats.hints_changed = 12;
  kernel_.stats.hints_restored = 4;
  kernel_.stats.hints_yielded = 3;
  kernel_.stats.faults = 123456;
  kernel_.stats.majors = 99;
  kernel_.stats.faults_lost = 2;
  kernel_.stats.faults_untracked = 6;
  kernel_.stats.events_lost = 8;
  kernel_.stats.memory_bytes = 1536;
  EXPECT_EQ(show("status"),
            "module     0.1.0, interface 1\n"
            "state      enabled, governor benefit (smadv governor observe takes all hints back)\n"
            "hook       ftrace\n"
            "executor   madvise\n"
            "observers  applications' madvise() seen, forks followed\n"
            "processes  1 of at most 1024\n"
            "ranges     17\n"
            "hints      5 active, 12 changed, 4 restored, 3 yielded\n"
            "faults     123456, 99 of them major\n"
            "lost       2 faults overwritten, 6 of untracked processes, 8 events\n"
            "memory     1.5 KiB of at most 16.0 MiB\n");
  EXPECT_EQ(show(""), show("status")) << "without a command";
}

TEST_F(CommandsTest, StatusTellsGovernorAndDisabled) {
  kernel_.policy.governor = 1;
  EXPECT_THAT(show("status"), HasSubstr("enabled, governor pattern (smadv governor observe takes"));
  kernel_.policy.governor = 0;
  EXPECT_THAT(show("status"), HasSubstr("enabled, governor observe (nothing is changed)\n"));
  kernel_.policy.enabled = 0;
  kernel_.info = {"0.1.0", 1, HookKind::None, ExecutorKind::VmaFlags, 0, 0, 4096, 16};
  EXPECT_THAT(show("status"), HasSubstr("state      disabled\n"
                                        "hook       none\n"
                                        "executor   vma-flags\n"
                                        "observers  applications' madvise() known by flags only, "
                                        "forks not followed\n"));
}

TEST_F(CommandsTest, StatusAsJson) {
  const auto status = json("status");
  expect_keys<Info>(status["info"]);
  EXPECT_EQ(status["info"]["hook"], "ftrace");
  EXPECT_EQ(status["policy"]["governor"], "benefit");
  EXPECT_EQ(status["stats"]["faults"], 0);
  EXPECT_EQ(json(""), status);
}

TEST_F(CommandsTest, PolicyShowListsEveryKey) {
  kernel_.policy.hold_ms = 250;
  const std::string table = show("policy show");
  for (const PolicyKey& key : policy_keys()) {
    EXPECT_THAT(table, HasSubstr("\n" + std::string(key.name) + " "));
    EXPECT_THAT(table, HasSubstr(std::string(key.doc) + "\n"));
  }
  EXPECT_THAT(table, HasSubstr("\nhold-ms                250      100  0..60000 ms "));
  EXPECT_EQ(show("policy"), table);
}

TEST_F(CommandsTest, PolicyAsJsonHasRawNumbersAndNames) {
  const auto policy = json("policy");
  ASSERT_EQ(policy.size(), policy_keys().size());
  auto member = policy.begin();
  for (const PolicyKey& key : policy_keys()) {
    EXPECT_EQ(member.key(), key.name);
    ++member;
  }
  EXPECT_EQ(policy["enabled"], 1);
  EXPECT_EQ(policy["governor"], "benefit");
  EXPECT_EQ(policy["min-mapping-kb"], 1024);
}

TEST_F(CommandsTest, PolicySetIsOneRequest) {
  EXPECT_EQ(show("policy set governor=pattern hold-ms=500 enabled=on"), "");
  EXPECT_THAT(kernel_.journal, ElementsAre("policy governor=pattern hold-ms=500 enabled=on"));
  EXPECT_EQ(json("policy set random-pct=80")["random-pct"], 80);
}

TEST_F(CommandsTest, PolicySetChecksEverythingFirst) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"hold-ms=1 random-pct=49", "random-pct = 49 is out of range, allowed: 50..100 %"},
      {"hold-ms=1 randompct=80", "unknown key 'randompct', did you mean 'random-pct'?"},
      {"hold-ms=1 random-pct", "'random-pct' is not KEY=VALUE"},
      {"hold-ms=1 random-pct=", "'' is no value for random-pct, allowed: 50..100 %"},
      {"hold-ms=1 hold-ms=2", "hold-ms is given twice"},
      {"governor=best", "'best' is no value for governor, allowed: observe, pattern or benefit"}};
  for (const auto& [words, message] : cases) {
    const Outcome outcome = run("policy set " + words);
    EXPECT_EQ(outcome.exit, ExitCode::Usage) << words;
    EXPECT_EQ(outcome.err, "smadv: " + message + "\n");
  }
  EXPECT_THAT(kernel_.journal, IsEmpty());
}

TEST_F(CommandsTest, PolicySetRefusedByTheKernelShowsItsSentence) {
  kernel_.failures.insert(
      {"set_policy", {ExitCode::Failed, EINVAL, "cannot set the policy: min-faults: must not"}});
  const Outcome outcome = run("policy set min-faults=100");
  EXPECT_EQ(outcome.exit, ExitCode::Failed);
  EXPECT_EQ(outcome.err, "smadv: cannot set the policy: min-faults: must not\n");
}

TEST_F(CommandsTest, Governor) {
  EXPECT_EQ(show("governor"), "benefit\n");
  EXPECT_EQ(json("governor"), nlohmann::ordered_json({{"governor", "benefit"}}));
  EXPECT_EQ(show("governor pattern"), "");
  EXPECT_EQ(show("governor"), "pattern\n");
  EXPECT_EQ(json("governor observe"), nlohmann::ordered_json({{"governor", "observe"}}));
  EXPECT_THAT(kernel_.journal, ElementsAre("policy governor=pattern", "policy governor=observe"));
  EXPECT_EQ(run("governor patern").exit, ExitCode::Usage);
}

TEST_F(CommandsTest, EnableAndDisable) {
  EXPECT_EQ(show("disable"), "");
  EXPECT_EQ(show("enable"), "");
  EXPECT_THAT(kernel_.journal, ElementsAre("policy enabled=off", "policy enabled=on"));
  EXPECT_EQ(json("disable"), nlohmann::ordered_json({{"enabled", 0}}));
}

TEST_F(CommandsTest, ProcessesByFaults) {
  Process idle;
  idle.pid = 9;
  idle.comm = "a\x1b[2J";
  idle.faults = 1;
  idle.pattern = Pattern::Unknown;
  idle.excluded = 1;
  idle.tracked_ms = 600'000;
  kernel_.processes.insert(kernel_.processes.begin(), idle);
  EXPECT_EQ(show("ps"),
            "PID  COMMAND   USER   PATTERN  CONF  RANGES  HINTS  FAULTS  LOST   MEMORY  TRACKED\n"
            "136  fio       alice  random   95 %       1      1    6529     2  5.4 KiB    4.2 s\n"
            "  9  a\\x1b[2J  0      unknown   0 %       0      0       1     0      0 B   10 min  "
            "excluded\n");
}

TEST_F(CommandsTest, ProcessesAsJson) {
  const auto processes = json("ps");
  ASSERT_EQ(processes.size(), 1U);
  expect_keys<Process>(processes[0]);
  EXPECT_EQ(processes[0]["pid"], 136);
  EXPECT_EQ(processes[0]["pattern"], "random");
  EXPECT_EQ(processes[0]["memory-bytes"], 5530);
  kernel_.processes.clear();
  EXPECT_EQ(run("ps --json").out, "[]\n");
}

TEST_F(CommandsTest, NameThatIsNoUtf8StaysValidJson) {
  kernel_.processes[0].comm = "\xff";
  EXPECT_EQ(json("ps")[0]["comm"], "\uFFFD");
}

TEST_F(CommandsTest, Ranges) {
  kernel_.ranges[0].pattern = Pattern::Strided;
  kernel_.ranges[0].pattern_pages = 32;
  kernel_.ranges.push_back(test::random_range());
  kernel_.ranges[1].start = 0x7f0010000000;
  kernel_.ranges[1].end = 0x7f0010001000;
  kernel_.ranges[1].file.reset();
  kernel_.ranges[1].hint = Hint::None;
  kernel_.ranges[1].application_hint = Hint::Sequential;
  kernel_.ranges[1].reason = Reason::ApplicationHint;
  EXPECT_EQ(show("ranges 136"),
            "RANGE                          SIZE  PATTERN      CONF  HINT    APP         WANTED  "
            "REASON            FAULTS  MAJOR  FILE\n"
            "7f0000000000-7f0004000000  64.0 MiB  strided(32)  95 %  random  none        random  "
            "random-majority     2739   2699  /mnt/f\n"
            "7f0010000000-7f0010001000   4.0 KiB  random       95 %  none    sequential  random  "
            "application-hint    2739   2699  (no longer mapped)\n");
}

TEST_F(CommandsTest, RangesAsJson) {
  const auto ranges = json("ranges 136");
  ASSERT_EQ(ranges.size(), 1U);
  expect_keys<Range>(ranges[0]);
  EXPECT_EQ(ranges[0]["start"], 0x7f0000000000);
  EXPECT_EQ(ranges[0]["reason"], "random-majority");
  kernel_.ranges[0].file.reset();
  EXPECT_FALSE(json("ranges 136")[0].contains("file")) << "absent, not empty";
}

TEST_F(CommandsTest, RangesOfAProcessThatDoesNotExist) {
  for (const auto* command : {"ranges", "explain", "tasks", "forget", "restore"}) {
    const Outcome outcome = run(command + std::string(" 4711"));
    EXPECT_EQ(outcome.exit, ExitCode::NotFound) << command;
    EXPECT_EQ(outcome.err, "smadv: there is no process 4711\n") << command;
  }
}

TEST_F(CommandsTest, RangesOfAProcessThatIsNotTracked) {
  root_.write("/proc/4711/stat", "");
  for (const auto* command : {"ranges", "explain", "tasks", "forget", "restore"}) {
    const Outcome outcome = run(command + std::string(" 4711"));
    EXPECT_EQ(outcome.exit, ExitCode::NotFound) << command;
    EXPECT_THAT(outcome.err, HasSubstr("process 4711 is not tracked")) << command;
  }
}

TEST_F(CommandsTest, RangesThatTheKernelSaysAreOfNoProcess) {
  kernel_.failures.insert({"ranges", {ExitCode::NotFound, ESRCH, "pid: no tracked process"}});
  EXPECT_EQ(run("ranges 4711").err, "smadv: there is no process 4711\n");
}

TEST_F(CommandsTest, TasksOfAProcessThatCannotBeAskedFor) {
  kernel_.tasks.clear();
  kernel_.failures.insert({"process", {ExitCode::Failed, EIO, "cannot ask"}});
  const Outcome outcome = run("tasks 136");
  EXPECT_EQ(outcome.exit, ExitCode::Failed);
  EXPECT_EQ(outcome.err, "smadv: cannot ask\n");
}

TEST_F(CommandsTest, RangesOfAnotherUsersProcess) {
  kernel_.ranges.clear();
  const Outcome outcome = run("ranges 136");
  EXPECT_EQ(outcome.exit, ExitCode::NoPrivilege);
  EXPECT_EQ(outcome.err,
            "smadv: process 136 belongs to alice, its ranges show to that user and with "
            "CAP_SYS_ADMIN only\n");
}

TEST_F(CommandsTest, ProcessWithoutRangesYetIsNoError) {
  kernel_.ranges.clear();
  kernel_.processes[0].ranges = 0;
  EXPECT_EQ(run("ranges 136 --json").out, "[]\n");
  EXPECT_EQ(run("ranges 136").exit, ExitCode::Ok);
}

class TasksTest : public CommandsTest {
 protected:
  TasksTest() {
    Task done;
    done.id = 9;
    done.pid = 136;
    done.comm = "fio";
    done.start = 0x1000;
    done.end = 0x401000;
    done.hint = Hint::Random;
    done.state = TaskState::Refused;
    done.reason = Reason::KernelRefused;
    done.error = ENOMEM;
    done.filed_ns = 10'526'940'000;
    done.done_ns = 10'529'140'000;
    done.filed_faults = 1200;
    done.done_faults = 1221;
    Task queued = done;
    queued.id = 10;
    queued.pid = 7;
    queued.state = TaskState::Queued;
    queued.reason = Reason::RandomMajority;
    queued.error = 0;
    queued.done_ns = 0;
    queued.done_faults = 0;
    kernel_.tasks = {done, queued};
  }
};

TEST_F(TasksTest, Table) {
  EXPECT_EQ(show("tasks"),
            "ID  PID  COMMAND  RANGE           SIZE  HINT    STATE    REASON                       "
            "                FILED    TOOK  FAULTS\n"
            " 9  136  fio      1000-401000  4.0 MiB  random  refused  kernel-refused (Cannot "
            "allocate memory)  10.526940  2.2 ms      21\n"
            "10    7  fio      1000-401000  4.0 MiB  random  queued   random-majority              "
            "            10.526940       -       -\n");
}

TEST_F(TasksTest, StatesHaveTheirColors) {
  kernel_.tasks[0].state = TaskState::Applied;
  kernel_.tasks[1].state = TaskState::Cancelled;
  const std::string table = run("tasks --color always").out;
  EXPECT_THAT(table, HasSubstr("\x1b[32mapplied\x1b[0m"));
  EXPECT_THAT(table, HasSubstr("\x1b[2mcancelled\x1b[0m"));
}

TEST_F(TasksTest, OfOneProcess) {
  const auto tasks = json("tasks 136");
  ASSERT_EQ(tasks.size(), 1U);
  expect_keys<Task>(tasks[0]);
  EXPECT_EQ(tasks[0]["state"], "refused");
  EXPECT_EQ(tasks[0]["error"], ENOMEM);
}

TEST_F(TasksTest, OfATrackedProcessWithoutAny) {
  kernel_.tasks.clear();
  EXPECT_EQ(run("tasks 136 --json").out, "[]\n");
}

TEST_F(TasksTest, OfAProcessThatIsGoneAreStillShown) {
  EXPECT_EQ(json("tasks 7").size(), 1U);
}

TEST_F(CommandsTest, StatsListsEveryCounterInItsUnit) {
  kernel_.stats.analyzer_ns = 12'500'000;
  kernel_.stats.memory_bytes = 2048;
  kernel_.stats.faults = 4711;
  const std::string table = show("stats");
  for (const StatsKey& key : stats_keys()) {
    EXPECT_THAT(table, HasSubstr("\n" + std::string(key.name) + " "));
    EXPECT_THAT(table, HasSubstr(std::string(key.doc) + "\n"));
  }
  EXPECT_THAT(table, HasSubstr("\nfaults                4711  File faults recorded"));
  EXPECT_THAT(table, HasSubstr("\nanalyzer-ns        12.5 ms  CPU time"));
  EXPECT_THAT(table, HasSubstr("\nmemory-bytes       2.0 KiB  Memory"));
  const auto stats = json("stats");
  EXPECT_EQ(stats.size(), stats_keys().size());
  EXPECT_EQ(stats["analyzer-ns"], 12'500'000) << "raw in JSON";
}

TEST_F(CommandsTest, Filters) {
  EXPECT_EQ(show("filter"), "ID  ACTION  KIND  VALUE\n");
  EXPECT_EQ(show("filter add exclude comm fio"), "rule 1 added\n");
  EXPECT_EQ(json("filter add include exe /usr/bin/x"), nlohmann::ordered_json({{"id", 2}}));
  EXPECT_EQ(show("filter list"),
            "ID  ACTION   KIND  VALUE\n"
            " 1  exclude  comm  fio\n"
            " 2  include  exe   /usr/bin/x\n");
  const auto filters = json("filter");
  ASSERT_EQ(filters.size(), 2U);
  expect_keys<Filter>(filters[0]);
  EXPECT_EQ(filters[1]["kind"], "exe");
  EXPECT_EQ(show("filter del 1"), "");
  EXPECT_EQ(json("filter del 2"), nlohmann::ordered_json({{"id", 2}}));
  EXPECT_EQ(show("filter flush"), "");
  EXPECT_EQ(run("filter flush --json").out, "[]\n");
  EXPECT_THAT(kernel_.journal, ElementsAre("add exclude comm fio", "add include exe /usr/bin/x",
                                           "delete 1", "delete 2", "delete all", "delete all"));
}

TEST_F(CommandsTest, FilterThatDoesNotExist) {
  const Outcome outcome = run("filter del 3");
  EXPECT_EQ(outcome.exit, ExitCode::NotFound);
  EXPECT_EQ(outcome.err, "smadv: there is no filter rule 3\n");
}

TEST_F(CommandsTest, FilterValueIsCheckedFirst) {
  const Outcome outcome = run("filter add include exe bin/x");
  EXPECT_EQ(outcome.exit, ExitCode::Usage);
  EXPECT_EQ(outcome.err,
            "smadv: 'bin/x' is no value for a rule on exe, which wants an absolute path\n");
  EXPECT_THAT(kernel_.journal, IsEmpty());
}

TEST_F(CommandsTest, RestoreAndForget) {
  EXPECT_EQ(show("restore"), "3 restored, 1 left as the application changed them since\n");
  EXPECT_EQ(show("restore 136"), "3 restored, 1 left as the application changed them since\n");
  EXPECT_EQ(show("forget 136"), "3 restored, 1 left as the application changed them since\n");
  EXPECT_EQ(json("restore"), nlohmann::ordered_json({{"restored", 3}, {"yielded", 1}}));
  EXPECT_THAT(kernel_.journal, ElementsAre("restore", "restore 136", "forget 136", "restore"));
}

TEST_F(CommandsTest, Explain) {
  EXPECT_EQ(
      show("explain 136"),
      "fio (136) of alice, tracked for 4.2 s: 1 range, 1 hint active, 6529 faults (2 "
      "lost)\n"
      "\n"
      "/mnt/f, 7f0000000000-7f0004000000 (64.0 MiB)\n"
      "  RANDOM is applied: 61 of the last 64 faults were jumps (95 %), above the threshold "
      "of 70 %.\n"
      "  pattern random, confidence 95 %, coverage 12.3 %, reuse 0.5 %\n"
      "  window of 64 faults: 2 forward, 0 backward, 0 strided, 1 short, 61 random; 1 stream\n"
      "  2739 faults in all, 2699 major\n");
  kernel_.processes[0].excluded = 1;
  EXPECT_THAT(show("explain 136"), HasSubstr("(2 lost), kept from hints by a filter rule\n"));
}

TEST_F(CommandsTest, ExplainSaysNothingOfEvidenceThatThereIsNone) {
  Range& range = kernel_.ranges[0];
  range.window_forward = range.window_short = range.window_random = 0;
  EXPECT_THAT(show("explain 136"), HasSubstr("\n  pattern random, "));
  range.hint = range.verdict = Hint::None;
  range.pattern = Pattern::Unknown;
  range.reason = Reason::MemoryBacked;
  EXPECT_THAT(show("explain 136"),
              HasSubstr("(64.0 MiB)\n"
                        "  No hint: the file lives in memory, where readahead does not apply.\n"
                        "  2739 faults in all, 2699 major\n"));
}

TEST_F(CommandsTest, ExplainAsJsonAddsTheSentence) {
  const auto ranges = json("explain 136");
  ASSERT_EQ(ranges.size(), 1U);
  EXPECT_EQ(ranges[0]["verdict"], "random");
  EXPECT_EQ(ranges[0]["explanation"],
            "RANDOM is applied: 61 of the last 64 faults were jumps (95 %), above the threshold of "
            "70 %.");
}

TEST_F(CommandsTest, ExplainOfAProcessThatLeavesMeanwhile) {
  kernel_.processes.clear();
  EXPECT_EQ(run("explain 136").exit, ExitCode::NotFound);
}

}  // namespace
}  // namespace smadv
