// SPDX-License-Identifier: GPL-2.0
#include "daemon/service/apply.h"

#include <linux/smart_madvise.h>

#include <algorithm>
#include <cerrno>
#include <random>
#include <span>
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
using testing::UnorderedElementsAreArray;

FilterRule excluding(const std::string& comm) {
  return {FilterAction::Exclude, FilterKind::Comm, comm};
}

FilterRule including(const std::string& comm) {
  return {FilterAction::Include, FilterKind::Comm, comm};
}

// What the module makes of the rules (kmod/filter.c), for a process known by name only.
bool lets_in(std::span<const FilterRule> rules, const std::string& comm) {
  const auto named = [&comm](const FilterRule& rule) { return rule.value == comm; };
  const auto is_include = [](const FilterRule& rule) {
    return rule.action == FilterAction::Include;
  };
  const bool excluded = std::ranges::any_of(
      rules, [&](const FilterRule& rule) { return named(rule) && !is_include(rule); });
  const bool included = std::ranges::any_of(
      rules, [&](const FilterRule& rule) { return named(rule) && is_include(rule); });
  return !excluded && (included || std::ranges::none_of(rules, is_include));
}

class ApplyTest : public testing::Test {
 protected:
  ApplyTest() { configuration_.policy = default_policy(); }

  Result<Applied> apply_it() { return apply(**client_, configuration_); }

  // The rules in force, without their numbers.
  std::vector<FilterRule> rules() const { return {kernel_.filters.begin(), kernel_.filters.end()}; }

  void present(const std::vector<FilterRule>& rules) {
    kernel_.filters.clear();
    for (const FilterRule& rule : rules) {
      kernel_.filters.push_back({rule, kernel_.next_filter++});
    }
  }

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
  kernel_.filters = {{excluding("stays"), 1}, {excluding("goes"), 2}};
  kernel_.next_filter = 3;
  configuration_.filters = {excluding("comes"), excluding("stays")};
  const auto applied = apply_it();
  ASSERT_TRUE(applied);
  EXPECT_EQ(applied->filters_added, 1U);
  EXPECT_EQ(applied->filters_removed, 1U);
  EXPECT_THAT(rules(), ElementsAre(excluding("stays"), excluding("comes")));
  EXPECT_THAT(kernel_.journal,
              ElementsAre("add exclude comm comes", "delete 2", StartsWith("policy ")));
}

TEST_F(ApplyTest, AgainChangesNothingButSaysThePolicyOnceMore) {
  configuration_.filters = {excluding("a")};
  ASSERT_TRUE(apply_it());
  kernel_.journal.clear();
  const auto applied = apply_it();
  ASSERT_TRUE(applied);
  EXPECT_TRUE(applied->policy.empty());
  EXPECT_EQ(applied->filters_added + applied->filters_removed, 0U);
  EXPECT_THAT(kernel_.journal, ElementsAre(StartsWith("policy ")));
}

TEST_F(ApplyTest, RefusedRulePutsTheRulesBack) {
  kernel_.filters = {{excluding("goes"), 1}};
  kernel_.next_filter = 2;
  configuration_.filters = {excluding("first"), excluding("second")};
  kernel_.failures.insert({"add_filter 2", {ExitCode::Failed, ENOMEM, "no memory"}});
  const auto applied = apply_it();
  ASSERT_FALSE(applied);
  EXPECT_EQ(applied.error().message, "no memory (exclude comm second)");
  EXPECT_THAT(rules(), ElementsAre(excluding("goes")));
}

TEST_F(ApplyTest, RefusedPolicyPutsTheRulesBack) {
  kernel_.filters = {{excluding("goes"), 1}};
  kernel_.next_filter = 2;
  configuration_.filters = {excluding("comes")};
  kernel_.failures.insert({"set_policy", {ExitCode::Failed, EINVAL, "refused"}});
  const auto applied = apply_it();
  ASSERT_FALSE(applied);
  EXPECT_EQ(applied.error().message, "refused");
  EXPECT_THAT(rules(), ElementsAre(excluding("goes")));
}

std::vector<FilterRule> excludes(const std::string& prefix, std::size_t count) {
  std::vector<FilterRule> rules;
  rules.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    rules.push_back(excluding(prefix + std::to_string(i)));
  }
  return rules;
}

