// SPDX-License-Identifier: GPL-2.0
// A mapping of which one part is streamed and another is not: where the border is found.
#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "core.h"
#include "synthesis.h"

namespace smadv::test::border {
namespace {

constexpr std::uint64_t kBase = 0x7f0000000;

/// What the analyzer does with the ranges of a process, 32 faults at a time.
class Process {
 public:
  Process(std::uint64_t pages, std::uint32_t capacity) : set_(capacity) {
    set_.insert(kBase, kBase + pages);
  }

  void fault(std::uint64_t page, std::uint32_t flags) {
    const smadv_fault fault{page, flags, 0};
    smadv_range* range = smadv_ranges_find(set_.get(), page);
    ASSERT_NE(range, nullptr) << "a page was lost";
    smadv_range_fault(range, &fault, &policy_, now_ms_);
    if (++faults_ % 32 == 0) {
      round();
    }
  }

  Set& set() { return set_; }
  [[nodiscard]] std::uint64_t faults() const { return faults_; }
  [[nodiscard]] int splits() const { return splits_; }
  smadv_range& at(std::uint64_t page) { return *smadv_ranges_find(set_.get(), page); }
  std::uint64_t first_split_at = 0;

 private:
  void round() {
    for (std::uint32_t i = 0; i < set_.size(); ++i) {
      if (set_[i].last_fault_ms != now_ms_) {
        continue;
      }
      smadv_range_judge(&set_[i], &policy_, now_ms_);
      const std::uint64_t border = smadv_range_border(&set_[i], &policy_);
      if (border == 0) {
        continue;
      }
      ASSERT_GT(border, set_[i].start);
      ASSERT_LT(border, set_[i].end);
      if (smadv_ranges_split(set_.get(), i, border)) {
        ++splits_;
        first_split_at = first_split_at != 0 ? first_split_at : faults_;
      }
    }
    for (std::uint32_t i = 0; i + 1 < set_.size();) {
      i += smadv_ranges_merge(set_.get(), i) ? 0 : 1;
    }
    now_ms_ += 2;
  }

