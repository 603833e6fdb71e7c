// SPDX-License-Identifier: GPL-2.0
// From the pattern to the hint wanted: thresholds, hysteresis, hold, and each reason.
#include <cmath>
#include <cstring>

#include <gtest/gtest.h>

#include "core.h"
#include "synthesis.h"

namespace smadv::test::verdict {
namespace {

constexpr std::uint64_t kBase = 0x7f0000000;
constexpr std::uint64_t kPages = 1 << 20;

void feed(Subject& subject, const Touches& touches, int faults) {
  for (int i = 0; i < faults; ++i) {
    subject.fault(kBase + touches());
  }
}

#define EXPECT_VERDICT(subject, wanted_hint, wanted_reason)                                 \
  do {                                                                                      \
    EXPECT_EQ((subject).range().verdict.hint, static_cast<std::uint32_t>(wanted_hint));     \
    EXPECT_EQ((subject).range().verdict.reason, static_cast<std::uint32_t>(wanted_reason)); \
  } while (false)

TEST(Verdict, SequentialMajority) {
  Subject subject(kBase, kPages);
  feed(subject, sequential(kPages), 200);
  EXPECT_VERDICT(subject, SMART_MADVISE_HINT_SEQUENTIAL, SMART_MADVISE_REASON_SEQUENTIAL_MAJORITY);
}

TEST(Verdict, RandomMajority) {
  Subject subject(kBase, kPages);
  feed(subject, random_pages(kPages, 1), 200);
  EXPECT_VERDICT(subject, SMART_MADVISE_HINT_RANDOM, SMART_MADVISE_REASON_RANDOM_MAJORITY);
}

class Unhinted : public testing::TestWithParam<std::pair<std::uint32_t, Touches>> {};

TEST_P(Unhinted, PatternGetsNoHint) {
  Subject subject(kBase, kPages);
  feed(subject, GetParam().second, 400);
  EXPECT_EQ(subject.kind(), GetParam().first);
  EXPECT_VERDICT(subject, SMART_MADVISE_HINT_NONE, SMART_MADVISE_REASON_PATTERN_UNHINTED);
}

INSTANTIATE_TEST_SUITE_P(
    All, Unhinted,
    testing::Values(std::pair(SMART_MADVISE_PATTERN_BACKWARD, backward(kPages)),
                    std::pair(SMART_MADVISE_PATTERN_STRIDED, stride(kPages, 100, 3)),
                    std::pair(SMART_MADVISE_PATTERN_RUNS, runs(kPages, 6, false, 1))),
    [](const auto& info) { return kind_name(info.param.first); });

TEST(Verdict, FewFaults) {
  Subject subject(kBase, kPages);
  subject.judge();
  EXPECT_VERDICT(subject, SMART_MADVISE_HINT_NONE, SMART_MADVISE_REASON_FEW_FAULTS);
  feed(subject, sequential(kPages), static_cast<int>(subject.policy().min_faults) - 1);
  EXPECT_EQ(subject.kind(), static_cast<std::uint32_t>(SMART_MADVISE_PATTERN_UNKNOWN));
  EXPECT_VERDICT(subject, SMART_MADVISE_HINT_NONE, SMART_MADVISE_REASON_FEW_FAULTS);
}

class MinFaults : public testing::TestWithParam<std::uint32_t> {};

TEST_P(MinFaults, AreWaitedForAndNoMore) {
  smadv_policy policy = observing_policy();
  policy.min_faults = GetParam();
  policy.window_faults = 1024;
  Subject subject(kBase, kPages, policy);
  const Touches touches = random_pages(kPages, 4);
  feed(subject, touches, static_cast<int>(GetParam()) - 1);
  EXPECT_VERDICT(subject, SMART_MADVISE_HINT_NONE, SMART_MADVISE_REASON_FEW_FAULTS);
  feed(subject, touches, 1);
  EXPECT_VERDICT(subject, SMART_MADVISE_HINT_RANDOM, SMART_MADVISE_REASON_RANDOM_MAJORITY);
}

INSTANTIATE_TEST_SUITE_P(All, MinFaults, testing::Values(8, 9, 32, 64, 1024));

TEST(Verdict, NoMajority) {
  Subject subject(kBase, kPages);
  feed(subject, sequential(kPages), 100);
  set_window(subject.range(), {.forward = 25, .jumps = 25});
  subject.range().pattern.kind = SMART_MADVISE_PATTERN_UNKNOWN;
  subject.judge();
  EXPECT_EQ(subject.kind(), static_cast<std::uint32_t>(SMART_MADVISE_PATTERN_UNKNOWN));
  EXPECT_VERDICT(subject, SMART_MADVISE_HINT_NONE, SMART_MADVISE_REASON_NO_MAJORITY);
}

TEST(Verdict, IdleKeepsTheHint) {
  Subject subject(kBase, kPages);
  feed(subject, random_pages(kPages, 1), 200);
  smadv_range_hinted(&subject.range(), SMART_MADVISE_HINT_RANDOM, &subject.policy(),
                     subject.now_ms());
  const std::uint64_t last_ms = subject.range().last_fault_ms;
  subject.wait_ms(last_ms + subject.policy().idle_ms - 1 - subject.now_ms());
  subject.judge();
  EXPECT_EQ(subject.kind(), static_cast<std::uint32_t>(SMART_MADVISE_PATTERN_RANDOM));
  subject.wait_ms(1);
  subject.judge();
  EXPECT_EQ(subject.kind(), static_cast<std::uint32_t>(SMART_MADVISE_PATTERN_IDLE));
  EXPECT_VERDICT(subject, SMART_MADVISE_HINT_RANDOM, SMART_MADVISE_REASON_IDLE);
  feed(subject, random_pages(kPages, 2), 1);
  EXPECT_EQ(subject.kind(), static_cast<std::uint32_t>(SMART_MADVISE_PATTERN_RANDOM));
}

TEST(Verdict, ApplicationHintIsHonoured) {
  Subject subject(kBase, kPages);
  subject.range().application_hint = SMART_MADVISE_HINT_SEQUENTIAL;
  feed(subject, random_pages(kPages, 1), 200);
  EXPECT_VERDICT(subject, SMART_MADVISE_HINT_NONE, SMART_MADVISE_REASON_APPLICATION_HINT);
}

TEST(Verdict, MemoryBackedFilesAreLeftAlone) {
  Subject subject(kBase, kPages);
  subject.range().memory_backed = true;
  feed(subject, random_pages(kPages, 1), 200);
  EXPECT_VERDICT(subject, SMART_MADVISE_HINT_NONE, SMART_MADVISE_REASON_MEMORY_BACKED);
}

TEST(Verdict, HoldingKeepsTheStandingHint) {
  Subject subject(kBase, kPages);
  subject.policy().hold_ms = 5000;
  feed(subject, random_pages(kPages, 1), 200);
  smadv_range_hinted(&subject.range(), SMART_MADVISE_HINT_RANDOM, &subject.policy(),
                     subject.now_ms());
  feed(subject, sequential(kPages), 300);
  EXPECT_EQ(subject.kind(), static_cast<std::uint32_t>(SMART_MADVISE_PATTERN_SEQUENTIAL));
  EXPECT_VERDICT(subject, SMART_MADVISE_HINT_RANDOM, SMART_MADVISE_REASON_HOLDING);
  subject.wait_ms(5000);
  feed(subject, sequential(kPages, 1000), 64);
  EXPECT_VERDICT(subject, SMART_MADVISE_HINT_SEQUENTIAL, SMART_MADVISE_REASON_SEQUENTIAL_MAJORITY);
}

TEST(Verdict, IsAFunctionOfRangePolicyAndTime) {
  Subject subject(kBase, kPages);
  const Touches touches = mix(sequential(kPages), random_pages(kPages, 3), 3000, 4);
  for (int i = 0; i < 3000; ++i) {
    subject.fault(kBase + touches());
    smadv_range once = subject.range();
    smadv_range twice = once;
    const smadv_policy policy = subject.policy();
    smadv_range_judge(&once, &subject.policy(), subject.now_ms());
    smadv_range_judge(&twice, &policy, subject.now_ms());
    ASSERT_EQ(once.pattern.kind, twice.pattern.kind);
    ASSERT_EQ(once.pattern.pages, twice.pattern.pages);
    ASSERT_EQ(once.pattern.confidence_pct, twice.pattern.confidence_pct);
    ASSERT_EQ(once.verdict.hint, twice.verdict.hint);
    ASSERT_EQ(once.verdict.reason, twice.verdict.reason);
    // To judge once more changes nothing: how often the analyzer comes does not matter.
    ASSERT_FALSE(smadv_range_judge(&twice, &policy, subject.now_ms()));
    ASSERT_EQ(once.pattern.kind, twice.pattern.kind);
    // One that observes tells what the pattern asks for.
    smadv_policy pattern = policy;
    pattern.governor = SMART_MADVISE_GOVERNOR_PATTERN;
    ASSERT_EQ(smadv_verdict_decide(&once, &pattern, subject.now_ms()).hint, once.verdict.hint);
  }
}

TEST(Verdict, JudgeTellsWhetherTheWantedHintChanged) {
  Subject subject(kBase, kPages);
  subject.judge_every = 1000000;
  for (const Touches& touches :
       {random_pages(kPages, 1), sequential(kPages), stride(kPages, 99, 0)}) {
    for (int i = 0; i < 300; ++i) {
      subject.fault(kBase + touches());
      const std::uint32_t before = subject.range().verdict.hint;
      const bool changed = smadv_range_judge(&subject.range(), &subject.policy(), 5000);
      ASSERT_EQ(changed, subject.range().verdict.hint != before);
    }
  }
}

struct Thresholds {
  std::uint32_t pct;
  std::uint32_t hysteresis_pct;
};

std::ostream& operator<<(std::ostream& out, const Thresholds& t) {
  return out << t.pct << " less " << t.hysteresis_pct;
}

class Hysteresis : public testing::TestWithParam<Thresholds> {
 protected:
  Hysteresis() : subject_(kBase, kPages, policy()) { feed(subject_, sequential(kPages), 200); }

