// SPDX-License-Identifier: GPL-2.0
// Any series of faults, cuts, splits, merges and hints leaves ranges sorted, disjoint and inside
// of what was inserted, counters bounded, and a verdict that comes again when asked again.
#include <linux/smart_madvise.h>

#include <algorithm>
#include <array>

#include "fuzz.h"

extern "C" {
#include "core/budget.h"
#include "core/policy.h"
#include "core/ranges.h"
}

using smadv::fuzz::Input;
using smadv::fuzz::require;

namespace {

constexpr std::uint32_t kCapacity = 8;
constexpr std::uint64_t kPages = 1 << 14;  // of all mappings together

class Process {
 public:
  explicit Process(Input& input) {
    std::ranges::transform(ranges_, items_.begin(), [](smadv_range& range) { return &range; });
    smadv_policy_defaults(&policy_);
    policy_.governor = SMART_MADVISE_GOVERNOR_OBSERVE;  // verdicts by the pattern
    policy_.min_faults = 8 + input.take<std::uint8_t>() % 64;
    policy_.window_faults = std::max(16U, policy_.min_faults + input.take<std::uint8_t>());
    policy_.hysteresis_pct = input.take<std::uint8_t>() % 41;
    policy_.hold_ms = input.take<std::uint8_t>();
    policy_.hints_per_second = 1 + input.take<std::uint8_t>();
    require(smadv_policy_check(&policy_) == SMADV_POLICY_FIELDS, "a policy of the allowed ones");
    // Near the end of the address space as well as at its beginning.
    base_ = input.take<std::uint8_t>() % 2 ? SMADV_PAGE_MAX - kPages : 0;
    smadv_budget_init(&budget_, policy_.hints_per_second, now_ms_);
    tokens_ = policy_.hints_per_second;
  }

  void act(Input& input) {
    const auto what = input.take<std::uint8_t>();
    const std::uint64_t page = base_ + input.take<std::uint16_t>() % kPages;
    const std::uint32_t amount = input.take<std::uint8_t>();
    const std::uint64_t covered = covered_pages();
    switch (what % 8) {
      case 0:
        insert(page, amount);
        break;
      case 1:
        cut(page, amount, covered);
        break;
      case 2:
        split(page, covered);
        break;
      case 3:
        if (set_.count) {
          merge(amount % set_.count, covered);
        }
        break;
      case 4:
        hint(page);
        break;
      case 5:
        now_ms_ += amount;
        lose(page, amount);
        break;
      default:
        faults(page, what, amount);
    }
    check();
  }

 private:
  void insert(std::uint64_t page, std::uint32_t amount) {
    const std::uint64_t end = std::min(page + amount * 64, base_ + kPages);
    smadv_ranges_insert(&set_, page, end, amount % 3);
  }

  void cut(std::uint64_t page, std::uint32_t amount, std::uint64_t covered) {
    const std::uint64_t end = page + amount * 8;
    smadv_ranges_cut(&set_, page, end);
    require(covered_pages() <= covered, "a cut adds nothing");
    for (std::uint64_t p = page; p < end; p += 1 + amount) {
      require(!smadv_ranges_find(&set_, p), "what was cut is gone");
    }
  }

  void split(std::uint64_t page, std::uint64_t covered) {
    const std::uint32_t index = smadv_ranges_lower(&set_, page);
    if (index >= set_.count) {
      return;
    }
    const smadv_range before = *set_.item[index];
    const std::uint64_t border = smadv_range_border(&before, &policy_);
    require(!border || (border > before.start && border < before.end), "a border is inside");
    if (!smadv_ranges_split(&set_, index, border ? border : page)) {
      return;
    }
    const smadv_range& left = *set_.item[index];
    const smadv_range& right = *set_.item[index + 1];
    require(covered_pages() == covered, "a split keeps every page");
    require(left.faults + right.faults == before.faults, "a split keeps every fault");
    require(left.majors + right.majors == before.majors, "a split keeps every major fault");
    require(left.evidence.total <= before.evidence.total &&
                right.evidence.total <= before.evidence.total - left.evidence.total,
            "a split doubles no evidence");
  }

  void merge(std::uint32_t index, std::uint64_t covered) {
    const std::uint32_t count = set_.count;
    const std::uint64_t faults = all_faults();
    const bool merged = smadv_ranges_merge(&set_, index);
    require(set_.count == count - (merged ? 1 : 0), "a merge makes one of two");
    require(covered_pages() == covered, "a merge keeps every page");
    require(all_faults() == faults, "a merge keeps every fault");
  }

