// SPDX-License-Identifier: GPL-2.0
// The command line as such: help, usage errors, exit codes, colours, output that cannot be written.
#include <cerrno>
#include <fstream>
#include <ostream>
#include <streambuf>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli_fixture.h"
#include "version.h"

namespace smadv {
namespace {

using test::Outcome;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

using CliTest = test::CliTest;

// One line, from us.
void expect_complaint(const Outcome& outcome, ExitCode exit, const std::string& message) {
  EXPECT_EQ(outcome.exit, exit);
  EXPECT_EQ(outcome.out, "");
  EXPECT_EQ(outcome.err, "smadv: " + message + "\n");
}

const std::vector<std::string>& all_commands() {
  static const std::vector<std::string> commands = {
      "status",   "probe",   "stats",       "policy",      "policy show",   "policy set",
      "governor", "enable",  "disable",     "ps",          "ranges",        "tasks",
      "explain",  "filter",  "filter list", "filter add",  "filter del",    "filter flush",
      "forget",   "restore", "memory",      "memory show", "memory forget", "monitor"};
  return commands;
}

TEST_F(CliTest, HelpAnswersAtEveryLevelWithExamples) {
  for (const std::string& command : all_commands()) {
    const Outcome outcome = run(command + " --help");
    EXPECT_EQ(outcome.exit, ExitCode::Ok) << command;
    EXPECT_EQ(outcome.err, "") << command;
    EXPECT_THAT(outcome.out,
                AllOf(HasSubstr("Usage: smadv " + command), HasSubstr("\nExamples:\n  smadv"),
                      HasSubstr("\n  smadv " + command.substr(0, command.find(' ')))));
  }
}

TEST_F(CliTest, TopHelpListsCommandsAndExitCodes) {
  const Outcome outcome = run("--help");
  EXPECT_EQ(outcome.exit, ExitCode::Ok);
  for (const std::string& command : all_commands()) {
    if (command.find(' ') == std::string::npos) {
      EXPECT_THAT(outcome.out, HasSubstr("\n  " + command + " "));
    }
  }
  for (int code = 0; code <= static_cast<int>(ExitCode::Incompatible); ++code) {
    EXPECT_THAT(outcome.out, HasSubstr("\n  " + std::to_string(code) + "  "));
  }
}

TEST_F(CliTest, Version) {
  const Outcome outcome = run("--version");
  EXPECT_EQ(outcome.exit, ExitCode::Ok);
  EXPECT_EQ(outcome.out, "smadv " SMADV_VERSION "\n");
}

TEST_F(CliTest, UsageErrorsAreOneLine) {
  expect_complaint(run("staus"), ExitCode::Usage,
                   "unknown command 'staus', did you mean 'status'? (see smadv --help)");
  expect_complaint(run("xyzzy"), ExitCode::Usage, "unknown command 'xyzzy' (see smadv --help)");
  expect_complaint(run("ps --frob"), ExitCode::Usage,
                   "unknown option '--frob' (see smadv ps --help)");
  expect_complaint(run("filter ad"), ExitCode::Usage,
                   "unknown command 'ad', did you mean 'add'? (see smadv filter --help)");
  expect_complaint(run("ps 1"), ExitCode::Usage, "unexpected '1' (see smadv ps --help)");
  expect_complaint(run("ranges"), ExitCode::Usage, "PID is required (see smadv ranges --help)");
  expect_complaint(run("ranges abc"), ExitCode::Usage,
                   "PID: 'abc' is no process id (1..4194304) (see smadv ranges --help)");
  expect_complaint(run("explain 0"), ExitCode::Usage,
                   "PID: '0' is no process id (1..4194304) (see smadv explain --help)");
  expect_complaint(run("forget 4194305"), ExitCode::Usage,
                   "PID: '4194305' is no process id (1..4194304) (see smadv forget --help)");
  expect_complaint(run("restore -1"), ExitCode::Usage,
                   "PID: '-1' is no process id (1..4194304) (see smadv restore --help)");
  expect_complaint(run("filter del x"), ExitCode::Usage,
                   "ID: 'x' is no rule number (1..4294967295) (see smadv filter del --help)");
  expect_complaint(run("filter add allow pid 1"), ExitCode::Usage,
                   "ACTION: 'allow' is none of include, exclude (see smadv filter add --help)");
  expect_complaint(run("filter add include gid 1"), ExitCode::Usage,
                   "KIND: 'gid' is none of pid, uid, comm, exe, cgroup (see smadv filter add "
                   "--help)");
  expect_complaint(run("--color blue ps"), ExitCode::Usage,
                   "--color: 'blue' is none of auto, always, never (see smadv ps --help)");
  expect_complaint(run("policy set"), ExitCode::Usage,
                   "CHANGE is required (see smadv policy set --help)");
}

TEST_F(CliTest, NumbersAreDecimal) {
  kernel_.add_fio();
  EXPECT_EQ(run("ranges 0x88").exit, ExitCode::Usage);
  EXPECT_EQ(run("ranges 0136").exit, ExitCode::Ok) << "not octal";
}

TEST(RealMachine, KnowsUsersByNameOrNumber) {
  const cli::Machine machine = cli::real_machine();
  EXPECT_EQ(machine.root, "");
  EXPECT_EQ(machine.user_name(0), "root");
  EXPECT_EQ(machine.user_name(4294967293), "4294967293");
}

TEST_F(CliTest, AbsentModule) {
  kernel_.loaded = false;
  for (const auto* line : {"",
                           "status",
                           "stats",
                           "policy",
                           "policy set hold-ms=1",
                           "governor",
                           "governor pattern",
                           "enable",
                           "disable",
                           "ps",
                           "ranges 1",
                           "tasks",
                           "explain 1",
                           "filter",
                           "filter add include pid 1",
                           "filter del 1",
                           "filter flush",
                           "forget 1",
                           "restore",
                           "monitor",
                           "ps --json"}) {
    expect_complaint(run(line), ExitCode::ModuleAbsent, "module absent");
  }
}

TEST_F(CliTest, ModuleOfAnotherInterface) {
  kernel_.info.abi = 2;
  kernel_.info.version = "9.9";
  expect_complaint(run("ps"), ExitCode::Incompatible,
                   "the loaded kernel module 9.9 speaks version 2 of the interface, this program "
                   "speaks version 1: install module and programs of one release");
  EXPECT_EQ(run("enable").exit, ExitCode::Incompatible);
  EXPECT_TRUE(kernel_.journal.empty()) << "asked a module that may take it otherwise";
}

TEST_F(CliTest, ErrorsOfEachCallReachTheUser) {
  kernel_.add_fio();
  const std::vector<std::pair<std::string, std::string>> calls = {
      {"info", "ps"},
      {"info 2", "status"},
      {"policy", "status"},
      {"stats", "status"},
      {"stats", "stats"},
      {"policy", "policy"},
      {"policy", "governor"},
      {"set_policy", "policy set hold-ms=1"},
      {"policy", "policy set hold-ms=1 --json"},
      {"set_policy", "governor pattern"},
      {"set_policy", "enable"},
      {"set_policy", "disable"},
      {"processes", "ps"},
      {"ranges", "ranges 136"},
      {"ranges", "explain 136"},
      {"policy", "explain 136"},
      {"process", "explain 136"},
      {"tasks", "explain 136"},
      {"tasks", "tasks"},
      {"filters", "filter"},
      {"add_filter", "filter add include pid 1"},
      {"delete_filter", "filter del 1"},
      {"delete_filter", "filter flush"},
      {"forget", "forget 136"},
      {"restore", "restore"},
      {"events", "monitor"}};
  for (const auto& [call, line] : calls) {
    kernel_.failures = {
        {call, {ExitCode::NoPrivilege, EPERM, "cannot: needs CAP_SYS_ADMIN (run it as root)"}}};
    expect_complaint(run(line), ExitCode::NoPrivilege,
                     "cannot: needs CAP_SYS_ADMIN (run it as root)");
  }
}

TEST_F(CliTest, OptionsMayFollowTheCommand) {
  kernel_.add_fio();
  const Outcome before = run("--json ps");
  const Outcome after = run("ps --json");
  const Outcome letter = run("ps -j");
  EXPECT_EQ(before.exit, ExitCode::Ok);
  EXPECT_THAT(before.out, StartsWith("["));
  EXPECT_EQ(after.out, before.out);
  EXPECT_EQ(letter.out, before.out);
}

TEST_F(CliTest, ColorsOnlyOnATerminalOrWhenAskedFor) {
  kernel_.add_fio();
  EXPECT_THAT(run("ps").out, Not(HasSubstr("\x1b")));
  EXPECT_THAT(run("ps --color always").out, HasSubstr("\x1b["));

  machine_.out_is_terminal = true;
  machine_.term = "xterm";
  EXPECT_THAT(run("ps").out, HasSubstr("\x1b["));
  EXPECT_THAT(run("ps --color never").out, Not(HasSubstr("\x1b")));
  EXPECT_THAT(run("ps --json").out, Not(HasSubstr("\x1b")));
  machine_.no_color = "1";
  EXPECT_THAT(run("ps").out, Not(HasSubstr("\x1b")));
}

TEST_F(CliTest, ComplaintsAreColoredByTheirOwnStream) {
  machine_.out_is_terminal = true;
  machine_.term = "xterm";
  EXPECT_THAT(run("ranges 5").err, Not(HasSubstr("\x1b")));
  machine_.err_is_terminal = true;
  EXPECT_THAT(run("ranges 5").err, HasSubstr("\x1b["));
  EXPECT_THAT(run("frob").err, HasSubstr("\x1b["));
}

TEST_F(CliTest, TornListingIsShownWithANote) {
  kernel_.add_fio();
  kernel_.torn = true;
  for (const auto* line : {"ps", "ranges 136", "tasks", "filter", "explain 136", "ps --json"}) {
    const Outcome outcome = run(line);
    EXPECT_EQ(outcome.exit, ExitCode::Ok) << line;
    EXPECT_NE(outcome.out, "") << line;
    EXPECT_THAT(outcome.err, HasSubstr("the list changed while it was read")) << line;
  }
  kernel_.torn = false;
  EXPECT_EQ(run("ps").err, "");
}

/// Output that fails with an errno.
class FailingBuffer : public std::streambuf {
 public:
  explicit FailingBuffer(int code) : code_(code) {}

 protected:
  int_type overflow(int_type /*character*/) override { return fail(); }
  int sync() override {
    fail();
    return -1;
  }

 private:
  int_type fail() const {
    errno = code_;
    return traits_type::eof();
  }
  int code_;
};

TEST_F(CliTest, OutputThatCannotBeWrittenIsAFailure) {
  FailingBuffer buffer(ENOSPC);
  std::ostream out(&buffer);
  std::ostringstream err;
  EXPECT_EQ(cli::run({"ps"}, machine_, out, err), ExitCode::Failed);
  EXPECT_EQ(err.str(), "smadv: cannot write the output: No space left on device\n");
}

TEST_F(CliTest, ReaderThatLeftIsNoFailure) {
  FailingBuffer buffer(EPIPE);
  std::ostream out(&buffer);
  std::ostringstream err;
  EXPECT_EQ(cli::run({"ps"}, machine_, out, err), ExitCode::Ok);
  EXPECT_EQ(err.str(), "");
}

}  // namespace
}  // namespace smadv
