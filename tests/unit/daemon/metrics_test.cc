// SPDX-License-Identifier: GPL-2.0
// What is exported, and how it is called.
#include <algorithm>
#include <fstream>
#include <map>
#include <prometheus/metric_family.h>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/metrics/exporter.h"
#include "daemon/metrics/groups.h"
#include "daemon/metrics/stats_families.h"
#include "daemon/stats.h"
#include "fake_kernel.h"

namespace smadv::metrics {
namespace {

using prometheus::MetricFamily;
using prometheus::MetricType;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::UnorderedElementsAre;

StatsMetric metric(std::string_view name, std::string_view doc) {
  return stats_metric({.attribute = 1, .name = name, .member = &Stats::faults, .doc = doc}, 4096);
}

TEST(StatsMetric, CountersAndGauges) {
  const StatsMetric counter = metric("range-splits", "Ranges split.");
  EXPECT_EQ(counter.name, "smart_madvise_range_splits_total");
  EXPECT_EQ(counter.type, MetricType::Counter);
  EXPECT_EQ(counter.help, "Ranges split.");
  EXPECT_EQ(counter.factor, 1);
  const StatsMetric gauge = metric("ranges", "Ranges now.");
  EXPECT_EQ(gauge.name, "smart_madvise_ranges");
  EXPECT_EQ(gauge.type, MetricType::Gauge);
}

TEST(StatsMetric, UnitsBecomeBaseUnits) {
  const StatsMetric ns = metric("analyzer-ns", "CPU time in ns.");
  EXPECT_EQ(ns.name, "smart_madvise_analyzer_seconds_total");
  EXPECT_EQ(ns.help, "CPU time in seconds.");
  EXPECT_DOUBLE_EQ(ns.factor, 1e-9);
  const StatsMetric bytes = metric("memory-bytes", "Memory now.");
  EXPECT_EQ(bytes.name, "smart_madvise_memory_bytes");
  EXPECT_EQ(bytes.factor, 1);
  const StatsMetric pages = metric("read-pages", "What was read, in pages.");
  EXPECT_EQ(pages.name, "smart_madvise_read_bytes_total");
  EXPECT_EQ(pages.help, "What was read, in bytes.");
  EXPECT_EQ(pages.factor, 4096);
  const StatsMetric share = metric("touched-bp", "Share in 1/10000 now.");
  EXPECT_EQ(share.name, "smart_madvise_touched_ratio");
  EXPECT_EQ(share.help, "Share now.");
  EXPECT_DOUBLE_EQ(share.factor, 1e-4);
}

Process process(std::uint64_t id, const std::string& comm, std::uint64_t faults) {
  Process one;
  one.id = id;
  one.pid = static_cast<std::uint32_t>(100 + id);
  one.comm = comm;
  one.faults = faults;
  return one;
}

// Samples of a family by their labels' values, those of 0 left out.
std::map<std::string, double> samples(const std::vector<MetricFamily>& families,
                                      const std::string& name) {
  std::map<std::string, double> values;
  const auto family = std::ranges::find(families, "smart_madvise_" + name, &MetricFamily::name);
  EXPECT_NE(family, families.end()) << name;
  if (family == families.end()) {
    return values;
  }
  for (const auto& metric : family->metric) {
    std::string labels;
    for (const auto& label : metric.label) {
      labels += (labels.empty() ? "" : " ") + label.value;
    }
    const double value =
        family->type == MetricType::Counter ? metric.counter.value : metric.gauge.value;
    if (value != 0) {
      values[labels] = value;
    }
  }
  return values;
}

class GroupsTest : public testing::Test {
 protected:
  void look(const std::vector<Process>& processes) { groups_.look(processes); }

  std::map<std::string, double> faults() const {
    return samples(groups_.families(), "group_faults_total");
  }

