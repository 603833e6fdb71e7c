// SPDX-License-Identifier: GPL-2.0
/// @file
/// One process of a recording under a policy: what the module would have decided.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "daemon/model.h"
#include "daemon/replay/ranges.h"

namespace smadv::replay {

/// What was wanted for a range from some moment on.
struct Decision {
  std::uint64_t time_ms = 0;
  std::uint64_t start = 0;  ///< Address, as `end`.
  std::uint64_t end = 0;
  Hint hint = Hint::None;
  Reason reason = Reason::None;
  Pattern pattern = Pattern::Unknown;
  std::uint32_t pattern_pages = 0;
  std::uint32_t confidence_pct = 0;
  bool applied = false;  ///< Carried out, else wanted only.

  friend bool operator==(const Decision&, const Decision&) = default;
};

/// The file behind a stretch of addresses, by the first of them.
struct FilePlace {
  std::uint64_t end = 0;  ///< Address.
  std::string file;
  std::uint64_t offset = 0;  ///< In bytes, of the first address.
};
using FilePlaces = std::map<std::uint64_t, FilePlace>;

/// Faults by the pattern that their range had at that moment.
struct Share {
  std::uint64_t faults = 0;
  std::uint64_t waits = 0;
  std::uint64_t waited_ns = 0;
};
using Shares = std::array<Share, kNames<Pattern>.size()>;

/// Shares of each file, by its path.
using Usage = std::map<std::string, Shares>;

/// What the processes of a recording share, as they do in the module.
struct Shared {
  smadv_policy policy{};
  std::uint64_t page_bytes = 4096;
  smadv_budget budget{};
};

/// @p policy as the core has it.
[[nodiscard]] smadv_policy policy_of(const Policy& policy);

/// Takes the notes of one process in order.
///
/// The order of things is that of the module's analyzer (gather, judge, merge, apply): a recording
/// without losses, under the policy that it was made with and the governor observe, ends in the
/// very ranges that the module had. Hints are carried out at once; those that the module applied
/// while it was recorded are passed over. What faults would have been under another hint is not
/// known: they stay as they were. Ranges of one file do not share what trials may cost.
class ProcessReplay {
 public:
  explicit ProcessReplay(Shared& shared) : shared_(shared) {}

  void take(const RecordingNote& note);

  [[nodiscard]] std::uint32_t pid() const { return pid_; }
  [[nodiscard]] const std::string& comm() const { return comm_; }
  [[nodiscard]] std::uint64_t faults() const { return faults_; }
  [[nodiscard]] std::uint64_t lost() const { return lost_; }
  [[nodiscard]] const std::vector<Decision>& decisions() const { return decisions_; }

  /// The ranges in the core's own words, with what they know of the effect of hints.
  [[nodiscard]] const Ranges& ranges() const { return ranges_; }
  /// One of them as the module would list it.
  [[nodiscard]] Range range_of(const smadv_range& range) const;
  /// What is mapped there, or null.
  [[nodiscard]] const FilePlace* place_at(std::uint64_t address) const;
  /// Where in its file an address is, in bytes.
  [[nodiscard]] std::uint64_t offset_of(std::uint64_t address) const;
  /// How files were used, by their identity.
  [[nodiscard]] const std::map<std::uint64_t, Shares>& shares() const { return shares_; }
  [[nodiscard]] const std::string& path_of(std::uint64_t file_id) const {
    return paths_.at(file_id);
  }

 private:
  [[nodiscard]] const smadv_policy& core_policy() const { return shared_.policy; }
  [[nodiscard]] std::uint64_t page_of(const std::optional<std::uint64_t>& address) const {
    return address.value_or(0) / shared_.page_bytes;
  }
  void take_fault(const RecordedFault& recorded, std::uint64_t time_ms);
  void note_share(const smadv_range& range, const RecordedFault& fault);
  void learn(const RecordingNote& note);
  void fill_gaps(const RecordingNote& note, std::uint64_t start, std::uint64_t end);
  void heed(const RecordingNote& note);
  void judge(std::uint64_t time_ms);
  void judge_range(std::uint32_t index, std::uint64_t time_ms);
  void judge_idle(std::uint64_t time_ms);
  void apply(std::uint64_t time_ms);
  void note_decision(const smadv_range& range, std::uint64_t time_ms, bool applied);

  Shared& shared_;
  Ranges ranges_;
  FilePlaces files_;
  std::map<std::uint64_t, std::string> paths_;
  std::map<std::uint64_t, Shares> shares_;
  std::vector<Decision> decisions_;
  std::uint32_t pid_ = 0;
  std::string comm_;
  std::uint64_t faults_ = 0;
  std::uint64_t lost_ = 0;
  std::uint64_t now_ms_ = 0;
};

}  // namespace smadv::replay
