// SPDX-License-Identifier: GPL-2.0
#include "daemon/metrics/groups.h"

#include <algorithm>

#include "daemon/metrics/sample.h"
#include "daemon/names.h"
#include "daemon/text.h"

namespace smadv::metrics {
namespace {

using prometheus::MetricFamily;
using prometheus::MetricType;

// A group takes another one's place when it has so many times its faults, lest two take turns.
constexpr std::uint64_t kAhead = 2;

double number(std::uint64_t value) {
  return static_cast<double>(value);
}

}  // namespace

/// A number that each group has.
struct Groups::Quantity {
  const char* name;
  const char* help;
  MetricType type;
  std::uint64_t (*value)(const Group&);
};

// Counters are of what looks found: a process that came and went between two is in none.
const std::array<Groups::Quantity, 10> Groups::kQuantities = {{
    {"group_faults_total", "File faults recorded of processes seen at scrapes.",
     MetricType::Counter, [](const Group& group) { return group.counters.faults; }},
    {"group_faults_lost_total", "File faults overwritten before the analyzer saw them.",
     MetricType::Counter, [](const Group& group) { return group.counters.faults_lost; }},
    {"group_majors_total", "Major faults among the analyzed ones.", MetricType::Counter,
     [](const Group& group) { return group.counters.majors; }},
    {"group_hints_changed_total", "Hints applied, those inherited by fork included.",
     MetricType::Counter, [](const Group& group) { return group.counters.hints_changed; }},
    {"group_pages_read_total", "Pages of watched files brought into the page cache.",
     MetricType::Counter, [](const Group& group) { return group.counters.pages_read; }},
    {"group_pages_touched_total", "Pages that the faults touched, at least.", MetricType::Counter,
     [](const Group& group) { return group.counters.pages_touched; }},
    {"group_saved_bytes_total", "Bytes that hints spared reading, an estimate.",
     MetricType::Counter, [](const Group& group) { return group.counters.saved_bytes; }},
    {"group_hints_active", "Hints standing now.", MetricType::Gauge,
     [](const Group& group) { return group.present.hints_active; }},
    {"group_ranges", "Ranges now.", MetricType::Gauge,
     [](const Group& group) { return group.present.ranges; }},
    {"group_memory_bytes", "Memory that the module takes for records, ranges and journals now.",
     MetricType::Gauge, [](const Group& group) { return group.present.memory_bytes; }},
}};

Groups::Counters& Groups::Counters::operator+=(const Counters& other) {
  faults += other.faults;
  faults_lost += other.faults_lost;
  majors += other.majors;
  hints_changed += other.hints_changed;
  pages_read += other.pages_read;
  pages_touched += other.pages_touched;
  saved_bytes += other.saved_bytes;
  return *this;
}

Groups::Counters Groups::Counters::since(const Counters& before) const {
  return {faults - before.faults,          faults_lost - before.faults_lost,
          majors - before.majors,          hints_changed - before.hints_changed,
          pages_read - before.pages_read,  pages_touched - before.pages_touched,
          saved_bytes - before.saved_bytes};
}

void Groups::Present::add(const Process& process) {
  const auto pattern = static_cast<std::size_t>(process.pattern);
  ++by_pattern[pattern < by_pattern.size() ? pattern : 0];  // a newer module may know more
  ranges += process.ranges;
  hints_active += process.hints_active;
  memory_bytes += process.memory_bytes;
}

Groups::Present& Groups::Present::operator+=(const Present& other) {
  for (std::size_t i = 0; i < by_pattern.size(); ++i) {
    by_pattern[i] += other.by_pattern[i];
  }
  ranges += other.ranges;
  hints_active += other.hints_active;
  memory_bytes += other.memory_bytes;
  return *this;
}

void Groups::set_by(GroupBy by) {
  if (by == by_) {
    return;
  }
  by_ = by;
  while (!named_.empty()) {
    drop(named_.begin());
  }
}

std::string Groups::name_of_group(const Process& process) const {
  return printable(by_ == GroupBy::Command ? process.comm : process.cgroup.value_or(kOther));
}

// Events say nothing of cgroups: what the last look found.
std::string Groups::name_of_group(const Event& event) const {
  if (by_ == GroupBy::Command) {
    return printable(event.comm.value_or(""));
  }
  const auto name = names_.find(event.pid.value_or(0));
  return name == names_.end() ? kOther : name->second;
}

// What the processes counted since the last look, by group; those that are gone are forgotten.
Groups::FoundGroups Groups::find(std::span<const Process> processes) {
  FoundGroups found;
  std::map<std::uint64_t, Counters> seen;
  names_.clear();
  for (const Process& process : processes) {
    const Counters now{process.faults,        process.faults_lost, process.majors,
                       process.hints_changed, process.pages_read,  process.pages_touched,
                       process.saved_bytes};
    const std::string name = name_of_group(process);
    const auto before = seen_.find(process.id);
    Found& group = found[name];
    group.counted += before == seen_.end() ? now : now.since(before->second);
    group.present.add(process);
    seen.emplace(process.id, now);
    names_.emplace(process.pid, name);
  }
  seen_ = std::move(seen);
  return found;
}

void Groups::look(std::span<const Process> processes) {
  const FoundGroups found = find(processes);
  give_names(found);
  other_.present = {};
  for (auto& [name, group] : named_) {
    group.present = {};
  }
  for (const auto& [name, one] : found) {
    Group& group = group_of(name);
    group.counters += one.counted;
    group.present += one.present;
  }
}

// The busiest first, so that none takes a place that it has to give up at once.
void Groups::give_names(const FoundGroups& found) {
  for (auto& [name, group] : named_) {
    const auto one = found.find(name);
    group.recent = group.recent / 2 + (one == found.end() ? 0 : one->second.counted.faults);
  }
  while (named_.size() > most_) {
    drop(least());
  }
  std::vector<std::pair<std::uint64_t, std::string>> candidates;
  for (const auto& [name, one] : found) {
    if (!named_.contains(name)) {
      candidates.emplace_back(one.counted.faults, name);
    }
  }
  std::ranges::sort(candidates, std::ranges::greater{});
  for (const auto& [faults, name] : candidates) {
    give_name(name, faults);
  }
}

void Groups::give_name(const std::string& name, std::uint64_t faults) {
  if (most_ == 0 || name == kOther) {
    return;
  }
  if (named_.size() == most_) {
    const auto last = least();
    if (faults <= last->second.recent * kAhead) {
      return;
    }
    drop(last);
  }
  named_[name].recent = faults;
}

std::map<std::string, Groups::Group>::iterator Groups::least() {
  return std::ranges::min_element(
      named_, {}, [](const auto& group) -> std::uint64_t { return group.second.recent; });
}

void Groups::drop(std::map<std::string, Group>::iterator group) {
  other_.counters += group->second.counters;
  for (const auto& [event, count] : group->second.events) {
    other_.events[event] += count;
  }
  named_.erase(group);
}

Groups::Group& Groups::group_of(const std::string& name) {
  const auto group = named_.find(name);
  return group == named_.end() ? other_ : group->second;
}

void Groups::forget_processes() {
  look({});
}

void Groups::count(const Event& event) {
  const std::string name = name_of_group(event);
  if (!named_.contains(name)) {
    give_name(name, 0);
  }
  ++group_of(name).events[{event.kind, event.reason.value_or(Reason::None)}];
}

std::vector<MetricFamily> Groups::families() const {
  std::vector<MetricFamily> families{
      family("group_processes", "Processes tracked now, by the pattern of their busiest range.",
             MetricType::Gauge),
      family("group_hint_events_total",
             "Events on hints since the daemon started, by what happened and why.",
             MetricType::Counter)};
  for (const Quantity& quantity : kQuantities) {
    families.push_back(family(quantity.name, quantity.help, quantity.type));
  }
  const auto add = [&families](const std::string& name, const Group& group) {
    const prometheus::ClientMetric::Label label{"group", name};
    for (std::size_t i = 0; i < group.present.by_pattern.size(); ++i) {
      add_sample(families[0], {label, {"pattern", std::string(kNames<Pattern>[i])}},
                 number(group.present.by_pattern[i]));
    }
    for (const auto& [event, count] : group.events) {
      add_sample(families[1],
                 {label, {"event", name_of(event.first)}, {"reason", name_of(event.second)}},
                 number(count));
    }
    for (std::size_t i = 0; i < kQuantities.size(); ++i) {
      add_sample(families[i + 2], {label}, number(kQuantities[i].value(group)));
    }
  };
  for (const auto& [name, group] : named_) {
    add(name, group);
  }
  add(kOther, other_);
  return families;
}

}  // namespace smadv::metrics
