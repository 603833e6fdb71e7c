// SPDX-License-Identifier: GPL-2.0
/// @file
/// What `smadv top` shows: rows of processes with rates, out of two looks at the module.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/model.h"
#include "daemon/names.h"

namespace smadv::cli::top {

/// What stood at one moment.
struct Snapshot {
  std::uint64_t time_ns = 0;  ///< Of a clock that never goes back.
  Policy policy;
  Stats stats;
  std::vector<Process> processes;
  std::vector<Range> ranges;
  std::vector<Task> tasks;
  /// What each process had read from devices (/proc/PID/io), of those that may be looked at.
  std::map<std::uint32_t, std::uint64_t> read_bytes = {};
};

/// Mapped bytes of a process by pattern.
using Mix = std::array<std::uint64_t, kNames<Pattern>.size()>;

/// Changes per second. Between two looks, or, at the first look, since the process is tracked.
struct Rates {
  double faults = 0;
  double majors = 0;
  std::optional<double> read_bytes = {};  ///< Not known at the first look.
  /// Pages touched for each that was read: of those read before, too, so that it may be above 1.
  /// Not known when none was read.
  std::optional<double> used = {};
};

/// One process.
struct Row {
  Process process;
  Rates rates;
  Mix mix = {};
};

/// What the rows can be sorted by.
enum class SortKey { Faults, Majors, Read, Hints, Saved, Ranges, Memory, Pid, Command };

/// By the names that --sort knows, in the order of the enumeration.
inline constexpr auto kSortNames = std::to_array<std::string_view>(
    {"faults", "majors", "read", "hints", "saved", "ranges", "memory", "pid", "command"});

/// One row for each process.
/// @param before the look before, null at the first
[[nodiscard]] std::vector<Row> rows_of(const Snapshot& now, const Snapshot* before);

/// The most first, pids and commands from the least; the other way round when @p reversed.
void sort_rows(std::vector<Row>& rows, SortKey key, bool reversed);

/// Whether the command contains @p text or the pid begins with it.
[[nodiscard]] bool matches(const Row& row, std::string_view text);

/// Share of one CPU that the module's analyzer took between two looks, in percent.
[[nodiscard]] double analyzer_percent(const Snapshot& now, const Snapshot& before);

}  // namespace smadv::cli::top
