// SPDX-License-Identifier: GPL-2.0
#include "daemon/service/apply.h"

#include <cerrno>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/policy.h"
#include "fake_kernel.h"

namespace smadv {
namespace {

using testing::ElementsAre;
using testing::StartsWith;

FilterRule exclude(const std::string& comm) {
  return {FilterAction::Exclude, FilterKind::Comm, comm};
}

class ApplyTest : public testing::Test {
 protected:
  ApplyTest() { configuration_.policy = default_policy(); }

  Result<Applied> apply_it() { return apply(**client_, configuration_); }

  // The rules in force, without their numbers.
  std::vector<FilterRule> rules() const { return {kernel_.filters.begin(), kernel_.filters.end()}; }

  test::FakeKernel kernel_;
  Result<std::unique_ptr<KernelClient>> client_ = kernel_.connect();
  Configuration configuration_;
};

TEST_F(ApplyTest, WholePolicyInOneRequest) {
  kernel_.policy.hold_ms = 1;
  kernel_.policy.max_splits = 2;
  configuration_.policy.governor = 1;
  const auto applied = apply_it();
  ASSERT_TRUE(applied) << applied.error().message;
  EXPECT_EQ(kernel_.policy, configuration_.policy);
  EXPECT_EQ(kernel_.journal.size(), 1U);
  EXPECT_EQ(applied->policy.size(), 3U) << "what changed: governor, hold-ms, max-splits";
}

TEST_F(ApplyTest, RulesBecomeThoseOfTheFilesBeforeThePolicy) {
  kernel_.filters = {{exclude("stays"), 1}, {exclude("goes"), 2}};
  kernel_.next_filter = 3;
  configuration_.filters = {exclude("comes"), exclude("stays")};
  const auto applied = apply_it();
  ASSERT_TRUE(applied);
  EXPECT_EQ(applied->filters_added, 1U);
  EXPECT_EQ(applied->filters_removed, 1U);
  EXPECT_THAT(rules(), ElementsAre(exclude("stays"), exclude("comes")));
  EXPECT_THAT(kernel_.journal,
              ElementsAre("add exclude comm comes", "delete 2", StartsWith("policy ")));
}

TEST_F(ApplyTest, AgainChangesNothingButSaysThePolicyOnceMore) {
  configuration_.filters = {exclude("a")};
  ASSERT_TRUE(apply_it());
  kernel_.journal.clear();
  const auto applied = apply_it();
  ASSERT_TRUE(applied);
  EXPECT_TRUE(applied->policy.empty());
  EXPECT_EQ(applied->filters_added + applied->filters_removed, 0U);
  EXPECT_THAT(kernel_.journal, ElementsAre(StartsWith("policy ")));
}

TEST_F(ApplyTest, RefusedRulePutsTheRulesBack) {
  kernel_.filters = {{exclude("goes"), 1}};
  kernel_.next_filter = 2;
  configuration_.filters = {exclude("first"), exclude("second")};
  kernel_.failures.insert({"add_filter 2", {ExitCode::Failed, ENOSPC, "too many rules"}});
  const auto applied = apply_it();
  ASSERT_FALSE(applied);
  EXPECT_EQ(applied.error().message, "too many rules (exclude comm second)");
  EXPECT_THAT(rules(), ElementsAre(exclude("goes")));
}

TEST_F(ApplyTest, RefusedPolicyPutsTheRulesBack) {
  kernel_.filters = {{exclude("goes"), 1}};
  kernel_.next_filter = 2;
  configuration_.filters = {exclude("comes")};
  kernel_.failures.insert({"set_policy", {ExitCode::Failed, EINVAL, "refused"}});
  const auto applied = apply_it();
  ASSERT_FALSE(applied);
  EXPECT_EQ(applied.error().message, "refused");
  EXPECT_THAT(rules(), ElementsAre(exclude("goes")));
}

TEST_F(ApplyTest, RuleThatIsGoneAlreadyIsNoTrouble) {
  kernel_.filters = {{exclude("goes"), 1}};
  kernel_.failures.insert({"delete_filter", {ExitCode::NotFound, ENOENT, "no such rule"}});
  EXPECT_TRUE(apply_it());
}

}  // namespace
}  // namespace smadv
