// SPDX-License-Identifier: GPL-2.0
// The policy's table against include/spec/smart_madvise.yaml, which is the word.
#include <cstring>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "core.h"

namespace smadv::test {
namespace {

struct SpecField {
  std::string name;
  std::string doc;
  std::uint32_t min = 0;
  std::uint32_t max = ~0U;
};

/// What follows `key` in `text`, or nothing.
std::optional<std::string> behind(const std::string& text, const std::string& key) {
  const auto at = text.find(key);
  return at == std::string::npos ? std::nullopt : std::optional(text.substr(at + key.size()));
}

/// The policy attribute set, read line by line in the layout that the file has.
std::vector<SpecField> read_spec() {
  std::ifstream file(SMADV_SOURCE_DIR "/include/spec/smart_madvise.yaml");
  EXPECT_TRUE(file.is_open());
  std::vector<SpecField> fields;
  bool sets = false;
  bool policy = false;
  for (std::string line; std::getline(file, line);) {
    const auto indent = line.find_first_not_of(' ');
    sets = sets || line == "attribute-sets:";
    if (sets && indent == 4) {
      policy = behind(line, "name: ").value_or(policy ? "policy" : "") == "policy";
    }
    if (!policy) {
      continue;
    }
    if (indent == 8 && behind(line, "  name: ")) {
      fields.emplace_back().name = *behind(line, "name: ");
    } else if (indent == 8 && behind(line, "  doc: ")) {
      fields.back().doc = *behind(line, "doc: ");
    } else if (indent == 10 && behind(line, " min: ")) {
      fields.back().min = std::stoul(*behind(line, "min: "));
    } else if (indent == 10 && behind(line, " max: ")) {
      fields.back().max = std::stoul(*behind(line, "max: "));
    }
  }
  return fields;
}

std::vector<std::uint32_t> values(const smadv_policy& policy) {
  std::vector<std::uint32_t> list(SMADV_POLICY_FIELDS);
  std::memcpy(list.data(), &policy, sizeof(policy));
  return list;
}

smadv_policy with(std::size_t field, std::uint32_t value) {
  smadv_policy policy = default_policy();
  std::vector<std::uint32_t> list = values(policy);
  list.at(field) = value;
  std::memcpy(&policy, list.data(), sizeof(policy));
  return policy;
}

TEST(Policy, TableEqualsTheSpec) {
  const std::vector<SpecField> spec = read_spec();
  ASSERT_EQ(spec.size(), SMADV_POLICY_FIELDS);
  std::size_t told = 0;
  for (std::size_t i = 0; i < spec.size(); ++i) {
    const smadv_policy_field& field = smadv_policy_fields[i];
    EXPECT_EQ(field.name, spec[i].name);
    EXPECT_EQ(field.min, spec[i].min) << spec[i].name;
    EXPECT_EQ(field.max, spec[i].max) << spec[i].name;
    // The sentence tells it too: "(50..100, default 70)", "(8..1024, default 32, at most ...)".
    if (const auto text = behind(spec[i].doc, ", default ")) {
      EXPECT_EQ(field.def, std::stoul(*text)) << spec[i].name;
      const auto open = spec[i].doc.rfind('(');
      EXPECT_EQ(field.min, std::stoul(spec[i].doc.substr(open + 1))) << spec[i].name;
      const std::string max = behind(spec[i].doc.substr(open), "..").value_or("0");
      EXPECT_EQ(field.max, std::stoul(max)) << spec[i].name;
      ++told;
    }
  }
  EXPECT_GE(told, spec.size() - 3);  // all but the switch and the choices
}

TEST(Policy, DefaultsAreTheTables) {
  const std::vector<std::uint32_t> defaults = values(default_policy());
  for (std::size_t i = 0; i < defaults.size(); ++i) {
    EXPECT_EQ(defaults[i], smadv_policy_fields[i].def) << smadv_policy_fields[i].name;
  }
  const smadv_policy policy = default_policy();
  EXPECT_EQ(policy.enabled, 1U);
  EXPECT_EQ(policy.governor, static_cast<std::uint32_t>(SMART_MADVISE_GOVERNOR_BENEFIT));
  EXPECT_EQ(policy.window_faults, 64U);
  EXPECT_EQ(policy.hints_per_second, 100U);
  EXPECT_EQ(policy.analyzer_cpu_bp, 50U);
}

TEST(Policy, FieldsStandInTheOrderOfTheAttributes) {
  const smadv_policy policy = with(SMART_MADVISE_A_POLICY_HOLD_MS - 1, 4711);
  EXPECT_EQ(policy.hold_ms, 4711U);
  EXPECT_EQ(SMADV_POLICY_FIELDS, static_cast<std::size_t>(SMART_MADVISE_A_POLICY_MAX));
}

class PolicyField : public testing::TestWithParam<std::size_t> {};

TEST_P(PolicyField, IsCheckedAgainstItsBounds) {
  const smadv_policy_field& field = smadv_policy_fields[GetParam()];
  const auto check = [](const smadv_policy& policy) {
    return static_cast<std::size_t>(smadv_policy_check(&policy));
  };
  EXPECT_EQ(check(with(GetParam(), field.min)), SMADV_POLICY_FIELDS);
  EXPECT_EQ(check(with(GetParam(), field.max)), SMADV_POLICY_FIELDS);
  EXPECT_EQ(check(with(GetParam(), field.def)), SMADV_POLICY_FIELDS);
  EXPECT_EQ(check(with(GetParam(), field.max + 1)), GetParam());
  EXPECT_EQ(check(with(GetParam(), ~0U)), GetParam());
  if (field.min > 0) {
    EXPECT_EQ(check(with(GetParam(), field.min - 1)), GetParam());
  }
}

INSTANTIATE_TEST_SUITE_P(All, PolicyField, testing::Range<std::size_t>(0, SMADV_POLICY_FIELDS),
                         [](const auto& info) {
                           std::string name = smadv_policy_fields[info.param].name;
                           std::erase(name, '-');
                           return name;
                         });

TEST(Policy, CheckNamesTheFirstOfSeveral) {
  smadv_policy policy = default_policy();
  policy.random_pct = 101;
  policy.idle_ms = 0;
  EXPECT_EQ(smadv_policy_check(&policy), SMART_MADVISE_A_POLICY_RANDOM_PCT - 1U);
}

TEST(Policy, MinFaultsFitTheWindow) {
  smadv_policy policy = default_policy();
  EXPECT_TRUE(smadv_policy_consistent(&policy));
  policy.min_faults = policy.window_faults;
  EXPECT_TRUE(smadv_policy_consistent(&policy));
  policy.min_faults = policy.window_faults + 1;
  EXPECT_FALSE(smadv_policy_consistent(&policy));
}

}  // namespace
}  // namespace smadv::test
