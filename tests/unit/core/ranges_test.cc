// SPDX-License-Identifier: GPL-2.0
// The set of ranges against a naive model: one mapping number per page.
#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <vector>

#include <gtest/gtest.h>

#include "core.h"

namespace smadv::test::ranges {
namespace {

constexpr std::uint64_t kBase = 1000000;
constexpr std::uint64_t kPages = 400;

using Pages = std::map<std::uint64_t, std::uint64_t>;  // page -> mapping

Pages pages_of(Set& set) {
  Pages pages;
  for (std::uint32_t i = 0; i < set.size(); ++i) {
    for (std::uint64_t page = set[i].start; page < set[i].end; ++page) {
      EXPECT_TRUE(pages.emplace(page, set[i].mapping).second) << "page twice: " << page;
    }
  }
  return pages;
}

void expect_well_formed(Set& set) {
  ASSERT_LE(set.size(), set.get()->capacity);
  for (std::uint32_t i = 0; i < set.size(); ++i) {
    ASSERT_LT(set[i].start, set[i].end);
    if (i > 0) {
      ASSERT_LE(set[i - 1].end, set[i].start);
    }
  }
  // Of the caller's ranges, in use or spare, none is lost and none is there twice.
  std::set<const smadv_range*> ranges;
  for (std::uint32_t i = 0; i < set.get()->capacity; ++i) {
    ranges.insert(&set[i]);
  }
  ASSERT_EQ(ranges.size(), set.get()->capacity);
}

void expect_finds_all(Set& set) {
  const Pages pages = pages_of(set);
  for (std::uint64_t page = kBase - 2; page < kBase + kPages + 2; ++page) {
    smadv_range* range = smadv_ranges_find(set.get(), page);
    ASSERT_EQ(range != nullptr, pages.contains(page)) << page;
    if (range != nullptr) {
      ASSERT_LE(range->start, page);
      ASSERT_LT(page, range->end);
    }
    std::uint32_t lower = 0;
    while (lower < set.size() && set[lower].end <= page) {
      ++lower;
    }
    ASSERT_EQ(smadv_ranges_lower(set.get(), page), lower) << page;
  }
}

/// Random operations on a set and on the model.
class Operations {
 public:
  Operations(std::uint32_t capacity, std::uint32_t seed) : set_(capacity), engine_(seed) {}

  void step() {
    const std::uint64_t start = kBase + engine_() % kPages;
    const std::uint64_t end = std::min(start + engine_() % 60, kBase + kPages);
    switch (engine_() % 5) {
      case 0:
        insert(start, end);
        break;
      case 1:
        if (engine_() % 3 == 0) {
          cut(start, end);
        }
        break;
      case 2:
        split(start);
        break;
      case 3:
        merge();
        break;
      default:
        fault(start);
    }
    expect_well_formed(set_);
    ASSERT_EQ(pages_of(set_), pages_);
    full_ += set_.size() == set_.get()->capacity;
  }
  Set& set() { return set_; }
  [[nodiscard]] int full() const { return full_; }
  [[nodiscard]] int merged() const { return merged_; }

 private:
  void insert(std::uint64_t start, std::uint64_t end) {
    const std::uint64_t mapping = engine_() % 3 + 1;
    const auto next = pages_.lower_bound(start);
    const bool fits = start < end && (next == pages_.end() || next->first >= end) &&
                      set_.size() < set_.get()->capacity;
    smadv_range* range = set_.insert(start, end, mapping);
    ASSERT_EQ(range != nullptr, fits);
    if (range == nullptr) {
      return;
    }
    EXPECT_EQ(range->start, start);
    EXPECT_EQ(range->end, end);
    EXPECT_EQ(range->mapping, mapping);
    EXPECT_EQ(range->faults, 0U);
    EXPECT_EQ(range->hint, static_cast<std::uint32_t>(SMART_MADVISE_HINT_NONE));
    for (std::uint64_t page = start; page < end; ++page) {
      pages_.emplace(page, mapping);
    }
  }

  void cut(std::uint64_t start, std::uint64_t end) {
    if (start < end) {
      const smadv_range* around = smadv_ranges_find(set_.get(), start);
      const bool no_room = set_.size() == set_.get()->capacity;
      std::uint64_t last = end;
      if (around != nullptr && around->start < start && around->end > end && no_room) {
        last = around->end;  // what lies behind the hole goes too
      }
      pages_.erase(pages_.lower_bound(start), pages_.lower_bound(last));
    }
    smadv_ranges_cut(set_.get(), start, end);
  }

