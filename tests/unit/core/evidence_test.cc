// SPDX-License-Identifier: GPL-2.0
// What the counters of a range mean: retries, loss, saturation, coverage, reuse, streams, phases.
#include <cstring>
#include <functional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "core.h"
#include "synthesis.h"

namespace smadv::test::evidence {
namespace {

constexpr std::uint64_t kBase = 0x7f0000000;
constexpr std::uint64_t kPages = 1 << 20;

using Access = Touches (*)(std::uint64_t pages);

class Retries : public testing::TestWithParam<std::tuple<Access, Retry>> {};

TEST_P(Retries, CountAsMajorAndElseNotAtAll) {
  const auto [access, retry] = GetParam();
  Subject once(kBase, kPages);
  Subject again(kBase, kPages);
  std::uint64_t tried = 0;
  for (const bool retried : {false, true}) {
    Subject& subject = retried ? again : once;
    Mapping mapping(kBase, kPages,
                    {.read_ahead = ReadAhead::kAround, .retry = retried ? retry : Retry::kNone},
                    [&](std::uint64_t page, std::uint32_t flags) {
                      tried += (flags & SMADV_FAULT_TRIED) != 0;
                      subject.fault(page, flags);
                    });
    const Touches touches = access(kPages);
    for (int i = 0; i < 3000; ++i) {
      mapping.touch(kBase + touches());
    }
  }
  EXPECT_EQ(again.range().majors, tried);
  EXPECT_EQ(tried > 0, retry == Retry::kTried || retry == Retry::kBoth);
  EXPECT_EQ(again.kind(), once.kind());
  EXPECT_EQ(window_of(again.range()), window_of(once.range()));
  EXPECT_EQ(again.range().faults, once.range().faults);
  EXPECT_EQ(once.range().majors, 0U);
}

INSTANTIATE_TEST_SUITE_P(
    All, Retries,
    testing::Combine(testing::Values([](std::uint64_t n) { return sequential(n); },
                                     [](std::uint64_t n) { return backward(n); },
                                     [](std::uint64_t n) { return random_pages(n, 1); },
                                     [](std::uint64_t n) { return stride(n, 100, 7); },
                                     [](std::uint64_t n) { return runs(n, 40, false, 2); }),
                     testing::Values(Retry::kTried, Retry::kPlain, Retry::kBoth)));

using Unseen = void (*)(smadv_range*, std::uint32_t);

class Loss : public testing::TestWithParam<std::tuple<Access, Unseen>> {};

/// Of a stream of faults every now and then some are overwritten before they are seen, or
/// passed over.
TEST_P(Loss, LeavesThePatternAlone) {
  const auto& [access, unseen] = GetParam();
  std::mt19937_64 engine(5);
  Subject subject(kBase, kPages);
  Mapping mapping(kBase, kPages, {},
                  [&](std::uint64_t page, std::uint32_t flags) { subject.fault(page, flags); });
  const Touches touches = access(kPages);
  drive(subject, mapping, touches, 150, kBase);
  const std::uint32_t kind = subject.kind();
  ASSERT_NE(kind, static_cast<std::uint32_t>(SMART_MADVISE_PATTERN_UNKNOWN));
  for (int gap = 0; gap < 20; ++gap) {
    std::uint32_t lost = 0;
    const std::uint32_t losing = 1 + engine() % 200;
    Mapping blind(kBase, kPages, {}, [&](std::uint64_t, std::uint32_t) { ++lost; });
    while (lost < losing) {
      blind.touch(kBase + touches());
    }
    unseen(&subject.range(), lost);
    for (std::uint64_t until = subject.faults() + 100; subject.faults() < until;) {
      drive(subject, mapping, touches, 1, kBase);
      ASSERT_EQ(subject.kind(), kind)
          << kind_name(subject.kind()) << " instead of " << kind_name(kind) << " after gap " << gap
          << " of " << lost << ", fault " << subject.faults();
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, Loss,
    testing::Combine(testing::Values([](std::uint64_t n) { return sequential(n); },
                                     [](std::uint64_t n) { return backward(n); },
                                     [](std::uint64_t n) { return random_pages(n, 1); }),
                     testing::Values(smadv_range_gap, [](smadv_range* range, std::uint32_t lost) {
                       smadv_range_skip(range, lost, 64);
                     })));

TEST(Loss, OfNothingChangesNothing) {
  Subject subject(kBase, kPages);
  for (int i = 0; i < 100; ++i) {
    subject.fault(kBase + i);
  }
  const smadv_range before = subject.range();
  smadv_range_gap(&subject.range(), 0);
  EXPECT_EQ(std::memcmp(&before, &subject.range(), sizeof before), 0);
}

TEST(Faults, OutsideOfARangeChangeNothing) {
  Subject subject(kBase, kPages);
  for (const std::uint64_t page : {kBase - 1, kBase + kPages}) {
    const smadv_range before = subject.range();
    smadv_fault fault{};
    fault.page = page;
    smadv_range_fault(&subject.range(), &fault, &subject.policy(), subject.now_ms() + 1);
    EXPECT_EQ(std::memcmp(&before, &subject.range(), sizeof before), 0);
  }
}

TEST(Saturation, WindowCountersNeverWrap) {
  for (const std::uint32_t window_faults : {16U, 64U, 1024U}) {
    smadv_policy policy = observing_policy();
    policy.min_faults = 16;
    policy.window_faults = window_faults;
    for (const Touches& touches : {sequential(kPages), backward(kPages), random_pages(kPages, 1),
                                   stride(kPages, 99, 0), runs(kPages, 5, false, 2)}) {
      Subject subject(kBase, kPages, policy);
      for (int i = 0; i < 200; ++i) {
        subject.fault(kBase + touches());
      }
      set_window(subject.range(), {~0U, ~0U, ~0U, ~0U, ~0U});
      subject.range().faults = subject.range().majors = ~0ULL;
      smadv_range_gap(&subject.range(), ~0U);
      for (int i = 0; i < 3; ++i) {
        subject.fault(kBase + touches());
        subject.fault(kBase, SMADV_FAULT_TRIED);
        for (const std::uint32_t counter : window_of(subject.range()).counters()) {
          // Halved three times at the most, and never around zero.
          EXPECT_GE(counter, ~0U >> 4);
        }
        EXPECT_LE(subject.range().pattern.confidence_pct, 100U);
      }
      EXPECT_EQ(subject.range().faults, ~0ULL);
      EXPECT_EQ(subject.range().majors, ~0ULL);
    }
  }
}

TEST(Saturation, MergingFullRangesKeepsThemFull) {
  Set set(2);
  ASSERT_NE(set.insert(kBase, kBase + 1000), nullptr);
  ASSERT_NE(set.insert(kBase + 1000, kBase + 2000), nullptr);
  for (std::uint32_t i = 0; i < 2; ++i) {
    set[i].pattern.kind = SMART_MADVISE_PATTERN_RANDOM;
    set_window(set[i], {~0U - 1, ~0U - 1, ~0U - 1, ~0U - 1, ~0U - 1});
  }
  ASSERT_TRUE(smadv_ranges_merge(set.get(), 0));
  EXPECT_EQ(window_of(set[0]), (Window{~0U, ~0U, ~0U, ~0U, ~0U}));
}

/// Long life: clocks inside of the evidence pass their ends without a trace.
TEST(Saturation, AMillionFaultsChangeNothing) {
  Subject subject(kBase, 1ULL << 30);
  subject.judge_every = 64;
  for (const Touches& touches : {sequential(1ULL << 30), random_pages(1ULL << 30, 1)}) {
    for (int i = 0; i < 256; ++i) {
      subject.fault(kBase + touches());
    }
    const std::uint32_t kind = subject.kind();
    subject.forget_judgements();
    for (int i = 0; i < 300000; ++i) {
      subject.fault(kBase + touches());
    }
    EXPECT_EQ(subject.judgements(kind), 300000U / 64);
  }
}

class Halving : public testing::TestWithParam<std::uint32_t> {};

TEST_P(Halving, KeepsTheShares) {
  smadv_policy policy = observing_policy();
  policy.window_faults = 1024;
  Subject subject(kBase, kPages, policy);
  const Touches touches = sequential(kPages);
  for (int i = 0; i < 200; ++i) {
    subject.fault(kBase + touches());
  }
  set_window(subject.range(), {.forward = GetParam(), .jumps = 1023 - GetParam()});
  subject.fault(kBase + touches());
  const Window halved = window_of(subject.range());
  EXPECT_NEAR(halved.forward, (GetParam() + 1) / 2.0, 1);
  EXPECT_NEAR(halved.jumps, (1023 - GetParam()) / 2.0, 1);
  EXPECT_NEAR(static_cast<double>(halved.total()), 512, 2);
}

INSTANTIATE_TEST_SUITE_P(All, Halving, testing::Values(0, 1, 100, 511, 900, 1023));

struct CoverageCase {
  std::uint64_t range_blocks;
  std::uint64_t used_blocks;
};

class Coverage : public testing::TestWithParam<CoverageCase> {};

/// Faults go on and on over a known set of blocks.
TEST_P(Coverage, IsEstimatedWithin15Percent) {
  const auto [range_blocks, used_blocks] = GetParam();
  for (std::uint32_t seed = 1; seed <= 3; ++seed) {
    std::mt19937_64 engine(seed);
    const std::uint64_t pages = range_blocks * SMADV_FAULT_AROUND_PAGES;
    Subject subject(kBase, pages);
    subject.judge_every = 1 << 30;
    std::set<std::uint64_t> used;
    while (used.size() < used_blocks) {
      used.insert(engine() % range_blocks);
    }
    const std::vector<std::uint64_t> blocks(used.begin(), used.end());
    const auto access = [&] {
      const std::uint64_t block = blocks.at(engine() % blocks.size());
      subject.fault(kBase + block * SMADV_FAULT_AROUND_PAGES + engine() % 16);
    };
    for (std::uint64_t i = 0; i < 12 * used_blocks + 2000; ++i) {
      access();
    }
    const double truth =
        10000.0 * static_cast<double>(used_blocks) / static_cast<double>(range_blocks);
    // At whatever moment somebody looks.
    for (int look = 0; look < 20; ++look) {
      for (std::uint64_t i = 0; i < used_blocks / 4 + 50; ++i) {
        access();
      }
      EXPECT_NEAR(smadv_evidence_coverage_bp(&subject.range().evidence, pages), truth,
                  truth * 0.15 + 1)
          << "look " << look;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, Coverage,
                         testing::Values(CoverageCase{256, 13}, CoverageCase{256, 128},
                                         CoverageCase{256, 256}, CoverageCase{4096, 205},
                                         CoverageCase{4096, 1229}, CoverageCase{4096, 4096},
                                         CoverageCase{65536, 700}, CoverageCase{65536, 3277},
                                         CoverageCase{65536, 20000}));

TEST(CoverageBound, NothingIsNothingAndAllIsAll) {
  Subject subject(kBase, 4096);
  const auto coverage = [&] { return smadv_evidence_coverage_bp(&subject.range().evidence, 4096); };
  EXPECT_EQ(coverage(), 0U);
  EXPECT_EQ(smadv_evidence_reuse_bp(&subject.range().evidence), 0U);
  for (int pass = 0; pass < 8; ++pass) {
    for (std::uint64_t page = 0; page < 4096; page += 16) {
      subject.fault(kBase + page);
    }
    EXPECT_GE(coverage(), 9000U);
    EXPECT_LE(coverage(), 10000U);
  }
}

TEST(Reuse, OfAFirstPassIsNone) {
  Subject subject(kBase, kPages);
  for (std::uint64_t page = 0; page < kPages / 4; page += 16) {
    subject.fault(kBase + page);
    // Where coverage may be off by 15 percent, so may this.
    ASSERT_LE(smadv_evidence_reuse_bp(&subject.range().evidence), 1500U) << page;
  }
}

TEST(Reuse, OfAHotSetIsHighAndOfAWideSpreadLow) {
  std::vector<double> reuse;
  for (const std::uint64_t blocks : {200ULL, 20000ULL, 10000000ULL}) {
    std::mt19937_64 engine(blocks);
    Subject subject(kBase, blocks * 16);
    for (int i = 0; i < 10000; ++i) {
      subject.fault(kBase + engine() % (blocks * 16));
    }
    reuse.push_back(smadv_evidence_reuse_bp(&subject.range().evidence));
  }
  EXPECT_GE(reuse.at(0), 8000);  // truth 9800 over all, less in an epoch that began a while ago
  EXPECT_LE(reuse.at(1), 4500);  // truth 2100
  EXPECT_LE(reuse.at(2), 1500);  // truth 5
}

class StreamCount : public testing::TestWithParam<std::uint32_t> {};

TEST_P(StreamCount, TellsConcurrentStreams) {
  Subject subject(kBase, kPages);
  Mapping mapping(kBase, kPages, {},
                  [&](std::uint64_t page, std::uint32_t flags) { subject.fault(page, flags); });
  std::vector<Touches> parts;
  parts.reserve(GetParam());
  for (std::uint64_t i = 0; i < GetParam(); ++i) {
    parts.push_back(shifted(sequential(kPages / 8, i * 3), kPages / 8 * i));
  }
  drive(subject, mapping, interleave(parts), 200, kBase);
  EXPECT_EQ(smadv_evidence_streams(&subject.range().evidence), GetParam());
  drive(subject, mapping, shifted(random_pages(kPages / 8, 1), kPages / 8 * 7), 400, kBase);
  EXPECT_LE(smadv_evidence_streams(&subject.range().evidence), 1U) << "over";
}

INSTANTIATE_TEST_SUITE_P(All, StreamCount, testing::Values(1, 2, 3, 4, 6));

struct Phase {
  std::string name;
  std::function<Touches()> touches;
  std::uint32_t kind;
};

class Phases : public testing::TestWithParam<std::tuple<std::uint32_t, std::uint32_t, bool>> {
 public:
  static std::vector<Phase> all() {
    return {
        {"Sequential", [] { return sequential(kPages, 4321); }, SMART_MADVISE_PATTERN_SEQUENTIAL},
        {"Random", [] { return random_pages(kPages, 9); }, SMART_MADVISE_PATTERN_RANDOM},
        {"Backward", [] { return backward(kPages); }, SMART_MADVISE_PATTERN_BACKWARD},
        {"Strided", [] { return stride(kPages, 77, 3); }, SMART_MADVISE_PATTERN_STRIDED}};
  }
};

TEST_P(Phases, AreNoticedWithinTwoWindowsAndMakeNoBorder) {
  const auto [from, to, around] = GetParam();
  if (from == to) {
    return;
  }
  Subject subject(kBase, kPages);
  Mapping mapping(kBase, kPages, {.fault_around = around},
                  [&](std::uint64_t page, std::uint32_t flags) {
                    subject.fault(page, flags);
                    ASSERT_EQ(subject.border(), 0U) << "fault " << subject.faults();
                  });
  for (int round = 0; round < 3; ++round) {
    for (const std::uint32_t i : {from, to}) {
      const Phase phase = all().at(i);
      mapping.unmap();
      const Touches touches = phase.touches();
      drive(subject, mapping, touches, 128, kBase);
      EXPECT_EQ(subject.kind(), phase.kind)
          << kind_name(subject.kind()) << " in phase " << phase.name << " of round " << round;
      subject.forget_judgements();
      drive(subject, mapping, touches, 400, kBase);
      EXPECT_EQ(subject.judgements(phase.kind), 400U) << phase.name;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, Phases,
                         testing::Combine(testing::Range(0U, 4U), testing::Range(0U, 4U),
                                          testing::Bool()),
                         [](const auto& info) {
                           return Phases::all().at(std::get<0>(info.param)).name + "To" +
                                  Phases::all().at(std::get<1>(info.param)).name +
                                  (std::get<2>(info.param) ? "Cached" : "SinglePages");
                         });

TEST(Reset, ForgetsTheEvidenceAndKeepsTheExtent) {
  Subject subject(kBase, kPages);
  const Touches touches = random_pages(kPages, 1);
  for (int i = 0; i < 500; ++i) {
    subject.fault(kBase + touches());
  }
  smadv_range& range = subject.range();
  smadv_range_reset(&range);
  EXPECT_EQ(range.start, kBase);
  EXPECT_EQ(range.end, kBase + kPages);
  EXPECT_EQ(window_of(range).total(), 0U);
  EXPECT_EQ(smadv_evidence_coverage_bp(&range.evidence, kPages), 0U);
  EXPECT_EQ(smadv_evidence_streams(&range.evidence), 0U);
  subject.judge();
  EXPECT_EQ(subject.kind(), static_cast<std::uint32_t>(SMART_MADVISE_PATTERN_UNKNOWN));
  EXPECT_EQ(range.verdict.hint, static_cast<std::uint32_t>(SMART_MADVISE_HINT_NONE));
  EXPECT_EQ(range.verdict.reason, static_cast<std::uint32_t>(SMART_MADVISE_REASON_FEW_FAULTS));
}

}  // namespace
}  // namespace smadv::test::evidence
