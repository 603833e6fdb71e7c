// SPDX-License-Identifier: GPL-2.0
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <string>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli_fixture.h"
#include "daemon/signals.h"

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
  kernel_.send(EventBatch{{event(EventKind::Adopted, 8'629'930'252)}, false});
  kernel_.send(EventBatch{
      {event(EventKind::Applied, 9'000'000'000), event(EventKind::Gone, 10'000'000'000)}, false});
  const Outcome outcome = run(std::string("monitor --count 2") + kLimit);
  EXPECT_EQ(outcome.exit, ExitCode::Ok);
  EXPECT_EQ(outcome.err, "");
  EXPECT_EQ(outcome.out,
            "      8.629930 adopted 136 fio\n"
            "      9.000000 applied 136 fio\n");
  EXPECT_EQ(kernel_.streams, 0) << "the subscription ends with the command";
}

TEST_F(MonitorTest, JsonLines) {
  kernel_.send(EventBatch{{event(EventKind::Adopted, 5), event(EventKind::Gone, 6)}, false});
  const Outcome outcome = run(std::string("monitor --json -n 2") + kLimit);
  EXPECT_EQ(outcome.out,
            "{\"kind\":\"adopted\",\"time-ns\":5,\"pid\":136,\"comm\":\"fio\"}\n"
            "{\"kind\":\"gone\",\"time-ns\":6,\"pid\":136,\"comm\":\"fio\"}\n");
}

TEST_F(MonitorTest, LossIsTold) {
  kernel_.send(EventBatch{{event(EventKind::Gone, 6)}, true});
  const Outcome text = run(std::string("monitor -n 1") + kLimit);
  EXPECT_THAT(text.err, HasSubstr("events were lost"));
  EXPECT_THAT(text.out, testing::Not(HasSubstr("lost")));
  kernel_.send(EventBatch{{event(EventKind::Gone, 6)}, true});
  const Outcome json = run(std::string("monitor -j -n 1") + kLimit);
  EXPECT_THAT(json.out, testing::StartsWith("{\"kind\":\"lost\"}\n{\"kind\":\"gone\""));
}

TEST_F(MonitorTest, EndsAfterTheSeconds) {
  const auto start = std::chrono::steady_clock::now();
  const Outcome outcome = run("monitor --seconds 0.2");
  EXPECT_EQ(outcome.exit, ExitCode::Ok);
  EXPECT_GE(elapsed(start), std::chrono::milliseconds(200));
  EXPECT_LT(elapsed(start), std::chrono::seconds(10));
}

TEST_F(MonitorTest, UnloadedModuleEndsIt) {
  kernel_.send(EventBatch{{event(EventKind::Restored, 1)}, false});
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

}  // namespace
}  // namespace smadv