  Set set_;
  smadv_policy policy_ = observing_policy();
  std::uint64_t now_ms_ = 1000;
  std::uint64_t faults_ = 0;
  int splits_ = 0;
};

struct MixCase {
  std::string name;
  std::uint64_t pages;
  double border;              ///< share of the range below the border
  bool streams_below = true;  ///< else the streams are above it
  bool around = true;
  std::uint32_t jumps_pct = 50;  ///< share of the faults that are probes
};

class Border : public testing::TestWithParam<MixCase> {
 protected:
  void run(Process& process, std::uint64_t faults) {
    const MixCase& c = GetParam();
    Mapping mapping(kBase, c.pages, {.fault_around = c.around},
                    [&](std::uint64_t page, std::uint32_t flags) { process.fault(page, flags); });
    const std::uint64_t border = truth() - kBase;
    const std::uint64_t streamed = c.streams_below ? border : c.pages - border;
    const std::uint64_t probed = c.pages - streamed;
    const std::uint32_t per_fault = c.around ? 16 : 1;
    const double p = c.jumps_pct / 100.0;
    const auto bp = static_cast<std::uint32_t>(10000 * p / (p + (1 - p) * per_fault));
    const Touches touches =
        mix(shifted(sequential(streamed), c.streams_below ? 0 : border),
            shifted(random_pages(probed, 3), c.streams_below ? border : 0), bp, 4);
    for (std::uint64_t until = process.faults() + faults, quiet = 0;
         process.faults() < until && !HasFatalFailure(); ++quiet) {
      mapping.touch(kBase + touches());
      if (quiet % (streamed * 2) == 0) {
        mapping.unmap();  // or a pass after the first would not fault any more
      }
    }
  }
  static std::uint64_t truth() {
    return kBase +
           static_cast<std::uint64_t>(GetParam().border * static_cast<double>(GetParam().pages));
  }
};

TEST_P(Border, IsFoundNearTheTruthAndRefined) {
  const MixCase& c = GetParam();
  Process process(c.pages, 32);
  run(process, 12000);
  ASSERT_GE(process.set().size(), 2U) << "no border found";
  // The nearest border between two ranges is a section of a section away at most.
  std::uint64_t off = c.pages;
  for (std::uint32_t i = 1; i < process.set().size(); ++i) {
    const std::uint64_t border = process.set()[i].start;
    off = std::min(off, std::max(border, truth()) - std::min(border, truth()));
  }
  EXPECT_LE(off, std::max<std::uint64_t>(c.pages / 64, 64));
  EXPECT_LE(process.first_split_at, 2000U);
  EXPECT_LE(process.set().size(), 12U) << "crumbs";
  RecordProperty("first_split_at_fault", static_cast<int>(process.first_split_at));
  RecordProperty("off_by_pages", static_cast<int>(off));

  // Well inside of each part the ranges are what they are, by share of pages and of faults.
  std::uint64_t right = 0;
  std::uint64_t wrong = 0;
  for (std::uint32_t i = 0; i < process.set().size(); ++i) {
    const smadv_range& range = process.set()[i];
    const bool below = (range.start + range.end) / 2 < truth();
    const std::uint32_t kind =
        below == c.streams_below ? SMART_MADVISE_PATTERN_SEQUENTIAL : SMART_MADVISE_PATTERN_RANDOM;
    const std::uint32_t not_kind =
        below == c.streams_below ? SMART_MADVISE_PATTERN_RANDOM : SMART_MADVISE_PATTERN_SEQUENTIAL;
    right += range.pattern.kind == kind ? range.end - range.start : 0;
    wrong += range.pattern.kind == not_kind ? range.end - range.start : 0;
  }
  EXPECT_GE(right, c.pages * 7 / 10);
  EXPECT_LE(wrong, c.pages / 32 + 128);
}

INSTANTIATE_TEST_SUITE_P(All, Border,
                         testing::Values(MixCase{"Half", 65536, 0.5},
                                         MixCase{"HalfStreamsAbove", 65536, 0.5, false},
                                         MixCase{"Quarter", 65536, 0.25},
                                         MixCase{"QuarterStreamsAbove", 65536, 0.75, false},
                                         MixCase{"Odd", 65536, 0.437},
                                         MixCase{"OddStreamsAbove", 65536, 0.61, false},
                                         MixCase{"HalfOf1GPages", 1 << 28, 0.5},
                                         MixCase{"HalfSinglePages", 65536, 0.5, true, false},
                                         MixCase{"HalfFewProbes", 65536, 0.5, true, true, 30},
                                         MixCase{"HalfManyProbes", 65536, 0.5, true, true, 70},
                                         MixCase{"HalfOf16MPages", 1 << 24, 0.31}),
                         [](const auto& info) { return info.param.name; });

struct PlainCase {
  std::string name;
  std::function<Touches(std::uint64_t pages)> touches;
  MappingOptions options{};
};

/// What is all of one kind, or changes in time and not in place, has no border.
class NoBorder : public testing::TestWithParam<std::tuple<PlainCase, std::uint64_t>> {};

TEST_P(NoBorder, KeepsOneRange) {
  const auto& [c, pages] = GetParam();
  Process process(pages, 32);
  Mapping mapping(kBase, pages, c.options,
                  [&](std::uint64_t page, std::uint32_t flags) { process.fault(page, flags); });
  const Touches touches = c.touches(pages);
  for (std::uint64_t i = 0; process.faults() < 12000 && i < 400000; ++i) {
    mapping.touch(kBase + touches());
    if (i % (pages * 2) == pages * 2 - 1) {
      mapping.unmap();
    }
  }
  ASSERT_GE(process.faults(), 2000U);
  EXPECT_EQ(process.splits(), 0) << "first at fault " << process.first_split_at;
}

std::vector<PlainCase> plain_cases() {
  constexpr MappingOptions kSinglePages{.fault_around = false};
  // Where a stream has passed, jumps find their pages mapped and do not fault: forget them soon.
  constexpr MappingOptions kTight{.read_ahead = ReadAhead::kForward, .memory = 1024};
  return {{"Sequential", [](std::uint64_t n) { return sequential(n); }},
          {"SequentialSinglePages", [](std::uint64_t n) { return sequential(n); }, kSinglePages},
          {"Random", [](std::uint64_t n) { return random_pages(n, 1); }},
          {"RandomSinglePages", [](std::uint64_t n) { return random_pages(n, 2); }, kSinglePages},
          {"Runs", [](std::uint64_t n) { return runs(n, 100, false, 3); }},
          {"Backward", [](std::uint64_t n) { return backward(n); }},
          {"Noise", [](std::uint64_t n) { return mix(sequential(n), random_pages(n, 5), 69, 6); },
           kTight},
          {"StreamAmongJumps",
           [](std::uint64_t n) { return mix(sequential(n), random_pages(n, 5), 588, 6); }, kTight},
          {"Streams", [](std::uint64_t n) {
             return interleave({sequential(n / 4), shifted(sequential(n / 4), n / 4),
                                shifted(sequential(n / 4), n / 2)});
           }}};
}

INSTANTIATE_TEST_SUITE_P(All, NoBorder,
                         testing::Combine(testing::ValuesIn(plain_cases()),
                                          testing::Values(4096, 65536, 1 << 20)),
                         [](const auto& info) {
                           return std::get<0>(info.param).name + "Of" +
                                  std::to_string(std::get<1>(info.param)) + "Pages";
                         });

}  // namespace
}  // namespace smadv::test::border
