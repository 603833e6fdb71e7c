// SPDX-License-Identifier: GPL-2.0
// smadv top before a person: keys, colours, sizes, and the terminal that is left behind.
#include <clocale>
#include <csignal>
#include <functional>
#include <iostream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/cli/app.h"
#include "fake_kernel.h"
#include "terminal.h"

/// What ncurses prepares for a terminal, and keeps when it knows none of the kind. The name is the
/// sanitizer's.
extern "C" const char* __lsan_default_suppressions() {  // NOLINT(readability-identifier-naming)
  return "leak:new_prescr\n";
}

namespace smadv {
namespace {

using test::FakeKernel;
using test::Terminal;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kLeave = "\x1b[?1049l";  // the other screen of an xterm

class TopTerminalTest : public testing::Test {
 protected:
  /// The job that runs `smadv top` on a kernel with one process.
  std::function<int()> top(std::vector<std::string> words = {}) {
    words.insert(words.begin(), "top");
    return [this, words] {
      std::setlocale(LC_ALL, locale_);
      FakeKernel kernel;
      kernel.add_fio();
      kernel.processes[0].comm = "k\u00e4se";
      kernel.failures = failures_;
      cli::Machine machine;
      machine.connect = [&kernel](netlink::EventBuffer) { return kernel.connect(); };
      machine.out_is_terminal = true;
      machine.term = term_;
      machine.no_color = no_color_;
      return static_cast<int>(cli::run(words, machine, std::cout, std::cerr));
    };
  }

  /// It ends well, with the terminal as it was.
  static std::string expect_end(Terminal& terminal) {
    terminal.until(kLeave);
    int exit = -1;
    std::string rest = terminal.rest(exit);
    EXPECT_EQ(exit, 0) << rest;
    return rest;
  }

  const char* locale_ = "C.UTF-8";
  const char* term_ = "xterm-256color";
  const char* no_color_ = nullptr;
  std::map<std::string, Error> failures_;
};

TEST_F(TopTerminalTest, ShowsAndQuits) {
  Terminal terminal(top());
  terminal.until("k\u00e4se");
  EXPECT_FALSE(terminal.is_usual());
  terminal.sees("q quit");
  terminal.type("\r");
  terminal.sees("RANDOM is applied");
  terminal.type("\x1b");
  terminal.sees("Enter ranges");
  terminal.type("?");
  terminal.sees("this help");
  terminal.type("x\x1bOB\x1bOA\x1b[5~\x1b[6~\x1bOF\x1bOH\x7f\xc3");
  terminal.sees("k\u00e4se");
  terminal.type(" ");
  terminal.sees("paused");
  terminal.type("/x");
  terminal.sees("no process matches");
  terminal.type("\rq");
  expect_end(terminal);
}

TEST_F(TopTerminalTest, EverySignalLeavesTheTerminalAsItWas) {
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGQUIT}) {
    Terminal terminal(top());
    terminal.until("k\u00e4se");
    terminal.send(signal);
    terminal.until(kLeave);
    int exit = -1;
    terminal.rest(exit);
    EXPECT_EQ(exit, 0) << signal;
  }
  Terminal interrupted(top());
  interrupted.until("k\u00e4se");
  interrupted.type("\x03");
  expect_end(interrupted);
}

TEST_F(TopTerminalTest, EndsWithItsTerminal) {
  Terminal terminal(top());
  terminal.until("k\u00e4se");
  terminal.hang_up();
  int exit = -1;
  terminal.rest(exit);
  EXPECT_EQ(exit, 0);
}

TEST_F(TopTerminalTest, StopsAndGoesOn) {
  Terminal terminal(top());
  terminal.until("k\u00e4se");
  for (const auto* const seen : {"k\u00e4se", "MEMORY"}) {
    terminal.type("\x1a");
    terminal.until(kLeave);
    terminal.until("[stopped]");
    EXPECT_TRUE(terminal.is_usual());
    terminal.resize(140, 24);
    terminal.type("fg\r");
    terminal.sees(seen);
    EXPECT_FALSE(terminal.is_usual());
  }
  terminal.type("q");
  expect_end(terminal);
}

TEST_F(TopTerminalTest, FitsEverySize) {
  Terminal terminal(top());
  terminal.until("k\u00e4se");
  terminal.resize(12, 1);
  terminal.sees("PID");
  terminal.resize(140, 30);
  terminal.sees("MEMORY");
  terminal.type("q");
  expect_end(terminal);
}

TEST_F(TopTerminalTest, ColorsUnlessForbidden) {
  Terminal colored(top());
  colored.sees("q quit");
  colored.type("\r");
  colored.until("\x1b[31m");
  colored.type("q");
  expect_end(colored);
  no_color_ = "1";
  Terminal plain(top());
  plain.sees("q quit");
  plain.type("\r");
  plain.sees("RANDOM is applied");
  plain.type("q");
  plain.until(kLeave);
  int exit = -1;
  EXPECT_THAT(plain.rest(exit), Not(HasSubstr("\x1b[3")));
}

TEST_F(TopTerminalTest, PlainLocaleAndPlainTerminal) {
  locale_ = "C";
  term_ = "vt100";
  Terminal terminal(top());
  terminal.until("k?se");
  terminal.type("q");
  int exit = -1;
  terminal.rest(exit);
  EXPECT_EQ(exit, 0);
}

TEST_F(TopTerminalTest, GoesOnWithAModuleThatIsLoadedAnew) {
  failures_["policy 2"] = test::refusal(ExitCode::ModuleAbsent, 2, "the module is not loaded");
  Terminal terminal(top({"--interval", "1"}));
  terminal.sees("waiting: the module is not loaded");
  terminal.sees("rates since each process is tracked");
  terminal.type("q");
  expect_end(terminal);
}

TEST_F(TopTerminalTest, ComplainsOfATerminalThatNobodyKnows) {
  for (const char* term : {"frobnicator", static_cast<const char*>(nullptr)}) {
    term_ = term;
    Terminal terminal(top());
    int exit = -1;
    EXPECT_THAT(terminal.rest(exit),
                AllOf(HasSubstr("smadv: nothing is known of a terminal of the kind '"),
                      HasSubstr("--batch does without")));
    EXPECT_EQ(exit, static_cast<int>(ExitCode::Failed));
  }
}

TEST_F(TopTerminalTest, WithoutAModuleThereIsNothingToShow) {
  failures_["connect"] = test::refusal(ExitCode::ModuleAbsent, 2, "the module is not loaded");
  Terminal terminal(top());
  int exit = -1;
  EXPECT_THAT(terminal.rest(exit), HasSubstr("smadv: the module is not loaded"));
  EXPECT_EQ(exit, static_cast<int>(ExitCode::ModuleAbsent));
}

}  // namespace
}  // namespace smadv
