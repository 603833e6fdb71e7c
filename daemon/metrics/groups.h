// SPDX-License-Identifier: GPL-2.0
/// @file
/// What processes count, added up by command or cgroup: as many groups as wanted, and the rest.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <prometheus/metric_family.h>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "daemon/metrics/settings.h"
#include "daemon/model.h"

namespace smadv::metrics {

/// Kind and reason of an event on a hint.
using HintEvent = std::pair<EventKind, Reason>;

/// Counters that outlive the processes, and a look at those there are. The groups with the most
/// faults of late have a name of their own; when one loses its place, what it counted goes over to
/// the rest, so that no counter but that of a group that comes back ever falls.
class Groups {
 public:
  /// The name of the rest.
  static constexpr const char* kOther = "other";

  /// How many groups may have a name of their own, none at first.
  void set_most(std::size_t most) { most_ = most; }

  /// What makes a group. When that changes, what was counted so far is the rest's.
  void set_by(GroupBy by);

  /// Take a look at all processes.
  void look(std::span<const Process> processes);

  /// No process is there any more, and their numbers begin anew: the module was unloaded.
  void forget_processes();

  /// Something happened to a hint of a process.
  void count(const Event& event);

  /// One family for each quantity.
  [[nodiscard]] std::vector<prometheus::MetricFamily> families() const;

 private:
  /// Sums over processes, gone ones too.
  struct Counters {
    std::uint64_t faults = 0;
    std::uint64_t faults_lost = 0;
    std::uint64_t majors = 0;
    std::uint64_t hints_changed = 0;
    std::uint64_t pages_read = 0;
    std::uint64_t pages_touched = 0;
    std::uint64_t saved_bytes = 0;

    Counters& operator+=(const Counters& other);
    [[nodiscard]] Counters since(const Counters& before) const;
  };

  /// Sums over the processes that there are.
  struct Present {
    std::array<std::uint64_t, kNames<Pattern>.size()> by_pattern{};
    std::uint64_t ranges = 0;
    std::uint64_t hints_active = 0;
    std::uint64_t memory_bytes = 0;

    void add(const Process& process);
    Present& operator+=(const Present& other);
  };

  struct Group {
    Counters counters;
    std::map<HintEvent, std::uint64_t> events;
    Present present;
    std::uint64_t recent = 0;  ///< Faults, those before each look at half their weight.
  };

  struct Quantity;
  static const std::array<Quantity, 10> kQuantities;

  /// What one look found of a group.
  struct Found {
    Counters counted;
    Present present;
  };

  using FoundGroups = std::map<std::string, Found>;

  [[nodiscard]] std::string name_of_group(const Process& process) const;
  [[nodiscard]] std::string name_of_group(const Event& event) const;
  [[nodiscard]] FoundGroups find(std::span<const Process> processes);
  void give_names(const FoundGroups& found);
  void give_name(const std::string& name, std::uint64_t faults);
  [[nodiscard]] std::map<std::string, Group>::iterator least();
  void drop(std::map<std::string, Group>::iterator group);
  [[nodiscard]] Group& group_of(const std::string& name);

  GroupBy by_ = GroupBy::Command;
  std::size_t most_ = 0;
  std::map<std::string, Group> named_;
  Group other_;
  std::map<std::uint64_t, Counters> seen_;      ///< By the process's id.
  std::map<std::uint32_t, std::string> names_;  ///< Of groups by pid, at the last look.
};

}  // namespace smadv::metrics