  void split(std::uint64_t page) {
    const std::uint32_t index = smadv_ranges_lower(set_.get(), page);
    const std::uint32_t count = set_.size();
    const bool fits = index < count && set_[index].start < page && page < set_[index].end &&
                      count < set_.get()->capacity;
    const std::uint64_t faults = index < count ? set_[index].faults : 0;
    ASSERT_EQ(smadv_ranges_split(set_.get(), index, page), fits);
    ASSERT_EQ(set_.size(), count + (fits ? 1 : 0));
    if (fits) {
      EXPECT_EQ(set_[index].end, page);
      EXPECT_EQ(set_[index + 1].start, page);
      EXPECT_EQ(set_[index].faults + set_[index + 1].faults, faults);
      EXPECT_EQ(set_[index].mapping, set_[index + 1].mapping);
    }
  }

  void merge() {
    const auto index = static_cast<std::uint32_t>(engine_() % std::max(set_.size(), 1U));
    const std::uint32_t count = set_.size();
    const bool pair = index + 1 < count;
    if (pair) {
      // Old enough, and of one opinion.
      for (std::uint32_t i = index; i < index + 2; ++i) {
        fault(set_[i].start);
        set_[i].pattern.kind = SMART_MADVISE_PATTERN_RANDOM;
        set_[i].verdict.hint = SMART_MADVISE_HINT_RANDOM;
      }
    }
    const bool fits = pair && set_[index].end == set_[index + 1].start &&
                      set_[index].mapping == set_[index + 1].mapping;
    const std::uint64_t faults = pair ? set_[index].faults + set_[index + 1].faults : 0;
    // A range of a few pages may see nothing but repeats, and stay fresh from its split.
    const bool must = fits && std::min(set_[index].end - set_[index].start,
                                       set_[index + 1].end - set_[index + 1].start) >= 16;
    const bool merged = smadv_ranges_merge(set_.get(), index);
    ASSERT_LE(merged, fits);
    ASSERT_GE(merged, must);
    ASSERT_EQ(set_.size(), count - (merged ? 1 : 0));
    if (merged) {
      EXPECT_EQ(set_[index].faults, faults);
      ++merged_;
    }
  }

  void fault(std::uint64_t page) {
    const smadv_policy policy = observing_policy();
    for (int i = 0; i < 200; ++i, ++now_ms_) {
      smadv_range* range = smadv_ranges_find(set_.get(), page);
      if (range == nullptr) {
        return;
      }
      const smadv_fault fault{page, 0, 0};
      smadv_range_fault(range, &fault, &policy, now_ms_);
      smadv_range_judge(range, &policy, now_ms_);
      page = range->start + engine_() % (range->end - range->start);
    }
  }

