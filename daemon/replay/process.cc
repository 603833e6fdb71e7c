// SPDX-License-Identifier: GPL-2.0
#include "daemon/replay/process.h"

#include <algorithm>
#include <bit>

namespace smadv::replay {
namespace {

// The module keeps a policy as the codec and the core see it: every member a u32, in one order.
static_assert(sizeof(Policy) == sizeof(smadv_policy));

// May the module do anything about the range's hint? Else the application's stands.
bool is_ours(const smadv_range& range) {
  return range.application_hint == SMART_MADVISE_HINT_NONE ||
         range.hint == SMART_MADVISE_HINT_NORMAL || range.verdict.hint == SMART_MADVISE_HINT_NORMAL;
}

bool is_mapped_at(const smadv_range& range, std::uint64_t start, std::uint64_t end) {
  return range.start < end && range.end > start;
}

// What a recording says of a mapping may be anything.
std::uint32_t borne_hint(const RecordingNote& note) {
  const auto hint = static_cast<std::uint32_t>(note.hint.value_or(Hint::None));
  return hint < SMADV_EFFECT_HINTS ? hint : static_cast<std::uint32_t>(Hint::None);
}

}  // namespace

smadv_policy policy_of(const Policy& policy) {
  return std::bit_cast<smadv_policy>(policy);
}

void ProcessReplay::take(const RecordingNote& note) {
  pid_ = note.pid;
  now_ms_ = note.time_ms;
  if (note.faults) {
    for (const RecordedFault& fault : *note.faults) {
      take_fault(fault, note.time_ms);
    }
  }
  switch (note.kind) {
    case RecordingKind::Judged:
      judge(note.time_ms);
      break;
    case RecordingKind::Idle:
      judge_idle(note.time_ms);
      break;
    case RecordingKind::Range:
      learn(note);
      break;
    case RecordingKind::Gone:
      ranges_.cut(page_of(note.start), page_of(note.end));
      break;
    case RecordingKind::Advice:
      heed(note);
      break;
    case RecordingKind::Faults:
      break;
  }
}

// What follows has the order of kmod/analyzer.c.

void ProcessReplay::take_fault(const RecordedFault& recorded, std::uint64_t time_ms) {
  if ((recorded.flags & RecordedFault::kLost) != 0) {
    const auto lost =
        static_cast<std::uint32_t>(std::min<std::uint64_t>(recorded.page, UINT32_MAX));
    lost_ += lost;
    for (std::uint32_t i = 0; i < ranges_.size(); ++i) {
      smadv_range_gap(&ranges_[i], lost);
    }
    return;
  }
  ++faults_;
  smadv_range* range = ranges_.find(recorded.page);
  if (range == nullptr) {
    return;  // nor had the module one
  }
  note_share(*range, recorded);
  if (range->memory_backed) {
    ++range->faults;
    range->last_fault_ms = time_ms;
    return;
  }
  const smadv_fault fault{recorded.page, recorded.flags,
                          std::min<std::uint64_t>(recorded.waited_ns, SMADV_WAIT_MAX_NS)};
  smadv_range_fault(range, &fault, &core_policy(), time_ms);
}

void ProcessReplay::note_share(const smadv_range& range, const RecordedFault& fault) {
  Share& share = shares_[range.memory.file][range.pattern.kind];
  if ((fault.flags & RecordedFault::kTried) != 0 || fault.waited_ns != 0) {
    ++share.waits;
    share.waited_ns += fault.waited_ns;
  } else {
    ++share.faults;
  }
}

// The module makes ranges of mappings; here they are told, and may be others by now.
void ProcessReplay::learn(const RecordingNote& note) {
  const std::uint64_t start = page_of(note.start);
  const std::uint64_t end = page_of(note.end);
  comm_ = note.comm.value_or(comm_);
  fill_gaps(note, start, end);
  for (std::uint32_t i = ranges_.lower(start); i < ranges_.size(); ++i) {
    smadv_range& range = ranges_[i];
    if (!is_mapped_at(range, start, end)) {
      break;  // GCOVR_EXCL_LINE: of several ranges, in booted kernels
    }
    if (range.mapping != note.mapping.value_or(0)) {
      smadv_range_reset(&range);
      range.mapping = note.mapping.value_or(0);
      range.hint = SMART_MADVISE_HINT_NONE;
    }
    range.memory.file = note.file_id.value_or(0);
    range.memory.window_pages = std::clamp(note.window_pages.value_or(1), 1U, SMADV_WINDOW_MAX);
    range.memory.most_pages = note.most_pages.value_or(0);
    range.memory_backed = note.memory_backed.value_or(0) != 0;
    smadv_range_advised(&range, borne_hint(note));
  }
  paths_[note.file_id.value_or(0)] = note.file.value_or("(no longer mapped)");
  if (note.file) {
    files_[note.start.value_or(0)] = {note.end.value_or(0), *note.file, note.offset.value_or(0)};
  }
}

void ProcessReplay::fill_gaps(const RecordingNote& note, std::uint64_t start, std::uint64_t end) {
  const std::uint32_t most = core_policy().max_ranges;
  std::uint64_t from = start;
  for (std::uint32_t i = ranges_.lower(start); from < end; ++i) {
    const bool last = i >= ranges_.size() || ranges_[i].start >= end;
    const std::uint64_t to = last ? end : std::max(ranges_[i].start, from);
    if (to > from && ranges_.insert(from, to, note.mapping.value_or(0), most) != nullptr) {
      ++i;
    }
    if (last) {
      return;
    }
    from = ranges_[i].end;
  }
}

void ProcessReplay::heed(const RecordingNote& note) {
  const std::uint64_t start = page_of(note.start);
  const std::uint64_t end = page_of(note.end);
  for (const std::uint64_t border : {start, end}) {
    const smadv_range* range = ranges_.find(border);
    if (range != nullptr && range->start != border) {
      ranges_.split(ranges_.lower(border), border, core_policy().max_ranges);
    }
  }
  for (std::uint32_t i = ranges_.lower(start); i < ranges_.size() && ranges_[i].start < end; ++i) {
    smadv_range& range = ranges_[i];
    const std::uint32_t hint = borne_hint(note);
    smadv_range_advised(&range, hint);
    range.insists = hint != SMART_MADVISE_HINT_NONE &&
                    (range.insists || range.hint == SMART_MADVISE_HINT_NORMAL);
  }
}

void ProcessReplay::judge(std::uint64_t time_ms) {
  for (std::uint32_t i = 0; i < ranges_.size(); ++i) {
    if (ranges_[i].last_fault_ms == time_ms) {
      judge_range(i, time_ms);
    }
  }
  for (std::uint32_t i = 0; i + 1 < ranges_.size();) {
    i += ranges_.merge(i) ? 0 : 1;
  }
  if (core_policy().governor != SMART_MADVISE_GOVERNOR_OBSERVE) {
    apply(time_ms);
  }
}

void ProcessReplay::judge_range(std::uint32_t index, std::uint64_t time_ms) {
  smadv_range& range = ranges_[index];
  ranges_.share(index);
  if (smadv_range_judge(&range, &core_policy(), time_ms)) {
    note_decision(range, time_ms, false);
  }
  if (const std::uint64_t border = smadv_range_border(&range, &core_policy()); border != 0) {
    ranges_.split(index, border, core_policy().max_ranges);
  }
}

void ProcessReplay::judge_idle(std::uint64_t time_ms) {
  for (std::uint32_t i = 0; i < ranges_.size(); ++i) {
    smadv_range& range = ranges_[i];
    if (range.pattern.kind != SMART_MADVISE_PATTERN_IDLE &&
        time_ms - range.last_fault_ms >= core_policy().idle_ms) {
      smadv_range_judge(&range, &core_policy(), time_ms);
    }
  }
}

// As the Task Map and the executor would, were no process in the way.
void ProcessReplay::apply(std::uint64_t time_ms) {
  for (std::uint32_t i = 0; i < ranges_.size(); ++i) {
    smadv_range& range = ranges_[i];
    if (range.last_fault_ms != time_ms || range.memory_backed || !is_ours(range) ||
        range.verdict.hint == range.hint) {
      continue;
    }
    if (range.verdict.hint != SMART_MADVISE_HINT_NONE &&
        !smadv_budget_take(&shared_.budget, core_policy().hints_per_second, time_ms)) {
      continue;
    }
    smadv_range_hinted(&range, range.verdict.hint, &core_policy(), time_ms);
    note_decision(range, time_ms, true);
  }
}

void ProcessReplay::note_decision(const smadv_range& range, std::uint64_t time_ms, bool applied) {
  decisions_.push_back({.time_ms = time_ms,
                        .start = range.start * shared_.page_bytes,
                        .end = range.end * shared_.page_bytes,
                        .hint = static_cast<Hint>(range.verdict.hint),
                        .reason = static_cast<Reason>(range.verdict.reason),
                        .pattern = static_cast<Pattern>(range.pattern.kind),
                        .pattern_pages = range.pattern.pages,
                        .confidence_pct = range.pattern.confidence_pct,
                        .applied = applied});
}

const FilePlace* ProcessReplay::place_at(std::uint64_t address) const {
  auto found = files_.upper_bound(address);
  if (found == files_.begin()) {
    return nullptr;
  }
  --found;
  return address < found->second.end ? &found->second : nullptr;
}

std::uint64_t ProcessReplay::offset_of(std::uint64_t address) const {
  const auto found = files_.upper_bound(address);
  if (found == files_.begin()) {
    return 0;
  }
  const auto& [start, place] = *std::prev(found);
  return place.offset + address - start;
}

// As kmod/netlink_show.c lists it.
Range ProcessReplay::range_of(const smadv_range& range) const {
  const smadv_evidence& evidence = range.evidence;
  Range shown;
  shown.pid = pid_;
  shown.start = range.start * shared_.page_bytes;
  shown.end = range.end * shared_.page_bytes;
  if (const FilePlace* place = place_at(shown.start)) {
    shown.file = place->file;
  }
  shown.hint = static_cast<Hint>(range.hint);
  shown.application_hint = static_cast<Hint>(range.application_hint);
  shown.pattern = static_cast<Pattern>(range.pattern.kind);
  shown.pattern_pages = range.pattern.pages;
  shown.confidence_pct = range.pattern.confidence_pct;
  shown.verdict = static_cast<Hint>(range.verdict.hint);
  shown.reason = static_cast<Reason>(range.verdict.reason);
  shown.faults = range.faults;
  shown.majors = range.majors;
  shown.window_forward = evidence.forward;
  shown.window_backward = evidence.backward;
  shown.window_strided = evidence.strided;
  shown.window_short = evidence.near;
  shown.window_random = evidence.jumps;
  shown.streams = smadv_evidence_streams(&evidence);
  shown.coverage_bp = smadv_evidence_coverage_bp(&evidence, range.end - range.start);
  shown.reuse_bp = smadv_evidence_reuse_bp(&evidence);
  const std::uint64_t hold_ms = range.hold.until_ms > now_ms_ ? range.hold.until_ms - now_ms_ : 0;
  shown.hold_ms = static_cast<std::uint32_t>(std::min<std::uint64_t>(hold_ms, UINT32_MAX));
  shown.changes = range.hold.changes;
  return shown;
}

}  // namespace smadv::replay
