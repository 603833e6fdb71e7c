// SPDX-License-Identifier: GPL-2.0
// The governor that measures: what it decides, and what comes of it on a modelled machine.
#include <algorithm>
#include <cmath>
#include <ostream>

#include <gtest/gtest.h>

#include "core.h"
#include "synthesis.h"

extern "C" {
#include "core/benefit.h"
}

namespace smadv::test {
namespace {

constexpr std::uint64_t kBase = 0x7f0000000;
constexpr std::uint64_t kPages = 1 << 14;
constexpr std::uint64_t kSmall = kPages * 3 / 8;
constexpr std::uint64_t kLatencyNs = 80'000;
constexpr std::uint64_t kPageNs = 2'000;
constexpr std::uint32_t kNone = SMART_MADVISE_HINT_NONE;
constexpr std::uint32_t kSequential = SMART_MADVISE_HINT_SEQUENTIAL;
constexpr std::uint32_t kRandom = SMART_MADVISE_HINT_RANDOM;
constexpr std::uint32_t kNormal = SMART_MADVISE_HINT_NORMAL;
constexpr std::uint32_t kHonour = SMART_MADVISE_APPLICATION_HINTS_HONOUR;
constexpr std::uint32_t kObserve = SMART_MADVISE_APPLICATION_HINTS_OBSERVE;
constexpr std::uint32_t kOverride = SMART_MADVISE_APPLICATION_HINTS_OVERRIDE;

smadv_policy benefit_policy(std::uint32_t application_hints) {
  smadv_policy policy = default_policy();
  policy.governor = SMART_MADVISE_GOVERNOR_BENEFIT;
  policy.application_hints = application_hints;
  return policy;
}

/// One range, and what memory there is for it.
smadv_memory memory_of(std::uint64_t extent_pages, std::uint64_t most_pages,
                       std::uint32_t window_pages = 32) {
  return {.file = 1,
          .extent_pages = extent_pages,
          .beside_pages = 0,
          .passed_pages = 0,
          .most_pages = most_pages,
          .resident_pages = 0,
          .window_pages = window_pages,
          .misses = 0};
}

/// What the application of a machine advised itself, and what the policy makes of it.
struct Advice {
  std::uint32_t hint = kNone;
  std::uint32_t policy = kHonour;
};

/// A process, its file, its device, and the governor, which may be kept from acting.
class Machine {
 public:
  Machine(std::uint64_t memory, bool tuned, Advice advice = {})
      : subject_(kBase, kPages, benefit_policy(advice.policy)),
        mapping_(kBase, kPages,
                 {.read_ahead = ReadAhead::kAround, .retry = Retry::kTried, .memory = memory},
                 [this](std::uint64_t page, std::uint32_t flags) { fault(page, flags); }),
        tuned_(tuned) {
    range().memory.most_pages = memory;
    range().memory.window_pages = 32;
    advise(advice.hint);
  }

  /// The application's word, which takes ours back.
  void advise(std::uint32_t hint) {
    smadv_range_advised(&range(), hint);
    if (range().hint != kNone) {
      smadv_range_hinted(&range(), kNone, &subject_.policy(), faults_ / 16);
    }
    read_as_borne();
  }

  void run(const Touches& touches, std::uint64_t count) {
    for (std::uint64_t i = 0; i < count; ++i) {
      pages_before_ = mapping_.pages_read();
      mapping_.touch(kBase + touches());
    }
  }

  /// Former runs say that a trial of any hint may be had for so many percent of its price.
  void expect_of(std::uint32_t pct) {
    range().effect.prior_pct[kSequential] = pct;
    range().effect.prior_pct[kRandom] = pct;
  }

  /// Faults until the first hint, at most @p most.
  std::uint64_t faults_until_hint(const Touches& touches, std::uint64_t most) {
    while (changes_ == 0 && faults_ < most) {
      run(touches, 1);
    }
    return faults_;
  }

  smadv_range& range() { return subject_.range(); }
  [[nodiscard]] std::uint64_t waited_ns() const { return waited_ns_; }
  [[nodiscard]] std::uint64_t pages_read() const { return mapping_.pages_read(); }
  [[nodiscard]] std::uint32_t changes() const { return changes_; }

 private:
  [[nodiscard]] std::uint32_t borne() {
    return range().hint == kNone ? range().application_hint : smadv_hint_borne(range().hint);
  }

  void fault(std::uint64_t page, std::uint32_t flags) {
    smadv_fault fault{.page = page, .flags = flags, .waited_ns = 0};
    if (borne() == kSequential) {
      fault.flags |= SMADV_FAULT_SEQ_READ;
    } else if (borne() == kRandom) {
      fault.flags |= SMADV_FAULT_RAND_READ;
    }
    if ((flags & SMADV_FAULT_TRIED) != 0) {
      fault.waited_ns = kLatencyNs + kPageNs * (mapping_.pages_read() - pages_before_);
      waited_ns_ += fault.waited_ns;
    }
    smadv_range_fault(&range(), &fault, &subject_.policy(), ++faults_ / 16);
    if (tuned_ && faults_ % 8 == 0) {
      act();
    }
  }

  void read_as_borne() {
    static constexpr ReadAhead kRead[] = {ReadAhead::kAround, ReadAhead::kForward,
                                          ReadAhead::kSingle};
    mapping_.advise(kRead[borne()]);
  }

  void stands(std::uint32_t hint) {
    smadv_range_hinted(&range(), hint, &subject_.policy(), faults_ / 16);
    read_as_borne();
  }

  void act() {
    smadv_range_judge(&range(), &subject_.policy(), faults_ / 16);
    const std::uint32_t hint = range().verdict.hint;
    if (hint == range().hint) {
      return;
    }
    stands(hint);
    ++changes_;
  }

  Subject subject_;
  Mapping mapping_;
  bool tuned_;
  std::uint64_t pages_before_ = 0;
  std::uint64_t waited_ns_ = 0;
  std::uint64_t faults_ = 0;
  std::uint32_t changes_ = 0;
};

struct Workload {
  const char* name;
  std::uint64_t memory;
  std::function<Touches()> touches;
  std::uint64_t count;
};

std::ostream& operator<<(std::ostream& out, const Workload& workload) {
  return out << workload.name;
}

class NoHarm : public testing::TestWithParam<Workload> {};

/// 2 % for trials, and what is waited for between two looks.
TEST_P(NoHarm, WaitsHardlyLonger) {
  const Workload& workload = GetParam();
  Machine plain(workload.memory, false);
  Machine tuned(workload.memory, true);
  plain.run(workload.touches(), workload.count);
  tuned.run(workload.touches(), workload.count);
  EXPECT_LE(tuned.waited_ns(), plain.waited_ns() * 102 / 100 + 32 * kLatencyNs);
}

constexpr std::uint64_t kFits = 1ULL << 40;
INSTANTIATE_TEST_SUITE_P(
    All, NoHarm,
    testing::Values(
        Workload{"sequential", kSmall, [] { return sequential(kPages); }, kPages},
        Workload{"backward", kSmall, [] { return backward(kPages); }, kPages},
        Workload{"each_page_once_fits", kFits, [] { return permutation(kPages, 1); }, kPages},
        Workload{"each_page_once_nearly_fits", kPages * 3 / 4,
                 [] { return permutation(kPages, 1); }, kPages},
        Workload{"random_fits", kFits, [] { return random_pages(kPages, 1); }, 4 * kPages},
        Workload{"zipf_fits", kFits, [] { return zipf(kPages, 0.8, 1); }, 4 * kPages},
        Workload{"dense_part", kSmall, [] { return random_pages(kPages / 4, 1); }, 2 * kPages},
        Workload{"short_runs", kSmall, [] { return runs(kPages, 4, true, 1); }, kPages},
        Workload{"runs", kSmall, [] { return runs(kPages, 16, false, 1); }, kPages},
        Workload{"long_runs", kSmall, [] { return runs(kPages, 256, true, 1); }, kPages},
        Workload{"stride", kSmall, [] { return stride(kPages, 8, 0); }, kPages / 8},
        Workload{"two_streams", kSmall,
                 [] {
                   return interleave({sequential(kPages), sequential(kPages, kPages / 2)});
                 },
                 kPages},
        Workload{"hot_together", kSmall, [] { return hot_set(kPages, 90, 10, 1); }, 2 * kPages}),
    [](const auto& info) { return info.param.name; });

/// A prior that is wrong costs what it cut the prices of the trials by, once for each hint.
TEST_P(NoHarm, WaitsLittleLongerForAPriorThatIsWrong) {
  const Workload& workload = GetParam();
  Machine plain(workload.memory, false);
  Machine tuned(workload.memory, true);
  tuned.expect_of(1);
  plain.run(workload.touches(), workload.count);
  tuned.run(workload.touches(), workload.count);
  const std::uint64_t price_ns = SMADV_TRIAL_MISSES * (kLatencyNs + 32 * kPageNs);
  EXPECT_LE(tuned.waited_ns(), plain.waited_ns() * 102 / 100 + 32 * kLatencyNs + 2 * price_ns);
}

TEST(Benefit, APriorBringsTheTrialForwardOrPutsItOff) {
  std::uint64_t former = 0;
  for (const std::uint32_t pct : {25, 0, 400}) {
    Machine tuned(kSmall, true);
    tuned.expect_of(pct);
    const auto faults = tuned.faults_until_hint(random_pages(kPages, 1), 1 << 16);
    EXPECT_GT(faults, former) << pct;
    former = faults;
  }
}

TEST(Benefit, RandomUnderPressureWins) {
  Machine plain(kSmall, false);
  Machine tuned(kSmall, true);
  plain.run(random_pages(kPages, 1), kPages);
  tuned.run(random_pages(kPages, 1), kPages);
  EXPECT_EQ(tuned.range().hint, kRandom);
  EXPECT_EQ(tuned.range().verdict.reason, SMART_MADVISE_REASON_PAYS);
  EXPECT_LE(tuned.changes(), 3) << "one trial too early, while memory fills";
  EXPECT_LT(tuned.pages_read() * 4, plain.pages_read());
  EXPECT_LT(tuned.waited_ns(), plain.waited_ns());
}

// The estimate against the same accesses without the hint: rather too low, for what did not
// come again so far is taken not to.
TEST(Benefit, WhatIsSavedIsWhatIsNotRead) {
  Machine plain(kSmall, false);
  Machine tuned(kSmall, true);
  plain.run(random_pages(kPages, 1), kPages);
  tuned.run(random_pages(kPages, 1), kPages);
  const auto spared = static_cast<double>(plain.pages_read() - tuned.pages_read());
  EXPECT_LT(static_cast<double>(tuned.range().effect.saved_pages), spared);
  EXPECT_GT(static_cast<double>(tuned.range().effect.saved_pages), spared / 3);
  EXPECT_EQ(plain.range().effect.saved_pages, 0);
}

// Memory holds three quarters: it takes until then to know that pages come again.
TEST(Benefit, RandomThatNearlyFitsWinsOncePagesComeAgain) {
  Machine plain(kPages * 3 / 4, false);
  Machine tuned(kPages * 3 / 4, true);
  plain.run(random_pages(kPages, 1), 16 * kPages);
  tuned.run(random_pages(kPages, 1), 16 * kPages);
  EXPECT_EQ(tuned.range().hint, kRandom);
  EXPECT_LT(tuned.waited_ns(), plain.waited_ns());
}

TEST(Benefit, RandomThatFitsIsLeftAlone) {
  Machine tuned(kFits, true);
  tuned.run(permutation(kPages, 1), kPages / 8);
  EXPECT_EQ(tuned.range().pattern.kind, SMART_MADVISE_PATTERN_RANDOM);
  EXPECT_EQ(tuned.range().verdict.reason, SMART_MADVISE_REASON_FITS_MEMORY);
  EXPECT_EQ(tuned.changes(), 0);
}

TEST(Benefit, WideStrideNeedsNoWindow) {
  Machine tuned(kFits, true);
  tuned.run(stride(kPages, 33, 0), kPages / 33);
  EXPECT_EQ(tuned.range().hint, kRandom);
}

TEST(Benefit, StreamAfterRandomIsFoundOut) {
  Machine tuned(kSmall, true);
  tuned.run(random_pages(kPages, 1), kPages / 2);
  ASSERT_EQ(tuned.range().hint, kRandom);
  tuned.run(sequential(kPages), 256);
  EXPECT_NE(tuned.range().hint, kRandom);
}

TEST(Benefit, RandomIsTakenBackWhereRunsBegin) {
  Machine tuned(kSmall, true);
  tuned.run(random_pages(kPages, 1), kPages / 2);
  ASSERT_EQ(tuned.range().hint, kRandom);
  tuned.run(runs(kPages, 16, false, 1), 1024);
  EXPECT_EQ(tuned.range().hint, kNone);
}

// --- hints of the application -------------------------------------------------------

struct OwnHint {
  Workload workload;
  std::uint32_t hint;
};

std::ostream& operator<<(std::ostream& out, const OwnHint& own) {
  return out << own.workload.name;
}

class Override : public testing::TestWithParam<OwnHint> {
 protected:
  Override()
      : honoured_(workload_.memory, true, {GetParam().hint, kHonour}),
        overridden_(workload_.memory, true, {GetParam().hint, kOverride}) {
    honoured_.run(workload_.touches(), workload_.count);
    overridden_.run(workload_.touches(), workload_.count);
  }