  void hint(std::uint64_t page) {
    smadv_range* range = smadv_ranges_find(&set_, page);
    if (!range || !smadv_budget_take(&budget_, policy_.hints_per_second, now_ms_)) {
      return;
    }
    ++taken_;
    const std::uint64_t earned = (now_ms_ - kStartMs) * policy_.hints_per_second / 1000;
    require(taken_ <= tokens_ + earned, "the budget is never exceeded");
    smadv_range_hinted(range, range->verdict.hint, &policy_, now_ms_);
  }

  void lose(std::uint64_t page, std::uint32_t amount) {
    if (smadv_range* range = smadv_ranges_find(&set_, page)) {
      smadv_range_gap(range, amount);
    }
  }

  // A run in one direction or by a stride.
  void faults(std::uint64_t page, std::uint32_t what, std::uint32_t amount) {
    static constexpr std::array<std::int64_t, 8> kSteps = {1, -1, 16, -16, 2, 40, 33, 0};
    const std::int64_t step = kSteps.at(what / 8 % 8);
    for (std::uint32_t i = 0; i < amount; ++i, page += step) {
      smadv_range* range = smadv_ranges_find(&set_, page);
      if (!range) {
        return;
      }
      const smadv_fault fault{page, what / 64, i % 3 == 0 ? 0 : amount * 1000ULL};
      smadv_range_fault(range, &fault, &policy_, now_ms_);
    }
    if (smadv_range* range = smadv_ranges_find(&set_, page - step)) {
      judge(*range);
    }
  }

  void judge(smadv_range& range) {
    smadv_range again = range;
    smadv_range_judge(&range, &policy_, now_ms_);
    smadv_range_judge(&again, &policy_, now_ms_);
    require(
        range.verdict.hint == again.verdict.hint && range.verdict.reason == again.verdict.reason,
        "a verdict comes again");
    require(range.verdict.hint <= SMART_MADVISE_HINT_RANDOM, "a verdict is a hint");
    require(range.pattern.kind <= SMART_MADVISE_PATTERN_RANDOM, "a pattern has a name");
    require(range.pattern.share_pct <= 100 && range.pattern.confidence_pct <= 100,
            "shares are per cent");
  }

  void check() const {
    require(set_.count <= set_.capacity, "no more ranges than there is room for");
    for (const smadv_range& range : ranges_) {
      require(std::ranges::count(items_, &range) == 1, "no range is lost or there twice");
    }
    for (std::uint32_t i = 0; i < set_.count; ++i) {
      const smadv_range& range = *set_.item[i];
      const smadv_evidence& evidence = range.evidence;
      require(range.start < range.end, "no range is empty");
      require(range.start >= base_ && range.end <= base_ + kPages, "ranges stay inside");
      require(!i || set_.item[i - 1]->end <= range.start, "ranges are sorted and disjoint");
      const std::uint64_t total = std::uint64_t{evidence.forward} + evidence.backward +
                                  evidence.strided + evidence.near + evidence.jumps;
      require(evidence.total == total, "the total is the sum");
      require(evidence.lost <= SMADV_LOST_MAX, "losses are bounded");
      require(smadv_evidence_streams(&evidence) <= SMADV_CURSORS, "streams are bounded");
      require(smadv_evidence_coverage_bp(&evidence, range.end - range.start) <= 10000 &&
                  smadv_evidence_reuse_bp(&evidence) <= 10000,
              "coverage and reuse are shares");
      require(smadv_evidence_run_q4(&evidence) >= 16, "a run has a page");
    }
  }

  [[nodiscard]] std::uint64_t covered_pages() const {
    std::uint64_t pages = 0;
    for (std::uint32_t i = 0; i < set_.count; ++i) {
      pages += set_.item[i]->end - set_.item[i]->start;
    }
    return pages;
  }

  [[nodiscard]] std::uint64_t all_faults() const {
    std::uint64_t faults = 0;
    for (std::uint32_t i = 0; i < set_.count; ++i) {
      faults += set_.item[i]->faults;
    }
    return faults;
  }

  static constexpr std::uint64_t kStartMs = 1000;

  std::array<smadv_range, kCapacity> ranges_{};
  std::array<smadv_range*, kCapacity> items_{};
  smadv_ranges set_{items_.data(), 0, kCapacity};
  smadv_policy policy_{};
  smadv_budget budget_{};
  std::uint64_t base_ = 0;
  std::uint64_t now_ms_ = kStartMs;
  std::uint64_t tokens_ = 0;
  std::uint64_t taken_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  Process process(input);
  while (!input.empty()) {
    process.act(input);
  }
  return 0;
}