  Groups groups_;
};

TEST_F(GroupsTest, ProcessesOfOneCommandAddUp) {
  groups_.set_most(5);
  Process first = process(1, "db", 10);
  first.faults_lost = 1;
  first.majors = 2;
  first.hints_changed = 3;
  first.pages_read = 7;
  first.pages_touched = 8;
  first.saved_bytes = 9;
  first.hints_active = 4;
  first.ranges = 5;
  first.memory_bytes = 6;
  first.pattern = Pattern::Random;
  Process second = first;
  second.id = 2;
  second.pattern = Pattern::Idle;
  look({first, second, process(3, "fio", 7)});
  const auto families = groups_.families();
  EXPECT_THAT(faults(), UnorderedElementsAre(Pair("db", 20), Pair("fio", 7)));
  EXPECT_THAT(samples(families, "group_faults_lost_total"), ElementsAre(Pair("db", 2)));
  EXPECT_THAT(samples(families, "group_majors_total"), ElementsAre(Pair("db", 4)));
  EXPECT_THAT(samples(families, "group_hints_changed_total"), ElementsAre(Pair("db", 6)));
  EXPECT_THAT(samples(families, "group_pages_read_total"), ElementsAre(Pair("db", 14)));
  EXPECT_THAT(samples(families, "group_pages_touched_total"), ElementsAre(Pair("db", 16)));
  EXPECT_THAT(samples(families, "group_saved_bytes_total"), ElementsAre(Pair("db", 18)));
  EXPECT_THAT(samples(families, "group_hints_active"), ElementsAre(Pair("db", 8)));
  EXPECT_THAT(samples(families, "group_ranges"), ElementsAre(Pair("db", 10)));
  EXPECT_THAT(samples(families, "group_memory_bytes"), ElementsAre(Pair("db", 12)));
  EXPECT_THAT(
      samples(families, "group_processes"),
      UnorderedElementsAre(Pair("db random", 1), Pair("db idle", 1), Pair("fio unknown", 1)));
}

TEST_F(GroupsTest, ByCgroup) {
  groups_.set_most(5);
  Process first = process(1, "db", 10);
  first.cgroup = "/system.slice/db.service";
  Process second = process(2, "sh", 20);
  second.cgroup = first.cgroup;
  const Process unknown = process(3, "gone", 5);
  look({first});
  groups_.set_by(GroupBy::Cgroup);
  groups_.set_by(GroupBy::Cgroup);
  EXPECT_THAT(faults(), ElementsAre(Pair("other", 10)));
  first.faults = 11;
  look({first, second, unknown});
  EXPECT_THAT(faults(),
              UnorderedElementsAre(Pair("/system.slice/db.service", 21), Pair("other", 15)));
  Event event = test::hint_event(EventKind::Applied, "db", Reason::Trial);
  for (const std::uint32_t pid : {first.pid, 9999U}) {
    event.pid = pid;
    groups_.count(event);
  }
  EXPECT_THAT(samples(groups_.families(), "group_hint_events_total"),
              UnorderedElementsAre(Pair("/system.slice/db.service applied trial", 1),
                                   Pair("other applied trial", 1)));
}

TEST_F(GroupsTest, CountersStayWhenProcessesGo) {
  groups_.set_most(5);
  look({process(1, "db", 10)});
  look({process(1, "db", 15), process(2, "db", 2)});
  EXPECT_THAT(faults(), ElementsAre(Pair("db", 17)));
  look({process(2, "db", 3)});
  EXPECT_THAT(faults(), ElementsAre(Pair("db", 18)));
  look({});
  EXPECT_THAT(faults(), ElementsAre(Pair("db", 18)));
  EXPECT_THAT(samples(groups_.families(), "group_processes"), IsEmpty());
}

TEST_F(GroupsTest, AReloadedModuleCountsAnew) {
  groups_.set_most(5);
  look({process(1, "db", 10)});
  groups_.forget_processes();
  look({process(1, "db", 4)});
  EXPECT_THAT(faults(), ElementsAre(Pair("db", 14)));
}

TEST_F(GroupsTest, TheBusiestHaveNamesAndTheRestIsOther) {
  groups_.set_most(2);
  look({process(1, "a", 1), process(2, "b", 30), process(3, "c", 20), process(4, "other", 100)});
  EXPECT_THAT(faults(), UnorderedElementsAre(Pair("b", 30), Pair("c", 20), Pair("other", 101)));
}

TEST_F(GroupsTest, ABusierGroupTakesThePlaceOfTheIdlestAndNoSumFalls) {
  groups_.set_most(1);
  groups_.count(test::hint_event(EventKind::Applied, "a", Reason::None));
  groups_.count(test::hint_event(EventKind::Applied, "c", Reason::Trial));
  look({process(1, "a", 100)});
  groups_.count(test::hint_event(EventKind::Applied, "a", Reason::Trial));
  look({process(1, "a", 150), process(2, "b", 150)});
  EXPECT_THAT(faults(), UnorderedElementsAre(Pair("a", 150), Pair("other", 150)))
      << "twice as busy is what it takes";
  look({process(1, "a", 150), process(2, "b", 650)});
  EXPECT_THAT(faults(), UnorderedElementsAre(Pair("b", 500), Pair("other", 300)));
  EXPECT_THAT(samples(groups_.families(), "group_hint_events_total"),
              UnorderedElementsAre(Pair("other applied none", 1), Pair("other applied trial", 2)));
}

TEST_F(GroupsTest, FewerGroupsFromTheNextLookOn) {
  groups_.set_most(2);
  look({process(1, "a", 10), process(2, "b", 20)});
  groups_.set_most(0);
  look({process(1, "a", 10), process(2, "b", 20)});
  EXPECT_THAT(faults(), ElementsAre(Pair("other", 30)));
}

TEST_F(GroupsTest, OddNamesAndPatternsOfANewerModule) {
  groups_.set_most(5);
  Process odd = process(1, "\xff\n", 1);
  odd.pattern = static_cast<Pattern>(99);
  look({odd});
  EXPECT_THAT(samples(groups_.families(), "group_processes"),
              ElementsAre(Pair("\\xff\\x0a unknown", 1)));
}

class ExporterTest : public testing::Test {
 protected:
  ExporterTest() {
    kernel_.add_fio();
    kernel_.stats.faults = 6529;
    kernel_.stats.analyzer_ns = 1'500'000'000;
    kernel_.policy.governor = 2;
    client_ = *kernel_.connect();
    exporter_.set_groups(10, GroupBy::Command);
    exporter_.count(test::hint_event(EventKind::Applied, "fio", Reason::Trial, Hint::Random));
  }

