// SPDX-License-Identifier: GPL-2.0
// The service when things go wrong at the worst moment.
#include <cerrno>
#include <csignal>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "service_fixture.h"

namespace smadv {
namespace {

using testing::HasSubstr;
using testing::Not;
using namespace std::chrono_literals;

using ServiceTroubleTest = test::ServiceTest;

Error absent() {
  return {ExitCode::ModuleAbsent, ENOENT, "module absent"};
}

/// Each request of a connection may be the one that finds the module gone.
class ModuleLeavesTest : public ServiceTroubleTest,
                         public testing::WithParamInterface<const char*> {};

TEST_P(ModuleLeavesTest, DuringTheStartItIsWaitedFor) {
  configuration_.policy.hold_ms = 5;
  configuration_.filters = {{FilterAction::Exclude, FilterKind::Comm, "x"}};
  kernel_.failures.insert({GetParam(), absent()});
  module_news({.vanished = true}, [] {});
  module_news({.appeared = true}, [this] { kernel_.failures.clear(); });
  EXPECT_EQ(run(), ExitCode::Ok);
  EXPECT_EQ(kernel_.policy.hold_ms, 5U);
  EXPECT_EQ(kernel_.filters.size(), 1U);
  EXPECT_THAT(log(), HasSubstr("waiting for it"));
  EXPECT_THAT(log(), Not(HasSubstr("error:")));
}

TEST_P(ModuleLeavesTest, DuringAReconnectItIsWaitedForWithoutRetries) {
  configuration_.filters = {{FilterAction::Exclude, FilterKind::Comm, "x"}};
  module_news({.vanished = true, .appeared = true}, [this] {
    kernel_.filters.clear();
    kernel_.failures.insert({GetParam(), absent()});
  });
  look([this] { EXPECT_FALSE(world_.last_deadline); });
  module_news({.vanished = true, .appeared = true}, [this] { kernel_.failures.clear(); });
  EXPECT_EQ(run(), ExitCode::Ok);
  EXPECT_EQ(kernel_.filters.size(), 1U);
  EXPECT_THAT(log(), Not(HasSubstr("error:")));
}

INSTANTIATE_TEST_SUITE_P(All, ModuleLeavesTest,
                         testing::Values("info", "events", "policy", "filters", "add_filter",
                                         "set_policy"));

TEST_F(ServiceTroubleTest, ModuleThatLeavesDuringAReloadGetsTheNewFilesWhenItReturns) {
  reload_after([this] {
    configuration_.policy.hold_ms = 5;
    kernel_.loaded = false;
  });
  module_news({.vanished = true}, [] {});
  module_news({.appeared = true}, [this] { kernel_.loaded = true; });
  EXPECT_EQ(run(), ExitCode::Ok);
  EXPECT_EQ(kernel_.policy.hold_ms, 5U);
  EXPECT_THAT(log(), HasSubstr("reloaded, to be applied when the kernel module is loaded"));
}

TEST_F(ServiceTroubleTest, ReloadMendsAtOnceWhatIsTriedAgain) {
  module_news({.vanished = true, .appeared = true}, [this] {
    kernel_.failures.insert({"set_policy", {ExitCode::Failed, EINVAL, "refused"}});
  });
  reload_after([this] {
    configuration_.policy.hold_ms = 5;
    kernel_.failures.clear();
  });
  look([this] {
    EXPECT_EQ(kernel_.policy.hold_ms, 5U);
    EXPECT_FALSE(world_.last_deadline);
  });
  EXPECT_EQ(run(), ExitCode::Ok);
}

TEST_F(ServiceTroubleTest, ReloadedModuleIsToldOnce) {
  for (int i = 0; i < 3; ++i) {
    module_news({.vanished = true}, [this] { kernel_.loaded = false; });
    module_news({.appeared = true}, [this] { kernel_.loaded = true; });
  }
  EXPECT_EQ(run(), ExitCode::Ok);
  const auto count = [this](const std::string& text) {
    int found = 0;
    for (auto at = log().find(text); at != std::string::npos; at = log().find(text, at + 1)) {
      ++found;
    }
    return found;
  };
  EXPECT_EQ(count("waiting for it"), 3);
  EXPECT_EQ(count("the kernel module was loaded"), 3);
  EXPECT_EQ(count("policy applied"), 4);
  EXPECT_EQ(count("connected with module"), 4);
}

TEST_F(ServiceTroubleTest, StormOfReloadsLeavesRoomForTheRest) {
  // Every look finds another SIGHUP; the event and the module's news are seen nevertheless.
  step([this] {
    for (int i = 0; i < 100; ++i) {
      world_.signals.push_back(SIGHUP);
    }
    return std::vector<int>{kSignals};
  });
  module_news({.vanished = true, .appeared = true}, [] {});
  look([this] {
    EXPECT_EQ(connects_, 2);
    EXPECT_EQ(world_.signals.size(), 99U) << "one reload a turn";
  });
  EXPECT_EQ(run(), ExitCode::Ok);
}

TEST_F(ServiceTroubleTest, WakesUpForALogThatHasNoRoomAndNotOtherwise) {
  look([this] {
    EXPECT_FALSE(world_.last_deadline);
    log_has_room_ = false;
  });
  look([this] {
    ASSERT_TRUE(world_.last_deadline);
    EXPECT_GE(*world_.last_deadline - world_.time, 1s) << "spins";
    log_has_room_ = true;
  });
  look([this] { EXPECT_FALSE(world_.last_deadline); });
  EXPECT_EQ(run(), ExitCode::Ok);
}

TEST_F(ServiceTroubleTest, FiltersChangedByHandAreTold) {
  configuration_.filters = {{FilterAction::Exclude, FilterKind::Comm, "mine"}};
  step([this] {
    kernel_.filters = {{{FilterAction::Include, FilterKind::Pid, "7"}, 9}};
    Event event;
    event.kind = EventKind::Policy;
    kernel_.send(EventBatch{{event}, 0});
    return std::vector<int>{kernel_.event_fd.get()};
  });
  EXPECT_EQ(run(), ExitCode::Ok);
  EXPECT_THAT(log(), HasSubstr("changed by hand, until the next reload: include pid 7 added, "
                               "exclude comm mine removed\n"));
}

}  // namespace
}  // namespace smadv
