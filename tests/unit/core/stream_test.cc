// SPDX-License-Identifier: GPL-2.0
// The streams of a range, fault by fault: what continues what.
#include <algorithm>
#include <array>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "core.h"

namespace smadv::test::stream {
namespace {

constexpr std::uint64_t kPages = 1 << 20;
constexpr std::uint64_t kBase = 0x7f0000000;

/// Counts steps by kind, as the evidence does: what turns out later is moved.
class Streams {
 public:
  explicit Streams(std::uint64_t pages = kPages) { smadv_streams_init(&set_, pages); }

  std::uint32_t step(std::uint64_t page) {
    smadv_step step{};
    smadv_streams_step(&set_, page, &step);
    if (step.earlier != 0) {
      count_.at(step.earlier_kind) -= static_cast<int>(step.earlier);
      count_.at(step.kind) += static_cast<int>(step.earlier);
    }
    ++count_.at(step.kind);
    return step.kind;
  }

  /// Faults at `page`, `page` + `delta` .. ; returns the page behind the last one.
  std::uint64_t pass(std::uint64_t page, std::int64_t delta, int faults) {
    for (int i = 0; i < faults; ++i) {
      step(page);
      page += delta;
    }
    return page;
  }

  [[nodiscard]] int count(std::uint32_t kind) const { return count_.at(kind); }
  smadv_streams* get() { return &set_; }

