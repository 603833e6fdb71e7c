// SPDX-License-Identifier: GPL-2.0
/// @file
/// From what the module sends to what is in the file.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "daemon/kernel_client.h"
#include "daemon/recording/scope.h"
#include "daemon/recording/writer.h"
#include "daemon/result.h"

namespace smadv::recording {

/// What was recorded so far.
struct Tally {
  std::uint64_t faults = 0;
  std::uint64_t lost =
      0;  ///< Faults, in the module or on the way, those not of the scope included.
  std::uint64_t processes = 0;
};

/// Writes what belongs to the scope, once, and notes what is missing.
class Recorder {
 public:
  /// @param most_bytes the file is full at this size
  Recorder(Writer writer, Scope scope, std::uint64_t most_bytes)
      : writer_(std::move(writer)), scope_(std::move(scope)), most_bytes_(most_bytes) {}

  /// A policy is in force from here on.
  [[nodiscard]] Result<void> set_policy(const Policy& policy) { return writer_.add(policy); }

  /// Take what arrived. Tells whether the policy changed, which the caller has to ask for.
  [[nodiscard]] Result<bool> take(const RecordingBatch& batch);

  [[nodiscard]] Result<void> flush() { return writer_.flush(); }
  [[nodiscard]] Result<void> finish(const End& end);

  [[nodiscard]] const Tally& tally() const { return tally_; }
  [[nodiscard]] std::uint64_t bytes() const { return writer_.bytes(); }
  /// No more should be taken.
  [[nodiscard]] bool full() const;

 private:
  [[nodiscard]] Result<void> take_note(const RecordingNote& note);
  [[nodiscard]] Result<void> note_gap(const RecordingNote& note);
  [[nodiscard]] bool is_known(const RecordingNote& note);

  Writer writer_;
  Scope scope_;
  std::uint64_t most_bytes_;
  Tally tally_;
  std::set<std::uint64_t> processes_;
  std::optional<std::uint64_t> next_sequence_;
  std::uint64_t next_position_ = 0;
  std::uint64_t unplaced_ = 0;  ///< Messages that were dropped, and no gap was seen yet.
  /// What was last told of a range, by record and first address.
  std::map<std::pair<std::uint64_t, std::uint64_t>, RecordingNote> ranges_;
};

}  // namespace smadv::recording
