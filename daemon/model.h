// SPDX-License-Identifier: GPL-2.0
/// @file
/// What the module tells and is told, one structure for each attribute set of
/// include/spec/smart_madvise.yaml, which explains each member at length.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "daemon/names.h"

namespace smadv {

/// The highest process id that Linux gives (PID_MAX_LIMIT).
inline constexpr std::uint32_t kHighestPid = 4'194'304;

/// All thresholds and limits. `policy_keys()` describes the members one by one.
struct Policy {
  std::uint32_t enabled = 0;
  std::uint32_t governor = 0;
  std::uint32_t sequential_pct = 0;
  std::uint32_t random_pct = 0;
  std::uint32_t hysteresis_pct = 0;
  std::uint32_t min_faults = 0;
  std::uint32_t window_faults = 0;
  std::uint32_t hold_ms = 0;
  std::uint32_t idle_ms = 0;
  std::uint32_t min_mapping_kb = 0;
  std::uint32_t max_processes = 0;
  std::uint32_t max_ranges = 0;
  std::uint32_t max_splits = 0;
  std::uint32_t max_memory_kb = 0;
  std::uint32_t hints_per_second = 0;
  std::uint32_t analyzer_cpu_bp = 0;
  std::uint32_t application_hints = 0;

  friend bool operator==(const Policy&, const Policy&) = default;
};

/// Counters since load, and gauges. `stats_keys()` describes the members one by one.
struct Stats {
  std::uint64_t faults = 0;
  std::uint64_t faults_lost = 0;
  std::uint64_t faults_untracked = 0;
  std::uint64_t majors = 0;
  std::uint64_t processes = 0;
  std::uint64_t processes_adopted = 0;
  std::uint64_t processes_gone = 0;
  std::uint64_t processes_refused = 0;
  std::uint64_t ranges = 0;
  std::uint64_t range_splits = 0;
  std::uint64_t range_merges = 0;
  std::uint64_t range_limit_hits = 0;
  std::uint64_t memory_bytes = 0;
  std::uint64_t memory_limit_hits = 0;
  std::uint64_t verdicts = 0;
  std::uint64_t tasks_filed = 0;
  std::uint64_t tasks_queued = 0;
  std::uint64_t tasks_applied = 0;
  std::uint64_t tasks_refused = 0;
  std::uint64_t tasks_cancelled = 0;
  std::uint64_t hints_changed = 0;
  std::uint64_t hints_active = 0;
  std::uint64_t hints_restored = 0;
  std::uint64_t hints_yielded = 0;
  std::uint64_t hints_gone = 0;
  std::uint64_t rate_limit_hits = 0;
  std::uint64_t split_limit_hits = 0;
  std::uint64_t forks_followed = 0;
  std::uint64_t forks_lost = 0;
  std::uint64_t calls_lost = 0;
  std::uint64_t faults_skipped = 0;
  std::uint64_t pages_read = 0;
  std::uint64_t pages_touched = 0;
  std::uint64_t pages_evicted = 0;
  std::uint64_t saved_bytes = 0;
  std::uint64_t events_lost = 0;
  std::uint64_t analyzer_rounds = 0;
  std::uint64_t analyzer_ns = 0;

  friend bool operator==(const Stats&, const Stats&) = default;
};

/// What the loaded module on this kernel is and can do.
struct Info {
  std::string version;
  std::uint32_t abi = 0;
  HookKind hook = HookKind::None;
  ExecutorKind executor = ExecutorKind::Madvise;
  std::uint32_t advice_observer = 0;
  std::uint32_t fork_observer = 0;
  std::uint32_t page_bytes = 0;
  std::uint32_t fault_around_pages = 0;

  friend bool operator==(const Info&, const Info&) = default;
};

/// One tracked process (address space).
struct Process {
  std::uint64_t id = 0;
  std::uint32_t pid = 0;
  std::string comm;
  std::uint32_t uid = 0;
  std::uint64_t tracked_ms = 0;
  std::uint64_t faults = 0;
  std::uint64_t faults_lost = 0;
  std::uint64_t majors = 0;
  std::uint32_t ranges = 0;
  Pattern pattern = Pattern::Unknown;
  std::uint32_t confidence_pct = 0;
  std::uint32_t hints_active = 0;
  std::uint64_t hints_changed = 0;
  std::uint32_t splits = 0;
  std::uint64_t memory_bytes = 0;
  std::uint32_t excluded = 0;
  std::uint64_t pages_read = 0;
  std::uint64_t pages_touched = 0;
  std::uint64_t saved_bytes = 0;
  std::optional<std::string> cgroup;  ///< Absent when it cannot be told.

