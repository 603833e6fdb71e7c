// SPDX-License-Identifier: GPL-2.0
// Sections: when streams and jumps make a border, step by step.
#include <cstring>
#include <random>
#include <tuple>

#include <gtest/gtest.h>

#include "core.h"

namespace smadv::test::section {
namespace {

constexpr std::uint64_t kBase = 0x7f0000000;
constexpr std::uint64_t kSection = 2048;
constexpr std::uint64_t kPages = 32 * kSection;

class Sections : public testing::Test {
 protected:
  Sections() { smadv_sections_init(&sections_, kBase, kBase + kPages); }

  void stream(std::uint64_t section) { add(section * kSection + engine_() % kSection, false); }
  /// A jump into one of sections [low, high).
  void jump(std::uint64_t low, std::uint64_t high) {
    add(low * kSection + engine_() % ((high - low) * kSection), true);
  }
  [[nodiscard]] std::uint64_t border() const { return smadv_sections_border(&sections_); }

  smadv_sections sections_{};

 private:
  void add(std::uint64_t offset, bool jump) {
    smadv_sections_add(&sections_, kBase + offset, jump);
  }

  std::mt19937_64 engine_{1};
};

TEST_F(Sections, AStreamBesideJumpsMakesABorderWhereTheJumpsBegin) {
  for (int i = 0; i < 150; ++i) {
    stream(3);
    jump(16, 32);
  }
  EXPECT_EQ(border(), kBase + 16 * kSection);
}

TEST_F(Sections, FaultsOutsideAreNotNoted) {
  const smadv_sections before = sections_;
  for (const std::uint64_t page : {kBase - kSection, kBase + kPages}) {
    smadv_sections_add(&sections_, page, true);
    EXPECT_EQ(std::memcmp(&before, &sections_, sizeof before), 0);
  }
}

TEST_F(Sections, OneAloneHasNoBorder) {
  smadv_sections_init(&sections_, kBase, kBase + 1);
  EXPECT_EQ(border(), 0U);
}

// Where jumps begin inside of a section the border is there, and not where the section begins.
TEST(WideSections, AStreamRunsUpToWhereJumpsBeginInsideOfASection) {
  constexpr std::uint64_t kWide = 16 * kSection;
  constexpr std::uint64_t kBegin = 8 * kWide + kWide / 2;
  smadv_sections sections{};
  std::mt19937_64 engine{1};
  smadv_sections_init(&sections, kBase, kBase + 32 * kWide);
  for (int i = 0; i < 300; ++i) {
    smadv_sections_add(&sections, kBase + 2 * kWide + static_cast<std::uint64_t>(i), false);
    smadv_sections_add(&sections, kBase + kBegin + engine() % (32 * kWide - kBegin), true);
  }
  const std::uint64_t border = smadv_sections_border(&sections);
  EXPECT_EQ(border % SMADV_SECTION_PAGES, 0U);
  EXPECT_NEAR(static_cast<double>(border), kBase + kBegin, kWide / 4.0);
}

// The same steps and jumps, one after the other.
TEST_F(Sections, PhasesMakeNone) {
  for (int i = 0; i < 150; ++i) {
    stream(3);
  }
  for (int i = 0; i < 150; ++i) {
    jump(16, 32);
  }
  EXPECT_EQ(border(), 0U);
}

// A stream over pages mapped in part jumps ahead of itself, after a random phase.
TEST_F(Sections, JumpsOfTheStreamItselfMakeNone) {
  for (int i = 0; i < 150; ++i) {
    jump(16, 32);
  }
  for (int i = 0; i < 100; ++i) {
    stream(3);
    stream(3);
    jump(3, 5);
  }
  EXPECT_EQ(border(), 0U);
}

TEST_F(Sections, AStreamAmongJumpsMakesNone) {
  for (int i = 0; i < 400; ++i) {
    stream(3);
    jump(0, 32);
  }
  EXPECT_EQ(border(), 0U);
}

// Random use misses one section of 32 by chance all the time: that a stream runs in it proves
// nothing before 16 jumps were due there.
TEST_F(Sections, AFewJumpsProveNothing) {
  for (int due = 1; due <= 20; ++due) {
    for (std::uint64_t section = 0; section < 32; ++section) {
      section == 3 ? stream(3) : jump(section, section + 1);
      stream(3);
    }
    if (due < 16) {
      EXPECT_EQ(border(), 0U) << due << " jumps a section";
    }
  }
  EXPECT_EQ(border(), kBase + 3 * kSection);
}

// Its first faults are jumps until it is known for a stream: as many as here in a section that
// the range has little of.
TEST_F(Sections, TheBeginOfAStreamMakesNone) {
  for (int i = 0; i < 3; ++i) {
    jump(0, 1);
  }
  for (int i = 0; i < 150; ++i) {
    stream(1);
    jump(16, 32);
  }
  EXPECT_EQ(border(), kBase + 16 * kSection);
}

TEST_F(Sections, OfJumpsOnBothSidesThoseBelowMakeTheFirstBorder) {
  for (int i = 0; i < 200; ++i) {
    stream(16);
    jump(0, 8);
    jump(24, 32);
  }
  EXPECT_EQ(border(), kBase + 8 * kSection);
}

// Both parts of a split stay apart until each has seen a window of faults.
TEST(Unsettled, PartsOfASplitDoNotMergeAtOnce) {
  Set set(4);
  const smadv_policy policy = observing_policy();
  set.insert(kBase, kBase + kPages);
  ASSERT_TRUE(smadv_ranges_split(set.get(), 0, kBase + kPages / 2));
  const auto touch = [&](std::uint32_t index, std::uint64_t page) {
    const smadv_fault fault{page, 0, 0};
    smadv_range_fault(&set[index], &fault, &policy, 1);
  };
  for (std::uint64_t i = 0; i < 64; ++i) {
    EXPECT_FALSE(smadv_ranges_merge(set.get(), 0)) << "after " << i << " faults";
    touch(0, kBase + 100 * i);
    touch(1, kBase + kPages / 2 + 100 * i);
  }
  EXPECT_TRUE(smadv_ranges_merge(set.get(), 0));
}

class Records : public testing::TestWithParam<std::tuple<std::uint64_t, std::uint64_t>> {};

// Records of n pages at multiples of n: where fault-around hides all but their first page, every
// fault is a jump, and only their alignment tells. A hint of RANDOM would make each page of a
// record fault, so the answer must be the same with and without fault-around.
TEST_P(Records, AreRunsWithAndWithoutFaultAround) {
  const auto [pages, offset] = GetParam();
  for (const bool around : {true, false}) {
    const smadv_policy policy = observing_policy();
    Set set(1);
    smadv_range& range = *set.insert(kBase + offset, kBase + offset + kPages);
    std::mt19937_64 engine(pages);
    for (int i = 0; i < 1000; ++i) {
      const std::uint64_t record = kBase + offset + engine() % (kPages / pages) * pages;
      for (std::uint64_t page = 0; page < pages; ++page) {
        if (page == 0 || !around || (record + page) % 16 == 0) {
          const smadv_fault fault{record + page, 0, 0};
          smadv_range_fault(&range, &fault, &policy, 1);
        }
      }
      smadv_range_judge(&range, &policy, 1);
      if (range.evidence.seen >= 64) {
        ASSERT_EQ(range.pattern.kind, pages < 4
                                          ? static_cast<std::uint32_t>(SMART_MADVISE_PATTERN_RANDOM)
                                          : static_cast<std::uint32_t>(SMART_MADVISE_PATTERN_RUNS))
            << "fault-around " << around << ", record " << i;
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, Records,
                         testing::Combine(testing::Values(1, 4, 8, 16), testing::Values(0, 3)));

}  // namespace
}  // namespace smadv::test::section
