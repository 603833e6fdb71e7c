// SPDX-License-Identifier: GPL-2.0
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <functional>
#include <map>
#include <numeric>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pattern.h"

namespace smadv::test {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::Ge;
using testing::Lt;

constexpr std::uint32_t kFilePages = 65536;

std::vector<touch> touches_of(const std::string& text, std::uint32_t file_pages = kFilePages,
                              unsigned phase = 0) {
  workload parsed{};
  char error[MAX_ERROR] = "";
  EXPECT_TRUE(language_parse(("a: " + text).c_str(), &parsed, error)) << error;
  const auto found = touches_of_phase(&parsed, phase, file_pages);
  std::vector<touch> list(found.list, found.list + found.count);
  std::free(found.list);
  return list;
}

std::vector<std::uint32_t> pages_of(const std::string& text,
                                    std::uint32_t file_pages = kFilePages) {
  std::vector<std::uint32_t> pages;
  for (const touch& each : touches_of(text, file_pages)) {
    pages.push_back(each.page);
  }
  return pages;
}

std::map<std::uint32_t, int> counts_of(const std::vector<std::uint32_t>& pages) {
  std::map<std::uint32_t, int> counts;
  for (const std::uint32_t page : pages) {
    ++counts[page];
  }
  return counts;
}

TEST(Touches, OrderedVerbsGoInOrder) {
  EXPECT_THAT(pages_of("sequential", 5), ElementsAre(0, 1, 2, 3, 4));
  EXPECT_THAT(pages_of("backward", 5), ElementsAre(4, 3, 2, 1, 0));
  EXPECT_THAT(pages_of("sequential streams=2", 6), ElementsAre(0, 3, 1, 4, 2, 5));
  EXPECT_THAT(pages_of("backward streams=2", 6), ElementsAre(2, 5, 1, 4, 0, 3));
  EXPECT_THAT(pages_of("stride step=4", 10), ElementsAre(0, 4, 8));
  EXPECT_THAT(pages_of("stride step=4 touches=5", 10), ElementsAre(0, 4, 8, 0, 4));
  EXPECT_THAT(pages_of("sequential touches=200%", 3), ElementsAre(0, 1, 2, 0, 1, 2));
  EXPECT_THAT(pages_of("sequential range=50%-75%", 8), ElementsAre(4, 5));
}

TEST(Touches, RandomTouchesNoPageTwice) {
  const auto all = pages_of("random");
  EXPECT_EQ(all.size(), kFilePages);
  EXPECT_EQ(counts_of(all).size(), kFilePages);
  EXPECT_FALSE(std::ranges::is_sorted(all));
  const auto some = pages_of("random touches=5%");
  EXPECT_EQ(some.size(), 3277U);
  EXPECT_EQ(counts_of(some).size(), some.size());
  EXPECT_EQ(pages_of("random touches=1000", 10).size(), 10U);
}

TEST(Touches, RunsAreWholeAndNotRepeated) {
  const auto pages = pages_of("runs length=64K touches=25%");
  ASSERT_EQ(pages.size(), kFilePages / 4);
  EXPECT_EQ(counts_of(pages).size(), pages.size());
  for (std::size_t i = 0; i < pages.size(); ++i) {
    ASSERT_EQ(pages[i], pages[i / 16 * 16] + i % 16) << i;
    ASSERT_EQ(pages[i / 16 * 16] % 16, 0U) << i;
  }
}

TEST(Touches, UniformReachesWhatChanceSays) {
  const double reached = static_cast<double>(counts_of(pages_of("uniform")).size()) / kFilePages;
  EXPECT_NEAR(reached, 1 - std::exp(-1), 0.01);
}

TEST(Touches, HotSetGetsItsShare) {
  const auto counts = counts_of(pages_of("hot hits=90% set=10%"));
  std::vector<int> sorted;
  sorted.reserve(counts.size());
  for (const auto& [page, count] : counts) {
    sorted.push_back(count);
  }
  std::ranges::sort(sorted, std::ranges::greater{});
  const auto hot = kFilePages / 10;
  const double share = std::accumulate(sorted.begin(), sorted.begin() + hot, 0.0) / kFilePages;
  EXPECT_NEAR(share, 0.91, 0.01);  // 90 %, and a tenth of the rest
  EXPECT_NEAR(static_cast<double>(counts.size()) / kFilePages, 0.1 + 0.9 * 0.095, 0.01);
}

TEST(Touches, PlaceSpreadsPopularPagesOrNot) {
  const auto together = pages_of("hot hits=100% set=1% place=together range=50%-100%");
  EXPECT_THAT(together, Each(Ge(kFilePages / 2)));
  EXPECT_THAT(together, Each(Lt(kFilePages / 2 + 328)));
  const auto spread = pages_of("hot hits=100% set=1% range=50%-100%");
  EXPECT_EQ(counts_of(spread).size(), 328U);
  EXPECT_GT(*std::ranges::max_element(spread), kFilePages * 97 / 100);
}

TEST(Touches, ZipfFollowsItsLaw) {
  const auto counts = counts_of(pages_of("zipf theta=1 place=together touches=1000000", 1000));
  // Of 1000 ranks the first has a share of 1/H(1000) = 1/7.485.
  EXPECT_NEAR(counts.at(0) / 1e6, 1 / 7.485, 0.002);
  EXPECT_NEAR(counts.at(9) / 1e6, 0.1 / 7.485, 0.001);
  EXPECT_NEAR(static_cast<double>(counts_of(pages_of("zipf theta=0")).size()) / kFilePages,
              1 - std::exp(-1), 0.01);
}

TEST(Touches, AccessesOfAPhaseEndTogether) {
  const auto list = touches_of("sequential touches=1000 + random touches=100 + uniform touches=10");
  ASSERT_EQ(list.size(), 1110U);
  std::vector<int> done(3);
  for (std::size_t i = 0; i < list.size(); ++i) {
    ++done[list[i].access];
    const double part = static_cast<double>(i + 1) / static_cast<double>(list.size());
    ASSERT_NEAR(done[0], 1000 * part, 2) << i;
    ASSERT_NEAR(done[1], 100 * part, 2) << i;
    ASSERT_NEAR(done[2], 10 * part, 2) << i;
  }
  EXPECT_THAT(done, ElementsAre(1000, 100, 10));
}

TEST(Touches, SeedAndPlaceInTheLineDecide) {
  EXPECT_EQ(pages_of("random"), pages_of("random"));
  EXPECT_NE(pages_of("random"), pages_of("seed=2 random"));
  const auto first = touches_of("random ; random", kFilePages, 0);
  const auto second = touches_of("random ; random", kFilePages, 1);
  EXPECT_FALSE(std::ranges::equal(first, second,
                                  [](const touch& a, const touch& b) { return a.page == b.page; }));
}

TEST(Touches, SmallFilesAndRangesHaveAPage) {
  for (const char* text :
       {"sequential streams=9", "backward", "stride", "runs", "random", "uniform", "zipf", "hot",
        "random range=99.9%-100%", "sequential range=0%-0.001%"}) {
    for (const std::uint32_t file_pages : {1U, 2U, 3U, 17U}) {
      const auto pages = pages_of(text, file_pages);
      EXPECT_FALSE(pages.empty()) << text;
      EXPECT_THAT(pages, Each(Lt(file_pages))) << text;
    }
  }
}

}  // namespace
}  // namespace smadv::test
