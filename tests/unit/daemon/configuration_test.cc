// SPDX-License-Identifier: GPL-2.0
#include "daemon/config/configuration.h"

#include <linux/smart_madvise.h>

#include <fstream>
#include <sstream>
#include <string>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/policy.h"
#include "temp_dir.h"

namespace smadv {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class ConfigurationTest : public testing::Test {
 protected:
  Result<Configuration> load(const std::string& text) {
    dir_.write("policy.toml", text);
    return load_configuration(file());
  }

  Configuration loaded(const std::string& text) {
    auto configuration = load(text);
    EXPECT_TRUE(configuration) << configuration.error().message;
    return configuration ? *std::move(configuration) : Configuration{};
  }

  [[nodiscard]] std::filesystem::path file() const { return dir_.path() / "policy.toml"; }

  test::TempDir dir_;
};

TEST_F(ConfigurationTest, EmptyFileIsTheDefaults) {
  const Configuration configuration = loaded("");
  EXPECT_EQ(configuration.policy, default_policy());
  EXPECT_THAT(configuration.filters, IsEmpty());
  EXPECT_THAT(configuration.files, ElementsAre(file()));
}

TEST_F(ConfigurationTest, EveryKeyIsTaken) {
  for (const PolicyKey& key : policy_keys()) {
    for (const std::uint32_t value : {key.min, key.max}) {
      Policy expected = default_policy();
      expected.*key.member = value;
      // The one relation between keys.
      expected.min_faults = std::min(expected.min_faults, expected.window_faults);
      const auto text = fmt::format("[policy]\nwindow-faults = {}\nmin-faults = {}\n",
                                    expected.window_faults, expected.min_faults);
      const bool in_text = key.name == "window-faults" || key.name == "min-faults";
      const auto line = in_text ? "" : fmt::format("{} = {}\n", key.name, value);
      if (key.name == "min-faults") {
        expected.min_faults = std::min(value, expected.window_faults);
      }
      EXPECT_EQ(loaded(text + line).policy, expected) << key.name << " = " << value;
    }
  }
}

TEST_F(ConfigurationTest, NamesAndTruth) {
  EXPECT_EQ(loaded("[policy]\ngovernor = \"pattern\"\n").policy.governor, 1U);
  EXPECT_EQ(loaded("[policy]\ngovernor = 1\n").policy.governor, 1U);
  EXPECT_EQ(loaded("[policy]\nenabled = false\n").policy.enabled, 0U);
  EXPECT_EQ(loaded("[policy]\nenabled = 0\n").policy.enabled, 0U);
}

TEST_F(ConfigurationTest, Metrics) {
  EXPECT_EQ(loaded("").metrics, (metrics::Settings{.listen = "", .groups = 20}));
  EXPECT_EQ(loaded("[metrics]\nlisten = \"127.0.0.1:9973\"\ngroups = 0\n").metrics,
            (metrics::Settings{.listen = "127.0.0.1:9973", .groups = 0}));
  dir_.write("policy.d/10.toml", "[metrics]\nlisten = \"\"\n");
  EXPECT_EQ(loaded("[metrics]\nlisten = \"/run/metrics\"\ngroups = 1000\n").metrics,
            (metrics::Settings{.listen = "", .groups = 1000}));
  EXPECT_EQ(loaded("[metrics]\ngroup-by = \"cgroup\"\n").metrics.group_by,
            metrics::GroupBy::Cgroup);
}

TEST_F(ConfigurationTest, Memory) {
  EXPECT_EQ(loaded("").memory,
            (memory::Settings{.file = SMADV_MEMORY_FILE, .limits = {.rows = 4096, .days = 90}}));
  EXPECT_EQ(loaded("[memory]\nfile = \"\"\nrows = 1\ndays = 3650\n").memory,
            (memory::Settings{.file = "", .limits = {.rows = 1, .days = 3650}}));
}

TEST_F(ConfigurationTest, Filters) {
  const Configuration configuration = loaded(
      "[[filter]]\naction = \"exclude\"\nkind = \"comm\"\nvalue = \"fio\"\n"
      "[[filter]]\naction = \"include\"\nkind = \"pid\"\nvalue = 42\n"
      "[[filter]]\naction = \"exclude\"\nkind = \"comm\"\nvalue = \"fio\"\n");
  EXPECT_THAT(configuration.filters,
              ElementsAre(FilterRule{FilterAction::Exclude, FilterKind::Comm, "fio"},
                          FilterRule{FilterAction::Include, FilterKind::Pid, "42"}))
      << "in order, without repetitions";
}

struct BadCase {
  std::string text;
  std::string place;  ///< LINE:COLUMN
  std::string message;
};

class BadConfigurationTest : public ConfigurationTest,
                             public testing::WithParamInterface<BadCase> {};

TEST_P(BadConfigurationTest, NamesFileLineColumnAndWhy) {
  const auto configuration = load(GetParam().text);
  ASSERT_FALSE(configuration);
  EXPECT_EQ(configuration.error().exit, ExitCode::Failed);
  EXPECT_EQ(configuration.error().message,
            file().string() + ":" + GetParam().place + ": " + GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(
    All, BadConfigurationTest,
    testing::Values(
        BadCase{"[policy]\nrandom-pct = 101\n", "2:14",
                "random-pct = 101 is out of range, allowed: 50..100 %"},
        BadCase{"[policy]\nhold-ms = -1\n", "2:11",
                "hold-ms = -1 is out of range, allowed: 0..60000 ms"},
        BadCase{"[policy]\nhold-ms = 4294967396\n", "2:11",
                "hold-ms = 4294967396 is out of range, allowed: 0..60000 ms"},
        BadCase{"[policy]\nrandom_pct = 80\n", "2:1",
                "unknown key 'random_pct', did you mean 'random-pct'?"},
        BadCase{"[policy]\n\n  hold-ms = \"1\"\n", "3:13",
                "hold-ms is a string, allowed: 0..60000 ms"},
        BadCase{"[policy]\nhold-ms = 1.5\n", "2:11", "hold-ms is a fraction, allowed: 0..60000 ms"},
        BadCase{"[policy]\nhold-ms = true\n", "2:11",
                "hold-ms is true or false, allowed: 0..60000 ms"},
        BadCase{"[policy]\nhold-ms = [1]\n", "2:11", "hold-ms is an array, allowed: 0..60000 ms"},
        BadCase{"[policy]\nhold-ms = 2024-01-01\n", "2:11",
                "hold-ms is a date or time, allowed: 0..60000 ms"},
        BadCase{"[policy.hold-ms]\n", "1:1", "hold-ms is a table, allowed: 0..60000 ms"},
        BadCase{"[policy]\nenabled = \"yes\"\n", "2:11",
                "enabled is a string, allowed: true or false"},
        BadCase{"[policy]\nenabled = 2\n", "2:11",
                "enabled = 2 is out of range, allowed: on or off"},
        BadCase{"[policy]\ngovernor = \"best\"\n", "2:12",
                "'best' is no value for governor, allowed: observe, pattern or benefit"},
        BadCase{"[policy]\ngovernor = true\n", "2:12",
                "governor is true or false, allowed: observe, pattern or benefit"},
        BadCase{"[policy]\nmin-faults = 65\n", "2:14",
                "min-faults = 65 exceeds window-faults = 64, so no range would be judged"},
        BadCase{"[policy]\nhold-ms = 1\nwindow-faults = 16\n", "3:17",
                "min-faults = 32 exceeds window-faults = 16, so no range would be judged"},
        BadCase{"[metrics]\nlisten = 9973\n", "2:10",
                "listen is a whole number, allowed: a string"},
        BadCase{"[metrics]\nlisten = \"localhost:9973\"\n", "2:10",
                "'localhost:9973' is no place to listen at, allowed: 127.0.0.1:PORT, [::1]:PORT or "
                "another address with a port, the absolute path of a socket, or \"\""},
        BadCase{"[metrics]\ngroups = 1001\n", "2:10", "groups is 1001, allowed: 0..1000"},
        BadCase{"[metrics]\ngroups = -1\n", "2:10", "groups is -1, allowed: 0..1000"},
        BadCase{"[metrics]\ngroups = \"1\"\n", "2:10", "groups is a string, allowed: 0..1000"},
        BadCase{"[metrics]\ngroup-by = 1\n", "2:12",
                "group-by is a whole number, allowed: a string"},
        BadCase{"[metrics]\ngroup-by = \"uid\"\n", "2:12",
                "group-by is 'uid', allowed: command, cgroup"},
        BadCase{"[metrics]\ngroup = 1\n", "2:1",
                "unknown key 'group' in [metrics], did you mean 'groups'?"},
        BadCase{"metrics = 1\n", "1:11", "metrics has to be a table: [metrics]"},
        BadCase{"[memory]\nfile = \"memory.db\"\n", "2:8",
                "file is 'memory.db', allowed: an absolute path, or \"\""},
        BadCase{"[memory]\nfile = false\n", "2:8", "file is true or false, allowed: a string"},
        BadCase{"[memory]\nrows = 0\n", "2:8", "rows is 0, allowed: 1..1000000"},
        BadCase{"[memory]\ndays = 3651\n", "2:8", "days is 3651, allowed: 1..3650"},
        BadCase{"[memory]\nday = 1\n", "2:1",
                "unknown key 'day' in [memory], did you mean 'days'?"},
        BadCase{"memory = 1\n", "1:10", "memory has to be a table: [memory]"},
        BadCase{"policy = 3\n", "1:10", "policy has to be a table: [policy]"},
        BadCase{"[polcy]\n", "1:2", "unknown key 'polcy', did you mean 'policy'?"},
        BadCase{"random-pct = 80\n", "1:1", "random-pct belongs under [policy]"},
        BadCase{"[filter]\naction = \"include\"\n", "1:1",
                "filter has to be an array of tables: [[filter]]"},
        BadCase{"filter = [1]\n", "1:11", "filter has to be an array of tables: [[filter]]"},
        BadCase{"[[filter]]\naction = \"include\"\nkind = \"pid\"\n", "1:1",
                "a filter rule lacks value"},
        BadCase{"[[filter]]\nkind = \"pid\"\nvalue = 1\n", "1:1", "a filter rule lacks action"},
        BadCase{"[[filter]]\naction = \"allow\"\nkind = \"pid\"\nvalue = 1\n", "2:10",
                "'allow' is no action of a filter rule, allowed: include, exclude"},
        BadCase{"[[filter]]\naction = \"include\"\nkind = \"gid\"\nvalue = 1\n", "3:8",
                "'gid' is no kind of a filter rule, allowed: pid, uid, comm, exe, cgroup"},
        BadCase{"[[filter]]\naction = 1\nkind = \"pid\"\nvalue = 1\n", "2:10",
                "action of a filter rule is a whole number"},
        BadCase{"[[filter]]\naction = \"include\"\nkind = \"pid\"\nvalue = true\n", "4:9",
                "value of a filter rule is true or false"},
        BadCase{"[[filter]]\naction = \"include\"\nkind = \"pid\"\nvalue = 0\n", "4:9",
                "'0' is no value for a rule on pid, which wants a process id"},
        BadCase{"[[filter]]\naction = \"include\"\nkind = \"exe\"\nvalue = \"x\"\n", "4:9",
                "'x' is no value for a rule on exe, which wants an absolute path"},
        BadCase{"[[filter]]\naction = \"include\"\nkind = \"pid\"\nvalue = 1\nvalu = 2\n", "5:1",
                "unknown key 'valu' in a filter rule, did you mean 'value'?"}));

TEST_F(ConfigurationTest, SyntaxErrorNamesItsPlace) {
  for (const auto* text : {"[policy]\nhold-ms = \n", "[policy]\nhold-ms\n", "[policy]\n= 1\n",
                           "[policy]\nhold-ms = 1\nhold-ms = 2\n", "[policy]\nhold-ms = \xff\n"}) {
    const auto configuration = load(text);
    ASSERT_FALSE(configuration) << text;
    EXPECT_THAT(configuration.error().message,
                testing::MatchesRegex(file().string() + ":[23]:[0-9]+: .+"));
    EXPECT_EQ(configuration.error().message.find('\n'), std::string::npos);
  }
}

TEST_F(ConfigurationTest, MissingFile) {
  const auto configuration = load_configuration(file());
  ASSERT_FALSE(configuration);
  EXPECT_THAT(configuration.error().message, HasSubstr(file().string()));
}

TEST_F(ConfigurationTest, DropInsInLexicalOrderTheLaterWins) {
  dir_.write("policy.d/20-b.toml", "[policy]\nhold-ms = 20\nrandom-pct = 60\n");
  dir_.write("policy.d/10-a.toml", "[policy]\nhold-ms = 10\nsequential-pct = 55\n");
  const Configuration configuration = loaded("[policy]\nhold-ms = 1\nidle-ms = 500\n");
  EXPECT_EQ(configuration.policy.hold_ms, 20U);
  EXPECT_EQ(configuration.policy.random_pct, 60U);
  EXPECT_EQ(configuration.policy.sequential_pct, 55U);
  EXPECT_EQ(configuration.policy.idle_ms, 500U);
  EXPECT_THAT(configuration.files, ElementsAre(file(), dir_.path() / "policy.d/10-a.toml",
                                               dir_.path() / "policy.d/20-b.toml"));
}

TEST_F(ConfigurationTest, OtherFilesInTheDropInFolderArePassedOver) {
  dir_.write("policy.d/10-a.toml.bak", "nonsense");
  dir_.write("policy.d/.hidden.toml", "nonsense");
  dir_.write("policy.d/readme", "nonsense");
  EXPECT_EQ(loaded("").files.size(), 1U);
}

TEST_F(ConfigurationTest, RulesOfDropInsAddUpUnlessBegunAnew) {
  const std::string rule = "[[filter]]\naction = \"exclude\"\nkind = \"uid\"\nvalue = ";
  dir_.write("policy.d/10.toml", rule + "10\n");
  EXPECT_EQ(loaded(rule + "1\n").filters.size(), 2U);
  dir_.write("policy.d/20.toml", "filter = []\n");
  dir_.write("policy.d/30.toml", rule + "30\n");
  EXPECT_THAT(loaded(rule + "1\n").filters,
              ElementsAre(FilterRule{FilterAction::Exclude, FilterKind::Uid, "30"}));
}

TEST_F(ConfigurationTest, NoMoreRulesThanTheModuleTakes) {
  std::string text;
  for (std::size_t i = 1; i <= SMART_MADVISE_MAX_FILTERS; ++i) {
    text += fmt::format("[[filter]]\naction = \"exclude\"\nkind = \"uid\"\nvalue = {}\n", i);
  }
  EXPECT_EQ(loaded(text).filters.size(), SMART_MADVISE_MAX_FILTERS);
  const std::string again = "[[filter]]\naction = \"exclude\"\nkind = \"uid\"\nvalue = 1\n";
  EXPECT_EQ(loaded(text + again).filters.size(), SMART_MADVISE_MAX_FILTERS);
  const auto more = load(text + "[[filter]]\naction = \"include\"\nkind = \"uid\"\nvalue = 1\n");
  ASSERT_FALSE(more);
  EXPECT_THAT(more.error().message, HasSubstr("policy.toml:1025:1: more than 256 filter rules"));
}

TEST_F(ConfigurationTest, BadDropInFailsTheWholeAndIsNamed) {
  const auto drop_in = dir_.write("policy.d/10.toml", "[policy]\nhold-ms = 60001\n");
  const auto configuration = load("[policy]\nhold-ms = 1\n");
  ASSERT_FALSE(configuration);
  EXPECT_EQ(configuration.error().message,
            drop_in.string() + ":2:11: hold-ms = 60001 is out of range, allowed: 0..60000 ms");
}

TEST_F(ConfigurationTest, ConflictBetweenFilesNamesTheLaterOne) {
  const auto drop_in = dir_.write("policy.d/10.toml", "[policy]\nwindow-faults = 20\n");
  const auto configuration = load("[policy]\nmin-faults = 40\n");
  ASSERT_FALSE(configuration);
  EXPECT_THAT(configuration.error().message,
              HasSubstr(drop_in.string() + ":2:17: min-faults = 40"));
}

TEST_F(ConfigurationTest, DropInMayMendAConflict) {
  dir_.write("policy.d/10.toml", "[policy]\nwindow-faults = 200\n");
  EXPECT_EQ(loaded("[policy]\nmin-faults = 100\n").policy.window_faults, 200U);
}

TEST_F(ConfigurationTest, DropInFolderThatIsNoFolder) {
  dir_.write("policy.d", "");
  const auto configuration = load("");
  ASSERT_FALSE(configuration);
  EXPECT_THAT(configuration.error().message, HasSubstr("policy.d"));
}

TEST_F(ConfigurationTest, PrintedAndReadAgainItIsTheSame) {
  Configuration configuration;
  configuration.policy = default_policy();
  configuration.policy.governor = 1;
  configuration.policy.enabled = 0;
  configuration.policy.hold_ms = 77;
  configuration.filters = {{FilterAction::Exclude, FilterKind::Exe, "/a \"b\" \\c\x01\x7f"},
                           {FilterAction::Include, FilterKind::Pid, "12"}};
  configuration.metrics = {.listen = "[::1]:1", .groups = 3, .group_by = metrics::GroupBy::Cgroup};
  configuration.memory = {.file = "/m.db", .limits = {.rows = 5, .days = 6}};
  const Configuration again = loaded(to_toml(configuration));
  EXPECT_EQ(again.policy, configuration.policy);
  EXPECT_EQ(again.filters, configuration.filters);
  EXPECT_EQ(again.metrics, configuration.metrics);
  EXPECT_EQ(again.memory, configuration.memory);
}

class ShippedFileTest : public testing::Test {
 protected:
  ShippedFileTest() {
    std::ifstream file(path_);
    std::ostringstream content;
    content << file.rdbuf();
    text_ = content.str();
  }

  // The comment lines right above the line of @p key, joined.
  std::string comment_of(std::string_view key) const {
    const auto line = text_.find(fmt::format("\n{} = ", key));
    EXPECT_NE(line, std::string::npos) << key;
    const auto begin = text_.rfind("\n\n", line);
    std::string comment;
    std::istringstream lines(text_.substr(begin, line - begin));
    for (std::string one; std::getline(lines, one);) {
      comment += one.starts_with("# ") ? one.substr(2) + " " : "";
    }
    return comment;
  }

  const std::string path_ = SMADV_SOURCE_DIR "/daemon/policy.toml";
  std::string text_;
};

TEST_F(ShippedFileTest, IsTheDefaultsAndNoRules) {
  const auto configuration = load_configuration(path_);
  ASSERT_TRUE(configuration) << configuration.error().message;
  EXPECT_EQ(configuration->policy, default_policy());
  EXPECT_THAT(configuration->filters, IsEmpty());
}

TEST_F(ShippedFileTest, EachKeyStandsWithMeaningRangeAndDefault) {
  for (const PolicyKey& key : policy_keys()) {
    const std::string comment = comment_of(key.name);
    EXPECT_THAT(comment, HasSubstr(std::string(key.doc))) << key.name;
    const bool is_switch = key.form == PolicyKey::Form::Switch;
    EXPECT_THAT(comment, HasSubstr(fmt::format("Allowed: {}. Default: ",
                                               is_switch ? "true or false" : allowed_values(key))))
        << key.name;
    const auto value = is_switch ? "true"
                       : key.form == PolicyKey::Form::Choice
                           ? fmt::format("\"{}\"", key.choices[key.fallback])
                           : std::to_string(key.fallback);
    EXPECT_THAT(comment, HasSubstr(fmt::format("Default: {}. ", value))) << key.name;
    EXPECT_THAT(text_, HasSubstr(fmt::format("\n{} = {}\n", key.name, value)));
  }
}

TEST_F(ShippedFileTest, ItsExampleRulesAreRight) {
  std::string text = text_;
  for (std::size_t at = 0; (at = text.find("\n# [[filter]]", at)) != std::string::npos;) {
    for (int line = 0; line < 4; ++line) {
      at = text.find("\n# ", at);
      text.replace(at, 3, "\n");
      ++at;
    }
  }
  const test::TempDir dir;
  const auto configuration = load_configuration(dir.write("policy.toml", text));
  ASSERT_TRUE(configuration) << configuration.error().message;
  EXPECT_EQ(configuration->filters.size(), 2U);
}

}  // namespace
}  // namespace smadv