  std::vector<MetricFamily> families() { return exporter_.families(client_.get()); }

  test::FakeKernel kernel_;
  std::unique_ptr<KernelClient> client_;
  Exporter exporter_;
};

TEST_F(ExporterTest, ModuleAndDaemon) {
  exporter_.count_lost(5);
  const auto all = families();
  EXPECT_THAT(samples(all, "up"), ElementsAre(Pair("", 1)));
  EXPECT_THAT(samples(all, "module_info"), ElementsAre(Pair("0.1.0 ftrace madvise", 1)));
  EXPECT_THAT(samples(all, "governor"), ElementsAre(Pair("benefit", 1)));
  EXPECT_THAT(samples(all, "policy"), testing::Contains(Pair("hold-ms", 100)));
  EXPECT_THAT(samples(all, "faults_total"), ElementsAre(Pair("", 6529)));
  EXPECT_THAT(samples(all, "analyzer_seconds_total"), ElementsAre(Pair("", 1.5)));
  EXPECT_THAT(samples(all, "daemon_events_lost_total"), ElementsAre(Pair("", 5)));
  EXPECT_GT(samples(all, "daemon_cpu_seconds_total").at(""), 0);
  EXPECT_THAT(samples(all, "group_faults_total"), ElementsAre(Pair("fio", 6529)));
}

TEST_F(ExporterTest, EventsOnHintsAreCounted) {
  static_cast<void>(families());  // fio gets its name
  for (const EventKind kind : {EventKind::Refused, EventKind::Cancelled, EventKind::Restored,
                               EventKind::Yielded, EventKind::Verdict, EventKind::Policy}) {
    exporter_.count(test::hint_event(kind, "fio", Reason::SplitLimit));
  }
  EXPECT_THAT(samples(families(), "hint_events_total"),
              UnorderedElementsAre(
                  Pair("applied random trial", 1), Pair("refused none split-limit", 1),
                  Pair("cancelled none split-limit", 1), Pair("restored none split-limit", 1),
                  Pair("yielded none split-limit", 1)));
  EXPECT_THAT(samples(families(), "group_hint_events_total"),
              testing::Contains(Pair("fio refused split-limit", 1)));
}

TEST_F(ExporterTest, WithoutTheModule) {
  static_cast<void>(families());
  const auto away = exporter_.families(nullptr);
  EXPECT_THAT(samples(away, "up"), IsEmpty());
  EXPECT_THAT(samples(away, "hint_events_total"), testing::SizeIs(1));
  EXPECT_THAT(samples(away, "group_faults_total"), ElementsAre(Pair("fio", 6529)));
  EXPECT_EQ(std::ranges::count(away, "smart_madvise_faults_total", &MetricFamily::name), 0);
}

TEST_F(ExporterTest, ACallThatFailsIsTheModuleDown) {
  for (const auto* call : {"info", "policy", "stats", "processes"}) {
    kernel_.failures = {{call, {ExitCode::Failed, EINTR, "interrupted"}}};
    EXPECT_THAT(samples(families(), "up"), IsEmpty()) << call;
  }
  kernel_.failures.clear();
  EXPECT_THAT(samples(families(), "up"), ElementsAre(Pair("", 1)));
  EXPECT_THAT(samples(families(), "group_faults_total"), ElementsAre(Pair("fio", 6529)))
      << "nothing is counted twice";
}

TEST_F(ExporterTest, PageIsText) {
  EXPECT_THAT(exporter_.page(client_.get(), Format::Text),
              AllOf(HasSubstr("# HELP smart_madvise_up "), HasSubstr("smart_madvise_up 1\n"),
                    HasSubstr("# TYPE smart_madvise_faults_total counter\n"),
                    HasSubstr("smart_madvise_group_faults_total{group=\"fio\"} 6529\n")));
}

TEST_F(ExporterTest, NamesAreThoseOfPrometheus) {
  const std::regex right("smart_madvise(_[a-z][a-z0-9]*)+");
  std::set<std::string> names;
  for (const MetricFamily& family : families()) {
    EXPECT_TRUE(std::regex_match(family.name, right)) << family.name;
    EXPECT_EQ(family.name.ends_with("_total"), family.type == MetricType::Counter) << family.name;
    EXPECT_THAT(family.help, testing::EndsWith("."));
    EXPECT_TRUE(names.insert(family.name).second) << family.name;
  }
}

// docs/metrics.md, one row for each metric: name, type, labels, text.
TEST_F(ExporterTest, EachMetricIsInTheManual) {
  std::ifstream file(SMADV_SOURCE_DIR "/docs/metrics.md");
  std::set<std::string> rows;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("| `smart_madvise_")) {
      rows.insert(line);
    }
  }
  std::set<std::string> wanted;
  for (const MetricFamily& family : families()) {
    std::string labels;
    if (!family.metric.empty()) {
      for (const auto& label : family.metric.front().label) {
        labels += fmt::format("{}`{}`", labels.empty() ? "" : ", ", label.name);
      }
    }
    wanted.insert(fmt::format("| `{}` | {} | {} | {} |", family.name,
                              family.type == MetricType::Counter ? "counter" : "gauge", labels,
                              family.help));
  }
  for (const std::string& row : wanted) {
    EXPECT_TRUE(rows.contains(row)) << "docs/metrics.md lacks\n" << row;
  }
  for (const std::string& row : rows) {
    EXPECT_TRUE(wanted.contains(row)) << "docs/metrics.md has what there is not:\n" << row;
  }
}

}  // namespace
}  // namespace smadv::metrics
