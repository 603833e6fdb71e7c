// SPDX-License-Identifier: GPL-2.0
/// @file
/// Enumerations of the interface and the names that the spec gives their values.
#pragma once

#include <linux/smart_madvise.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

namespace smadv {

/// What a range is told about its future use.
enum class Hint : std::uint32_t {
  None = SMART_MADVISE_HINT_NONE,
  Sequential = SMART_MADVISE_HINT_SEQUENTIAL,
  Random = SMART_MADVISE_HINT_RANDOM,
  Normal = SMART_MADVISE_HINT_NORMAL,
};

/// What the evidence of a range says of its use.
enum class Pattern : std::uint32_t {
  Unknown = SMART_MADVISE_PATTERN_UNKNOWN,
  Idle = SMART_MADVISE_PATTERN_IDLE,
  Sequential = SMART_MADVISE_PATTERN_SEQUENTIAL,
  Backward = SMART_MADVISE_PATTERN_BACKWARD,
  Strided = SMART_MADVISE_PATTERN_STRIDED,
  Runs = SMART_MADVISE_PATTERN_RUNS,
  Random = SMART_MADVISE_PATTERN_RANDOM,
};

/// Who decides about hints.
enum class Governor : std::uint32_t {
  Observe = SMART_MADVISE_GOVERNOR_OBSERVE,
  Pattern = SMART_MADVISE_GOVERNOR_PATTERN,
  Benefit = SMART_MADVISE_GOVERNOR_BENEFIT,
};

/// What is done about hints of the application that cost more than they spare.
enum class ApplicationHints : std::uint32_t {
  Honour = SMART_MADVISE_APPLICATION_HINTS_HONOUR,
  Observe = SMART_MADVISE_APPLICATION_HINTS_OBSERVE,
  Override = SMART_MADVISE_APPLICATION_HINTS_OVERRIDE,
};

/// Why a verdict, a task or a restore came about.
enum class Reason : std::uint32_t {
  None = SMART_MADVISE_REASON_NONE,
  FewFaults = SMART_MADVISE_REASON_FEW_FAULTS,
  NoMajority = SMART_MADVISE_REASON_NO_MAJORITY,
  SequentialMajority = SMART_MADVISE_REASON_SEQUENTIAL_MAJORITY,
  RandomMajority = SMART_MADVISE_REASON_RANDOM_MAJORITY,
  PatternUnhinted = SMART_MADVISE_REASON_PATTERN_UNHINTED,
  Idle = SMART_MADVISE_REASON_IDLE,
  WithinHysteresis = SMART_MADVISE_REASON_WITHIN_HYSTERESIS,
  Holding = SMART_MADVISE_REASON_HOLDING,
  ApplicationHint = SMART_MADVISE_REASON_APPLICATION_HINT,
  MemoryBacked = SMART_MADVISE_REASON_MEMORY_BACKED,
  Observing = SMART_MADVISE_REASON_OBSERVING,
  Filtered = SMART_MADVISE_REASON_FILTERED,
  Superseded = SMART_MADVISE_REASON_SUPERSEDED,
  ProcessGone = SMART_MADVISE_REASON_PROCESS_GONE,
  MappingGone = SMART_MADVISE_REASON_MAPPING_GONE,
  RateLimit = SMART_MADVISE_REASON_RATE_LIMIT,
  SplitLimit = SMART_MADVISE_REASON_SPLIT_LIMIT,
  MemoryLimit = SMART_MADVISE_REASON_MEMORY_LIMIT,
  KernelRefused = SMART_MADVISE_REASON_KERNEL_REFUSED,
  PolicyChanged = SMART_MADVISE_REASON_POLICY_CHANGED,
  Request = SMART_MADVISE_REASON_REQUEST,
  Unload = SMART_MADVISE_REASON_UNLOAD,
  PatternChanged = SMART_MADVISE_REASON_PATTERN_CHANGED,
  LockContended = SMART_MADVISE_REASON_LOCK_CONTENDED,
  Trial = SMART_MADVISE_REASON_TRIAL,
  Pays = SMART_MADVISE_REASON_PAYS,
  DoesNotPay = SMART_MADVISE_REASON_DOES_NOT_PAY,
  LittleAtStake = SMART_MADVISE_REASON_LITTLE_AT_STAKE,
  FitsMemory = SMART_MADVISE_REASON_FITS_MEMORY,
  ApplicationHintCosts = SMART_MADVISE_REASON_APPLICATION_HINT_COSTS,
  MemoryFilled = SMART_MADVISE_REASON_MEMORY_FILLED,
  NoReuse = SMART_MADVISE_REASON_NO_REUSE,
  TriedBeside = SMART_MADVISE_REASON_TRIED_BESIDE,
};

/// Where an entry of the Task Map stands.
enum class TaskState : std::uint32_t {
  Queued = SMART_MADVISE_TASK_STATE_QUEUED,
  Applied = SMART_MADVISE_TASK_STATE_APPLIED,
  Refused = SMART_MADVISE_TASK_STATE_REFUSED,
  Cancelled = SMART_MADVISE_TASK_STATE_CANCELLED,
};

/// What a filter rule looks at.
enum class FilterKind : std::uint32_t {
  Pid = SMART_MADVISE_FILTER_KIND_PID,
  Uid = SMART_MADVISE_FILTER_KIND_UID,
  Comm = SMART_MADVISE_FILTER_KIND_COMM,
  Exe = SMART_MADVISE_FILTER_KIND_EXE,
  Cgroup = SMART_MADVISE_FILTER_KIND_CGROUP,
};

/// What a matching filter rule does.
enum class FilterAction : std::uint32_t {
  Include = SMART_MADVISE_FILTER_ACTION_INCLUDE,
  Exclude = SMART_MADVISE_FILTER_ACTION_EXCLUDE,
};

/// What an event tells.
enum class EventKind : std::uint32_t {
  Adopted = SMART_MADVISE_EVENT_KIND_ADOPTED,
  Gone = SMART_MADVISE_EVENT_KIND_GONE,
  Verdict = SMART_MADVISE_EVENT_KIND_VERDICT,
  Applied = SMART_MADVISE_EVENT_KIND_APPLIED,
  Refused = SMART_MADVISE_EVENT_KIND_REFUSED,
  Cancelled = SMART_MADVISE_EVENT_KIND_CANCELLED,
  Restored = SMART_MADVISE_EVENT_KIND_RESTORED,
  Yielded = SMART_MADVISE_EVENT_KIND_YIELDED,
  Policy = SMART_MADVISE_EVENT_KIND_POLICY,
};

/// What a message of a recording tells.
enum class RecordingKind : std::uint32_t {
  Faults = SMART_MADVISE_RECORDING_KIND_FAULTS,
  Judged = SMART_MADVISE_RECORDING_KIND_JUDGED,
  Idle = SMART_MADVISE_RECORDING_KIND_IDLE,
  Range = SMART_MADVISE_RECORDING_KIND_RANGE,
  Gone = SMART_MADVISE_RECORDING_KIND_GONE,
  Advice = SMART_MADVISE_RECORDING_KIND_ADVICE,
};

/// How page faults are seen.
enum class HookKind : std::uint32_t {
  None = SMART_MADVISE_HOOK_KIND_NONE,
  Ftrace = SMART_MADVISE_HOOK_KIND_FTRACE,
  Kprobe = SMART_MADVISE_HOOK_KIND_KPROBE,
};

/// How hints are applied.
enum class ExecutorKind : std::uint32_t {
  Madvise = SMART_MADVISE_EXECUTOR_KIND_MADVISE,
  VmaFlags = SMART_MADVISE_EXECUTOR_KIND_VMA_FLAGS,
};

/// The spec's name of each value of an enumeration, by value.
template <class E>
inline constexpr std::array<std::string_view, 0> kNames{};

template <>
inline constexpr auto kNames<Hint> = std::to_array<std::string_view>({
    "none",
    "sequential",
    "random",
    "normal",
});
template <>
inline constexpr auto kNames<Pattern> = std::to_array<std::string_view>({
    "unknown",
    "idle",
    "sequential",
    "backward",
    "strided",
    "runs",
    "random",
});
template <>
inline constexpr auto kNames<Governor> = std::to_array<std::string_view>({
    "observe",
    "pattern",
    "benefit",
});
template <>
inline constexpr auto kNames<ApplicationHints> = std::to_array<std::string_view>({
    "honour",
    "observe",
    "override",
});
template <>
inline constexpr auto kNames<Reason> = std::to_array<std::string_view>({
    "none",
    "few-faults",
    "no-majority",
    "sequential-majority",
    "random-majority",
    "pattern-unhinted",
    "idle",
    "within-hysteresis",
    "holding",
    "application-hint",
    "memory-backed",
    "observing",
    "filtered",
    "superseded",
    "process-gone",
    "mapping-gone",
    "rate-limit",
    "split-limit",
    "memory-limit",
    "kernel-refused",
    "policy-changed",
    "request",
    "unload",
    "pattern-changed",
    "lock-contended",
    "trial",
    "pays",
    "does-not-pay",
    "little-at-stake",
    "fits-memory",
    "application-hint-costs",
    "memory-filled",
    "no-reuse",
    "tried-beside",
});
template <>
inline constexpr auto kNames<TaskState> = std::to_array<std::string_view>({
    "queued",
    "applied",
    "refused",
    "cancelled",
});
template <>
inline constexpr auto kNames<FilterKind> = std::to_array<std::string_view>({
    "pid",
    "uid",
    "comm",
    "exe",
    "cgroup",
});
template <>
inline constexpr auto kNames<FilterAction> = std::to_array<std::string_view>({
    "include",
    "exclude",
});
template <>
inline constexpr auto kNames<EventKind> = std::to_array<std::string_view>({
    "adopted",
    "gone",
    "verdict",
    "applied",
    "refused",
    "cancelled",
    "restored",
    "yielded",
    "policy",
});
template <>
inline constexpr auto kNames<RecordingKind> = std::to_array<std::string_view>({
    "faults",
    "judged",
    "idle",
    "range",
    "gone",
    "advice",
});
template <>
inline constexpr auto kNames<HookKind> = std::to_array<std::string_view>({
    "none",
    "ftrace",
    "kprobe",
});
template <>
inline constexpr auto kNames<ExecutorKind> = std::to_array<std::string_view>({
    "madvise",
    "vma-flags",
});

/// An enumeration of the interface.
template <class E>
concept NamedEnum = std::is_enum_v<E> && !kNames<E>.empty();

/// The spec's name of @p value. A value that a newer module may send and this program does not know
/// is given as its number.
template <NamedEnum E>
[[nodiscard]] std::string name_of(E value) {
  const auto index = static_cast<std::size_t>(value);
  return index < kNames<E>.size() ? std::string(kNames<E>[index]) : std::to_string(index);
}

/// Index of @p name among @p names.
[[nodiscard]] inline std::optional<std::uint32_t> index_of(std::span<const std::string_view> names,
                                                           std::string_view name) {
  for (std::uint32_t i = 0; i < names.size(); ++i) {
    if (names[i] == name) {
      return i;
    }
  }
  return std::nullopt;
}

/// The value that the spec calls @p name.
template <NamedEnum E>
[[nodiscard]] std::optional<E> value_of(std::string_view name) {
  const auto index = index_of(kNames<E>, name);
  return index ? std::optional<E>(static_cast<E>(*index)) : std::nullopt;
}

}  // namespace smadv