  Set set_;
  Pages pages_;
  std::mt19937_64 engine_;
  std::uint64_t now_ms_ = 1;
  int full_ = 0;
  int merged_ = 0;
};

class RangesProperty : public testing::TestWithParam<std::tuple<std::uint32_t, std::uint32_t>> {};

TEST_P(RangesProperty, OperationsKeepTheSetLikeTheModel) {
  const auto [capacity, seed] = GetParam();
  Operations operations(capacity, seed);
  for (int i = 0; i < 1200 && !HasFatalFailure(); ++i) {
    operations.step();
    if (i % 100 == 0) {
      expect_finds_all(operations.set());
    }
  }
  // The run means something: the array was full at times, and ranges did merge.
  EXPECT_TRUE(operations.full() > 0 || capacity > 16);
  EXPECT_TRUE(operations.merged() > 0 || capacity < 8);
}

INSTANTIATE_TEST_SUITE_P(Capacities, RangesProperty,
                         testing::Combine(testing::Values(1, 2, 3, 8, 32),
                                          testing::Values(1, 2, 3, 4)));

TEST(Ranges, InsertRefusesWhatDoesNotFit) {
  Set set(3);
  EXPECT_EQ(set.insert(10, 10), nullptr);
  EXPECT_EQ(set.insert(11, 10), nullptr);
  ASSERT_NE(set.insert(20, 30), nullptr);
  for (const auto& [start, end] : std::vector<std::pair<std::uint64_t, std::uint64_t>>{
           {20, 30}, {19, 21}, {29, 31}, {25, 26}, {10, 40}}) {
    EXPECT_EQ(set.insert(start, end), nullptr) << start << ".." << end;
  }
  ASSERT_NE(set.insert(30, 40), nullptr);
  ASSERT_NE(set.insert(10, 20), nullptr);
  EXPECT_EQ(set.insert(50, 60), nullptr) << "full";
  EXPECT_EQ(set[0].start, 10U);
  EXPECT_EQ(set[1].start, 20U);
  EXPECT_EQ(set[2].start, 30U);
}

TEST(Ranges, AnEmptySetHasNothing) {
  Set set(1);
  EXPECT_EQ(smadv_ranges_find(set.get(), 0), nullptr);
  EXPECT_EQ(smadv_ranges_lower(set.get(), 5), 0U);
  EXPECT_FALSE(smadv_ranges_split(set.get(), 0, 5));
  EXPECT_FALSE(smadv_ranges_merge(set.get(), 0));
  smadv_ranges_cut(set.get(), 0, ~0ULL);
  EXPECT_EQ(set.size(), 0U);
}

struct Cut {
  std::uint64_t start;
  std::uint64_t end;
  std::uint32_t capacity;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> left;
};

class RangesCut : public testing::TestWithParam<Cut> {};

/*
 *      100      200      300      400      500
 *       [--------)        [--------[--------)
 */
TEST_P(RangesCut, LeavesWhatLiesOutside) {
  Set set(GetParam().capacity);
  ASSERT_NE(set.insert(100, 200), nullptr);
  ASSERT_NE(set.insert(300, 400), nullptr);
  ASSERT_NE(set.insert(400, 500), nullptr);
  smadv_ranges_cut(set.get(), GetParam().start, GetParam().end);
  std::vector<std::pair<std::uint64_t, std::uint64_t>> left;
  left.reserve(set.size());
  for (std::uint32_t i = 0; i < set.size(); ++i) {
    left.emplace_back(set[i].start, set[i].end);
  }
  EXPECT_EQ(left, GetParam().left);
}

INSTANTIATE_TEST_SUITE_P(
    All, RangesCut,
    testing::Values(Cut{0, 100, 4, {{100, 200}, {300, 400}, {400, 500}}},
                    Cut{200, 300, 4, {{100, 200}, {300, 400}, {400, 500}}},
                    Cut{150, 150, 4, {{100, 200}, {300, 400}, {400, 500}}},
                    Cut{160, 150, 4, {{100, 200}, {300, 400}, {400, 500}}}, Cut{0, 600, 4, {}},
                    Cut{100, 200, 4, {{300, 400}, {400, 500}}},
                    Cut{150, 250, 4, {{100, 150}, {300, 400}, {400, 500}}},
                    Cut{50, 150, 4, {{150, 200}, {300, 400}, {400, 500}}},
                    Cut{150, 450, 4, {{100, 150}, {450, 500}}},
                    Cut{300, 450, 4, {{100, 200}, {450, 500}}},
                    Cut{350, 360, 4, {{100, 200}, {300, 350}, {360, 400}, {400, 500}}},
                    Cut{350, 360, 3, {{100, 200}, {300, 350}, {400, 500}}},
                    Cut{199, 301, 3, {{100, 199}, {301, 400}, {400, 500}}}));

class RangesMerge : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_NE(set_.insert(100, 200), nullptr);
    ASSERT_NE(set_.insert(200, 300), nullptr);
    for (std::uint32_t i = 0; i < 2; ++i) {
      set_[i].pattern.kind = SMART_MADVISE_PATTERN_RANDOM;
      set_[i].verdict.hint = SMART_MADVISE_HINT_RANDOM;
      set_[i].hint = SMART_MADVISE_HINT_RANDOM;
      set_[i].faults = 1000 + i;
      set_[i].majors = 10 + i;
      set_[i].last_fault_ms = 50 + i;
      set_[i].hold.until_ms = 70 + i;
    }
  }
  Set set_{4};
};

TEST_F(RangesMerge, JoinsWhatAgrees) {
  set_[1].doubtful = true;
  ASSERT_TRUE(smadv_ranges_merge(set_.get(), 0));
  ASSERT_EQ(set_.size(), 1U);
  EXPECT_EQ(set_[0].start, 100U);
  EXPECT_EQ(set_[0].end, 300U);
  EXPECT_EQ(set_[0].faults, 2001U);
  EXPECT_EQ(set_[0].majors, 21U);
  EXPECT_EQ(set_[0].last_fault_ms, 51U);
  EXPECT_EQ(set_[0].hold.until_ms, 71U);
  EXPECT_EQ(set_[0].hint, static_cast<std::uint32_t>(SMART_MADVISE_HINT_RANDOM));
  EXPECT_TRUE(set_[0].doubtful);
}

