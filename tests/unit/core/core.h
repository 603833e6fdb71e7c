// SPDX-License-Identifier: GPL-2.0
// The C headers of the core, and what every test of it needs.
#ifndef SMADV_TESTS_UNIT_CORE_CORE_H
#define SMADV_TESTS_UNIT_CORE_CORE_H

#include <linux/smart_madvise.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

extern "C" {
#include "core/budget.h"
#include "core/duty.h"
#include "core/policy.h"
#include "core/ranges.h"
}

namespace smadv::test {

inline constexpr std::uint64_t kNoPage = ~0ULL;

std::string kind_name(std::uint32_t kind);

inline smadv_policy default_policy() {
  smadv_policy policy{};
  smadv_policy_defaults(&policy);
  return policy;
}

/// The defaults, but that verdicts go by the pattern alone.
inline smadv_policy observing_policy() {
  smadv_policy policy = default_policy();
  policy.governor = SMART_MADVISE_GOVERNOR_OBSERVE;
  return policy;
}

/// The five counters of a window.
struct Window {
  std::uint32_t forward = 0;
  std::uint32_t backward = 0;
  std::uint32_t strided = 0;
  std::uint32_t near = 0;
  std::uint32_t jumps = 0;

  bool operator==(const Window&) const = default;
  [[nodiscard]] std::uint64_t total() const {
    return std::uint64_t{forward} + backward + strided + near + jumps;
  }
  [[nodiscard]] std::vector<std::uint32_t> counters() const {
    return {forward, backward, strided, near, jumps};
  }
};

inline Window window_of(const smadv_range& range) {
  const smadv_evidence& evidence = range.evidence;
  return {evidence.forward, evidence.backward, evidence.strided, evidence.near, evidence.jumps};
}

/// Replace what the faults so far left in the window.
template <typename Range>
void set_window(Range& range, const Window& window) {
  auto& evidence = range.evidence;
  evidence.forward = window.forward;
  evidence.backward = window.backward;
  evidence.strided = window.strided;
  evidence.near = window.near;
  evidence.jumps = window.jumps;
  if constexpr (requires { evidence.total; }) {
    evidence.total = static_cast<std::uint32_t>(std::min<std::uint64_t>(window.total(), ~0U));
  }
}

/// A set of ranges with its array.
class Set {
 public:
  explicit Set(std::uint32_t capacity) : ranges_(capacity) {
    for (smadv_range& range : ranges_) {
      items_.push_back(&range);
    }
    set_ = {items_.data(), 0, capacity};
  }
  Set(const Set&) = delete;
  Set& operator=(const Set&) = delete;

  smadv_ranges* get() { return &set_; }
  smadv_range& operator[](std::uint32_t index) { return *items_[index]; }
  [[nodiscard]] std::uint32_t size() const { return set_.count; }
  smadv_range* insert(std::uint64_t start, std::uint64_t end, std::uint64_t mapping = 1) {
    return smadv_ranges_insert(&set_, start, end, mapping);
  }

 private:
  std::vector<smadv_range> ranges_;
  std::vector<smadv_range*> items_;
  smadv_ranges set_{};
};

/// One range under a policy and a clock of its own: faults go in, judgements come out.
class Subject {
 public:
  Subject(std::uint64_t start, std::uint64_t pages, smadv_policy policy = observing_policy());

  /// Add one fault, and judge after every `judge_every` ones.
  void fault(std::uint64_t page, std::uint32_t flags = 0);
  void judge();
  [[nodiscard]] std::uint64_t border() { return smadv_range_border(&range(), &policy_); }

  smadv_range& range() { return set_[0]; }
  smadv_policy& policy() { return policy_; }
  std::uint64_t now_ms() const { return now_ms_; }
  void wait_ms(std::uint64_t ms) { now_ms_ += ms; }
  std::uint32_t kind() { return range().pattern.kind; }
  /// Faults so far, and at which of them the range was first called `kind`; 0 for never.
  [[nodiscard]] std::uint64_t faults() const { return faults_; }
  [[nodiscard]] std::uint64_t first(std::uint32_t kind) const { return first_.at(kind); }
  [[nodiscard]] std::uint64_t judgements(std::uint32_t kind) const { return judged_.at(kind); }
  void forget_judgements();

  std::uint32_t judge_every = 1;
  std::uint32_t faults_per_ms = 16;

 private:
  Set set_{1};
  smadv_policy policy_;
  std::uint64_t now_ms_ = 1000;
  std::uint64_t faults_ = 0;
  std::vector<std::uint64_t> first_;
  std::vector<std::uint64_t> judged_;
};

}  // namespace smadv::test

#endif  // SMADV_TESTS_UNIT_CORE_CORE_H
