// SPDX-License-Identifier: GPL-2.0
#include <random>

#include <gtest/gtest.h>

#include "core.h"

namespace smadv::test {
namespace {

constexpr std::uint64_t kSecondNs = 1'000'000'000;

class Duty : public testing::TestWithParam<std::uint32_t> {
 protected:
  // What may be spent in a second.
  static std::uint64_t income_ns() { return GetParam() * (kSecondNs / 10000); }
};

INSTANTIATE_TEST_SUITE_P(Shares, Duty, testing::Values(1, 50, 333, 10000));

TEST_P(Duty, BeginsWithOneSecondsWorth) {
  smadv_duty duty{};
  smadv_duty_init(&duty, GetParam(), 77);
  EXPECT_TRUE(smadv_duty_has_time(&duty, income_ns() - 1));
  EXPECT_FALSE(smadv_duty_has_time(&duty, income_ns()));
}

// Who spends only while there is time keeps to the share, but for what the last piece of
// work takes longer.
TEST_P(Duty, NeverExceedsItsShareByMoreThanOnePiece) {
  std::mt19937_64 engine(GetParam());
  smadv_duty duty{};
  std::uint64_t now_ns = kSecondNs;
  smadv_duty_init(&duty, GetParam(), now_ns);
  const std::uint64_t begin_ns = now_ns;
  const std::uint64_t piece_ns = income_ns() / 20 + 1;
  std::uint64_t spent_ns = 0;
  for (int i = 0; i < 5000; ++i) {
    now_ns += engine() % (i % 100 == 0 ? 3 * kSecondNs : 20'000'000);
    smadv_duty_spend(&duty, GetParam(), 0, now_ns);
    if (smadv_duty_has_time(&duty, 0)) {
      const std::uint64_t used_ns = engine() % piece_ns;
      spent_ns += used_ns;
      smadv_duty_spend(&duty, GetParam(), used_ns, now_ns);
    }
    const double allowed = static_cast<double>(now_ns - begin_ns) * GetParam() / 10000;
    ASSERT_LE(static_cast<double>(spent_ns), allowed + static_cast<double>(income_ns() + piece_ns));
  }
  EXPECT_GT(spent_ns, 0U);
}

TEST_P(Duty, PaysDebtsBackWithinTwoSeconds) {
  smadv_duty duty{};
  smadv_duty_init(&duty, GetParam(), 0);
  smadv_duty_spend(&duty, GetParam(), ~0ULL, 0);
  EXPECT_FALSE(smadv_duty_has_time(&duty, 0));
  smadv_duty_spend(&duty, GetParam(), 0, kSecondNs - kSecondNs / 10);
  EXPECT_FALSE(smadv_duty_has_time(&duty, 0));
  smadv_duty_spend(&duty, GetParam(), 0, 2 * kSecondNs);
  EXPECT_TRUE(smadv_duty_has_time(&duty, 0));
}

TEST_P(Duty, DebtsDoNotAddUp) {
  smadv_duty duty{};
  smadv_duty_init(&duty, GetParam(), 0);
  for (int i = 0; i < 5; ++i) {
    smadv_duty_spend(&duty, GetParam(), ~0ULL, 0);
  }
  smadv_duty_spend(&duty, GetParam(), 0, kSecondNs);
  smadv_duty_spend(&duty, GetParam(), 0, 2 * kSecondNs);
  EXPECT_TRUE(smadv_duty_has_time(&duty, 0));
}

TEST(Duty, AChangedShareTakesEffectAtOnce) {
  smadv_duty duty{};
  smadv_duty_init(&duty, 10000, 0);
  smadv_duty_spend(&duty, 10, 0, 0);
  EXPECT_TRUE(smadv_duty_has_time(&duty, 999'999));
  EXPECT_FALSE(smadv_duty_has_time(&duty, 1'000'000));
}

TEST(Duty, AClockThatStepsBackBringsNothing) {
  smadv_duty duty{};
  smadv_duty_init(&duty, 10000, 5 * kSecondNs);
  smadv_duty_spend(&duty, 10000, kSecondNs, 5 * kSecondNs);
  smadv_duty_spend(&duty, 10000, 0, kSecondNs);
  EXPECT_FALSE(smadv_duty_has_time(&duty, 0));
  smadv_duty_spend(&duty, 10000, 0, 6 * kSecondNs);
  EXPECT_TRUE(smadv_duty_has_time(&duty, kSecondNs - 1));
}

}  // namespace
}  // namespace smadv::test
