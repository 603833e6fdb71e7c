// SPDX-License-Identifier: GPL-2.0
// What happens at the edges of splits, merges and borders that faults seldom or never lead to.
#include <algorithm>

#include <gtest/gtest.h>

#include "core.h"

namespace smadv::test {
namespace {

constexpr std::uint32_t kMost32 = ~0U;
constexpr std::uint16_t kMost16 = 0xffff;

smadv_sketch sketch_of(std::uint64_t first, std::uint64_t blocks) {
  smadv_sketch sketch{};
  smadv_sketch_init(&sketch, blocks);
  for (int pass = 0; pass < 2; ++pass) {
    for (std::uint64_t block = first; block < first + blocks; ++block) {
      smadv_sketch_add(&sketch, block);
    }
  }
  return sketch;
}

TEST(SketchMerge, OrderDoesNotMatter) {
  constexpr std::uint64_t kLarge = 1 << 16;
  constexpr std::uint64_t kSmall = 500;
  const smadv_sketch large = sketch_of(0, kLarge);
  const smadv_sketch small = sketch_of(kLarge, kSmall);
  ASSERT_GT(large.now.level, small.now.level);
  smadv_sketch one = large;
  smadv_sketch_merge(&one, &small, kLarge + kSmall);
  smadv_sketch other = small;
  smadv_sketch_merge(&other, &large, kLarge + kSmall);
  EXPECT_EQ(smadv_sketch_blocks(&one), smadv_sketch_blocks(&other));
  EXPECT_EQ(smadv_sketch_reuse_bp(&one), smadv_sketch_reuse_bp(&other));
  EXPECT_NEAR(static_cast<double>(smadv_sketch_blocks(&one)),
              static_cast<double>(smadv_sketch_blocks(&large) + smadv_sketch_blocks(&small)),
              1U << large.now.level);
}

TEST(SketchDivide, APartShowsNoMoreThanTheWhole) {
  constexpr std::uint64_t kBlocks = 1000;
  const smadv_sketch whole = sketch_of(0, kBlocks);
  for (const std::uint64_t part : {kBlocks / 10, kBlocks / 2, kBlocks, 2 * kBlocks}) {
    smadv_sketch sketch = whole;
    smadv_sketch_divide(&sketch, part, kBlocks);
    // The share is known in 1/1024, what is counted in 1 << level.
    const std::uint64_t blocks = smadv_sketch_blocks(&whole);
    EXPECT_LE(smadv_sketch_blocks(&sketch), blocks) << part;
    EXPECT_GE(smadv_sketch_blocks(&sketch) + blocks / 1024 + (1U << whole.last.level),
              blocks * std::min(part, kBlocks) / kBlocks)
        << part;
  }
}

class Neighbours : public testing::Test {
 protected:
  Neighbours() {
    set_.insert(0, 1024);
    set_.insert(1024, 2048);
  }
  Set set_{4};
};

TEST_F(Neighbours, MergedLossIsTheLargerOne) {
  // Both heard of losses of the same process: they are not added.
  smadv_range_gap(&set_[0], 10);
  smadv_range_gap(&set_[1], 30);
  ASSERT_TRUE(smadv_ranges_merge(set_.get(), 0));
  EXPECT_EQ(set_[0].evidence.lost, 30U);
}

TEST_F(Neighbours, MergedCountersSaturate) {
  for (const std::uint32_t i : {0U, 1U}) {
    set_[i].evidence.forward = kMost32;
    set_[i].evidence.phase[3] = kMost16;
    set_[i].majors = ~0ULL;
  }
  ASSERT_TRUE(smadv_ranges_merge(set_.get(), 0));
  EXPECT_EQ(set_[0].evidence.forward, kMost32);
  EXPECT_EQ(set_[0].evidence.total, kMost32);
  EXPECT_EQ(set_[0].evidence.phase[3], kMost16);
  EXPECT_EQ(set_[0].majors, ~0ULL);
}

TEST(Split, GivesAwayNoMoreFaultsThanThereWere) {
  Set set(2);
  smadv_range& range = *set.insert(0, 4096);
  for (std::uint64_t i = 0; i < 200; ++i) {
    const smadv_fault fault{2048 + (i * 577) % 2048, 0, 0};
    const smadv_policy policy = observing_policy();
    smadv_range_fault(&range, &fault, &policy, 1);
  }
  range.faults = 1;  // fewer than its evidence has seen
  ASSERT_TRUE(smadv_ranges_split(set.get(), 0, 2048));
  EXPECT_EQ(set[0].faults, 0U);
  EXPECT_EQ(set[1].faults, 1U);
}

/// A range whose first section, of @p pages pages, bears a stream, and the others jumps.
std::uint64_t border_behind(std::uint64_t pages) {
  Set set(1);
  smadv_range& range = *set.insert(1024 - pages, 1024 + std::uint64_t{20} * SMADV_SECTION_PAGES);
  smadv_sections& sections = range.evidence.sections;
  sections.stream[0] = 60;
  for (std::uint32_t i = 1; i < sections.count; ++i) {
    sections.jumps[i] = 16;
  }
  sections.history = 0x5555555555555555ULL;
  range.evidence.seen = 1024;
  const smadv_policy policy = observing_policy();
  return smadv_range_border(&range, &policy);
}

TEST(Border, LeavesNoPartSmallerThanASection) {
  EXPECT_EQ(border_behind(SMADV_SECTION_PAGES), 1024U);
  EXPECT_EQ(border_behind(SMADV_SECTION_PAGES - 1), 0U);
}

}  // namespace
}  // namespace smadv::test