 private:
  smadv_streams set_{};
  std::array<int, 6> count_{};
};

struct Pass {
  std::string name;
  std::int64_t delta;
  std::uint64_t start;
  std::uint32_t kind;
};

class Constant : public testing::TestWithParam<Pass> {};

// 100 faults: all but the first, and what it takes to notice, are of one kind in the end.
TEST_P(Constant, StepsAreOfOneKind) {
  const Pass& pass = GetParam();
  Streams streams;
  streams.pass(kBase + kPages / 2 + pass.start, pass.delta, 100);
  EXPECT_GE(streams.count(pass.kind), 97);
  EXPECT_LE(streams.count(SMADV_STEP_JUMP), 2);
}

INSTANTIATE_TEST_SUITE_P(
    All, Constant,
    testing::Values(
        Pass{"Page", 1, 3, SMADV_STEP_FORWARD}, Pass{"PageBackward", -1, 3, SMADV_STEP_BACKWARD},
        Pass{"Window", 16, 0, SMADV_STEP_FORWARD},
        Pass{"WindowBackward", -16, 15, SMADV_STEP_BACKWARD},
        // The same distance, where no fault-around puts its faults.
        Pass{"Stride16Unaligned", 16, 5, SMADV_STEP_STRIDED},
        Pass{"Stride16UnalignedBackward", -16, 5, SMADV_STEP_STRIDED},
        Pass{"Stride3", 3, 0, SMADV_STEP_STRIDED}, Pass{"Stride15", 15, 0, SMADV_STEP_STRIDED},
        Pass{"Stride17", 17, 1, SMADV_STEP_STRIDED}, Pass{"Stride31", 31, 0, SMADV_STEP_STRIDED},
        Pass{"Stride32", 32, 0, SMADV_STEP_STRIDED}, Pass{"Stride512", 512, 0, SMADV_STEP_STRIDED},
        Pass{"Stride1000Backward", -1000, 7, SMADV_STEP_STRIDED}),
    [](const auto& info) { return info.param.name; });

class Dense : public testing::TestWithParam<std::uint64_t> {};

// Touches every n pages, n < 16, on resident pages: one fault per window, steps of 16 +- n.
TEST_P(Dense, StridesUnderFaultAroundAreStreams) {
  Streams streams;
  std::uint64_t mapped_to = 0;
  for (std::uint64_t page = 0; page < 3200; page += GetParam()) {
    if (page >= mapped_to) {
      streams.step(kBase + page);
      mapped_to = page / 16 * 16 + 16;
    }
  }
  EXPECT_GE(streams.count(SMADV_STEP_FORWARD), 195);
  EXPECT_EQ(streams.count(SMADV_STEP_STRIDED), 0);
}

INSTANTIATE_TEST_SUITE_P(All, Dense, testing::Values(2, 3, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15));

TEST(Folios, GrowingOnesAreAStreamAndAConstantStepFromTheStartIsAStride) {
  Streams growing;
  std::uint64_t page = kBase + 4;
  std::uint64_t folio = 4;
  for (int i = 0; i < 60; ++i) {
    growing.step(page);
    page += folio;
    folio = std::min<std::uint64_t>(2 * folio, 512);
    while (page % folio != 0) {
      folio /= 2;
    }
  }
  EXPECT_GE(growing.count(SMADV_STEP_FORWARD), 58);
  EXPECT_EQ(growing.count(SMADV_STEP_STRIDED), 0);

  Streams constant;
  constant.pass(kBase, 512, 60);
  EXPECT_GE(constant.count(SMADV_STEP_STRIDED), 58);
}

// A row of a table is no whole number of pages.
TEST(Strides, MayVaryByAFractionOfAPage) {
  Streams streams;
  for (int i = 0; i < 200; ++i) {
    streams.step(kBase + static_cast<std::uint64_t>(i) * 1007 / 10);
  }
  EXPECT_GE(streams.count(SMADV_STEP_STRIDED), 195);
  const std::uint32_t stride = smadv_streams_stride(streams.get());
  EXPECT_GE(stride, 100U);
  EXPECT_LE(stride, 101U);
}

TEST(Repeats, AreNoSteps) {
  Streams streams;
  for (std::uint64_t i = 0; i < 20; ++i) {
    streams.step(kBase + 16 * i);
    EXPECT_EQ(streams.step(kBase + 16 * i), static_cast<std::uint32_t>(SMADV_STEP_REPEAT));
  }
  EXPECT_EQ(streams.count(SMADV_STEP_JUMP), 1);
  EXPECT_EQ(streams.count(SMADV_STEP_FORWARD), 19);
}

// A retry that comes after faults of other threads is known by its cursor still.
TEST(Repeats, OfAnotherThreadsFaultAreNoSteps) {
  Streams streams;
  for (std::uint64_t i = 0; i < 20; ++i) {
    for (const std::uint64_t thread : {0, 100000, 200000, 300000}) {
      streams.step(kBase + thread + 16 * i);
    }
    for (const std::uint64_t thread : {0, 100000, 200000, 300000}) {
      EXPECT_EQ(streams.step(kBase + thread + 16 * i),
                static_cast<std::uint32_t>(SMADV_STEP_REPEAT));
    }
  }
  EXPECT_EQ(streams.count(SMADV_STEP_JUMP), 4);
}

// Two threads share one stream; every other pair of windows faults the wrong way round.
TEST(Late, ThreadsDoNotBreakALongStream) {
  Streams streams;
  const std::uint64_t page = streams.pass(kBase, 16, 40);
  for (std::uint64_t i = 0; i < 50; ++i) {
    streams.step(page + 32 * i + 16);
    streams.step(page + 32 * i);
  }
  EXPECT_EQ(streams.count(SMADV_STEP_JUMP), 1);
  EXPECT_EQ(streams.count(SMADV_STEP_FORWARD), 139);
}

// A backward pass from the end of a forward one must not count as forward for long.
TEST(Late, ABackwardPassIsNotTakenForLateThreads) {
  Streams streams;
  const std::uint64_t page = streams.pass(kBase, 16, 200);
  streams.pass(page - 1 - 16, -16, 100);
  EXPECT_GE(streams.count(SMADV_STEP_BACKWARD), 95);
  EXPECT_LE(streams.count(SMADV_STEP_FORWARD), 203);
}

TEST(Noise, DoesNotDriveOutASlowStream) {
  for (std::uint32_t seed = 1; seed <= 20; ++seed) {
    std::mt19937_64 engine(seed);
    Streams streams;
    std::uint64_t page = streams.pass(kBase, 16, 40);
    int jumps = 0;
    for (int i = 0; i < 2000; ++i) {
      if (engine() % 10 == 0) {
        jumps += streams.step(page) == SMADV_STEP_JUMP;
        page += 16;
      } else {
        streams.step(kBase + engine() % kPages);
      }
    }
    EXPECT_LE(jumps, 4) << "seed " << seed;  // of some 200
  }
}

// Pairs of faults begin streams all the time; they must not drive one out that is slow.
TEST(Noise, OfPairsDoesNotDriveOutASlowStream) {
  std::mt19937_64 engine(1);
  Streams streams;
  std::uint64_t page = streams.pass(kBase, 16, 40);
  int jumps = 0;
  for (int i = 0; i < 200; ++i) {
    for (int pair = 0; pair < 12; ++pair) {
      streams.pass(kBase + engine() % kPages, 1, 2);
    }
    jumps += streams.step(page) == SMADV_STEP_JUMP;
    page += 16;
  }
  EXPECT_LE(jumps, 4);
}

// A run that begins by chance where an earlier one ended does not make it long.
TEST(Runs, DoNotGoOnWhereAnEndedOneStopped) {
  Streams streams;
  const std::uint64_t end = streams.pass(kBase, 16, 15);
  std::mt19937_64 engine(1);
  for (int i = 0; i < 6; ++i) {
    streams.pass(kBase + kPages / 8 * (i + 1) + engine() % 1000, 1, 10);
  }
  streams.pass(end, 16, 15);
  EXPECT_EQ(streams.count(SMADV_STEP_FORWARD), 0);
  EXPECT_EQ(streams.count(SMADV_STEP_JUMP), 8);
}

class Gap : public testing::TestWithParam<std::int64_t> {};

TEST_P(Gap, IsBridgedByAnEstablishedStreamOnce) {
  const std::int64_t delta = GetParam();
  const std::uint64_t start = kBase + kPages / 2 + (delta == -16 ? 15 : 0);
  Streams streams;
  std::uint64_t page = streams.pass(start, delta, 100);
  smadv_streams_gap(streams.get(), 300);
  page = streams.pass(page + 300 * delta, delta, 10);
  EXPECT_LE(streams.count(SMADV_STEP_JUMP), 1);
  // No loss since: this far ahead is a jump.
  streams.pass(page + 300 * delta, delta, 1);
  EXPECT_LE(streams.count(SMADV_STEP_JUMP), 2);
  EXPECT_GE(streams.count(SMADV_STEP_JUMP), 1);
}

INSTANTIATE_TEST_SUITE_P(All, Gap, testing::Values(1, 16, -16, -1));

// Seen again after a gap is what lies ahead of a stream, by its step.
TEST(Gap, IsNotBridgedBackwardsNorBesideAStride) {
  const std::uint64_t start = kBase + kPages / 2;
  Streams forward;
  const std::uint64_t end = forward.pass(start, 16, 100);
  smadv_streams_gap(forward.get(), 300);
  EXPECT_EQ(forward.step(end - 50 * 16 - 8), static_cast<std::uint32_t>(SMADV_STEP_JUMP));

  for (const std::uint64_t beside : {0, 1}) {
    Streams strided;
    const std::uint64_t next = strided.pass(start, 100, 100);
    ASSERT_EQ(smadv_streams_stride(strided.get()), 100U);
    smadv_streams_gap(strided.get(), 300);
    EXPECT_EQ(strided.step(next + 3 * 100 + 40 * beside),
              static_cast<std::uint32_t>(beside != 0 ? SMADV_STEP_JUMP : SMADV_STEP_STRIDED));
  }
}

TEST(Strides, OfAStreamAreNone) {
  Streams streams;
  EXPECT_EQ(smadv_streams_stride(streams.get()), 0U);
  streams.pass(kBase, 1, 100);
  EXPECT_EQ(smadv_streams_stride(streams.get()), 0U);
}

// What is near by chance: a hundredth of the faults at most may look like streams.
TEST(Chance, SmallRangesHaveFewStreams) {
  for (const std::uint64_t pages : {256, 512, 1024, 4096, 16384}) {
    Streams streams(pages);
    std::mt19937_64 engine(pages);
    for (int i = 0; i < 20000; ++i) {
      streams.step(kBase + engine() % pages);
    }
    EXPECT_LE(streams.count(SMADV_STEP_FORWARD) + streams.count(SMADV_STEP_BACKWARD), 200) << pages;
    EXPECT_GE(streams.count(SMADV_STEP_JUMP), 16000) << pages;
  }
}

TEST(Merge, KeepsTheStreamsUsedLast) {
  Streams left(kPages / 2);
  Streams right(kPages / 2);
  const std::uint64_t next = left.pass(kBase, 16, 40);
  const std::uint64_t next_right = right.pass(kBase + kPages / 2, 16, 40);
  smadv_streams_resize(left.get(), kBase, kBase + kPages);
  smadv_streams_merge(left.get(), right.get());
  EXPECT_EQ(left.step(next), static_cast<std::uint32_t>(SMADV_STEP_FORWARD));
  EXPECT_EQ(left.step(next_right), static_cast<std::uint32_t>(SMADV_STEP_FORWARD));
}

TEST(Resize, DropsStreamsOutside) {
  Streams streams;
  const std::uint64_t next = streams.pass(kBase, 16, 40);
  smadv_streams_resize(streams.get(), kBase + 100000, kBase + kPages);
  EXPECT_EQ(streams.step(next), static_cast<std::uint32_t>(SMADV_STEP_JUMP));
}

}  // namespace
}  // namespace smadv::test::stream
