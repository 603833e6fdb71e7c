// SPDX-License-Identifier: GPL-2.0
// When and where smadvd hands metrics out.
#include <cerrno>
#include <chrono>
#include <functional>
#include <string>
#include <vector>

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
using namespace std::chrono_literals;

class ServiceMetricsTest : public test::ServiceTest {
 protected:
  ServiceMetricsTest() { configuration_.metrics.listen = "127.0.0.1:9973"; }

  // Somebody asks for metrics.
  void ask(const std::function<void(const std::string& page)>& check) {
    step([] { return std::vector<int>{kWeb}; });
    look([this, check] { check(web_.pages.back()); });
  }
};

TEST_F(ServiceMetricsTest, NowhereUnlessTold) {
  configuration_.metrics.listen.clear();
  look([this] {
    EXPECT_THAT(web_.listening, IsEmpty());
    EXPECT_THAT(world_.polled, Not(Contains(kWeb)));
  });
  EXPECT_EQ(run(), ExitCode::Ok);
}

TEST_F(ServiceMetricsTest, WhoAsksGetsThePage) {
  kernel_.add_fio();
  look([this] {
    EXPECT_THAT(web_.listening, ElementsAre("127.0.0.1:9973"));
    EXPECT_THAT(world_.polled, Contains(kWeb));
  });
  events({{test::hint_event(EventKind::Applied, "fio", Reason::Trial, Hint::Random)}, 3});
  ask([](const std::string& page) {
    EXPECT_THAT(page, HasSubstr("smart_madvise_up 1\n"));
    EXPECT_THAT(page, HasSubstr("smart_madvise_group_faults_total{group=\"fio\"} 6529\n"));
    EXPECT_THAT(page, HasSubstr("smart_madvise_hint_events_total{event=\"applied\","
                                "hint=\"random\",reason=\"trial\"} 1\n"));
    EXPECT_THAT(page, HasSubstr("smart_madvise_daemon_events_lost_total 3\n"));
  });
  EXPECT_EQ(run(), ExitCode::Ok);
  EXPECT_THAT(web_.listening, IsEmpty());
  EXPECT_THAT(log(), HasSubstr("info: metrics are to be had at 127.0.0.1:9973\n"));
}

TEST_F(ServiceMetricsTest, WithoutTheModuleItIsDown) {
  kernel_.add_fio();
  ask([](const std::string& page) { EXPECT_THAT(page, HasSubstr("_up 1\n")); });
  module_news({.vanished = true}, [this] { kernel_.loaded = false; });
  ask([](const std::string& page) { EXPECT_THAT(page, HasSubstr("_up 0\n")); });
  module_news({.appeared = true}, [this] {
    kernel_.loaded = true;
    kernel_.processes.front().faults = 29;
  });
  ask([](const std::string& page) {
    EXPECT_THAT(page, HasSubstr("_up 1\n"));
    EXPECT_THAT(page, HasSubstr("smart_madvise_group_faults_total{group=\"fio\"} 6558\n"));
  });
  EXPECT_EQ(run(), ExitCode::Ok);
}

TEST_F(ServiceMetricsTest, ReloadMovesIt) {
  reload_after([] {});
  look([this] { EXPECT_THAT(web_.listening, ElementsAre("127.0.0.1:9973")) << "the same stays"; });
  reload_after([this] { configuration_.metrics.listen = "[::1]:9973"; });
  look([this] { EXPECT_THAT(web_.listening, ElementsAre("[::1]:9973")); });
  reload_after([this] { configuration_.metrics.listen.clear(); });
  look([this] {
    EXPECT_THAT(web_.listening, IsEmpty());
    EXPECT_THAT(world_.polled, Not(Contains(kWeb)));
  });
  EXPECT_EQ(run(), ExitCode::Ok);
  EXPECT_THAT(log(), HasSubstr("info: metrics are no longer to be had\n"));
}

TEST_F(ServiceMetricsTest, APlaceThatIsTakenKeepsNothingElseFromWorking) {
  serve_error_ = Error{ExitCode::Failed, EADDRINUSE, "cannot listen: Address already in use"};
  configuration_.policy.hold_ms = 777;
  look([this] { EXPECT_EQ(kernel_.policy.hold_ms, 777U); });
  reload_after([this] { serve_error_.reset(); });
  look([this] { EXPECT_THAT(web_.listening, ElementsAre("127.0.0.1:9973")); });
  EXPECT_EQ(run(), ExitCode::Ok);
  EXPECT_THAT(log(), HasSubstr("error: cannot listen: Address already in use; no metrics until the "
                               "next reload\n"));
}

TEST_F(ServiceMetricsTest, WakesUpForAClientThatIsSlow) {
  web_.timeout = 250ms;
  look([this] { EXPECT_EQ(world_.last_deadline, world_.time + 250ms); });
  look([this] {
    log_has_room_ = false;
    web_.timeout = 5s;
  });
  look([this] { EXPECT_EQ(world_.last_deadline, world_.time + 2s); });
  EXPECT_EQ(run(), ExitCode::Ok);
}

}  // namespace
}  // namespace smadv
