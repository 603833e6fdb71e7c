// SPDX-License-Identifier: GPL-2.0
// The tables of this program against include/spec/smart_madvise.yaml, which is the word.
#include <fstream>
#include <map>
#include <regex>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/fields.h"
#include "daemon/policy.h"
#include "daemon/stats.h"

namespace smadv {
namespace {

using testing::ElementsAreArray;

struct SpecAttribute {
  std::string name;
  std::string type;
  std::string enumeration;
  std::string doc;
};

/// As much of the spec as the tables repeat. Reads the layout that the file has, two blanks for
/// each level, and nothing more general.
struct Spec {
  std::map<std::string, std::vector<std::string>> enums;
  std::map<std::string, std::vector<SpecAttribute>> sets;

  Spec() {
    std::ifstream file(SMADV_SOURCE_DIR "/include/spec/smart_madvise.yaml");
    EXPECT_TRUE(file.is_open());
    std::string section;
    std::string item;
    for (std::string line; std::getline(file, line);) {
      const auto indent = line.find_first_not_of(' ');
      if (indent == std::string::npos) {
        continue;
      }
      const std::string text = line.substr(indent);
      if (indent == 0) {
        section = text;
      } else if (section == "definitions:") {
        read_definition(indent, text, item);
      } else if (section == "attribute-sets:") {
        read_set(indent, text, item);
      }
    }
  }

 private:
  static std::string value(const std::string& text, const std::string& key) {
    return text.starts_with(key + ": ") ? text.substr(key.size() + 2) : std::string();
  }

  void read_definition(std::size_t indent, const std::string& text, std::string& item) {
    const std::string name = value(text, "name");
    if (indent == 4 && !name.empty()) {
      item = name;
    } else if (indent == 8 && !name.empty()) {
      enums[item].push_back(name);
    }
  }

