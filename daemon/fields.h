// SPDX-License-Identifier: GPL-2.0
/// @file
/// One table for each structure of model.h: attribute number, name in the spec, member. The codec
/// and the JSON writer both walk these tables, so each member is listed once.
#pragma once

#include <linux/smart_madvise.h>

#include <cstdint>
#include <string_view>
#include <tuple>

#include "daemon/model.h"

namespace smadv {

/// One member of a structure and the attribute that carries it.
template <class T, class M>
struct Field {
  std::uint16_t attribute;
  std::string_view name;
  M T::*member;
};

/// The table of @p T, a tuple of Field.
template <class T>
inline constexpr auto kFields = nullptr;

template <>
inline constexpr auto kFields<Info> = std::tuple{
    Field{SMART_MADVISE_A_INFO_VERSION, "version", &Info::version},
    Field{SMART_MADVISE_A_INFO_ABI, "abi", &Info::abi},
    Field{SMART_MADVISE_A_INFO_HOOK, "hook", &Info::hook},
    Field{SMART_MADVISE_A_INFO_EXECUTOR, "executor", &Info::executor},
    Field{SMART_MADVISE_A_INFO_ADVICE_OBSERVER, "advice-observer", &Info::advice_observer},
    Field{SMART_MADVISE_A_INFO_FORK_OBSERVER, "fork-observer", &Info::fork_observer},
    Field{SMART_MADVISE_A_INFO_PAGE_BYTES, "page-bytes", &Info::page_bytes},
    Field{SMART_MADVISE_A_INFO_FAULT_AROUND_PAGES, "fault-around-pages", &Info::fault_around_pages},
};

template <>
inline constexpr auto kFields<Process> = std::tuple{
    Field{SMART_MADVISE_A_PROCESS_ID, "id", &Process::id},
    Field{SMART_MADVISE_A_PROCESS_PID, "pid", &Process::pid},
    Field{SMART_MADVISE_A_PROCESS_COMM, "comm", &Process::comm},
    Field{SMART_MADVISE_A_PROCESS_UID, "uid", &Process::uid},
    Field{SMART_MADVISE_A_PROCESS_TRACKED_MS, "tracked-ms", &Process::tracked_ms},
    Field{SMART_MADVISE_A_PROCESS_FAULTS, "faults", &Process::faults},
    Field{SMART_MADVISE_A_PROCESS_FAULTS_LOST, "faults-lost", &Process::faults_lost},
    Field{SMART_MADVISE_A_PROCESS_MAJORS, "majors", &Process::majors},
    Field{SMART_MADVISE_A_PROCESS_RANGES, "ranges", &Process::ranges},
    Field{SMART_MADVISE_A_PROCESS_PATTERN, "pattern", &Process::pattern},
    Field{SMART_MADVISE_A_PROCESS_CONFIDENCE_PCT, "confidence-pct", &Process::confidence_pct},
    Field{SMART_MADVISE_A_PROCESS_HINTS_ACTIVE, "hints-active", &Process::hints_active},
    Field{SMART_MADVISE_A_PROCESS_HINTS_CHANGED, "hints-changed", &Process::hints_changed},
    Field{SMART_MADVISE_A_PROCESS_SPLITS, "splits", &Process::splits},
    Field{SMART_MADVISE_A_PROCESS_MEMORY_BYTES, "memory-bytes", &Process::memory_bytes},
    Field{SMART_MADVISE_A_PROCESS_EXCLUDED, "excluded", &Process::excluded},
    Field{SMART_MADVISE_A_PROCESS_PAGES_READ, "pages-read", &Process::pages_read},
    Field{SMART_MADVISE_A_PROCESS_PAGES_TOUCHED, "pages-touched", &Process::pages_touched},
    Field{SMART_MADVISE_A_PROCESS_SAVED_BYTES, "saved-bytes", &Process::saved_bytes},
    Field{SMART_MADVISE_A_PROCESS_CGROUP, "cgroup", &Process::cgroup},
};

template <>
inline constexpr auto kFields<Range> = std::tuple{
    Field{SMART_MADVISE_A_RANGE_PID, "pid", &Range::pid},
    Field{SMART_MADVISE_A_RANGE_START, "start", &Range::start},
    Field{SMART_MADVISE_A_RANGE_END, "end", &Range::end},
    Field{SMART_MADVISE_A_RANGE_FILE, "file", &Range::file},
    Field{SMART_MADVISE_A_RANGE_HINT, "hint", &Range::hint},
    Field{SMART_MADVISE_A_RANGE_APPLICATION_HINT, "application-hint", &Range::application_hint},
    Field{SMART_MADVISE_A_RANGE_PATTERN, "pattern", &Range::pattern},
    Field{SMART_MADVISE_A_RANGE_PATTERN_PAGES, "pattern-pages", &Range::pattern_pages},
    Field{SMART_MADVISE_A_RANGE_CONFIDENCE_PCT, "confidence-pct", &Range::confidence_pct},
    Field{SMART_MADVISE_A_RANGE_VERDICT, "verdict", &Range::verdict},
    Field{SMART_MADVISE_A_RANGE_REASON, "reason", &Range::reason},
    Field{SMART_MADVISE_A_RANGE_FAULTS, "faults", &Range::faults},
    Field{SMART_MADVISE_A_RANGE_MAJORS, "majors", &Range::majors},
    Field{SMART_MADVISE_A_RANGE_WINDOW_FORWARD, "window-forward", &Range::window_forward},
    Field{SMART_MADVISE_A_RANGE_WINDOW_BACKWARD, "window-backward", &Range::window_backward},
    Field{SMART_MADVISE_A_RANGE_WINDOW_STRIDED, "window-strided", &Range::window_strided},
    Field{SMART_MADVISE_A_RANGE_WINDOW_SHORT, "window-short", &Range::window_short},
    Field{SMART_MADVISE_A_RANGE_WINDOW_RANDOM, "window-random", &Range::window_random},
    Field{SMART_MADVISE_A_RANGE_STREAMS, "streams", &Range::streams},
    Field{SMART_MADVISE_A_RANGE_COVERAGE_BP, "coverage-bp", &Range::coverage_bp},
    Field{SMART_MADVISE_A_RANGE_REUSE_BP, "reuse-bp", &Range::reuse_bp},
    Field{SMART_MADVISE_A_RANGE_HOLD_MS, "hold-ms", &Range::hold_ms},
    Field{SMART_MADVISE_A_RANGE_CHANGES, "changes", &Range::changes},
    Field{SMART_MADVISE_A_RANGE_WAITED_NS, "waited-ns", &Range::waited_ns},
    Field{SMART_MADVISE_A_RANGE_REGRET_NS, "regret-ns", &Range::regret_ns},
    Field{SMART_MADVISE_A_RANGE_EXE, "exe", &Range::exe},
    Field{SMART_MADVISE_A_RANGE_FILE_ID, "file-id", &Range::file_id},
    Field{SMART_MADVISE_A_RANGE_FILE_OFFSET, "file-offset", &Range::file_offset},
};

template <>
inline constexpr auto kFields<Task> = std::tuple{
    Field{SMART_MADVISE_A_TASK_ID, "id", &Task::id},
    Field{SMART_MADVISE_A_TASK_PID, "pid", &Task::pid},
    Field{SMART_MADVISE_A_TASK_COMM, "comm", &Task::comm},
    Field{SMART_MADVISE_A_TASK_START, "start", &Task::start},
    Field{SMART_MADVISE_A_TASK_END, "end", &Task::end},
    Field{SMART_MADVISE_A_TASK_HINT, "hint", &Task::hint},
    Field{SMART_MADVISE_A_TASK_STATE, "state", &Task::state},
    Field{SMART_MADVISE_A_TASK_REASON, "reason", &Task::reason},
    Field{SMART_MADVISE_A_TASK_ERROR, "error", &Task::error},
    Field{SMART_MADVISE_A_TASK_FILED_NS, "filed-ns", &Task::filed_ns},
    Field{SMART_MADVISE_A_TASK_DONE_NS, "done-ns", &Task::done_ns},
    Field{SMART_MADVISE_A_TASK_FILED_FAULTS, "filed-faults", &Task::filed_faults},
    Field{SMART_MADVISE_A_TASK_DONE_FAULTS, "done-faults", &Task::done_faults},
};

template <>
inline constexpr auto kFields<Filter> = std::tuple{
    Field{SMART_MADVISE_A_FILTER_ID, "id", &Filter::id},
    Field{SMART_MADVISE_A_FILTER_ACTION, "action", &Filter::action},
    Field{SMART_MADVISE_A_FILTER_KIND, "kind", &Filter::kind},
    Field{SMART_MADVISE_A_FILTER_VALUE, "value", &Filter::value},
};

template <>
inline constexpr auto kFields<RestoreOutcome> = std::tuple{
    Field{SMART_MADVISE_A_RESTORE_RESTORED, "restored", &RestoreOutcome::restored},
    Field{SMART_MADVISE_A_RESTORE_YIELDED, "yielded", &RestoreOutcome::yielded},
};

template <>
inline constexpr auto kFields<Event> = std::tuple{
    Field{SMART_MADVISE_A_EVENT_KIND, "kind", &Event::kind},
    Field{SMART_MADVISE_A_EVENT_TIME_NS, "time-ns", &Event::time_ns},
    Field{SMART_MADVISE_A_EVENT_PID, "pid", &Event::pid},
    Field{SMART_MADVISE_A_EVENT_COMM, "comm", &Event::comm},
    Field{SMART_MADVISE_A_EVENT_START, "start", &Event::start},
    Field{SMART_MADVISE_A_EVENT_END, "end", &Event::end},
    Field{SMART_MADVISE_A_EVENT_HINT, "hint", &Event::hint},
    Field{SMART_MADVISE_A_EVENT_PATTERN, "pattern", &Event::pattern},
    Field{SMART_MADVISE_A_EVENT_PATTERN_PAGES, "pattern-pages", &Event::pattern_pages},
    Field{SMART_MADVISE_A_EVENT_CONFIDENCE_PCT, "confidence-pct", &Event::confidence_pct},
    Field{SMART_MADVISE_A_EVENT_REASON, "reason", &Event::reason},
    Field{SMART_MADVISE_A_EVENT_ERROR, "error", &Event::error},
    Field{SMART_MADVISE_A_EVENT_TASK_ID, "task-id", &Event::task_id},
    Field{SMART_MADVISE_A_EVENT_FAULTS, "faults", &Event::faults},
    Field{SMART_MADVISE_A_EVENT_EXE, "exe", &Event::exe},
    Field{SMART_MADVISE_A_EVENT_STANDING_HINT, "standing-hint", &Event::standing_hint},
    Field{SMART_MADVISE_A_EVENT_EFFECT_NS, "effect-ns", &Event::effect_ns},
};

template <>
inline constexpr auto kFields<RecordingNote> = std::tuple{
    Field{SMART_MADVISE_A_RECORDING_KIND, "kind", &RecordingNote::kind},
    Field{SMART_MADVISE_A_RECORDING_SEQUENCE, "sequence", &RecordingNote::sequence},
    Field{SMART_MADVISE_A_RECORDING_POSITION, "position", &RecordingNote::position},
    Field{SMART_MADVISE_A_RECORDING_TIME_MS, "time-ms", &RecordingNote::time_ms},
    Field{SMART_MADVISE_A_RECORDING_ID, "id", &RecordingNote::id},
    Field{SMART_MADVISE_A_RECORDING_PID, "pid", &RecordingNote::pid},
    Field{SMART_MADVISE_A_RECORDING_FAULTS, "faults", &RecordingNote::faults},
    Field{SMART_MADVISE_A_RECORDING_START, "start", &RecordingNote::start},
    Field{SMART_MADVISE_A_RECORDING_END, "end", &RecordingNote::end},
    Field{SMART_MADVISE_A_RECORDING_HINT, "hint", &RecordingNote::hint},
    Field{SMART_MADVISE_A_RECORDING_COMM, "comm", &RecordingNote::comm},
    Field{SMART_MADVISE_A_RECORDING_FILE, "file", &RecordingNote::file},
    Field{SMART_MADVISE_A_RECORDING_OFFSET, "offset", &RecordingNote::offset},
    Field{SMART_MADVISE_A_RECORDING_FILE_ID, "file-id", &RecordingNote::file_id},
    Field{SMART_MADVISE_A_RECORDING_MAPPING, "mapping", &RecordingNote::mapping},
    Field{SMART_MADVISE_A_RECORDING_WINDOW_PAGES, "window-pages", &RecordingNote::window_pages},
    Field{SMART_MADVISE_A_RECORDING_MOST_PAGES, "most-pages", &RecordingNote::most_pages},
    Field{SMART_MADVISE_A_RECORDING_MEMORY_BACKED, "memory-backed", &RecordingNote::memory_backed},
};

/// A structure that kFields describes.
template <class T>
concept Described = requires {
  std::tuple_size<std::remove_const_t<decltype(kFields<T>)>>::value;
};

/// Call @p visit with each Field of @p T, in the order of the spec.
template <Described T, class Visit>
constexpr void for_each_field(Visit&& visit) {
  std::apply([&visit](const auto&... field) { (visit(field), ...); }, kFields<T>);
}

}  // namespace smadv