  friend bool operator==(const Process&, const Process&) = default;
};

/// One range of a tracked process, with the evidence of its current window.
struct Range {
  std::uint32_t pid = 0;
  std::uint64_t start = 0;
  std::uint64_t end = 0;
  std::optional<std::string> file;  ///< Absent when the mapping is gone.
  Hint hint = Hint::None;
  Hint application_hint = Hint::None;
  Pattern pattern = Pattern::Unknown;
  std::uint32_t pattern_pages = 0;
  std::uint32_t confidence_pct = 0;
  Hint verdict = Hint::None;
  Reason reason = Reason::None;
  std::uint64_t faults = 0;
  std::uint64_t majors = 0;
  std::uint32_t window_forward = 0;
  std::uint32_t window_backward = 0;
  std::uint32_t window_strided = 0;
  std::uint32_t window_short = 0;
  std::uint32_t window_random = 0;
  std::uint32_t streams = 0;
  std::uint32_t coverage_bp = 0;
  std::uint32_t reuse_bp = 0;
  std::uint32_t hold_ms = 0;
  std::uint32_t changes = 0;
  std::uint64_t waited_ns = 0;
  std::uint64_t regret_ns = 0;
  std::optional<std::string> exe;  ///< Absent when it cannot be told.
  std::uint64_t file_id = 0;
  std::uint64_t file_offset = 0;

  friend bool operator==(const Range&, const Range&) = default;
};

/// One entry of the Task Map.
struct Task {
  std::uint64_t id = 0;
  std::uint32_t pid = 0;
  std::string comm;
  std::uint64_t start = 0;
  std::uint64_t end = 0;
  Hint hint = Hint::None;
  TaskState state = TaskState::Queued;
  Reason reason = Reason::None;
  std::uint32_t error = 0;
  std::uint64_t filed_ns = 0;
  std::uint64_t done_ns = 0;
  std::uint64_t filed_faults = 0;
  std::uint64_t done_faults = 0;

  friend bool operator==(const Task&, const Task&) = default;
};

/// What a filter rule says.
struct FilterRule {
  FilterAction action = FilterAction::Include;
  FilterKind kind = FilterKind::Pid;
  std::string value;

  friend bool operator==(const FilterRule&, const FilterRule&) = default;
};

/// A filter rule in force.
struct Filter : FilterRule {
  std::uint32_t id = 0;

  friend bool operator==(const Filter&, const Filter&) = default;
};

/// Outcome of restore and process-forget.
struct RestoreOutcome {
  std::uint32_t restored = 0;
  std::uint32_t yielded = 0;

  friend bool operator==(const RestoreOutcome&, const RestoreOutcome&) = default;
};

/// What former runs of a program taught of a hint on one of its files.
struct Prior {
  std::uint32_t pid = 0;
  std::uint64_t file_id = 0;
  Hint hint = Hint::None;
  std::uint32_t price_pct = 0;

  friend bool operator==(const Prior&, const Prior&) = default;
};

/// One event. Members that do not apply to its kind are absent.
struct Event {
  EventKind kind = EventKind::Adopted;
  std::uint64_t time_ns = 0;  ///< Since boot (CLOCK_BOOTTIME).
  std::optional<std::uint32_t> pid;
  std::optional<std::string> comm;
  std::optional<std::uint64_t> start;
  std::optional<std::uint64_t> end;
  std::optional<Hint> hint;
  std::optional<Pattern> pattern;
  std::optional<std::uint32_t> pattern_pages;
  std::optional<std::uint32_t> confidence_pct;
  std::optional<Reason> reason;
  std::optional<std::uint32_t> error;
  std::optional<std::uint64_t> task_id;
  std::optional<std::uint64_t> faults;
  std::optional<std::string> exe;
  std::optional<Hint> standing_hint;
  std::optional<std::uint64_t> effect_ns;

  friend bool operator==(const Event&, const Event&) = default;
};

/// One fault as the analyzer took it, or a number of them that were lost before the next one.
struct RecordedFault {
  static constexpr std::uint8_t kWrite = 0x01;
  static constexpr std::uint8_t kTried = 0x02;  ///< Second entry of a fault that waited for I/O.
  static constexpr std::uint8_t kSequential = 0x04;  ///< On a mapping that was advised so.
  static constexpr std::uint8_t kRandom = 0x08;
  static constexpr std::uint8_t kLost = 0x80;

  std::uint64_t page = 0;  ///< Number of the page, or how many were lost.
  std::uint8_t flags = 0;
  std::uint64_t waited_ns = 0;  ///< Known at the second entry of a fault that waited, else 0.

  friend bool operator==(const RecordedFault&, const RecordedFault&) = default;
};

/// One message of a recording. Members that do not apply to its kind are absent.
struct RecordingNote {
  RecordingKind kind = RecordingKind::Faults;
  std::uint64_t sequence = 0;
  std::uint64_t position = 0;
  std::uint64_t time_ms = 0;  ///< CLOCK_MONOTONIC.
  std::uint64_t id = 0;
  std::uint32_t pid = 0;
  std::optional<std::vector<RecordedFault>> faults;
  std::optional<std::uint64_t> start;
  std::optional<std::uint64_t> end;
  std::optional<Hint> hint;
  std::optional<std::string> comm;
  std::optional<std::string> file;
  std::optional<std::uint64_t> offset;
  std::optional<std::uint64_t> file_id;
  std::optional<std::uint64_t> mapping;
  std::optional<std::uint32_t> window_pages;
  std::optional<std::uint64_t> most_pages;
  std::optional<std::uint32_t> memory_backed;

  friend bool operator==(const RecordingNote&, const RecordingNote&) = default;
};

/// A list as the module dumped it.
template <class T>
struct Listing {
  std::vector<T> items;
  /// The list kept changing while it was read: entries may be missing or doubled.
  bool torn = false;
};

}  // namespace smadv
