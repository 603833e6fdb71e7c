// SPDX-License-Identifier: GPL-2.0
#include "daemon/service/service.h"

#include <cerrno>
#include <csignal>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "service_fixture.h"

namespace smadv {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;
using namespace std::chrono_literals;

FilterRule exclude(const std::string& comm) {
  return {FilterAction::Exclude, FilterKind::Comm, comm};
}

using ServiceTest = test::ServiceTest;

TEST_F(ServiceTest, AppliesTellsReadyAndEnds) {
  configuration_.policy.governor = 1;
  configuration_.filters = {exclude("fio")};
  EXPECT_EQ(run(), ExitCode::Ok);
  EXPECT_EQ(kernel_.policy, configuration_.policy);
  EXPECT_EQ(kernel_.filters.size(), 1U);
  EXPECT_THAT(world_.notified,
              ElementsAre("enabled, governor pattern, 1 filter rules", "READY", "STOPPING"));
  EXPECT_EQ(log(),
            "info: policy applied: governor = pattern; filter rules: 1 added, 0 removed, 1 in "
            "force\n"
            "info: connected with module 0.1.0: hook ftrace, executor madvise; enabled, governor "
            "pattern\n"
            "info: ending, the module goes on with the last policy\n");
  EXPECT_EQ(kernel_.journal.size(), 2U) << "nothing is taken back at the end";
  EXPECT_EQ(kernel_.streams, 0);
}

TEST_F(ServiceTest, WaitsOnSignalsModuleAndEvents) {
  look([this] {
    EXPECT_THAT(world_.polled, ElementsAre(kSignals, kWatch, kernel_.event_fd.get()));
    EXPECT_FALSE(world_.last_deadline) << "wakes up for nothing";
  });
  EXPECT_EQ(run(), ExitCode::Ok);
}

TEST_F(ServiceTest, WrongFilesAtTheStartEndIt) {
  load_error_ = "/etc/policy.toml:3:1: wrong";
  EXPECT_EQ(run(), ExitCode::Failed);
  EXPECT_EQ(log(), "error: /etc/policy.toml:3:1: wrong\n");
  EXPECT_EQ(connects_, 0);
  EXPECT_THAT(world_.notified, Not(testing::Contains("READY")));
}

TEST_F(ServiceTest, RefusalAtTheStartEndsIt) {
  kernel_.failures.insert({"set_policy", {ExitCode::NoPrivilege, EPERM, "no privilege"}});
  EXPECT_EQ(run(), ExitCode::NoPrivilege);
  EXPECT_THAT(world_.notified, Not(testing::Contains("READY")));
}

TEST_F(ServiceTest, ModuleOfAnotherInterfaceAtTheStartEndsItUntouched) {
  kernel_.info.abi = 2;
  EXPECT_EQ(run(), ExitCode::Incompatible);
  EXPECT_THAT(kernel_.journal, IsEmpty());
}

TEST_F(ServiceTest, WaitsForTheModuleAndSaysSoOnce) {
  kernel_.loaded = false;
  module_news({.vanished = true}, [] {});
  look([this] { EXPECT_THAT(world_.polled, ElementsAre(kSignals, kWatch)); });
  module_news({.appeared = true}, [this] { kernel_.loaded = true; });
  look([this] {
    EXPECT_EQ(kernel_.journal.size(), 1U);
    EXPECT_EQ(kernel_.streams, 1);
  });
  EXPECT_EQ(run(), ExitCode::Ok);
  EXPECT_THAT(world_.notified,
              ElementsAre("waiting for the kernel module", "READY", "waiting for the kernel module",
                          "enabled, governor benefit, 0 filter rules", "STOPPING"));
  const std::string waiting = "info: the kernel module is not loaded, waiting for it\n";
  EXPECT_THAT(log(), StartsWith(waiting));
  EXPECT_EQ(log().find(waiting, 1), std::string::npos);
}

TEST_F(ServiceTest, AppliesAgainWhenTheModuleIsReloaded) {
  configuration_.policy.hold_ms = 777;
  module_news({.vanished = true}, [this] { kernel_.loaded = false; });
  look([this] {
    EXPECT_EQ(kernel_.streams, 0);
    EXPECT_THAT(world_.polled, ElementsAre(kSignals, kWatch));
  });
  module_news({.appeared = true}, [this] {
    kernel_.loaded = true;
    kernel_.policy = default_policy();
  });
  EXPECT_EQ(run(), ExitCode::Ok);
  EXPECT_EQ(kernel_.policy.hold_ms, 777U);
  EXPECT_EQ(connects_, 2);
  EXPECT_THAT(log(), HasSubstr("waiting for it"));
}

TEST_F(ServiceTest, FastReloadInOneReadIsAppliedToo) {
  configuration_.policy.hold_ms = 777;
  module_news({.vanished = true, .appeared = true}, [this] { kernel_.policy = default_policy(); });
  EXPECT_EQ(run(), ExitCode::Ok);
  EXPECT_EQ(kernel_.policy.hold_ms, 777U);
  EXPECT_EQ(connects_, 2);
}

TEST_F(ServiceTest, LostNewsOfModulesMakesItLookAnew) {
  module_news({.lost = true}, [this] { kernel_.policy.hold_ms = 5; });
  EXPECT_EQ(run(), ExitCode::Ok);
  EXPECT_EQ(connects_, 2);
  EXPECT_EQ(kernel_.policy, default_policy());
}

TEST_F(ServiceTest, ReloadAppliesTheNewFiles) {
  reload_after([this] { configuration_.policy.hold_ms = 5; });
  EXPECT_EQ(run(), ExitCode::Ok);
  EXPECT_EQ(kernel_.policy.hold_ms, 5U);
  EXPECT_THAT(world_.notified,
              ElementsAre("enabled, governor benefit, 0 filter rules", "READY", "RELOADING",
                          "enabled, governor benefit, 0 filter rules", "READY", "STOPPING"));
  EXPECT_EQ(connects_, 1);
}

TEST_F(ServiceTest, ReloadWithWrongFilesKeepsTheFormerPolicy) {
  configuration_.policy.hold_ms = 5;
  reload_after([this] { load_error_ = "/etc/policy.toml:3:1: wrong"; });
  look([this] { EXPECT_EQ(kernel_.journal.size(), 1U) << "something was applied"; });
  module_news({.vanished = true, .appeared = true}, [this] { kernel_.policy = default_policy(); });
  EXPECT_EQ(run(), ExitCode::Ok);
  EXPECT_EQ(kernel_.policy.hold_ms, 5U) << "the former configuration was forgotten";
  EXPECT_THAT(log(), HasSubstr("error: /etc/policy.toml:3:1: wrong; the former policy stays\n"));
  EXPECT_EQ(std::ranges::count(world_.notified, "READY"), 2) << "systemd waits for it";
}

TEST_F(ServiceTest, ReloadThatTheModuleRefusesKeepsTheFormerPolicy) {
  configuration_.policy.hold_ms = 5;
  reload_after([this] {
    configuration_.policy.hold_ms = 6;
    configuration_.filters = {exclude("x")};
    kernel_.failures.insert({"set_policy", {ExitCode::Failed, EINVAL, "refused"}});
  });
  module_news({.vanished = true, .appeared = true}, [this] {
    kernel_.failures.clear();
    kernel_.policy = default_policy();
  });
  EXPECT_EQ(run(), ExitCode::Ok);
  EXPECT_EQ(kernel_.policy.hold_ms, 5U);
  EXPECT_THAT(kernel_.filters, IsEmpty());
  EXPECT_THAT(log(), HasSubstr("error: refused; the former policy stays\n"));
}

TEST_F(ServiceTest, ReloadWithoutTheModuleIsKeptForLater) {
  kernel_.loaded = false;
  reload_after([this] { configuration_.policy.hold_ms = 5; });
  module_news({.appeared = true}, [this] { kernel_.loaded = true; });
  EXPECT_EQ(run(), ExitCode::Ok);
  EXPECT_EQ(kernel_.policy.hold_ms, 5U);
}

TEST_F(ServiceTest, TroubleWithAModuleThatAppearsIsTriedAgainEverMoreSeldom) {
  kernel_.loaded = false;
  const auto start = world_.time;
  module_news({.appeared = true}, [this] {
    kernel_.loaded = true;
    kernel_.failures.insert({"info", {ExitCode::Failed, EIO, "not yet"}});
  });
  look([this, start] {
    ASSERT_TRUE(world_.last_deadline);
    EXPECT_EQ(*world_.last_deadline, start + 1s);
    world_.time = start + 1s;  // the deadline passes
  });
  look([this, start] {
    ASSERT_TRUE(world_.last_deadline);
    EXPECT_EQ(*world_.last_deadline, start + 1s + 2s);
    world_.time = start + 2s;  // woken before the deadline: nothing is tried
  });
  look([this, start] {
    EXPECT_EQ(connects_, 3);
    kernel_.failures.clear();
    world_.time = start + 3s;
  });
  look([this] {
    EXPECT_EQ(connects_, 4);
    EXPECT_FALSE(world_.last_deadline) << "goes on trying";
    EXPECT_EQ(kernel_.journal.size(), 1U);
  });
  EXPECT_EQ(run(), ExitCode::Ok);
  EXPECT_THAT(log(), HasSubstr("error: not yet; trying again in 1 s\n"));
  EXPECT_THAT(log(), HasSubstr("error: not yet; trying again in 2 s\n"));
}

TEST_F(ServiceTest, RetriesAreAtMostAMinuteApart) {
  kernel_.loaded = false;
  module_news({.appeared = true}, [this] {
    kernel_.loaded = true;
    kernel_.failures.insert({"info", {ExitCode::Failed, EIO, "not yet"}});
  });
  for (int i = 0; i < 10; ++i) {
    look([this] {
      ASSERT_TRUE(world_.last_deadline);
      EXPECT_LE(*world_.last_deadline - world_.time, 60s);
      world_.time = *world_.last_deadline;
    });
  }
  EXPECT_EQ(run(), ExitCode::Ok);
  EXPECT_THAT(log(), HasSubstr("trying again in 60 s\n"));
}

TEST_F(ServiceTest, SuccessMakesTheNextRetryQuickAgain) {
  const auto fail = [this] {
    kernel_.failures.insert({"info", {ExitCode::Failed, EIO, "not yet"}});
  };
  const auto pass_deadline = [this] {
    ASSERT_TRUE(world_.last_deadline);
    world_.time = *world_.last_deadline;
  };
  module_news({.vanished = true, .appeared = true}, fail);
  look(pass_deadline);  // fails again, 2 s to the next
  look([this, pass_deadline] {
    kernel_.failures.clear();
    pass_deadline();
  });
  module_news({.vanished = true, .appeared = true}, fail);
  look([this] {
    ASSERT_TRUE(world_.last_deadline);
    EXPECT_EQ(*world_.last_deadline - world_.time, 1s);
  });
  EXPECT_EQ(run(), ExitCode::Ok);
}

Event event(EventKind kind) {
  Event event;
  event.kind = kind;
  event.pid = 136;
  event.comm = "fio";
  return event;
}

TEST_F(ServiceTest, LogsWhatTheModuleDoes) {
  EventBatch batch;
  for (std::uint32_t i = 0; i < kNames<EventKind>.size(); ++i) {
    batch.events.push_back(event(static_cast<EventKind>(i)));
  }
  events(batch);
  EXPECT_EQ(run(), ExitCode::Ok);
  for (const auto* kind : {"applied", "refused", "restored", "yielded"}) {
    EXPECT_THAT(log(), HasSubstr(std::string("info: ") + kind + " 136 fio\n"));
  }
  for (const auto* kind : {"adopted", "gone", "verdict", "cancelled"}) {
    EXPECT_THAT(log(), Not(HasSubstr(std::string(kind) + " 136 fio"))) << "at info";
  }
}

TEST_F(ServiceTest, LogsTheRestAtDebug) {
  log_.set_level(spdlog::level::debug);
  events({{event(EventKind::Verdict)}, 0});
  EXPECT_EQ(run(), ExitCode::Ok);
  EXPECT_THAT(log(), HasSubstr("debug: verdict 136 fio\n"));
  EXPECT_THAT(log(), HasSubstr("debug: read /etc/policy.toml\n"));
}

TEST_F(ServiceTest, PolicyChangedByHandIsLoggedOnceAndLeft) {
  const auto change = [this](std::uint32_t hold_ms) {
    step([this, hold_ms] {
      kernel_.policy.hold_ms = hold_ms;
      kernel_.send(EventBatch{{event(EventKind::Policy)}, 0});
      return std::vector<int>{kernel_.event_fd.get()};
    });
  };
  change(100);  // as in the files: our own change
  change(5);
  change(5);
  look([this] { EXPECT_EQ(kernel_.policy.hold_ms, 5U); });
  change(100);
  EXPECT_EQ(run(), ExitCode::Ok);
  const std::string by_hand =
      "info: the policy was changed by hand, until the next reload: hold-ms = 5\n";
  const auto first = log().find(by_hand);
  ASSERT_NE(first, std::string::npos);
  EXPECT_EQ(log().find(by_hand, first + 1), std::string::npos) << "logged twice";
  EXPECT_THAT(log(), HasSubstr("info: the policy in force is that of the files again\n"));
}

TEST_F(ServiceTest, PolicyChangedByHandAgainAfterAReloadIsLoggedAgain) {
  const auto change = [this] {
    step([this] {
      kernel_.policy.hold_ms = 5;
      kernel_.send(EventBatch{{event(EventKind::Policy)}, 0});
      return std::vector<int>{kernel_.event_fd.get()};
    });
  };
  change();
  reload_after([] {});
  change();
  EXPECT_EQ(run(), ExitCode::Ok);
  const std::string by_hand = "until the next reload: hold-ms = 5\n";
  const auto first = log().find(by_hand);
  ASSERT_NE(first, std::string::npos);
  EXPECT_NE(log().find(by_hand, first + 1), std::string::npos);
}

TEST_F(ServiceTest, LostEventsAreToldWithTheCountsAsTheyAre) {
  kernel_.stats.events_lost = 12;
  kernel_.stats.processes = 3;
  kernel_.stats.hints_active = 5;
  step([this] {
    kernel_.policy.hold_ms = 5;
    kernel_.send(EventBatch{{event(EventKind::Applied)}, 20});
    return std::vector<int>{kernel_.event_fd.get()};
  });
  EXPECT_EQ(run(), ExitCode::Ok);
  EXPECT_THAT(log(), HasSubstr("warning: 20 events were lost, too many came at once\n"));
  EXPECT_THAT(log(), HasSubstr("info: as it stands: 3 processes, 5 hints active"));
  EXPECT_THAT(log(), HasSubstr("12 events unsent\n"));
  EXPECT_THAT(log(), HasSubstr("changed by hand, until the next reload: hold-ms = 5"))
      << "what the lost events would have told";
}

TEST_F(ServiceTest, EventsOfAModuleThatLeavesAreNotTheEnd) {
  step([this] {
    kernel_.send(Error{ExitCode::ModuleAbsent, ENOENT, "absent"});
    return std::vector<int>{kernel_.event_fd.get()};
  });
  look([this] { EXPECT_THAT(world_.polled, ElementsAre(kSignals, kWatch)); });
  module_news({.vanished = true}, [this] { kernel_.loaded = false; });
  module_news({.appeared = true}, [this] { kernel_.loaded = true; });
  EXPECT_EQ(run(), ExitCode::Ok);
  EXPECT_EQ(connects_, 2);
}

TEST_F(ServiceTest, BrokenEventStreamIsOpenedAnew) {
  step([this] {
    kernel_.send(Error{ExitCode::Failed, EBADMSG, "garbled"});
    return std::vector<int>{kernel_.event_fd.get()};
  });
  look([this] {
    ASSERT_TRUE(world_.last_deadline);
    world_.time = *world_.last_deadline;
  });
  look([this] { EXPECT_EQ(kernel_.streams, 1); });
  EXPECT_EQ(run(), ExitCode::Ok);
  EXPECT_THAT(log(), HasSubstr("warning: garbled, subscribing to the events anew\n"));
  EXPECT_EQ(connects_, 2);
}

TEST_F(ServiceTest, EventsAndUnloadAtOnceAreBothHandled) {
  step([this] {
    kernel_.send(EventBatch{{event(EventKind::Restored)}, 0});
    kernel_.loaded = false;
    world_.news = {.vanished = true};
    return std::vector<int>{kernel_.event_fd.get(), kWatch};
  });
  EXPECT_EQ(run(), ExitCode::Ok);
  EXPECT_THAT(log(), HasSubstr("info: restored 136 fio\n"));
  EXPECT_THAT(log(), HasSubstr("waiting for it"));
}

TEST_F(ServiceTest, PolicyEventOfAModuleThatIsGoneAlreadyIsSurvived) {
  step([this] {
    kernel_.send(EventBatch{{event(EventKind::Policy)}, 1});
    kernel_.loaded = false;
    return std::vector<int>{kernel_.event_fd.get()};
  });
  module_news({.vanished = true}, [] {});
  EXPECT_EQ(run(), ExitCode::Ok);
  EXPECT_THAT(log(), HasSubstr("warning: 1 events were lost"));
  EXPECT_THAT(log(), HasSubstr("waiting for it"));
}

TEST_F(ServiceTest, WhatCannotBeAskedForAfterEventsIsToldAndNoEnd) {
  for (const char* call : {"policy", "filters", "stats"}) {
    step([this, call] {
      kernel_.failures = {{call, {ExitCode::Failed, EIO, std::string("no ") + call}}};
      kernel_.send(EventBatch{{}, 1});
      return std::vector<int>{kernel_.event_fd.get()};
    });
  }
  EXPECT_EQ(run(), ExitCode::Ok);
  for (const char* call : {"policy", "filters", "stats"}) {
    EXPECT_THAT(log(), HasSubstr(std::string("warning: no ") + call + '\n'));
  }
}

TEST_F(ServiceTest, WaitingThatFailsEndsIt) {
  look([this] { world_.wait_error = Error{ExitCode::Failed, ENOMEM, "cannot wait"}; });
  EXPECT_EQ(run(), ExitCode::Failed);
  EXPECT_THAT(log(), HasSubstr("error: cannot wait\n"));
  EXPECT_THAT(world_.notified, Contains("cannot wait"));
}

TEST_F(ServiceTest, NewsOfModulesThatCannotBeReadEndIt) {
  module_news({}, [this] { world_.watch_error = Error{ExitCode::Failed, EBADMSG, "garbled"}; });
  EXPECT_EQ(run(), ExitCode::Failed);
  EXPECT_THAT(log(), HasSubstr("error: garbled\n"));
}

TEST_F(ServiceTest, SigintEndsItToo) {
  step([this] {
    world_.signals.push_back(SIGINT);
    return std::vector<int>{kSignals};
  });
  look([] { ADD_FAILURE() << "went on"; });
  EXPECT_EQ(run(), ExitCode::Ok);
}

// It wakes up for it when nothing else happens, and does not speak at each turn.
TEST_F(ServiceTest, TellsTheServiceManagerThatItIsAlive) {
  world_.watched_every = 30s;
  const auto start = world_.time;
  look([this, start] {
    EXPECT_EQ(world_.alive_told, 1);
    EXPECT_EQ(world_.last_deadline, start + 30s);
    world_.time = start + 29s;  // woken by something else
  });
  look([this, start] {
    EXPECT_EQ(world_.alive_told, 1);
    EXPECT_EQ(world_.last_deadline, start + 30s);
    world_.time = start + 31s;
  });
  look([this, start] {
    EXPECT_EQ(world_.alive_told, 2);
    EXPECT_EQ(world_.last_deadline, start + 61s);
  });
  EXPECT_EQ(run(), ExitCode::Ok);
}

TEST_F(ServiceTest, SaysNothingToAServiceManagerThatDoesNotWatch) {
  look([this] { world_.time += 1h; });
  EXPECT_EQ(run(), ExitCode::Ok);
  EXPECT_EQ(world_.alive_told, 0);
}

}  // namespace
}  // namespace smadv