  const Workload& workload_ = GetParam().workload;
  Machine honoured_;
  Machine overridden_;
};

/// The application knows what it does: a hint of its own costs nothing, or is not replaced for
/// long.
class OverrideNoHarm : public Override {};

TEST_P(OverrideNoHarm, WaitsHardlyLonger) {
  EXPECT_EQ(honoured_.changes(), 0);
  EXPECT_LE(overridden_.waited_ns(), honoured_.waited_ns() * 102 / 100 + 32 * kLatencyNs);
}

INSTANTIATE_TEST_SUITE_P(
    All, OverrideNoHarm,
    testing::Values(
        OwnHint{{"random", kSmall, [] { return random_pages(kPages, 1); }, kPages}, kRandom},
        OwnHint{{"sparse", kFits, [] { return random_pages(kPages, 1); }, kPages / 20}, kRandom},
        OwnHint{{"zipf", kSmall, [] { return zipf(kPages, 0.8, 1); }, 2 * kPages}, kRandom},
        OwnHint{{"wide_stride", kFits, [] { return stride(kPages, 64, 0); }, kPages / 64}, kRandom},
        OwnHint{{"stride", kFits, [] { return stride(kPages, 16, 0); }, kPages / 16}, kRandom},
        OwnHint{{"stream", kSmall, [] { return sequential(kPages); }, 2 * kPages}, kSequential},
        OwnHint{{"two_streams", kSmall,
                 [] {
                   return interleave({sequential(kPages), sequential(kPages, kPages / 2)});
                 },
                 kPages},
                kSequential},
        OwnHint{{"random_sequential", kSmall, [] { return random_pages(kPages, 1); }, kPages},
                kSequential}),
    [](const auto& info) { return info.param.workload.name; });

/// The application is wrong, by much.
class OverrideRepairs : public Override {};

TEST_P(OverrideRepairs, WaitsForAThirdAtMost) {
  EXPECT_EQ(overridden_.range().hint, kNormal);
  EXPECT_EQ(overridden_.changes(), 1);
  EXPECT_LT(overridden_.waited_ns() * 3, honoured_.waited_ns());
}

INSTANTIATE_TEST_SUITE_P(
    All, OverrideRepairs,
    testing::Values(
        OwnHint{{"stream", kSmall, [] { return sequential(kPages); }, kPages}, kRandom},
        OwnHint{{"backward", kFits, [] { return backward(kPages); }, kPages}, kRandom},
        OwnHint{{"backward_sequential", kFits, [] { return backward(kPages); }, kPages},
                kSequential},
        OwnHint{{"each_page_once", kFits, [] { return permutation(kPages, 1); }, kPages}, kRandom},
        OwnHint{{"random_fits", kFits, [] { return random_pages(kPages, 1); }, 2 * kPages},
                kRandom},
        OwnHint{{"runs", kFits, [] { return runs(kPages, 16, false, 1); }, kPages}, kRandom}),
    [](const auto& info) { return info.param.workload.name; });

TEST(ApplicationHint, ObservingChangesNothingAndTells) {
  Machine machine(kFits, true, {kRandom, kObserve});
  machine.run(sequential(kPages), kPages);
  EXPECT_EQ(machine.changes(), 0);
  EXPECT_EQ(machine.range().verdict.hint, kNone);
  EXPECT_EQ(machine.range().verdict.reason, SMART_MADVISE_REASON_APPLICATION_HINT_COSTS);
  EXPECT_GT(smadv_benefit_regret_ns(&machine.range()), machine.waited_ns() * 9 / 10);
  EXPECT_LE(smadv_benefit_regret_ns(&machine.range()), machine.waited_ns());
}

TEST(ApplicationHint, IsJudgedByGovernorBenefitOnly) {
  Machine machine(kFits, true, {kRandom, kObserve});
  machine.run(sequential(kPages), kPages);
  smadv_policy policy = benefit_policy(kOverride);
  smadv_range_judge(&machine.range(), &policy, 0);
  EXPECT_EQ(machine.range().verdict.hint, kNormal);
  policy.governor = SMART_MADVISE_GOVERNOR_PATTERN;
  smadv_range_judge(&machine.range(), &policy, 0);
  EXPECT_EQ(machine.range().verdict.hint, kNone);
  EXPECT_EQ(machine.range().verdict.reason, SMART_MADVISE_REASON_APPLICATION_HINT);
}

TEST(ApplicationHint, IsNotMeasuredWhereItIsHonoured) {
  Machine machine(kFits, true, {kRandom, kHonour});
  machine.run(sequential(kPages), kPages);
  EXPECT_EQ(machine.range().verdict.reason, SMART_MADVISE_REASON_APPLICATION_HINT);
  EXPECT_EQ(machine.range().effect.stake_ns, 0);
  EXPECT_EQ(smadv_benefit_regret_ns(&machine.range()), 0);
}

TEST(ApplicationHint, BeginsAnewWithAnotherWord) {
  Machine machine(kFits, true, {kRandom, kOverride});
  machine.run(sequential(kPages), kPages / 4);
  ASSERT_EQ(machine.range().hint, kNormal);
  machine.advise(kSequential);
  EXPECT_EQ(machine.range().effect.plain, kSequential);
  EXPECT_EQ(machine.range().effect.account[kRandom].misses, 0);
  EXPECT_GT(machine.range().effect.stake_ns, 0);
  machine.advise(kNone);
  machine.run(random_pages(kPages, 1), kPages);
  EXPECT_EQ(machine.range().hint, kNone) << "fits in memory";
}

TEST(ApplicationHint, IsTakenBackWhenThePatternCallsForIt) {
  Machine machine(kSmall, true, {kRandom, kOverride});
  machine.run(sequential(kPages), kPages / 4);
  ASSERT_EQ(machine.range().hint, kNormal);
  machine.run(random_pages(kPages, 1), kPages / 4);
  EXPECT_EQ(machine.range().hint, kNone);
}

// --- what decides, by itself ------------------------------------------------------

class Decide : public testing::Test {
 protected:
  Decide() {
    set_.insert(0, kPages);
    range().memory = {.file = 1,
                      .extent_pages = kPages,
                      .beside_pages = 0,
                      .passed_pages = 0,
                      .most_pages = kSmall,
                      .resident_pages = kSmall,
                      .window_pages = 32,
                      .misses = 0};
    range().pattern.kind = SMART_MADVISE_PATTERN_RANDOM;
    range().evidence.jumps = 100;
  }

  smadv_policy policy_ = benefit_policy(kOverride);