using Change = void (*)(smadv_range&);
class RangesDiffer : public RangesMerge, public testing::WithParamInterface<Change> {};

TEST_P(RangesDiffer, DoNotMerge) {
  GetParam()(set_[1]);
  EXPECT_FALSE(smadv_ranges_merge(set_.get(), 0));
  EXPECT_EQ(set_.size(), 2U);
  EXPECT_EQ(set_[0].end, 200U);
  EXPECT_EQ(set_[0].faults, 1000U);
}

INSTANTIATE_TEST_SUITE_P(
    All, RangesDiffer,
    testing::Values([](smadv_range& r) { r.mapping = 2; }, [](smadv_range& r) { r.start++; },
                    [](smadv_range& r) { r.pattern.kind = SMART_MADVISE_PATTERN_RUNS; },
                    [](smadv_range& r) { r.verdict.hint = SMART_MADVISE_HINT_NONE; },
                    [](smadv_range& r) { r.hint = SMART_MADVISE_HINT_NONE; },
                    [](smadv_range& r) { r.application_hint = SMART_MADVISE_HINT_SEQUENTIAL; }));

TEST_F(RangesMerge, ShareIsOfTheOtherRangesOfTheFile) {
  const smadv_policy policy = default_policy();
  smadv_fault fault{};
  set_[1].pattern.kind = SMART_MADVISE_PATTERN_SEQUENTIAL;
  for (std::uint64_t page = 200; page < 300; page += 10) {
    fault.page = page;
    smadv_range_fault(&set_[1], &fault, &policy, 60);
    fault.page = page - 100;
    smadv_range_fault(&set_[0], &fault, &policy, 60);
  }
  EXPECT_EQ(set_[1].passed_pages, 1 + 9 * 10U);
  EXPECT_EQ(set_[0].passed_pages, 0U) << "random accesses do not pass";
  smadv_range* other = set_.insert(300, 400);
  ASSERT_NE(other, nullptr);
  other->memory.file = 2;
  other->passed_pages = 1000;
  set_[0].memory.extent_pages = 77;

  smadv_ranges_share(set_.get(), 0);
  EXPECT_EQ(set_[0].memory.passed_pages, 91U);
  EXPECT_EQ(set_[0].memory.beside_pages, 0U);
  smadv_ranges_share(set_.get(), 1);
  EXPECT_EQ(set_[1].memory.passed_pages, 0U);
  EXPECT_EQ(set_[1].memory.beside_pages, 77U);

  ASSERT_TRUE(smadv_ranges_split(set_.get(), 1, 250));
  smadv_ranges_share(set_.get(), 0);
  EXPECT_EQ(set_[0].memory.passed_pages, 91U) << "a border brings nothing in";
}

TEST_F(RangesMerge, NeedsTwo) {
  EXPECT_FALSE(smadv_ranges_merge(set_.get(), 1));
  EXPECT_FALSE(smadv_ranges_merge(set_.get(), 2));
  EXPECT_FALSE(smadv_ranges_merge(set_.get(), ~0U));
}

TEST_F(RangesMerge, FaultsSaturate) {
  set_[0].faults = ~0ULL - 5;
  set_[0].majors = ~0ULL;
  ASSERT_TRUE(smadv_ranges_merge(set_.get(), 0));
  EXPECT_EQ(set_[0].faults, ~0ULL);
  EXPECT_EQ(set_[0].majors, ~0ULL);
}

TEST_F(RangesMerge, SplitKeepsHintPatternAndHold) {
  ASSERT_TRUE(smadv_ranges_split(set_.get(), 0, 150));
  for (std::uint32_t i = 0; i < 2; ++i) {
    EXPECT_EQ(set_[i].hint, static_cast<std::uint32_t>(SMART_MADVISE_HINT_RANDOM));
    EXPECT_EQ(set_[i].pattern.kind, static_cast<std::uint32_t>(SMART_MADVISE_PATTERN_RANDOM));
    EXPECT_EQ(set_[i].hold.until_ms, 70U);
    EXPECT_EQ(set_[i].last_fault_ms, 50U);
  }
}

}  // namespace
}  // namespace smadv::test::ranges