  void read_set(std::size_t indent, const std::string& text, std::string& item) {
    const std::string name = value(text, "name");
    if (indent == 4 && !name.empty()) {
      item = name;
    } else if (indent == 8 && !name.empty()) {
      sets[item].push_back({name, {}, {}, {}});
    } else if (indent == 8 && !sets[item].empty()) {
      SpecAttribute& attribute = sets[item].back();
      attribute.type += value(text, "type");
      attribute.enumeration += value(text, "enum");
      attribute.doc += value(text, "doc");
    }
  }
};

const Spec& spec() {
  static const Spec instance;
  return instance;
}

template <class M>
std::string type_of(const M* /*member*/) {
  return std::is_same_v<M, std::string>                  ? "string"
         : std::is_same_v<M, std::vector<RecordedFault>> ? "binary"
         : sizeof(M) == 8                                ? "u64"
                                                         : "u32";
}

template <class M>
std::string type_of(const std::optional<M>* /*member*/) {
  return type_of(static_cast<const M*>(nullptr));
}

template <class M>
bool is_enum(const M* /*member*/) {
  return std::is_enum_v<M>;
}

template <class M>
bool is_enum(const std::optional<M>* /*member*/) {
  return std::is_enum_v<M>;
}

// Each attribute of the set, in order, under its number, with its type. An attribute that only
// requests have is left out of the structure of the answer.
template <class T>
void expect_fields(const std::string& set, const std::string& request_only = {}) {
  std::vector<SpecAttribute> wanted;
  std::vector<std::uint16_t> numbers;
  std::uint16_t number = 0;
  for (const SpecAttribute& attribute : spec().sets.at(set)) {
    ++number;
    if (attribute.type != "pad" && attribute.name != request_only) {
      wanted.push_back(attribute);
      numbers.push_back(number);
    }
  }
  std::size_t i = 0;
  for_each_field<T>([&](const auto& field) {
    ASSERT_LT(i, wanted.size());
    using Member = std::remove_reference_t<decltype(std::declval<T>().*field.member)>;
    EXPECT_EQ(field.name, wanted[i].name);
    EXPECT_EQ(field.attribute, numbers[i]) << field.name;
    EXPECT_EQ(type_of(static_cast<Member*>(nullptr)), wanted[i].type) << field.name;
    EXPECT_EQ(is_enum(static_cast<Member*>(nullptr)), !wanted[i].enumeration.empty()) << field.name;
    ++i;
  });
  EXPECT_EQ(i, wanted.size());
}

TEST(Spec, FieldsAreTheAttributesOfTheirSets) {
  expect_fields<Info>("info");
  expect_fields<Process>("process");
  expect_fields<Range>("range");
  expect_fields<Task>("task");
  expect_fields<Filter>("filter");
  expect_fields<RestoreOutcome>("restore", "pid");
  expect_fields<Event>("event");
  expect_fields<RecordingNote>("recording");
}

template <NamedEnum E>
void expect_names(const std::string& enumeration) {
  ASSERT_TRUE(spec().enums.contains(enumeration)) << enumeration;
  EXPECT_THAT(kNames<E>, ElementsAreArray(spec().enums.at(enumeration))) << enumeration;
}

TEST(Spec, NamesAreTheEntriesOfTheirEnumerations) {
  expect_names<Hint>("hint");
  expect_names<Pattern>("pattern");
  expect_names<Governor>("governor");
  expect_names<ApplicationHints>("application-hints");
  expect_names<Reason>("reason");
  expect_names<TaskState>("task-state");
  expect_names<FilterKind>("filter-kind");
  expect_names<FilterAction>("filter-action");
  expect_names<EventKind>("event-kind");
  expect_names<RecordingKind>("recording-kind");
  expect_names<HookKind>("hook-kind");
  expect_names<ExecutorKind>("executor-kind");
  EXPECT_EQ(spec().enums.size(), 12U) << "an enumeration of the spec has no names here";
}

TEST(Spec, StatsAreTheAttributesOfTheirSet) {
  std::vector<SpecAttribute> wanted = spec().sets.at("stats");
  ASSERT_EQ(wanted.front().type, "pad");
  ASSERT_EQ(stats_keys().size() + 1, wanted.size());
  for (std::size_t i = 0; i < stats_keys().size(); ++i) {
    EXPECT_EQ(stats_keys()[i].name, wanted[i + 1].name);
    EXPECT_EQ(stats_keys()[i].attribute, i + 2) << wanted[i + 1].name;
    EXPECT_EQ(stats_keys()[i].doc, wanted[i + 1].doc);
  }
}

TEST(Spec, PolicyKeysAreTheAttributesOfTheirSet) {
  const auto& wanted = spec().sets.at("policy");
  ASSERT_EQ(policy_keys().size(), wanted.size());
  const std::regex bounds(R"( \((\d+)\.\.(\d+), default (\d+)(, at most window-faults)?\))");
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const PolicyKey& key = policy_keys()[i];
    EXPECT_EQ(key.name, wanted[i].name);
    EXPECT_EQ(key.attribute, i + 1) << key.name;
    std::smatch match;
    if (std::regex_search(wanted[i].doc, match, bounds)) {
      EXPECT_EQ(std::to_string(key.min), match[1]) << key.name;
      EXPECT_EQ(std::to_string(key.max), match[2]) << key.name;
      EXPECT_EQ(std::to_string(key.fallback), match[3]) << key.name;
      EXPECT_EQ(key.doc.substr(0, match.position()), match.prefix().str());
      EXPECT_EQ(key.form, PolicyKey::Form::Number) << key.name;
    } else {
      EXPECT_EQ(key.doc, wanted[i].doc);
      EXPECT_NE(key.form, PolicyKey::Form::Number) << key.name;
    }
  }
}

TEST(Spec, EachPolicyKeyHasItsOwnMember) {
  for (const PolicyKey& one : policy_keys()) {
    Policy policy;
    policy.*one.member = 1;
    for (const PolicyKey& other : policy_keys()) {
      EXPECT_EQ(policy.*other.member, &one == &other ? 1U : 0U) << one.name << ", " << other.name;
    }
  }
}

TEST(Spec, EachStatsKeyHasItsOwnMember) {
  for (const StatsKey& one : stats_keys()) {
    Stats stats;
    stats.*one.member = 1;
    for (const StatsKey& other : stats_keys()) {
      EXPECT_EQ(stats.*other.member, &one == &other ? 1U : 0U) << one.name << ", " << other.name;
    }
  }
}

}  // namespace
}  // namespace smadv
