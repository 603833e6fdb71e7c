// SPDX-License-Identifier: GPL-2.0
#include "daemon/policy.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/filter.h"
#include "daemon/suggest.h"

namespace smadv {
namespace {

using testing::AllOf;
using testing::HasSubstr;

const PolicyKey& key(std::string_view name) {
  const PolicyKey* found = find_policy_key(name);
  EXPECT_NE(found, nullptr) << name;
  return *found;
}

TEST(Policy, BoundsOfEachKeyAreTakenAndOneBeyondIsNot) {
  for (const PolicyKey& one : policy_keys()) {
    for (const std::uint32_t good : {one.min, one.max, one.fallback}) {
      const auto value = parse_policy_value(one, std::to_string(good));
      ASSERT_TRUE(value) << one.name << ": " << value.error().message;
      EXPECT_EQ(*value, good);
    }
    for (const std::int64_t bad : {std::int64_t{one.min} - 1, std::int64_t{one.max} + 1}) {
      const auto value = parse_policy_value(one, std::to_string(bad));
      ASSERT_FALSE(value) << one.name << " = " << bad;
      EXPECT_EQ(value.error().exit, ExitCode::Usage);
      EXPECT_THAT(value.error().message,
                  AllOf(HasSubstr(std::string(one.name)), HasSubstr(std::to_string(bad)),
                        HasSubstr(allowed_values(one))));
    }
  }
}

TEST(Policy, NamesAreTakenToo) {
  EXPECT_EQ(*parse_policy_value(key("governor"), "pattern"), 1U);
  EXPECT_EQ(*parse_policy_value(key("governor"), "observe"), 0U);
  EXPECT_EQ(*parse_policy_value(key("application-hints"), "override"), 2U);
  EXPECT_EQ(*parse_policy_value(key("enabled"), "off"), 0U);
  EXPECT_EQ(*parse_policy_value(key("enabled"), "on"), 1U);
}

TEST(Policy, WhatIsNoNumberIsRefused) {
  for (const auto* text : {"", "x", "1x", " 60", "60 ", "0x3c", "6e1", "60.0", "+60", "on"}) {
    const auto value = parse_policy_value(key("random-pct"), text);
    ASSERT_FALSE(value) << text;
    EXPECT_EQ(value.error().message,
              std::string("'") + text + "' is no value for random-pct, allowed: 50..100 %");
  }
}

TEST(Policy, NumberBeyondAllIntegersIsOutOfRange) {
  const auto value = parse_policy_value(key("hold-ms"), "99999999999999999999999");
  ASSERT_FALSE(value);
  EXPECT_EQ(value.error().message,
            "hold-ms = 99999999999999999999999 is out of range, allowed: 0..60000 ms");
}

TEST(Policy, NumberThatWouldWrapIsOutOfRange) {
  EXPECT_FALSE(parse_policy_value(key("hold-ms"), "4294967396"));  // 2^32 + 100
}

TEST(Policy, FormattedAsWritten) {
  EXPECT_EQ(format_policy_value(key("governor"), 1), "pattern");
  EXPECT_EQ(format_policy_value(key("governor"), 9), "9") << "of a newer module";
  EXPECT_EQ(format_policy_value(key("enabled"), 0), "off");
  EXPECT_EQ(format_policy_value(key("hold-ms"), 1), "1");
}

TEST(Policy, Allowed) {
  EXPECT_EQ(allowed_values(key("governor")), "observe, pattern or benefit");
  EXPECT_EQ(allowed_values(key("enabled")), "on or off");
  EXPECT_EQ(allowed_values(key("min-mapping-kb")), "64..1073741824 KiB");
}

TEST(Policy, DefaultsAreWithinTheirRangesAndGoTogether) {
  const Policy policy = default_policy();
  for (const PolicyKey& one : policy_keys()) {
    EXPECT_TRUE(check_policy_value(one, policy.*one.member)) << one.name;
  }
  EXPECT_FALSE(policy_conflict(policy));
}

TEST(Policy, MinFaultsAboveWindowFaultsIsAConflict) {
  Policy policy = default_policy();
  policy.min_faults = policy.window_faults;
  EXPECT_FALSE(policy_conflict(policy));
  policy.min_faults = policy.window_faults + 1;
  ASSERT_TRUE(policy_conflict(policy));
  EXPECT_THAT(*policy_conflict(policy),
              AllOf(HasSubstr("min-faults = 65"), HasSubstr("window-faults = 64")));
}

TEST(Policy, DifferenceNamesWhatDiffers) {
  Policy policy = default_policy();
  EXPECT_TRUE(policy_difference(default_policy(), policy).empty());
  policy.hold_ms = 5;
  const PolicyChanges changes = policy_difference(default_policy(), policy);
  ASSERT_EQ(changes.size(), 1U);
  EXPECT_EQ(changes[0], (PolicyChange{&key("hold-ms"), 5}));
  EXPECT_EQ(whole_policy(policy).size(), policy_keys().size());
}

TEST(Suggest, NearNamesAreOffered) {
  EXPECT_EQ(unknown_policy_key("hold_ms"), "unknown key 'hold_ms', did you mean 'hold-ms'?");
  EXPECT_EQ(unknown_policy_key("RANDOM-PCT"),
            "unknown key 'RANDOM-PCT', did you mean 'random-pct'?");
  EXPECT_EQ(unknown_policy_key("max-proceses"),
            "unknown key 'max-proceses', did you mean 'max-processes'?");
  EXPECT_EQ(unknown_policy_key("gov"), "unknown key 'gov', did you mean 'governor'?");
}

TEST(Suggest, FarNamesAreNot) {
  EXPECT_EQ(unknown_policy_key("colour"), "unknown key 'colour'");
  EXPECT_EQ(unknown_policy_key(""), "unknown key ''");
}

struct RuleCase {
  FilterKind kind;
  std::string value;
  bool good;
};

class FilterRuleTest : public testing::TestWithParam<RuleCase> {};

TEST_P(FilterRuleTest, IsCheckedByItsKind) {
  const auto& [kind, value, good] = GetParam();
  const auto valid = check_filter_rule({FilterAction::Include, kind, value});
  EXPECT_EQ(valid.ok(), good) << value;
  if (!valid) {
    EXPECT_EQ(valid.error().exit, ExitCode::Usage);
    EXPECT_THAT(valid.error().message, HasSubstr("a rule on " + name_of(kind)));
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, FilterRuleTest,
    testing::Values(RuleCase{FilterKind::Pid, "1", true}, RuleCase{FilterKind::Pid, "0", false},
                    RuleCase{FilterKind::Pid, "", false}, RuleCase{FilterKind::Pid, "12x", false},
                    RuleCase{FilterKind::Pid, "-1", false}, RuleCase{FilterKind::Uid, "0", true},
                    RuleCase{FilterKind::Uid, "4294967294", true},
                    RuleCase{FilterKind::Uid, "4294967295", false},
                    RuleCase{FilterKind::Uid, "root", false},
                    RuleCase{FilterKind::Comm, "exactly15bytes!", true},
                    RuleCase{FilterKind::Comm, "sixteen bytes!!!", false},
                    RuleCase{FilterKind::Comm, "", false},
                    RuleCase{FilterKind::Exe, "/usr/bin/x", true},
                    RuleCase{FilterKind::Exe, "x", false}, RuleCase{FilterKind::Exe, "", false},
                    RuleCase{FilterKind::Exe, "/" + std::string(254, 'x'), true},
                    RuleCase{FilterKind::Exe, "/" + std::string(255, 'x'), false},
                    RuleCase{FilterKind::Cgroup, "/", true},
                    RuleCase{FilterKind::Cgroup, "system.slice", false},
                    RuleCase{static_cast<FilterKind>(9), "x", false},
                    RuleCase{FilterKind::Comm, std::string("a\0b", 3), false}));

}  // namespace
}  // namespace smadv
