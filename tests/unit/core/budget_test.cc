// SPDX-License-Identifier: GPL-2.0
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "core.h"

namespace smadv::test {
namespace {

class Budget : public testing::TestWithParam<std::uint32_t> {};

INSTANTIATE_TEST_SUITE_P(Rates, Budget, testing::Values(1, 3, 7, 100, 999, 1000, 1001, 100000));

TEST_P(Budget, BeginsWithOneSecondsWorth) {
  smadv_budget budget{};
  smadv_budget_init(&budget, GetParam(), 5000);
  for (std::uint32_t i = 0; i < GetParam(); ++i) {
    ASSERT_TRUE(smadv_budget_take(&budget, GetParam(), 5000)) << i;
  }
  EXPECT_FALSE(smadv_budget_take(&budget, GetParam(), 5000));
}

TEST(Budget, OfNothingIsWaitedForForEver) {
  smadv_budget budget{};
  smadv_budget_init(&budget, 0, 5000);
  EXPECT_FALSE(smadv_budget_take(&budget, 0, 1'000'000));
  EXPECT_EQ(smadv_budget_wait_ms(&budget, 0, 1'000'000), ~0ULL);
}

TEST_P(Budget, NeverExceedsRateTimesTimePlusBurst) {
  const std::uint32_t rate = GetParam();
  std::mt19937_64 engine(rate);
  smadv_budget budget{};
  std::uint64_t now_ms = 12345;
  smadv_budget_init(&budget, rate, now_ms);
  const std::uint64_t begin_ms = now_ms;
  std::uint64_t taken = 0;
  for (int i = 0; i < 2000; ++i) {
    now_ms += engine() % 5 == 0 ? engine() % 3000 : engine() % 3;
    for (std::uint64_t tries = engine() % 200; tries > 0; --tries) {
      taken += smadv_budget_take(&budget, rate, now_ms);
    }
    ASSERT_LE(taken * 1000, rate * (now_ms - begin_ms) + rate * 1000ULL) << "at " << now_ms;
  }
  EXPECT_GT(taken, 0U);
}

TEST_P(Budget, NeverStarves) {
  const std::uint32_t rate = GetParam();
  smadv_budget budget{};
  std::uint64_t now_ms = 1;
  smadv_budget_init(&budget, rate, now_ms);
  while (smadv_budget_take(&budget, rate, now_ms)) {
  }
  // A caller that asks every millisecond, however often in vain, gets the full rate.
  const std::uint64_t seconds = 10;
  std::uint64_t taken = 0;
  for (std::uint64_t ms = 0; ms < seconds * 1000; ++ms) {
    ++now_ms;
    for (std::uint32_t i = 0; i <= rate / 1000 + 1; ++i) {
      taken += smadv_budget_take(&budget, rate, now_ms);
    }
  }
  EXPECT_GE(taken, rate * seconds - 1);
  EXPECT_LE(taken, rate * seconds + 1);
}

TEST_P(Budget, WaitIsExact) {
  const std::uint32_t rate = GetParam();
  smadv_budget budget{};
  std::uint64_t now_ms = 77;
  smadv_budget_init(&budget, rate, now_ms);
  EXPECT_EQ(smadv_budget_wait_ms(&budget, rate, now_ms), 0U);
  while (smadv_budget_take(&budget, rate, now_ms)) {
  }
  for (int i = 0; i < 50; ++i) {
    const std::uint64_t wait_ms = smadv_budget_wait_ms(&budget, rate, now_ms);
    ASSERT_GT(wait_ms, 0U);
    ASSERT_LE(wait_ms, 1000U / rate + 1);
    if (wait_ms > 1) {
      smadv_budget early = budget;
      ASSERT_FALSE(smadv_budget_take(&early, rate, now_ms + wait_ms - 1));
    }
    now_ms += wait_ms;
    while (smadv_budget_take(&budget, rate, now_ms)) {
    }
  }
}

TEST_P(Budget, LooksOnlyWhereItIsAskedTo) {
  smadv_budget budget{};
  smadv_budget_init(&budget, GetParam(), 10);
  ASSERT_TRUE(smadv_budget_take(&budget, GetParam(), 10));
  const smadv_budget before = budget;
  smadv_budget_wait_ms(&budget, GetParam(), 5000);
  EXPECT_EQ(budget.level, before.level);
  EXPECT_EQ(budget.last_ms, before.last_ms);
}

TEST(BudgetClock, AChangedRateTakesEffectAtOnce) {
  smadv_budget budget{};
  smadv_budget_init(&budget, 1000, 0);
  std::uint32_t taken = 0;
  while (smadv_budget_take(&budget, 5, 0)) {
    ++taken;
  }
  EXPECT_EQ(taken, 5U);
  // And a larger one fills the larger bucket at its own pace, not at once.
  EXPECT_FALSE(smadv_budget_take(&budget, 1000, 0));
  EXPECT_TRUE(smadv_budget_take(&budget, 1000, 1));
}

TEST(BudgetClock, AClockThatStepsBackFillsNothing) {
  smadv_budget budget{};
  smadv_budget_init(&budget, 10, 100000);
  while (smadv_budget_take(&budget, 10, 100000)) {
  }
  EXPECT_FALSE(smadv_budget_take(&budget, 10, 50));
  EXPECT_FALSE(smadv_budget_take(&budget, 10, 100050));  // 50 ms are half a token
  EXPECT_TRUE(smadv_budget_take(&budget, 10, 100100));
}

TEST(BudgetClock, SurvivesTheEndOfTime) {
  smadv_budget budget{};
  smadv_budget_init(&budget, 100000, 0);
  for (int i = 0; i < 100000; ++i) {
    ASSERT_TRUE(smadv_budget_take(&budget, 100000, 0));
  }
  EXPECT_FALSE(smadv_budget_take(&budget, 100000, 0));
  EXPECT_TRUE(smadv_budget_take(&budget, 100000, ~0ULL));
  EXPECT_EQ(smadv_budget_wait_ms(&budget, 100000, ~0ULL), 0U);
}

}  // namespace
}  // namespace smadv::test
