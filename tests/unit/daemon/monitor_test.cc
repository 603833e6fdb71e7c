// SPDX-License-Identifier: GPL-2.0
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <ctime>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "cli_fixture.h"
#include "daemon/signals.h"
#include "no_more_files.h"

namespace smadv {
namespace {

using test::Outcome;
using testing::HasSubstr;

Event event(EventKind kind, std::uint64_t time_ns) {
  Event event;
  event.kind = kind;
  event.time_ns = time_ns;
  event.pid = 136;
  event.comm = "fio";
  return event;
}

class MonitorTest : public test::CliTest {
 protected:
  // Ends every run, so that none hangs when it should have ended before.
  static constexpr const char* kLimit = " --seconds 20";

  static std::chrono::steady_clock::duration elapsed(std::chrono::steady_clock::time_point start) {
    return std::chrono::steady_clock::now() - start;
  }
};

TEST_F(MonitorTest, OneLineForEachEventAndEndAtTheCount) {
  kernel_.send(EventBatch{{event(EventKind::Adopted, 8'629'930'252)}, 0});
  kernel_.send(EventBatch{
      {event(EventKind::Applied, 9'000'000'000), event(EventKind::Gone, 10'000'000'000)}, 0});
  const Outcome outcome = run(std::string("monitor --count 2") + kLimit);
  EXPECT_EQ(outcome.exit, ExitCode::Ok);
  EXPECT_EQ(outcome.err, "");
  EXPECT_EQ(outcome.out,
            "      8.629930 adopted 136 fio\n"
            "      9.000000 applied 136 fio\n");
  EXPECT_EQ(kernel_.streams, 0) << "the subscription ends with the command";
}

TEST_F(MonitorTest, JsonLines) {
  kernel_.send(EventBatch{{event(EventKind::Adopted, 5), event(EventKind::Gone, 6)}, 0});
  const Outcome outcome = run(std::string("monitor --json -n 2") + kLimit);
  EXPECT_EQ(outcome.out,
            "{\"kind\":\"adopted\",\"time-ns\":5,\"pid\":136,\"comm\":\"fio\"}\n"
            "{\"kind\":\"gone\",\"time-ns\":6,\"pid\":136,\"comm\":\"fio\"}\n");
}

TEST_F(MonitorTest, LossIsToldWithWhatStandsAndTheEventsGoOn) {
  kernel_.add_fio();
  kernel_.ranges.push_back(test::random_range());
  kernel_.ranges.back().hint = Hint::None;
  kernel_.send(EventBatch{{event(EventKind::Adopted, 5'000'000'000)}, 3});
  kernel_.send(EventBatch{{event(EventKind::Gone, 6'000'000'000)}, 0});
  const Outcome text = run(std::string("monitor -n 2") + kLimit);
  EXPECT_EQ(text.err, "smadv: 3 events were lost, too many came at once\n");
  EXPECT_THAT(text.out, testing::MatchesRegex(
                            " +5.000000 adopted 136 fio\n"
                            " +[0-9]+\\.[0-9]+ now governor benefit, 1 process, 1 hint\n"
                            " +[0-9]+\\.[0-9]+ now 136 random 7f0000000000-7f0004000000 /mnt/f\n"
                            " +6.000000 gone 136 fio\n"));
}

TEST_F(MonitorTest, LossInJson) {
  kernel_.add_fio();
  kernel_.send(EventBatch{{event(EventKind::Adopted, 5)}, 3});
  kernel_.send(EventBatch{{event(EventKind::Gone, 6)}, 0});
  const Outcome outcome = run(std::string("monitor -j -n 2") + kLimit);
  std::istringstream lines(outcome.out);
  std::vector<nlohmann::json> said;
  for (std::string line; std::getline(lines, line);) {
    said.push_back(nlohmann::json::parse(line));
  }
  ASSERT_EQ(said.size(), 4U) << outcome.out;
  EXPECT_EQ(said[0]["kind"], "adopted");
  EXPECT_EQ(said[1], (nlohmann::json{{"kind", "lost"}, {"events", 3}}));
  EXPECT_EQ(said[2]["kind"], "now");
  EXPECT_EQ(said[2]["policy"]["governor"], "benefit");
  EXPECT_EQ(said[2]["processes"][0]["pid"], 136);
  EXPECT_EQ(said[2]["ranges"][0]["hint"], "random");
  EXPECT_GT(said[2]["time-ns"], 6);
  EXPECT_EQ(said[3]["kind"], "gone");
}

// The stream alone would stay silent for ever: the module's last word was among what was lost.
TEST_F(MonitorTest, ModuleThatLeftUnheardEndsIt) {
  kernel_.send(EventBatch{{}, 3});
  kernel_.failures.insert({"policy", {ExitCode::ModuleAbsent, ENOENT, "module absent"}});
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(run(std::string("monitor") + kLimit).exit, ExitCode::ModuleAbsent);
  EXPECT_LT(elapsed(start), std::chrono::seconds(10));
}

TEST_F(MonitorTest, WhatStandsCannotBeAskedFor) {
  for (const char* call : {"processes", "ranges"}) {
    kernel_.failures = {{call, {ExitCode::Failed, EIO, "cannot be listed"}}};
    kernel_.send(EventBatch{{}, 3});
    const Outcome outcome = run(std::string("monitor") + kLimit);
    EXPECT_EQ(outcome.exit, ExitCode::Failed);
    EXPECT_THAT(outcome.err, HasSubstr("smadv: cannot be listed\n"));
  }
}

TEST_F(MonitorTest, WithoutALimitOfTimeItWaits) {
  kernel_.send(EventBatch{{event(EventKind::Adopted, 5)}, 0});
  EXPECT_EQ(run("monitor -n 1").exit, ExitCode::Ok);
}

TEST_F(MonitorTest, SignalsThatCannotBeWaitedForAreTold) {
  const test::NoMoreFiles limit;
  const Outcome outcome = run(std::string("monitor") + kLimit);
  EXPECT_EQ(outcome.exit, ExitCode::Failed);
  EXPECT_EQ(outcome.err, "smadv: cannot wait for signals: Too many open files\n");
}

TEST_F(MonitorTest, EndsAfterTheSeconds) {
  const auto start = std::chrono::steady_clock::now();
  const Outcome outcome = run("monitor --seconds 0.2");
  EXPECT_EQ(outcome.exit, ExitCode::Ok);
  EXPECT_GE(elapsed(start), std::chrono::milliseconds(200));
  EXPECT_LT(elapsed(start), std::chrono::seconds(10));
}

TEST_F(MonitorTest, UnloadedModuleEndsIt) {
  kernel_.send(EventBatch{{event(EventKind::Restored, 1)}, 0});
  kernel_.send(Error{ExitCode::ModuleAbsent, ENOENT, "module absent"});
  const Outcome outcome = run(std::string("monitor") + kLimit);
  EXPECT_EQ(outcome.exit, ExitCode::ModuleAbsent);
  EXPECT_THAT(outcome.out, HasSubstr("restored"));
  EXPECT_EQ(outcome.err, "smadv: module absent\n");
}

TEST_F(MonitorTest, SignalsEndItCleanly) {
  for (const int signal : {SIGINT, SIGTERM}) {
    // Blocked by monitor itself before it waits; the thread inherits the block from here, so that
    // only the monitor's own thread takes the signal.
    const auto start = std::chrono::steady_clock::now();
    const pthread_t self = pthread_self();
    std::thread sender;
    {
      const auto blocked = SignalFd::open({signal});
      ASSERT_TRUE(blocked);
      sender = std::thread([self, signal] {
        std::this_thread::sleep_for(std::chrono::milliseconds(200));
        pthread_kill(self, signal);
      });
      const Outcome outcome = run(std::string("monitor") + kLimit);
      EXPECT_EQ(outcome.exit, ExitCode::Ok);
      EXPECT_EQ(outcome.err, "");
      sender.join();
    }
    EXPECT_LT(elapsed(start), std::chrono::seconds(10));
  }
}

TEST_F(MonitorTest, ReaderThatLeavesEndsItWithoutAnyEvent) {
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe(ends.data()), 0);
  machine_.out_fd = ends[1];
  close(ends[0]);
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(run(std::string("monitor") + kLimit).exit, ExitCode::Ok);
  EXPECT_LT(elapsed(start), std::chrono::seconds(10));
  close(ends[1]);
}

TEST_F(MonitorTest, LimitsAreChecked) {
  EXPECT_EQ(run("monitor --count 0").exit, ExitCode::Usage);
  EXPECT_EQ(run("monitor --count -1").exit, ExitCode::Usage);
  EXPECT_EQ(run("monitor --seconds 0").exit, ExitCode::Usage);
  EXPECT_EQ(run("monitor --seconds x").exit, ExitCode::Usage);
}

TEST(SignalFd, GivesSignalsTheirEffectBack) {
  sigset_t before;
  ASSERT_EQ(pthread_sigmask(SIG_SETMASK, nullptr, &before), 0);
  ASSERT_EQ(sigismember(&before, SIGUSR1), 0);
  {
    auto signals = SignalFd::open({SIGUSR1});
    ASSERT_TRUE(signals);
    EXPECT_FALSE(signals->read()) << "does not wait";
    ASSERT_EQ(raise(SIGUSR1), 0);  // would end the program if it were not held back
    EXPECT_EQ(signals->read(), SIGUSR1);
    EXPECT_FALSE(signals->read());
  }
  sigset_t after;
  ASSERT_EQ(pthread_sigmask(SIG_SETMASK, nullptr, &after), 0);
  EXPECT_EQ(sigismember(&after, SIGUSR1), 0);
}

TEST(SignalFd, FloodOfOneSignalDoesNotHideThoseBeforeIt) {
  // The kernel itself would hand out the lowest number first.
  ASSERT_LT(SIGUSR1, SIGUSR2);
  auto signals = SignalFd::open({SIGUSR2, SIGUSR1});
  ASSERT_TRUE(signals);
  ASSERT_EQ(raise(SIGUSR1), 0);
  ASSERT_EQ(raise(SIGUSR2), 0);
  EXPECT_EQ(signals->read(), SIGUSR2);
  EXPECT_EQ(signals->read(), SIGUSR1);
}

TEST(SignalFd, KeptSignalsNeverStrike) {
  sigset_t before;
  ASSERT_EQ(pthread_sigmask(SIG_SETMASK, nullptr, &before), 0);
  {
    auto signals = SignalFd::open({SIGUSR1});
    ASSERT_TRUE(signals);
    signals->keep();
    ASSERT_EQ(raise(SIGUSR1), 0);
  }
  sigset_t pending;
  ASSERT_EQ(sigpending(&pending), 0);
  EXPECT_EQ(sigismember(&pending, SIGUSR1), 1);
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  constexpr timespec kNow{};
  EXPECT_EQ(sigtimedwait(&set, nullptr, &kNow), SIGUSR1);
  ASSERT_EQ(pthread_sigmask(SIG_SETMASK, &before, nullptr), 0);
}

}  // namespace
}  // namespace smadv
