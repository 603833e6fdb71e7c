// SPDX-License-Identifier: GPL-2.0
#include "core.h"

#include <array>

namespace smadv::test {

std::string kind_name(std::uint32_t kind) {
  static constexpr std::array kNames = {"unknown", "idle", "sequential", "backward",
                                        "strided", "runs", "random"};
  return kind < kNames.size() ? kNames.at(kind) : std::to_string(kind);
}

Subject::Subject(std::uint64_t start, std::uint64_t pages, smadv_policy policy)
    : policy_(policy),
      first_(SMART_MADVISE_PATTERN_RANDOM + 1),
      judged_(SMART_MADVISE_PATTERN_RANDOM + 1) {
  set_.insert(start, start + pages);
  range().last_fault_ms = now_ms_;
}

void Subject::fault(std::uint64_t page, std::uint32_t flags) {
  const smadv_fault fault{page, flags, 0};
  smadv_range_fault(&range(), &fault, &policy_, now_ms_);
  if (++faults_ % judge_every == 0) {
    judge();
  }
  if (faults_ % faults_per_ms == 0) {
    ++now_ms_;
  }
}

void Subject::judge() {
  smadv_range_judge(&range(), &policy_, now_ms_);
  judged_.at(kind())++;
  if (first_.at(kind()) == 0) {
    first_.at(kind()) = faults_;
  }
}

void Subject::forget_judgements() {
  judged_.assign(judged_.size(), 0);
  first_.assign(first_.size(), 0);
  faults_ = 0;
}

}  // namespace smadv::test