  smadv_range& range() { return set_[0]; }
  smadv_effect& effect() { return range().effect; }
  smadv_account& account(std::uint32_t hint) { return effect().account[hint]; }
  void expect(std::uint32_t hint, std::uint32_t reason) {
    const smadv_verdict verdict = smadv_benefit_decide(&range(), &policy_);
    EXPECT_EQ(verdict.hint, hint);
    EXPECT_EQ(verdict.reason, reason);
  }
  void end(std::uint32_t hint, bool failed) {
    smadv_effect_end(&effect(), hint, failed, &range().memory);
    effect().leaving = false;
  }
  void fail(std::uint32_t hint) { end(hint, true); }
  /// So many misses of 100 us without a hint, and enough at stake for `trials` trials.
  void miss(std::uint32_t misses, std::uint32_t trials, std::uint32_t hint = kRandom) {
    account(kNone) = {
        .faults = misses, .misses = misses, .waited_ns = misses * 100'000ULL, .pages = 0};
    effect().stake_ns = trials * 50ULL * smadv_benefit_price_ns(&range(), hint);
  }
  void stream(std::uint32_t hint, std::uint64_t pages, std::uint64_t page_ns) {
    account(hint) = {.faults = 100, .misses = 50, .waited_ns = pages * page_ns, .pages = pages};
  }
  /// SEQUENTIAL is given, and a page of the stream costs half of what it did before.
  void try_sequential() {
    range().pattern.kind = SMART_MADVISE_PATTERN_SEQUENTIAL;
    stream(kNone, 1000, 2000);
    smadv_range_hinted(&range(), kSequential, &policy_, 0);
    stream(kSequential, 1000, 1000);
  }

 private:
  Set set_{1};
};

TEST_F(Decide, NothingWaitedForIsNotTried) {
  expect(kNone, SMART_MADVISE_REASON_LITTLE_AT_STAKE);
}

TEST_F(Decide, ATrialHasToBeAfforded) {
  miss(100, 1);
  expect(kRandom, SMART_MADVISE_REASON_TRIAL);
  effect().stake_ns -= 50;
  expect(kNone, SMART_MADVISE_REASON_LITTLE_AT_STAKE);
  effect().others.stake_ns = 50;
  expect(kRandom, SMART_MADVISE_REASON_TRIAL);
  effect().others.lost_ns = 1;
  expect(kNone, SMART_MADVISE_REASON_LITTLE_AT_STAKE);
  effect().others.pays[kRandom] = true;
  expect(kRandom, SMART_MADVISE_REASON_TRIAL);
}

TEST_F(Decide, AHintIsTriedByOneRangeOfAFileAtATime) {
  miss(100, 1);
  effect().others.tries[kRandom] = true;
  expect(kNone, SMART_MADVISE_REASON_TRIED_BESIDE);
  effect().others.pays[kRandom] = true;
  expect(kRandom, SMART_MADVISE_REASON_TRIAL);
  effect().others = {};
  effect().others.tries[kSequential] = true;
  expect(kRandom, SMART_MADVISE_REASON_TRIAL);
}

TEST_F(Decide, AFailureBesideIsPaidByWhatIsWaitedForHere) {
  miss(100, 1);
  const std::uint64_t price_ns = smadv_benefit_price_ns(&range(), kRandom);
  effect().stake_ns = 1ULL << 50;
  effect().others.failures[kRandom] = 2;
  effect().since_ns = 50 * 4 * price_ns - 1;
  expect(kNone, SMART_MADVISE_REASON_DOES_NOT_PAY);
  effect().since_ns += 1;
  expect(kRandom, SMART_MADVISE_REASON_TRIAL);
  fail(kRandom);
  effect().since_ns = 50 * 4 * price_ns - 1;
  expect(kNone, SMART_MADVISE_REASON_DOES_NOT_PAY);
  effect().since_ns += 1;
  expect(kRandom, SMART_MADVISE_REASON_TRIAL);
}

TEST_F(Decide, AFailureBesideWhileMemoryWasFillingDoesNotCountOnceItIsFull) {
  miss(100, 1);
  effect().others.failures[kRandom] = 1;
  effect().others.early = true;
  expect(kRandom, SMART_MADVISE_REASON_TRIAL);
  effect().others.early = false;
  expect(kNone, SMART_MADVISE_REASON_DOES_NOT_PAY);
}

TEST_F(Decide, AFailureBesideLeavesAPriorItsWeight) {
  miss(100, 1);
  const std::uint64_t price_ns = smadv_benefit_price_ns(&range(), kRandom);
  effect().stake_ns = 1ULL << 50;
  effect().prior_pct[kRandom] = 1;
  effect().others.failures[kRandom] = 1;
  effect().since_ns = 50 * 2 * (price_ns / 100) - 1;
  expect(kNone, SMART_MADVISE_REASON_DOES_NOT_PAY);
  effect().since_ns += 1;
  expect(kRandom, SMART_MADVISE_REASON_TRIAL);
}

TEST_F(Decide, APriorChangesThePrice) {
  miss(100, 4);
  effect().prior_pct[kRandom] = 400;
  expect(kRandom, SMART_MADVISE_REASON_TRIAL);
  effect().prior_pct[kRandom] = 401;
  expect(kNone, SMART_MADVISE_REASON_LITTLE_AT_STAKE);
  effect().stake_ns /= 16;
  effect().prior_pct[kRandom] = 26;
  expect(kNone, SMART_MADVISE_REASON_LITTLE_AT_STAKE);
  effect().prior_pct[kRandom] = 25;
  expect(kRandom, SMART_MADVISE_REASON_TRIAL);
  effect().prior_pct[kRandom] = 0;
  effect().prior_pct[kSequential] = 1;
  expect(kNone, SMART_MADVISE_REASON_LITTLE_AT_STAKE);
}

TEST_F(Decide, APriorIsGoodForOneTrial) {
  miss(100, 2);
  effect().prior_pct[kRandom] = 1;
  expect(kRandom, SMART_MADVISE_REASON_TRIAL);
  fail(kRandom);
  effect().since_ns = 99 * smadv_benefit_price_ns(&range(), kRandom);
  expect(kNone, SMART_MADVISE_REASON_DOES_NOT_PAY);
  effect().since_ns = 100 * smadv_benefit_price_ns(&range(), kRandom);
  expect(kRandom, SMART_MADVISE_REASON_TRIAL);
}

TEST_F(Decide, ATrialMayCostWhatThePriorCut) {
  miss(100, 0);
  range().hint = kRandom;
  const auto price_ns = static_cast<std::int64_t>(smadv_benefit_price_ns(&range(), kRandom));
  effect().balance_ns = -1;
  expect(kNone, SMART_MADVISE_REASON_DOES_NOT_PAY);
  effect().prior_pct[kRandom] = 25;
  effect().balance_ns = price_ns / 100 * 25 - price_ns;
  expect(kRandom, SMART_MADVISE_REASON_TRIAL);
  --effect().balance_ns;
  expect(kNone, SMART_MADVISE_REASON_DOES_NOT_PAY);
}

TEST_F(Decide, RandomRisksTheHitsOfReadingAround) {
  constexpr std::uint64_t kPriceNs = SMADV_TRIAL_MISSES * 100'000ULL;
  miss(100, 1);
  EXPECT_EQ(smadv_benefit_price_ns(&range(), kSequential), kPriceNs);
  EXPECT_EQ(smadv_benefit_price_ns(&range(), kRandom), kPriceNs / 3) << "all missed anyway";
  account(kNone).faults = 200;
  EXPECT_EQ(smadv_benefit_price_ns(&range(), kRandom), kPriceNs / 2);
  account(kNone).faults = 1000;
  EXPECT_EQ(smadv_benefit_price_ns(&range(), kRandom), kPriceNs * 9 / 10);
  account(kNone).faults = 0;
  EXPECT_EQ(smadv_benefit_price_ns(&range(), kRandom), kPriceNs) << "nothing is known of hits";
  miss(SMADV_TRIAL_MISSES - 1, 1);
  EXPECT_EQ(smadv_benefit_price_ns(&range(), kRandom), kPriceNs) << "too few to tell";
  miss(100, 1);
  range().memory.resident_pages = kSmall - 1;
  EXPECT_EQ(smadv_benefit_price_ns(&range(), kRandom), kPriceNs) << "windows are hit later";
  range().pattern.kind = SMART_MADVISE_PATTERN_STRIDED;
  EXPECT_EQ(smadv_benefit_price_ns(&range(), kRandom), kPriceNs / 3) << "no window has two pages";
}

TEST_F(Decide, WhatIsReachedBesideTakesMemoryToo) {
  miss(100, 1);
  range().memory.extent_pages = kSmall;
  expect(kNone, SMART_MADVISE_REASON_FITS_MEMORY);
  range().memory.beside_pages = 1;
  expect(kNone, SMART_MADVISE_REASON_NO_REUSE);
  range().memory.beside_pages = kSmall;
  expect(kRandom, SMART_MADVISE_REASON_TRIAL);
}

// Memory holds three quarters, so that of four windows one had to be read.
TEST_F(Decide, RandomIsNotTriedWherePagesDoNotComeAgain) {
  miss(100, 1);
  range().memory.most_pages = kPages * 3 / 4;
  range().memory.resident_pages = kPages * 3 / 4;
  expect(kNone, SMART_MADVISE_REASON_NO_REUSE);
  effect().probes = 100 * kPages / SMADV_REVISITS;
  effect().revisits = 30;
  expect(kNone, SMART_MADVISE_REASON_NO_REUSE);
  effect().revisits = 40;
  expect(kRandom, SMART_MADVISE_REASON_TRIAL);
}

// Of the three quarters, streams have a third: of two windows one had to be read.
TEST_F(Decide, WhatPassesBesideTakesMemoryToo) {
  miss(100, 1);
  range().memory.most_pages = kPages * 3 / 4;
  range().memory.resident_pages = kPages * 3 / 4;
  expect(kNone, SMART_MADVISE_REASON_NO_REUSE);
  effect().crowd = SMADV_SHARE / 3;
  expect(kRandom, SMART_MADVISE_REASON_TRIAL);
  range().memory.most_pages = kPages;
  expect(kNone, SMART_MADVISE_REASON_FITS_MEMORY);
}

TEST_F(Decide, RandomIsNotTriedAgainWhereASinglePageIsAsDearAsAWindow) {
  miss(100, 1);
  account(kRandom) = {.faults = 8, .misses = 8, .waited_ns = 8 * 62'000, .pages = 0};
  expect(kRandom, SMART_MADVISE_REASON_TRIAL);
  account(kRandom).waited_ns = 8 * 63'000;
  expect(kNone, SMART_MADVISE_REASON_NO_REUSE);
  account(kRandom).misses = 7;
  expect(kRandom, SMART_MADVISE_REASON_TRIAL);
}

TEST_F(Decide, AFailureWhileMemoryFillsIsNoneLater) {
  miss(100, 1);
  range().memory.resident_pages = kSmall - 1;
  fail(kRandom);
  expect(kNone, SMART_MADVISE_REASON_DOES_NOT_PAY);
  range().memory.resident_pages = kSmall;
  expect(kRandom, SMART_MADVISE_REASON_TRIAL);
  fail(kRandom);
  expect(kNone, SMART_MADVISE_REASON_DOES_NOT_PAY);
}

TEST_F(Decide, EachFailureDoublesThePrice) {
  miss(100, 1);
  const std::uint64_t price_ns = smadv_benefit_price_ns(&range(), kRandom);
  effect().stake_ns = 1ULL << 50;
  effect().others.pays[kRandom] = true;
  for (std::uint64_t waits = 50 * 2; waits <= 50 * 16; waits *= 2) {
    expect(kRandom, SMART_MADVISE_REASON_TRIAL);
    fail(kRandom);
    expect(kNone, SMART_MADVISE_REASON_DOES_NOT_PAY);
    effect().since_ns = waits * price_ns - 1;
    expect(kNone, SMART_MADVISE_REASON_DOES_NOT_PAY);
    effect().since_ns += 1;
  }
  expect(kRandom, SMART_MADVISE_REASON_TRIAL);
  effect().stake_ns = 0;
  // The allowance bounds all trials.
  expect(kNone, SMART_MADVISE_REASON_DOES_NOT_PAY);
}

TEST_F(Decide, OneThatPaidIsForgivenTheFailuresBefore) {
  miss(100, 1);
  effect().stake_ns = 1ULL << 50;
  for (int i = 0; i < 100; ++i) {
    fail(kRandom);
  }
  effect().since_ns = 1ULL << 40;
  expect(kNone, SMART_MADVISE_REASON_DOES_NOT_PAY);
  effect().balance_ns = 0;
  end(kRandom, false);
  expect(kNone, SMART_MADVISE_REASON_DOES_NOT_PAY);
  effect().balance_ns = 1;
  end(kRandom, false);
  expect(kRandom, SMART_MADVISE_REASON_TRIAL);
}

TEST_F(Decide, AFailureOfBetterTimesDoesNotCount) {
  miss(100, 1, kSequential);
  range().pattern.kind = SMART_MADVISE_PATTERN_SEQUENTIAL;
  account(kNone).pages = 1000;
  effect().failures[kSequential] = 1;
  stream(kSequential, 100, 5000);
  expect(kNone, SMART_MADVISE_REASON_DOES_NOT_PAY);
  stream(kSequential, 100, 4999);
  expect(kSequential, SMART_MADVISE_REASON_TRIAL);
}

TEST_F(Decide, SequentialMayNotStarveRandomAccessesThatFillMemory) {
  try_sequential();
  range().memory = memory_of(kPages, 2 * kPages);
  range().memory.beside_pages = kPages;
  range().memory.resident_pages = kPages;
  expect(kSequential, SMART_MADVISE_REASON_PAYS);
  range().memory.misses = 74;
  expect(kSequential, SMART_MADVISE_REASON_PAYS);
  range().memory.misses = 75;
  expect(kNone, SMART_MADVISE_REASON_DOES_NOT_PAY);
  range().memory.beside_pages = 0;
  expect(kSequential, SMART_MADVISE_REASON_PAYS);
  range().memory.beside_pages = kPages + 1;
  expect(kSequential, SMART_MADVISE_REASON_PAYS);
  range().memory.beside_pages = kPages;
  range().memory.resident_pages = 2 * kPages;
  expect(kSequential, SMART_MADVISE_REASON_PAYS);
  range().memory.resident_pages = kPages;
  try_sequential();
  expect(kSequential, SMART_MADVISE_REASON_PAYS);
}

TEST_F(Decide, SequentialIsNotBegunWhereItWouldStarveRandomAccessesThatFillMemory) {
  try_sequential();
  range().hint = kNone;
  range().memory.extent_pages = 0;
  range().memory.beside_pages = kSmall;
  range().memory.resident_pages = kSmall - 1;
  effect().full = false;
  effect().stake_ns = 1ULL << 40;
  expect(kSequential, SMART_MADVISE_REASON_TRIAL);
  range().memory.misses = 75;
  expect(kNone, SMART_MADVISE_REASON_FITS_MEMORY);
  effect().single = true;
  expect(kSequential, SMART_MADVISE_REASON_TRIAL);
}

TEST_F(Decide, SequentialIsMeasuredAnewWhereTheStreamWasPartOfARange) {
  try_sequential();
  expect(kSequential, SMART_MADVISE_REASON_PAYS);
  smadv_effect part;
  smadv_effect_split(&effect(), &part);
  expect(kNone, SMART_MADVISE_REASON_PATTERN_CHANGED);
  smadv_range_hinted(&range(), kNone, &policy_, 0);
  EXPECT_FALSE(effect().mixed);
  EXPECT_TRUE(part.mixed);
  smadv_effect_renew(&part);
  EXPECT_FALSE(part.mixed);
}

TEST_F(Decide, RandomIsTriedOnceItIsKnownWhatAMissCosts) {
  miss(7, 10);
  expect(kNone, SMART_MADVISE_REASON_LITTLE_AT_STAKE);
  miss(8, 10);
  expect(kRandom, SMART_MADVISE_REASON_TRIAL);
}

// For 5 pages of 8 memory has no room, so that RANDOM spares 5/8 of a window's cost, and costs
// 1/3 a page. Those of a stream, 16 a fault, cost 1/32 of a window each without it.
TEST_F(Decide, RandomIsNotTriedBesideAStreamOfWhichEachPageWouldMiss) {
  smadv_evidence& evidence = range().evidence;
  miss(100, 1);
  evidence.jumps = 1000;
  evidence.forward = 61;
  expect(kRandom, SMART_MADVISE_REASON_TRIAL);
  ASSERT_EQ(smadv_evidence_streams(&evidence), 0) << "none is going on";
  for (std::uint64_t page = kBase; smadv_evidence_streams(&evidence) == 0; page += 16) {
    ASSERT_LT(page, kBase + 16 * 100);
    smadv_step step;
    smadv_streams_step(&evidence.streams, page, &step);
  }
  expect(kNone, SMART_MADVISE_REASON_NO_REUSE);
  evidence.forward = 0;
  evidence.backward = 61;
  expect(kNone, SMART_MADVISE_REASON_NO_REUSE);
  evidence.backward = 60;
  expect(kRandom, SMART_MADVISE_REASON_TRIAL);
}

TEST_F(Decide, WhatRandomCostTwoPatternsIsNoFailureOfOneOfThem) {
  constexpr std::int64_t kDebtNs = 1LL << 40;
  miss(100, 1);
  smadv_range_hinted(&range(), kRandom, &policy_, 0);
  effect().balance_ns = -2 * kDebtNs;
  smadv_effect part;
  smadv_effect_split(&effect(), &part);
  EXPECT_EQ(effect().balance_ns, -kDebtNs);
  EXPECT_EQ(part.balance_ns, -kDebtNs);
  expect(kNone, SMART_MADVISE_REASON_PATTERN_CHANGED);
  smadv_range_hinted(&range(), kNone, &policy_, 0);
  smadv_range_hinted(&range(), kRandom, &policy_, 0);
  effect().balance_ns = -kDebtNs;
  expect(kNone, SMART_MADVISE_REASON_DOES_NOT_PAY);
}

TEST_F(Decide, SequentialIsMeasuredAnewOnceMemoryIsFull) {
  try_sequential();
  expect(kSequential, SMART_MADVISE_REASON_PAYS);
  effect().full = true;
  expect(kNone, SMART_MADVISE_REASON_MEMORY_FILLED);
  smadv_range_hinted(&range(), kNone, &policy_, 0);
  try_sequential();
  expect(kSequential, SMART_MADVISE_REASON_PAYS);
}

TEST_F(Decide, RandomIsNotTriedWhereTheKernelReadsSinglePagesAnyway) {
  miss(100, 1);
  expect(kRandom, SMART_MADVISE_REASON_TRIAL);
  effect().single = true;
  expect(kNone, SMART_MADVISE_REASON_PATTERN_UNHINTED);
}

TEST_F(Decide, UnknownAndUnservedPatterns) {
  miss(100, 1);
  range().pattern.kind = SMART_MADVISE_PATTERN_UNKNOWN;
  expect(kNone, SMART_MADVISE_REASON_NO_MAJORITY);
  range().pattern.kind = SMART_MADVISE_PATTERN_BACKWARD;
  expect(kNone, SMART_MADVISE_REASON_PATTERN_UNHINTED);
  range().pattern.kind = SMART_MADVISE_PATTERN_IDLE;
  expect(kNone, SMART_MADVISE_REASON_IDLE);
}

TEST_F(Decide, RandomIsNotTriedInAFewWindows) {
  miss(100, 1);
  range().memory.window_pages = kSmall / SMADV_GHOSTS;
  expect(kRandom, SMART_MADVISE_REASON_TRIAL);
  range().memory.window_pages = kSmall / SMADV_GHOSTS + 1;
  expect(kNone, SMART_MADVISE_REASON_PATTERN_UNHINTED);
}

TEST_F(Decide, StreamsAreTriedOnceTheirPriceIsKnown) {
  miss(100, 1, kSequential);
  for (const auto& [kind, pages] : {std::pair{SMART_MADVISE_PATTERN_SEQUENTIAL, 0U},
                                    {SMART_MADVISE_PATTERN_STRIDED, 32U},
                                    {SMART_MADVISE_PATTERN_RUNS, 16U}}) {
    range().pattern = {.kind = static_cast<std::uint32_t>(kind),
                       .pages = pages,
                       .confidence_pct = 100,
                       .share_pct = 100};
    account(kNone).pages = 31;
    expect(kNone, SMART_MADVISE_REASON_LITTLE_AT_STAKE);
    account(kNone).pages = 32;
    expect(kSequential, SMART_MADVISE_REASON_TRIAL);
    account(kNone).misses = 7;
    expect(kNone, SMART_MADVISE_REASON_LITTLE_AT_STAKE);
    account(kNone).misses = 100;
  }
  range().pattern.pages = 15;
  expect(kNone, SMART_MADVISE_REASON_PATTERN_UNHINTED);
}

TEST_F(Decide, RandomStaysWhileItPays) {
  miss(100, 1);
  range().hint = kRandom;
  expect(kRandom, SMART_MADVISE_REASON_TRIAL);
  account(kRandom).misses = SMADV_TRIAL_MISSES;
  effect().balance_ns = 1;
  expect(kRandom, SMART_MADVISE_REASON_PAYS);
  effect().balance_ns = -static_cast<std::int64_t>(effect().stake_ns / 50);
  expect(kRandom, SMART_MADVISE_REASON_TRIAL);
  --effect().balance_ns;
  expect(kNone, SMART_MADVISE_REASON_DOES_NOT_PAY);
  effect().balance_ns = 1;
  account(kRandom) = {.faults = 32, .misses = 32, .waited_ns = 32 * 97'999ULL, .pages = 0};
  expect(kRandom, SMART_MADVISE_REASON_PAYS);
  account(kRandom).waited_ns = 32 * 98'000ULL;
  expect(kNone, SMART_MADVISE_REASON_DOES_NOT_PAY);
  account(kRandom).misses = SMADV_TRIAL_MISSES;
  for (const std::uint32_t kind : {SMART_MADVISE_PATTERN_SEQUENTIAL, SMART_MADVISE_PATTERN_BACKWARD,
                                   SMART_MADVISE_PATTERN_RUNS}) {
    range().pattern.kind = kind;
    expect(kNone, SMART_MADVISE_REASON_PATTERN_CHANGED);
  }
  range().pattern.kind = SMART_MADVISE_PATTERN_IDLE;
  expect(kRandom, SMART_MADVISE_REASON_IDLE);
}

TEST_F(Decide, SequentialStaysWhileAPageCostsLess) {
  miss(100, 1);
  range().hint = kSequential;
  range().pattern.kind = SMART_MADVISE_PATTERN_SEQUENTIAL;
  stream(kNone, 100, 1000);
  stream(kSequential, 127, 1);
  expect(kSequential, SMART_MADVISE_REASON_TRIAL);
  stream(kSequential, 128, 979);
  expect(kSequential, SMART_MADVISE_REASON_PAYS);
  stream(kSequential, 511, 981);
  expect(kSequential, SMART_MADVISE_REASON_TRIAL);
  stream(kSequential, 512, 981);
  expect(kNone, SMART_MADVISE_REASON_DOES_NOT_PAY);
  range().pattern.kind = SMART_MADVISE_PATTERN_RANDOM;
  expect(kNone, SMART_MADVISE_REASON_PATTERN_CHANGED);
  effect().balance_ns = -static_cast<std::int64_t>(effect().stake_ns);
  expect(kNone, SMART_MADVISE_REASON_DOES_NOT_PAY);
}

TEST_F(Decide, WhatIsToBeTakenBackIsNotReconsidered) {
  miss(100, 1);
  range().hint = kRandom;
  range().verdict.reason = SMART_MADVISE_REASON_DOES_NOT_PAY;
  effect().balance_ns = -500;
  smadv_effect_end(&effect(), kRandom, true, &range().memory);
  EXPECT_EQ(effect().lost_ns, 500);
  expect(kNone, SMART_MADVISE_REASON_DOES_NOT_PAY);
}

/// Single pages of 100 us under the application's RANDOM, each in a window of its own.
class Weigh : public Decide {
 protected:
  Weigh() {
    range().memory.most_pages = kPages;
    smadv_range_advised(&range(), kRandom);
    account(kRandom) = {.faults = 100, .misses = 100, .waited_ns = 100 * kMissNs, .pages = 3200};
    effect().stake_ns = kFillNs + kMissNs;
  }

  static constexpr std::uint64_t kMissNs = 100'000;
  static constexpr std::uint64_t kFillNs = 2 * kPages / 32 * kMissNs;
};

TEST_F(Weigh, WhatFitsIsTriedOnceItWouldHaveBeenFilled) {
  expect(kNormal, SMART_MADVISE_REASON_TRIAL);
  EXPECT_EQ(smadv_benefit_regret_ns(&range()), kMissNs);
  effect().stake_ns = kFillNs;
  expect(kNone, SMART_MADVISE_REASON_APPLICATION_HINT);
  EXPECT_EQ(smadv_benefit_regret_ns(&range()), 0);
  effect().others.stake_ns = 1;
  EXPECT_EQ(smadv_benefit_regret_ns(&range()), 1) << "all of the file fill memory";
  effect().others.stake_ns = 3 * kFillNs;
  EXPECT_EQ(smadv_benefit_regret_ns(&range()), kFillNs) << "of what this one waited for";
  effect().others.stake_ns = 0;
  effect().stake_ns = 100 * kFillNs;
  range().memory.most_pages = kPages - 1;
  expect(kNone, SMART_MADVISE_REASON_APPLICATION_HINT);
  account(kRandom).pages = 49UL * 32;
  expect(kNormal, SMART_MADVISE_REASON_TRIAL);
  EXPECT_EQ(smadv_benefit_regret_ns(&range()), effect().stake_ns / 50) << "of 100 misses 2";
}

TEST_F(Weigh, NothingIsKnownBeforeItMissed) {
  account(kRandom).misses = 7;
  expect(kNone, SMART_MADVISE_REASON_APPLICATION_HINT);
  account(kRandom) = {};
  EXPECT_EQ(smadv_benefit_regret_ns(&range()), 0);
  smadv_range_advised(&range(), kNone);
  miss(100, 1);
  EXPECT_EQ(smadv_benefit_regret_ns(&range()), 0);
}

TEST_F(Weigh, WhoInsistsIsHonoured) {
  range().insists = true;
  expect(kNone, SMART_MADVISE_REASON_APPLICATION_HINT_COSTS);
  smadv_range_advised(&range(), kSequential);
  EXPECT_TRUE(range().insists) << "whatever the mapping bears meanwhile";
  smadv_range_advised(&range(), kNone);
  smadv_range_advised(&range(), kRandom);
  EXPECT_TRUE(range().insists) << "the mapping was read before advice took effect";
  smadv_range_reset(&range());
  EXPECT_FALSE(range().insists) << "on what another mapping bears";
}

TEST_F(Weigh, ATrialHasToBeAfforded) {
  range().memory.extent_pages = 32;
  effect().stake_ns = 400 * kMissNs;
  expect(kNormal, SMART_MADVISE_REASON_TRIAL);
  effect().stake_ns -= 50;
  expect(kNone, SMART_MADVISE_REASON_LITTLE_AT_STAKE);
  effect().stake_ns += 50;
  fail(kNormal);
  expect(kNone, SMART_MADVISE_REASON_DOES_NOT_PAY);
}

TEST_F(Weigh, FillingMemoryMayCostAtFirst) {
  range().hint = kNormal;
  smadv_effect_begin(&effect(), kNormal, &range().memory);
  effect().stake_ns = 0;
  expect(kNormal, SMART_MADVISE_REASON_TRIAL);
  account(kNone) = {.faults = 10, .misses = 10, .waited_ns = 15 * kMissNs, .pages = 320};
  effect().balance_ns = -static_cast<std::int64_t>(3 * (kPages / 32) * kMissNs / 16);
  expect(kNormal, SMART_MADVISE_REASON_TRIAL);
  --effect().balance_ns;
  expect(kNone, SMART_MADVISE_REASON_DOES_NOT_PAY);
  effect().balance_ns = 0;
  account(kNone).waited_ns = 10 * kMissNs;
  expect(kNormal, SMART_MADVISE_REASON_TRIAL);
  effect().filled_pages = 2 * kPages;
  expect(kNone, SMART_MADVISE_REASON_DOES_NOT_PAY);
  account(kNone).waited_ns = 9 * kMissNs;
  expect(kNormal, SMART_MADVISE_REASON_PAYS);
  range().memory.most_pages = kPages - 1;
  expect(kNone, SMART_MADVISE_REASON_PATTERN_CHANGED);
}

// 2 TiB in 2^24 windows: 3 * 2^24 * 2^27 / (4 * 2^12) * 2^27 ns would be 0 modulo 2^64.
TEST_F(Weigh, FillingAHugeMemoryMayCostMoreThanCanBeCounted) {
  range().memory.extent_pages = 1ULL << 29;
  range().memory.most_pages = 1ULL << 29;
  range().hint = kNormal;
  smadv_effect_begin(&effect(), kNormal, &range().memory);
  effect().stake_ns = 50;
  account(kRandom).waited_ns = 100UL << 12;
  account(kNone) = {
      .faults = 10, .misses = 10, .waited_ns = 10 * ((1UL << 27) + (1UL << 12)), .pages = 320};
  effect().balance_ns = -2;
  expect(kNormal, SMART_MADVISE_REASON_TRIAL);
}

TEST_F(Weigh, WindowsThatServeManyPagesPaySoon) {
  range().hint = kNormal;
  account(kRandom).pages = 160;
  account(kNone) = {.faults = 16, .misses = 16, .waited_ns = 320UL * kMissNs, .pages = 512};
  effect().filled_pages = 511;
  expect(kNormal, SMART_MADVISE_REASON_TRIAL);
  effect().filled_pages = 512;
  expect(kNone, SMART_MADVISE_REASON_DOES_NOT_PAY);
  effect().balance_ns = -static_cast<std::int64_t>(effect().stake_ns);
  account(kNone).waited_ns = kMissNs;
  expect(kNone, SMART_MADVISE_REASON_DOES_NOT_PAY);
}

// --- what is measured ----------------------------------------------------------------

TEST(Waits, SecondEntryEndsTheWait) {
  smadv_waits waits{};
  EXPECT_EQ(smadv_waits_enter(&waits, 7, 0xfff0, false), 0);
  EXPECT_EQ(smadv_waits_enter(&waits, 8, 0xfff8, false), 0);
  EXPECT_EQ(smadv_waits_enter(&waits, 7, 0x0010, true), 0x20 * SMADV_CLOCK_NS);
  EXPECT_EQ(smadv_waits_enter(&waits, 8, 0x0008, false), 0x10 * SMADV_CLOCK_NS);
}

TEST(Waits, AttemptWithoutAPauseIsTheSameFault) {
  smadv_waits waits{};
  EXPECT_EQ(smadv_waits_enter(&waits, 7, 5, false), 0);
  EXPECT_EQ(smadv_waits_enter(&waits, 7, 5, false), 0);
  EXPECT_EQ(smadv_waits_enter(&waits, 7, 6, true), SMADV_CLOCK_NS);
}

TEST(Waits, SecondEntryOfWhatWasNotSeenBeginsNothing) {
  smadv_waits waits{};
  EXPECT_EQ(smadv_waits_enter(&waits, 7, 5, true), 0);
  EXPECT_EQ(smadv_waits_enter(&waits, 7, 6, false), 0);
  EXPECT_EQ(smadv_waits_enter(&waits, 7 + SMADV_WAITS, 6, false), 0) << "takes its place";
  EXPECT_EQ(smadv_waits_enter(&waits, 7, 9, true), 0);
}

TEST(Waits, AreForgottenWhenFaultsWentUnseen) {
  smadv_waits waits{};
  EXPECT_EQ(smadv_waits_enter(&waits, 7, 5, false), 0);
  smadv_waits_forget(&waits);
  EXPECT_EQ(smadv_waits_enter(&waits, 7, 9, true), 0);
}

TEST(Effect, AccountsSpeakOfTheRecentPast) {
  smadv_effect effect;
  const smadv_memory memory = memory_of(0, 1);
  smadv_effect_init(&effect, kNone);
  EXPECT_EQ(smadv_effect_page_q4(&effect, kNone), 0);
  for (std::uint64_t page = 1; page <= 512; ++page) {
    smadv_effect_fault(&effect, page, kNone, &memory);
    smadv_effect_wait(&effect, page, kNone, 1000, &memory);
  }
  EXPECT_EQ(smadv_effect_miss_ns(&effect, kNone), 1000);
  EXPECT_EQ(smadv_effect_page_q4(&effect, kNone), 16000);
  for (std::uint64_t page = 1000; page <= 100'000; page += 100) {
    smadv_effect_fault(&effect, page, kNone, &memory);
    smadv_effect_wait(&effect, page, kNone, 3000, &memory);
  }
  EXPECT_GT(smadv_effect_miss_ns(&effect, kNone), 2000) << "more of the later ones";
  EXPECT_LE(effect.account[kNone].faults, 512);
  smadv_effect_renew(&effect);
  EXPECT_EQ(smadv_effect_miss_ns(&effect, kNone), 0);
}

// Of a stream the pages between its faults were passed, of jumps one page each is known.
TEST(Effect, StaysWithinItsBounds) {
  smadv_effect effect;
  smadv_memory memory = memory_of(0, 1);
  smadv_effect_init(&effect, kNone);
  for (std::uint64_t page = 0; page < 600; ++page) {
    smadv_effect_wait(&effect, page, kRandom, SMADV_WAIT_MAX_NS, &memory);
  }
  EXPECT_LE(effect.account[kRandom].misses, 512) << "of faults that were not counted, too";
  effect.account[kNone].misses = 1;
  effect.account[kNone].waited_ns = SMADV_WAIT_MAX_NS;
  effect.balance_ns = -(1LL << 62);
  smadv_effect_wait(&effect, 600, kRandom, SMADV_WAIT_MAX_NS, &memory);
  EXPECT_EQ(effect.balance_ns, -(1LL << 62)) << "a debt ends somewhere";
  memory.extent_pages = ~0ULL;
  memory.beside_pages = 1;
  EXPECT_EQ(smadv_effect_reach(&memory), SMADV_EXTENT_MAX);
}

TEST(Effect, WindowsFarBehindAreNewToo) {
  smadv_effect effect;
  const smadv_memory memory = memory_of(96, 8, 1);
  smadv_effect_init(&effect, kNone);
  smadv_effect_wait(&effect, 1, kNone, 1000, &memory);
  smadv_effect_wait(&effect, 0xffffffff, kRandom, 100, &memory);
  EXPECT_GT(effect.balance_ns, 0) << "reading around would have missed there, too";
}

TEST(Effect, CountsThePagesTouched) {
  smadv_effect effect;
  const smadv_memory memory = memory_of(0, 1);
  smadv_effect_init(&effect, kNone);
  for (const std::uint64_t page : {1000, 1016, 1032, 1033, 1050, 500, 499, 9000}) {
    smadv_effect_fault(&effect, page, kNone, &memory);
  }
  EXPECT_EQ(effect.touched_pages, 1 + 16 + 16 + 1 + 1 + 1 + 1 + 1);
}

// Each miss reads one page; without RANDOM the first one in a window had read what is not there.
TEST(Effect, CountsThePagesThatRandomSpares) {
  smadv_effect effect;
  smadv_memory memory = memory_of(96, 24);
  smadv_effect_init(&effect, kNone);
  smadv_effect_wait(&effect, 32, kNone, 1000, &memory);
  EXPECT_EQ(effect.saved_pages, 0);
  smadv_effect_wait(&effect, 64, kRandom, 1000, &memory);
  EXPECT_EQ(effect.saved_pages, 23) << "a quarter of the window had been there";
  smadv_effect_wait(&effect, 70, kRandom, 1000, &memory);
  smadv_effect_wait(&effect, 71, kRandom, 1000, &memory);
  EXPECT_EQ(effect.saved_pages, 23) << "never falls";
  EXPECT_EQ(effect.owed_pages, 2);
  smadv_effect right;
  smadv_effect_split(&effect, &right);
  EXPECT_EQ(effect.owed_pages, 1);
  EXPECT_EQ(right.owed_pages, 1);
  smadv_effect_wait(&effect, 96, kRandom, 1000, &memory);
  EXPECT_EQ(effect.saved_pages, 23 + 20) << "three of 24 pages have replaced others";
  EXPECT_EQ(effect.owed_pages, 0);
  memory.most_pages = 2000;
  smadv_effect_wait(&effect, 128, kRandom, 1000, &memory);
  EXPECT_EQ(effect.saved_pages, 23 + 20) << "all of it had been in memory before long";
}

TEST(Effect, OneLongWaitIsNotTheHints) {
  smadv_effect effect;
  const smadv_memory memory = memory_of(0, 1);
  smadv_effect_init(&effect, kNone);
  smadv_effect_fault(&effect, 100, kNone, &memory);
  smadv_effect_wait(&effect, 100, kNone, 1000, &memory);
  smadv_effect_begin(&effect, kSequential, &memory);
  smadv_effect_wait(&effect, 200, kSequential, 1'000'000, &memory);
  EXPECT_EQ(effect.balance_ns, -4000);
  EXPECT_EQ(effect.stake_ns, 1'001'000);
  for (int i = 0; i < SMADV_TRIAL_MISSES; ++i) {
    smadv_effect_wait(&effect, 100, kNone, 1000, &memory);
  }
  smadv_effect_wait(&effect, 100, kNone, 1'000'000, &memory);
  EXPECT_EQ(smadv_effect_miss_ns(&effect, kNone), 1300);
}

TEST(Effect, SequentialEarnsWhatAPageCostBefore) {
  smadv_effect effect;
  const smadv_memory memory = memory_of(0, 1);
  smadv_effect_init(&effect, kNone);
  smadv_effect_fault(&effect, 100, kNone, &memory);
  smadv_effect_fault(&effect, 110, kNone, &memory);
  smadv_effect_wait(&effect, 110, kNone, 1000, &memory);
  smadv_effect_begin(&effect, kSequential, &memory);
  smadv_effect_fault(&effect, 120, kSequential, &memory);
  EXPECT_EQ(effect.balance_ns, 1000) << "ten pages for the price of ten";
  smadv_effect_wait(&effect, 120, kSequential, 300, &memory);
  EXPECT_EQ(effect.balance_ns, 700);
  smadv_effect_fault(&effect, 1000, kSequential, &memory);
  smadv_effect_fault(&effect, 900, kSequential, &memory);
  EXPECT_EQ(effect.balance_ns, 700) << "a jump, and a step back, are no progress";
}

/// A run of 16 pages: its first page misses, and the one behind lets fault-around map the rest.
void run_in_one(smadv_effect& effect, std::uint64_t page, std::uint32_t hint, std::uint64_t ns,
                const smadv_memory& memory) {
  smadv_effect_fault(&effect, page, hint, &memory);
  smadv_effect_wait(&effect, page, hint, ns, &memory);
  smadv_effect_fault(&effect, page + 1, hint, &memory);
}

/// The same, of which a second read brings the last third.
void run_in_two(smadv_effect& effect, std::uint64_t page, std::uint32_t hint, std::uint64_t ns,
                const smadv_memory& memory) {
  run_in_one(effect, page, hint, ns, memory);
  run_in_one(effect, page + 10, hint, ns, memory);
}

TEST(Effect, RunsAreComparedByTheirNumber) {
  smadv_effect effect;
  const smadv_memory memory = memory_of(0, 1);
  smadv_effect_init(&effect, kNone);
  EXPECT_TRUE(smadv_effect_look(&effect, &memory, SMART_MADVISE_PATTERN_RUNS));
  for (std::uint64_t i = 20; i > 0; --i) {
    run_in_two(effect, i * 1000, kNone, 1000, memory);
  }
  smadv_effect_begin(&effect, kSequential, &memory);
  EXPECT_FALSE(smadv_effect_look(&effect, &memory, SMART_MADVISE_PATTERN_RUNS));
  for (std::uint64_t i = 20; i > 0; --i) {
    run_in_one(effect, i * 1000 + 500, kSequential, 1500, memory);
  }
  EXPECT_EQ(smadv_effect_page_q4(&effect, kNone), 16 * 2000 / memory.window_pages);
  EXPECT_EQ(smadv_effect_page_q4(&effect, kSequential), 16 * 1500 / memory.window_pages);
  EXPECT_GT(effect.balance_ns, 0);
}

TEST(Effect, RunsAreNotComparedWithAStream) {
  smadv_effect effect;
  const smadv_memory memory = memory_of(0, 1);
  smadv_effect_init(&effect, kNone);
  EXPECT_FALSE(smadv_effect_look(&effect, &memory, SMART_MADVISE_PATTERN_SEQUENTIAL));
  smadv_effect_begin(&effect, kSequential, &memory);
  EXPECT_TRUE(smadv_effect_look(&effect, &memory, SMART_MADVISE_PATTERN_RUNS));
  EXPECT_TRUE(effect.mixed) << "what a page cost before was that of a stream";
  smadv_effect_begin(&effect, kNone, &memory);
  EXPECT_FALSE(smadv_effect_look(&effect, &memory, SMART_MADVISE_PATTERN_RUNS));
  EXPECT_TRUE(smadv_effect_look(&effect, &memory, SMART_MADVISE_PATTERN_SEQUENTIAL));
  smadv_effect_renew(&effect);
  EXPECT_FALSE(smadv_effect_look(&effect, &memory, SMART_MADVISE_PATTERN_SEQUENTIAL));
}

TEST(Effect, NoPatternForAWhileChangesNoCount) {
  smadv_effect effect;
  const smadv_memory memory = memory_of(0, 1);
  smadv_effect_init(&effect, kNone);
  smadv_effect_look(&effect, &memory, SMART_MADVISE_PATTERN_RUNS);
  smadv_effect_renew(&effect);
  EXPECT_FALSE(smadv_effect_look(&effect, &memory, SMART_MADVISE_PATTERN_UNKNOWN));
  EXPECT_FALSE(smadv_effect_look(&effect, &memory, SMART_MADVISE_PATTERN_IDLE));
  EXPECT_TRUE(effect.runs);
}

TEST(Effect, RandomEarnsWhatReadingAroundWouldHaveCost) {
  smadv_effect effect;
  const smadv_memory memory = memory_of(1000, 500, 4);
  smadv_effect_init(&effect, kNone);
  smadv_effect_fault(&effect, 1000, kNone, &memory);
  smadv_effect_wait(&effect, 1000, kNone, 1000, &memory);
  smadv_effect_begin(&effect, kRandom, &memory);
  smadv_effect_wait(&effect, 0, kRandom, 100, &memory);
  EXPECT_EQ(effect.balance_ns, 402) << "half of the windows but this one are resident anyway";
  smadv_effect_wait(&effect, 3, kRandom, 100, &memory);
  EXPECT_EQ(effect.balance_ns, 302) << "a window is read once";
  for (std::uint64_t window = 1; window < 100; ++window) {
    smadv_effect_wait(&effect, 4 * window, kRandom, 100, &memory);
  }
  EXPECT_EQ(effect.balance_ns, 7900) << "more than eight misses are not remembered";
  smadv_effect_begin(&effect, kRandom, &memory);
  effect.filled_pages = 500;
  effect.balance_ns = 0;
  smadv_effect_wait(&effect, 32'000, kRandom, 100, &memory);
  EXPECT_EQ(effect.balance_ns, 900) << "full memory holds as much of either";
  smadv_effect_begin(&effect, kRandom, &memory);
  effect.filled_pages = 0;
  effect.balance_ns = 0;
  smadv_memory filled_by_others = memory;
  filled_by_others.resident_pages = 500;
  smadv_effect_wait(&effect, 64'000, kRandom, 100, &filled_by_others);
  EXPECT_EQ(effect.balance_ns, 900) << "whoever filled it";
}

TEST(Effect, AnEpochLastsAsLongAsPagesStay) {
  smadv_effect effect;
  smadv_memory memory = memory_of(1000, 400);
  smadv_effect_init(&effect, kNone);
  memory.passed_pages = 1000;
  smadv_effect_weigh(&effect, &memory);
  EXPECT_EQ(effect.crowd, 0) << "what passed before there was the range";
  effect.filled_pages = 100;
  memory.passed_pages = 1299;
  smadv_effect_weigh(&effect, &memory);
  EXPECT_EQ(effect.crowd, 0) << "what came first is still there";
  memory.passed_pages = 1300;
  smadv_effect_weigh(&effect, &memory);
  EXPECT_EQ(effect.crowd, SMADV_SHARE * 3 / 4);
  effect.filled_pages = 500;
  smadv_effect_weigh(&effect, &memory);
  EXPECT_EQ(effect.crowd, 0) << "nothing passed since";

  memory.passed_pages = 2000;
  smadv_effect_begin(&effect, kRandom, &memory);
  memory.passed_pages = 2300;
  effect.filled_pages = 510;
  smadv_effect_begin(&effect, kNone, &memory);
  effect.filled_pages = 910;
  smadv_effect_weigh(&effect, &memory);
  EXPECT_EQ(effect.crowd, 0) << "what came under another hint does not count";
  memory.passed_pages = 0;
  smadv_effect_weigh(&effect, &memory);
  EXPECT_EQ(effect.passed_then, 0) << "whatever had passed is no longer mapped";
  effect.crowd = 1;
  smadv_effect_renew(&effect);
  EXPECT_EQ(effect.crowd, 0) << "of another pattern";
  memory.passed_pages = 400;
  smadv_effect_weigh(&effect, &memory);
  EXPECT_EQ(effect.crowd, 0);
  memory.passed_pages += 3ULL << 60;
  effect.filled_pages += 1ULL << 60;
  smadv_effect_weigh(&effect, &memory);
  EXPECT_EQ(effect.crowd, SMADV_SHARE * 3 / 4) << "of any number of pages";
}

TEST(Effect, WhatComesRightAfterAChangeTellsNothing) {
  smadv_effect effect;
  const smadv_memory memory = memory_of(1000, 500);
  const auto passed = [&](std::uint64_t windows, std::uint64_t waited_ns) {
    for (; windows > 0; --windows) {
      const std::uint64_t page = effect.last + 32;
      smadv_effect_fault(&effect, page, kNone, &memory);
      smadv_effect_wait(&effect, page, kNone, waited_ns, &memory);
    }
  };
  smadv_effect_init(&effect, kNone);
  smadv_effect_begin(&effect, kSequential, &memory);
  smadv_effect_begin(&effect, kNone, &memory);
  passed(4, 6400);
  passed(1, 3200);
  EXPECT_EQ(smadv_effect_page_q4(&effect, kNone) / 16, 100) << "windows of a stream";
  smadv_effect_renew(&effect);
  for (std::uint64_t miss = 0; miss < SMADV_TRIAL_MISSES; ++miss) {
    smadv_effect_fault(&effect, effect.last + 1000, kNone, &memory);
    smadv_effect_wait(&effect, effect.last, kNone, 6400, &memory);
  }
  passed(2, 3200);
  EXPECT_EQ(effect.account[kNone].misses, 2) << "misses of any kind";
  EXPECT_EQ(smadv_effect_page_q4(&effect, kNone) / 16, 100);
}

TEST(Effect, MemoryIsFullOfWhatIsThere) {
  smadv_effect effect;
  smadv_memory memory = memory_of(1000, 500);
  smadv_effect_init(&effect, kNone);
  effect.filled_pages = 500;
  EXPECT_TRUE(smadv_effect_full(&effect, &memory)) << "as far as is known";
  memory.resident_pages = 499;
  EXPECT_FALSE(smadv_effect_full(&effect, &memory)) << "windows overlap";
  memory.resident_pages = 500;
  EXPECT_TRUE(smadv_effect_full(&effect, &memory));
}

// Of 1000 pages memory holds half, full of windows at first, then of pages that were used.
TEST(Effect, RandomSparesLessOncePagesHaveTakenThePlaceOfWindows) {
  smadv_effect effect;
  smadv_memory memory = memory_of(1000, 500, 4);
  memory.resident_pages = 500;
  smadv_effect_init(&effect, kNone);
  smadv_effect_wait(&effect, 9000, kNone, 1000, &memory);
  smadv_effect_begin(&effect, kRandom, &memory);
  const auto spared = [&](std::uint64_t page, std::uint64_t replaced) {
    effect.balance_ns = 0;
    effect.single_pages = replaced;
    smadv_effect_wait(&effect, page, kRandom, 0, &memory);
    return effect.balance_ns;
  };
  EXPECT_EQ(spared(0, 0), 1000);
  EXPECT_EQ(spared(4, 250), 666) << "of four touches two would hit, and one does";
  EXPECT_EQ(spared(8, 500), 500);
  EXPECT_EQ(spared(12, 5000), 500);
  EXPECT_EQ(smadv_effect_lasting_ns(&effect, &memory), 500);
  effect.probes = 1000;
  effect.revisits = 126;
  EXPECT_EQ(smadv_effect_lasting_ns(&effect, &memory), 970) << "they come again";
  EXPECT_EQ(spared(16, 500), 970);
  effect.revisits = 1000;
  EXPECT_EQ(smadv_effect_lasting_ns(&effect, &memory), 1000);
  memory.extent_pages = 0;
  memory.beside_pages = 1000;
  EXPECT_EQ(smadv_effect_lasting_ns(&effect, &memory), 501) << "128 of one page, or so it seems";
  memory.beside_pages = 500;
  EXPECT_EQ(smadv_effect_lasting_ns(&effect, &memory), 0) << "all of it fits";
}

/// Misses without a hint at pages that @p touches choose, of which memory keeps 64 windows.
smadv_effect after_misses(const Touches& touches, std::uint32_t misses, std::uint32_t weight = 1) {
  smadv_effect effect;
  const smadv_memory memory = memory_of(kPages, 64, 1);
  smadv_effect_init(&effect, kNone);
  effect.weight = weight;
  for (std::uint32_t i = 0; i < misses; ++i) {
    smadv_effect_wait(&effect, touches(), kNone, 1000, &memory);
  }
  return effect;
}

TEST(Effect, CountsPagesThatComeAgain) {
  EXPECT_EQ(after_misses(permutation(kPages, 1), kPages).revisits, 0);
  const smadv_effect random = after_misses(random_pages(kPages, 1), kPages);
  EXPECT_GT(random.probes, kPages * 8 / 10);
  const double expected = static_cast<double>(random.probes) * SMADV_REVISITS / kPages;
  EXPECT_NEAR(static_cast<double>(random.revisits), expected, 4 * std::sqrt(expected));
  EXPECT_GT(after_misses(hot_set(kPages, 90, 10, 1), kPages).revisits, 4 * expected);
}

TEST(Effect, PagesThatMissedAreNotExpectedAgainAsLongAsMemoryKeepsThem) {
  const smadv_effect early = after_misses(random_pages(kPages, 1), 64 + 2 * SMADV_REVISITS);
  EXPECT_EQ(early.probes, 0);
  EXPECT_GT(after_misses(random_pages(kPages, 1), 65 + 2 * SMADV_REVISITS).probes, 0);
  EXPECT_GT(after_misses(random_pages(kPages, 1), 3 * SMADV_REVISITS, 4).probes, 0)
      << "a sample stands for the others";
}

TEST(Effect, PagesThatMissedAreForgottenInTheEnd) {
  const std::uint32_t stay = 64 + 2 * SMADV_REVISITS;
  const smadv_effect old = after_misses(permutation(kPages, 1), 16 * stay);
  const smadv_effect young = after_misses(permutation(kPages, 1), 16 * stay + 1);
  const auto remembered = [](const smadv_effect& effect) {
    return SMADV_REVISITS - std::ranges::count(effect.missed, 0U);
  };
  EXPECT_GT(remembered(old), SMADV_REVISITS * 9 / 10);
  EXPECT_EQ(remembered(young), 1);
  EXPECT_EQ(young.probes, old.probes);
}

TEST(Effect, WhatWasCountedOfPagesThatComeAgainIsHalvedInTheEnd) {
  const smadv_memory memory = memory_of(kPages, 1, 1);
  smadv_effect effect = after_misses(random_pages(kPages, 1), 8 * SMADV_REVISITS);
  effect.probes = SMADV_PROBES_MAX;
  effect.revisits = 1000;
  smadv_effect_wait(&effect, 1, kNone, 1000, &memory);
  EXPECT_LE(effect.probes, SMADV_PROBES_MAX / 2 + 1);
  EXPECT_LE(effect.revisits, 501);
  EXPECT_GE(effect.revisits, 500);
}

TEST(Effect, NoMoreWindowsAreRememberedThanMemoryHolds) {
  smadv_effect effect;
  const smadv_memory memory = memory_of(10'000, 1300, 640);
  smadv_effect_init(&effect, kNone);
  smadv_effect_wait(&effect, 9000, kNone, 1000, &memory);
  effect.filled_pages = 1300;
  smadv_effect_begin(&effect, kRandom, &memory);
  const auto spared = [&](std::uint64_t page) {
    effect.balance_ns = 0;
    effect.single_pages = 0;
    smadv_effect_wait(&effect, page, kRandom, 0, &memory);
    return effect.balance_ns;
  };
  EXPECT_EQ(spared(0), 1000);
  EXPECT_EQ(spared(640), 1000);
  EXPECT_EQ(spared(1), 0) << "two windows are held";
  EXPECT_EQ(spared(1280), 1000);
  EXPECT_EQ(spared(2), 1000) << "the first one had to go for the third one";
  EXPECT_EQ(spared(1281), 0);
}

TEST(Effect, WindowsThatAreRememberedWouldBeAmongTheResidentOnes) {
  smadv_effect effect;
  const smadv_memory memory = memory_of(512, 256, 4);
  smadv_effect_init(&effect, kNone);
  effect.account[kNone] = {.faults = 10, .misses = 2, .waited_ns = 2000, .pages = 0};
  smadv_effect_begin(&effect, kRandom, &memory);
  for (std::uint64_t window = 0; window < SMADV_GHOSTS; ++window) {
    smadv_effect_wait(&effect, 4 * window, kRandom, 0, &memory);
  }
  effect.balance_ns = 0;
  smadv_effect_wait(&effect, 1000, kRandom, 0, &memory);
  EXPECT_EQ(effect.balance_ns, 400) << "one of five missed, twice as many of those not remembered";
  effect.account[kNone].misses = 6;
  effect.account[kNone].waited_ns = 6000;
  effect.balance_ns = 0;
  smadv_effect_wait(&effect, 2000, kRandom, 0, &memory);
  EXPECT_EQ(effect.balance_ns, 1000) << "no other one is resident";
}

TEST(Effect, OfAPatternThatBecomesClearAllIsKnown) {
  Machine machine(kSmall, true);
  machine.run(random_pages(kPages, 1), 40);
  ASSERT_EQ(machine.range().pattern.kind, SMART_MADVISE_PATTERN_RANDOM);
  EXPECT_GT(machine.range().effect.account[kNone].faults, 36);
  machine.run(sequential(kPages), 16UL * 100);
  ASSERT_EQ(machine.range().pattern.kind, SMART_MADVISE_PATTERN_SEQUENTIAL);
  EXPECT_LT(machine.range().effect.account[kNone].faults, 100) << "of another one nothing";
}

TEST(Effect, OfASampleEachWaitStandsForMore) {
  Set set(1);
  set.insert(0, kPages);
  smadv_range& range = set[0];
  const smadv_policy policy = default_policy();
  smadv_fault fault{.page = 7, .flags = SMADV_FAULT_TRIED, .waited_ns = 1000};
  smadv_range_skip(&range, 128, 64);
  smadv_range_fault(&range, &fault, &policy, 0);
  EXPECT_EQ(range.effect.stake_ns, 3000);
  EXPECT_EQ(range.effect.filled_pages, 3);
  EXPECT_EQ(smadv_effect_miss_ns(&range.effect, kNone), 1000);
  smadv_range_skip(&range, 0, 64);
  smadv_range_fault(&range, &fault, &policy, 0);
  EXPECT_EQ(range.effect.stake_ns, 4000);
}

TEST(Effect, OverTheApplicationsHintNewWindowsCount) {
  smadv_effect effect;
  const smadv_memory memory = memory_of(1000, 500, 4);
  smadv_effect_init(&effect, kRandom);
  for (std::uint64_t page = 7; page >= 4; --page) {
    smadv_effect_fault(&effect, page, kRandom, &memory);
    smadv_effect_wait(&effect, page, kRandom, 1000, &memory);
  }
  EXPECT_EQ(effect.account[kRandom].pages, 4);
  EXPECT_EQ(effect.filled_pages, 4);
  EXPECT_EQ(effect.balance_ns, 0);
  smadv_effect_begin(&effect, kNormal, &memory);
  EXPECT_EQ(effect.filled_pages, 0);
  smadv_effect_fault(&effect, 7, kNone, &memory);
  EXPECT_EQ(effect.balance_ns, 4000) << "a window for the price of four pages";
  smadv_effect_wait(&effect, 7, kNone, 1500, &memory);
  EXPECT_EQ(effect.balance_ns, 2500);
  smadv_effect_begin(&effect, kNone, &memory);
  EXPECT_EQ(effect.account[kRandom].misses, 0);
  EXPECT_EQ(effect.account[kNone].misses, 1);
}

TEST(Effect, TheKernelReadsSinglePagesOnceMissesAreFarAhead) {
  smadv_effect effect;
  smadv_memory memory = memory_of(0, 1);
  smadv_effect_init(&effect, kNone);
  const auto look = [&](std::uint32_t misses) {
    memory.misses = misses;
    return smadv_effect_look(&effect, &memory, SMART_MADVISE_PATTERN_RANDOM);
  };
  EXPECT_FALSE(look(199));
  EXPECT_FALSE(effect.single);
  EXPECT_TRUE(look(200));
  EXPECT_TRUE(effect.single);
  EXPECT_FALSE(look(1000));
  EXPECT_FALSE(look(100));
  EXPECT_TRUE(look(99));
  EXPECT_FALSE(effect.single);
}

TEST(Effect, WhatMissesCostIsForgottenWhenTheKernelReadsOtherwise) {
  Set set(1);
  set.insert(0, kPages);
  const smadv_policy policy = benefit_policy(kHonour);
  smadv_account& plain = set[0].effect.account[kNone];
  plain.misses = 10;
  set[0].memory.most_pages = 1;
  set[0].memory.misses = 199;
  smadv_range_judge(&set[0], &policy, 0);
  EXPECT_EQ(plain.misses, 10);
  set[0].memory.misses = 200;
  smadv_range_judge(&set[0], &policy, 0);
  EXPECT_EQ(plain.misses, 0);
  EXPECT_TRUE(set[0].effect.settling);
  plain.misses = 10;
  set[0].hint = kSequential;
  set[0].memory.misses = 0;
  smadv_range_judge(&set[0], &policy, 0);
  EXPECT_EQ(plain.misses, 10) << "it is what the hint is compared with";
  set[0].hint = kNone;
  set[0].pattern.kind = SMART_MADVISE_PATTERN_SEQUENTIAL;
  for (std::uint64_t page = 0; page < 256; ++page) {
    const smadv_fault fault{.page = page, .flags = 0, .waited_ns = 0};
    smadv_range_fault(&set[0], &fault, &policy, 0);
  }
  plain.misses = 10;
  smadv_range_judge(&set[0], &policy, 0);
  EXPECT_EQ(plain.misses, 10);
  set[0].effect.filled_pages = 1;
  smadv_range_judge(&set[0], &policy, 0);
  EXPECT_EQ(plain.misses, 0) << "memory is full";
}

TEST(Effect, ARetryIsPaidByWhatIsWaitedForAfterTheFailure) {
  smadv_effect effect;
  const smadv_memory memory = memory_of(0, 1);
  smadv_effect_init(&effect, kNone);
  effect.weight = 2;
  smadv_effect_wait(&effect, 100, kNone, 50'000, &memory);
  smadv_effect_end(&effect, kSequential, false, &memory);
  EXPECT_EQ(effect.since_ns, 100'000);
  smadv_effect_end(&effect, kSequential, true, &memory);
  EXPECT_EQ(smadv_effect_retry_ns(&effect, 0), 2000);
  EXPECT_EQ(smadv_effect_retry_ns(&effect, 1), 0);
  smadv_effect_wait(&effect, 100, kNone, 10'000, &memory);
  EXPECT_EQ(smadv_effect_retry_ns(&effect, 1), 200);
  EXPECT_EQ(smadv_effect_retry_ns(&effect, 3), 50);
  effect.lost_ns = 2300;
  EXPECT_EQ(smadv_effect_retry_ns(&effect, 1), 100) << "the allowance bounds it";
}

TEST(Effect, PartsShareTheAllowance) {
  smadv_effect left;
  smadv_effect right;
  smadv_effect_init(&left, kNone);
  left.stake_ns = 1000;
  left.lost_ns = 10;
  left.since_ns = 400;
  left.told = {.stake_ns = 800, .lost_ns = 4, .generation = 3, .pays = kNone};
  EXPECT_EQ(smadv_effect_allowance_ns(&left), 10);
  smadv_effect_split(&left, &right);
  EXPECT_EQ(smadv_effect_allowance_ns(&left), 5);
  EXPECT_EQ(smadv_effect_allowance_ns(&right), 5);
  EXPECT_EQ(smadv_effect_retry_ns(&left, 1), 200 / 50 / 2);
  EXPECT_EQ(smadv_effect_retry_ns(&right, 0), 5);
  right.stake_ns += 1;
  right.failures[kRandom] = 7;
  smadv_effect_merge(&left, &right);
  EXPECT_EQ(left.stake_ns, 1001);
  EXPECT_EQ(left.since_ns, 400);
  EXPECT_EQ(left.lost_ns, 10);
  EXPECT_EQ(left.told.stake_ns, 800);
  EXPECT_EQ(left.failures[kRandom], 7) << "that of the one that waited more";
  right.told.generation = 4;
  smadv_effect_merge(&left, &right);
  EXPECT_EQ(left.told.stake_ns, 800);
  left.lost_ns = 1000;
  EXPECT_EQ(smadv_effect_allowance_ns(&left), 0);
}

}  // namespace
}  // namespace smadv::test