  static smadv_policy policy() {
    smadv_policy policy = observing_policy();
    policy.sequential_pct = GetParam().pct;
    policy.random_pct = GetParam().pct;
    policy.hysteresis_pct = GetParam().hysteresis_pct;
    return policy;
  }

  /// What a window with `share` percent of `kind` is called after `before`.
  std::uint32_t judged(std::uint32_t kind, std::uint32_t share, std::uint32_t before) {
    const bool is_sequential = kind == SMART_MADVISE_PATTERN_SEQUENTIAL;
    const std::uint32_t forward = is_sequential ? share : 100 - share;
    set_window(subject_.range(), {.forward = forward, .jumps = 100 - forward});
    subject_.range().pattern.kind = before;
    subject_.judge();
    return subject_.kind();
  }
  Subject subject_;
};

TEST_P(Hysteresis, BeginsAtTheThresholdAndEndsBelowIt) {
  const auto [pct, hysteresis_pct] = GetParam();
  for (const std::uint32_t kind :
       {SMART_MADVISE_PATTERN_SEQUENTIAL, SMART_MADVISE_PATTERN_RANDOM}) {
    for (std::uint32_t share = 0; share <= 100; ++share) {
      const std::uint32_t other = 100 - share;
      if (other >= pct) {
        continue;  // the other pattern has begun, whatever was before
      }
      const std::uint32_t fresh = judged(kind, share, SMART_MADVISE_PATTERN_UNKNOWN);
      EXPECT_EQ(fresh == kind, share >= pct) << kind_name(kind) << " " << share;
      const std::uint32_t kept = judged(kind, share, kind);
      EXPECT_EQ(kept == kind, share > 0 && share + hysteresis_pct >= pct)
          << kind_name(kind) << " " << share;
      if (kept == kind && share < pct) {
        EXPECT_VERDICT(subject_,
                       kind == SMART_MADVISE_PATTERN_RANDOM ? SMART_MADVISE_HINT_RANDOM
                                                            : SMART_MADVISE_HINT_SEQUENTIAL,
                       SMART_MADVISE_REASON_WITHIN_HYSTERESIS);
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, Hysteresis,
                         testing::Values(Thresholds{70, 20}, Thresholds{70, 0}, Thresholds{90, 40},
                                         Thresholds{100, 10}, Thresholds{51, 40}));

TEST(Confidence, FallsWithWhatWentUnseen) {
  Subject subject(kBase, kPages);
  feed(subject, sequential(kPages), 200);
  const std::uint32_t full = subject.range().pattern.confidence_pct;
  EXPECT_GE(full, 90U);
  EXPECT_LE(full, 100U);
  smadv_range_gap(&subject.range(), 64);
  subject.judge();
  EXPECT_EQ(subject.kind(), static_cast<std::uint32_t>(SMART_MADVISE_PATTERN_SEQUENTIAL));
  EXPECT_LT(subject.range().pattern.confidence_pct, full);
}

TEST(Confidence, IsThatOfTheSampleWhenFaultsWereSkipped) {
  Subject subject(kBase, kPages);
  feed(subject, sequential(kPages), 200);
  const std::uint32_t full = subject.range().pattern.confidence_pct;
  smadv_range_skip(&subject.range(), 1000, 64);
  subject.judge();
  EXPECT_EQ(subject.range().pattern.confidence_pct, full);
}

TEST(Confidence, GrowsWithTheShareAndTheEvidence) {
  Subject subject(kBase, kPages);
  feed(subject, random_pages(kPages, 1), 32);
  const std::uint32_t young = subject.range().pattern.confidence_pct;
  feed(subject, random_pages(kPages, 2), 300);
  EXPECT_GT(subject.range().pattern.confidence_pct, young);
  set_window(subject.range(), {.jumps = 60});
  subject.judge();
  const std::uint32_t clear = subject.range().pattern.confidence_pct;
  set_window(subject.range(), {.forward = 15, .jumps = 45});
  subject.judge();
  EXPECT_LT(subject.range().pattern.confidence_pct, clear);
  EXPECT_LE(clear, 100U);
}

class Hold : public testing::Test {
 protected:
  std::uint64_t change(std::uint64_t now_ms) {
    smadv_range_hinted(&subject_.range(), ++changes_ % 2, &subject_.policy(), now_ms);
    return subject_.range().hold.until_ms - now_ms;
  }
  Subject subject_{kBase, kPages};
  std::uint32_t changes_ = 0;
};

TEST_F(Hold, TheFirstIsHoldMs) {
  EXPECT_EQ(change(12345), subject_.policy().hold_ms);
  EXPECT_EQ(subject_.range().hold.changes, 1U);
}

TEST_F(Hold, DoublesWhileChangesFollowCloselyUpToABound) {
  std::uint64_t now_ms = 1000;
  std::uint64_t length = change(now_ms);
  std::uint64_t longest = 0;
  for (int i = 0; i < 20; ++i) {
    now_ms += length;
    const std::uint64_t next = change(now_ms);
    EXPECT_TRUE(next == 2 * length || (next == length && i >= 4)) << i;
    length = next;
    longest = std::max(longest, length);
  }
  EXPECT_LE(longest, 100ULL * subject_.policy().hold_ms);
  EXPECT_GE(longest, 16ULL * subject_.policy().hold_ms);
}

TEST_F(Hold, BeginsAnewAfterAQuietTime) {
  std::uint64_t now_ms = 1000;
  for (int i = 0; i < 5; ++i) {
    now_ms += change(now_ms);
  }
  EXPECT_EQ(change(now_ms + 10000000), subject_.policy().hold_ms);
}

TEST_F(Hold, IsNotShorterThanThePolicyAsksForByNow) {
  const std::uint32_t former_ms = subject_.policy().hold_ms;
  const std::uint64_t length = change(1000);
  subject_.policy().hold_ms = 10 * former_ms;
  EXPECT_EQ(change(1000 + length), 10ULL * former_ms);
}

TEST_F(Hold, OfNoTimeHoldsNothing) {
  subject_.policy().hold_ms = 0;
  for (std::uint64_t now_ms = 0; now_ms < 10; ++now_ms) {
    EXPECT_EQ(change(now_ms), 0U);
  }
}

TEST_F(Hold, EndsWithTimeItself) {
  subject_.policy().hold_ms = 60000;
  change(~0ULL - 5);
  EXPECT_GE(subject_.range().hold.until_ms, ~0ULL - 5);
  subject_.range().hold.changes = ~0U;
  change(~0ULL - 4);
  EXPECT_EQ(subject_.range().hold.changes, ~0U);
}

class Flapping : public testing::TestWithParam<int> {};

/// Hints follow the verdict at once. A pattern that flips all the time must not flap them.
TEST_P(Flapping, ChangesHintsEverMoreRarely) {
  Subject subject(kBase, kPages);
  subject.faults_per_ms = 10;
  subject.judge_every = 8;
  const Touches touches[] = {sequential(kPages), random_pages(kPages, 1)};
  const std::uint64_t begin_ms = subject.now_ms();
  std::uint64_t next_report_ms = 1000;
  for (int i = 0; subject.now_ms() - begin_ms < 40000; ++i) {
    subject.fault(kBase + touches[i / GetParam() % 2]());
    smadv_range& range = subject.range();
    if (range.verdict.hint != range.hint) {
      smadv_range_hinted(&range, range.verdict.hint, &subject.policy(), subject.now_ms());
    }
    const std::uint64_t elapsed_ms = subject.now_ms() - begin_ms;
    if (elapsed_ms < next_report_ms) {
      continue;
    }
    next_report_ms *= 2;
    // Each hold is twice the last one up to 64 times hold-ms: 1 + 2 + .. + 64, then one each.
    const double holds = static_cast<double>(elapsed_ms) / subject.policy().hold_ms;
    EXPECT_LE(range.hold.changes, std::log2(holds) + holds / 64 + 3) << elapsed_ms << " ms";
  }
  EXPECT_GE(subject.range().hold.changes, GetParam() >= 128 ? 2U : 0U);
}

INSTANTIATE_TEST_SUITE_P(Periods, Flapping, testing::Values(24, 40, 64, 96, 128, 300, 1000));

}  // namespace
}  // namespace smadv::test::verdict