TEST_F(ApplyTest, RulesThatDoNotFitBesideTheOldOnes) {
  for (const std::size_t count : {std::size_t{200}, std::size_t{SMART_MADVISE_MAX_FILTERS}}) {
    present(excludes("old", count));
    configuration_.filters = excludes("new", count);
    const auto applied = apply_it();
    ASSERT_TRUE(applied) << applied.error().message;
    EXPECT_EQ(rules(), configuration_.filters);
    EXPECT_EQ(applied->filters_added, count);
    EXPECT_EQ(applied->filters_removed, count);
  }
}

TEST_F(ApplyTest, RefusedPolicyPutsBackWhatHadToMakeRoom) {
  const auto before = excludes("old", 200);
  present(before);
  configuration_.filters = excludes("new", 200);
  kernel_.failures.insert({"set_policy", {ExitCode::Failed, EINVAL, "refused"}});
  ASSERT_FALSE(apply_it());
  EXPECT_THAT(rules(), UnorderedElementsAreArray(before));
}

TEST_F(ApplyTest, RuleThatCannotMakeRoomPutsTheRulesBack) {
  const auto before = excludes("old", SMART_MADVISE_MAX_FILTERS);
  present(before);
  configuration_.filters = {excluding("new")};
  kernel_.failures.insert({"delete_filter", {ExitCode::Failed, EPERM, "not allowed"}});
  const auto applied = apply_it();
  ASSERT_FALSE(applied);
  EXPECT_EQ(applied.error().message, "not allowed (exclude comm new)");
  EXPECT_EQ(rules(), before);
}

TEST_F(ApplyTest, RuleThatCannotBeRemovedIsAnError) {
  present({excluding("old")});
  configuration_.filters = {excluding("new")};
  kernel_.failures.insert({"delete_filter", {ExitCode::Failed, EPERM, "not allowed"}});
  const auto applied = apply_it();
  ASSERT_FALSE(applied);
  EXPECT_EQ(applied.error().message, "not allowed");
}

// Full of includes and excludes: one include stays to the end, and the excludes as long as can be.
TEST_F(ApplyTest, RoomIsMadeByIncludesButTheLast) {
  auto before = excludes("old", SMART_MADVISE_MAX_FILTERS - 2);
  before.push_back(including("one"));
  before.push_back(including("two"));
  present(before);
  configuration_.filters = {excluding("new1"), excluding("new2"), including("one more")};
  ASSERT_TRUE(apply_it());
  EXPECT_THAT(
      std::vector(kernel_.journal.begin(), kernel_.journal.begin() + 8),
      ElementsAre("delete 255", "add exclude comm new1", "delete 1", "add exclude comm new2",
                  "delete 2", "add include comm one more", "delete 256", "delete 3"));
  EXPECT_THAT(rules(), UnorderedElementsAreArray(configuration_.filters));
}

// Nobody is let in on the way whom neither the old rules nor the new let in.
TEST_F(ApplyTest, NobodyIsLetInOnTheWay) {
  const std::vector<std::string> names = {"a", "b", "c", "d"};
  std::mt19937 dice(1);  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same each time
  const auto some_rules = [&dice, &names] {
    std::vector<FilterRule> rules;
    for (const auto& name : names) {
      for (const auto& rule : {excluding(name), including(name)}) {
        if (dice() % 3 == 0) {
          rules.push_back(rule);
        }
      }
    }
    std::ranges::shuffle(rules, dice);
    return rules;
  };
  for (int round = 0; round < 500; ++round) {
    const auto before = some_rules();
    present(before);
    configuration_.filters = some_rules();
    kernel_.on_filters = [&] {
      for (const auto& name : names) {
        EXPECT_TRUE(!lets_in(rules(), name) || lets_in(before, name) ||
                    lets_in(configuration_.filters, name))
            << name << " in round " << round << " after " << kernel_.journal.back();
      }
    };
    ASSERT_TRUE(apply_it());
    EXPECT_THAT(rules(), UnorderedElementsAreArray(configuration_.filters));
  }
}

TEST_F(ApplyTest, RuleThatIsGoneAlreadyIsNoTrouble) {
  kernel_.filters = {{excluding("goes"), 1}};
  kernel_.failures.insert({"delete_filter", {ExitCode::NotFound, ENOENT, "no such rule"}});
  EXPECT_TRUE(apply_it());
}

}  // namespace
}  // namespace smadv
