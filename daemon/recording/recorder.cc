// SPDX-License-Identifier: GPL-2.0
#include "daemon/recording/recorder.h"

#include <algorithm>
#include <variant>

namespace smadv::recording {
namespace {

// Room for the last entries.
constexpr std::uint64_t kReserveBytes = 4096;

}  // namespace

bool Recorder::full() const {
  return writer_.bytes() + kReserveBytes >= most_bytes_;
}

Result<bool> Recorder::take(const RecordingBatch& batch) {
  bool policy_changed = false;
  for (const auto& item : batch.items) {
    if (full()) {
      return policy_changed;
    }
    Result<void> done;
    if (const auto* event = std::get_if<Event>(&item)) {
      policy_changed = policy_changed || event->kind == EventKind::Policy;
      done = !event->pid || scope_.covers(*event->pid) ? writer_.add(*event) : Result<void>();
    } else {
      done = take_note(std::get<RecordingNote>(item));
    }
    if (!done) {
      return done.error();
    }
    // What is not compressed yet is counted in full: it may turn out to take less.
    if (full()) {
      if (auto flushed = writer_.flush(); !flushed) {
        return flushed.error();
      }
    }
  }
  unplaced_ += batch.lost;
  return policy_changed;
}

// A gap in the sequence is where messages were lost, a gap in the positions the faults in them.
Result<void> Recorder::note_gap(const RecordingNote& note) {
  const std::uint64_t expected = next_sequence_.value_or(note.sequence);
  Result<void> done;
  if (note.sequence > expected) {
    const std::uint64_t missing = note.sequence - expected;
    const std::uint64_t faults = note.position - next_position_;
    tally_.lost += faults;
    unplaced_ -= std::min(unplaced_, missing);
    done = writer_.add(Loss{missing, faults});
  }
  next_sequence_ = note.sequence + 1;
  next_position_ = note.position + (note.faults ? note.faults->size() : 0);
  return done;
}

Result<void> Recorder::take_note(const RecordingNote& note) {
  if (auto noted = note_gap(note); !noted) {
    return noted;  // GCOVR_EXCL_LINE: as when an entry finds no room
  }
  if (!scope_.covers(note.pid) || is_known(note)) {
    return {};
  }
  processes_.insert(note.id);
  tally_.processes = processes_.size();
  if (note.faults) {
    for (const RecordedFault& fault : *note.faults) {
      ((fault.flags & RecordedFault::kLost) != 0 ? tally_.lost : tally_.faults) +=
          (fault.flags & RecordedFault::kLost) != 0 ? fault.page : 1;
    }
  }
  return writer_.add(note);
}

// Ranges are told again and again, and mostly the same.
bool Recorder::is_known(const RecordingNote& note) {
  const auto key = std::pair(note.id, note.start.value_or(0));
  if (note.kind == RecordingKind::Gone) {
    ranges_.erase(key);
  }
  if (note.kind != RecordingKind::Range) {
    return false;
  }
  RecordingNote timeless = note;
  timeless.sequence = 0;
  timeless.position = 0;
  timeless.time_ms = 0;
  auto& last = ranges_[key];
  if (last == timeless) {
    return true;
  }
  last = std::move(timeless);
  return false;
}

Result<void> Recorder::finish(const End& end) {
  if (unplaced_ > 0) {
    if (auto added = writer_.add(Loss{unplaced_, 0}); !added) {
      return added;  // GCOVR_EXCL_LINE: as any other entry, tested by those
    }
  }
  return writer_.finish(end);
}

}  // namespace smadv::recording
