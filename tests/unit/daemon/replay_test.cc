// SPDX-License-Identifier: GPL-2.0
// What the module would have decided, from a recording.
#include "daemon/replay/replay.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/recording/reader.h"
#include "recordings.h"
#include "temp_dir.h"

namespace smadv::replay {
namespace {

using recording::Entry;
using test::judged;
using test::jumps;
using test::kBase;
using test::kPage;
using test::range_note;
using testing::IsEmpty;
using testing::SizeIs;

class ReplayTest : public testing::Test {
 protected:
  /// Replay under the recorded policy with a change.
  Outcome outcome_of(const std::vector<Entry>& entries, Governor governor = Governor::Observe,
                     std::uint32_t Policy::*key = nullptr, std::uint32_t value = 0) {
    const std::string path = (dir_.path() / "f.rec").string();
    test::write_recording(path, entries);
    auto reader = recording::Reader::open(path);
    auto outcome = replay(*std::move(reader), [&](const Policy& recorded) {
      Policy policy = recorded;
      policy.governor = static_cast<std::uint32_t>(governor);
      if (key != nullptr) {
        policy.*key = value;
      }
      return policy;
    });
    EXPECT_TRUE(outcome);
    return *std::move(outcome);
  }

  static std::vector<Range> ranges_of(const Outcome& outcome) {
    const ProcessReplay& process = outcome.processes.at(1);
    std::vector<Range> ranges;
    ranges.reserve(process.ranges().size());
    for (std::uint32_t i = 0; i < process.ranges().size(); ++i) {
      ranges.push_back(process.range_of(process.ranges()[i]));
    }
    return ranges;
  }

  /// Batches of 32 faults, a millisecond apart.
  static void add(std::vector<Entry>& entries, const std::vector<std::uint64_t>& pages,
                  std::uint64_t from_ms) {
    for (std::size_t i = 0; i < pages.size(); i += 32) {
      entries.emplace_back(
          judged(from_ms + i / 32,
                 {pages.begin() + static_cast<std::ptrdiff_t>(i),
                  pages.begin() + static_cast<std::ptrdiff_t>(std::min(i + 32, pages.size()))}));
    }
  }

  std::vector<Entry> random_entries() {
    std::vector<Entry> entries = {default_policy(), range_note(0, 65536)};
    add(entries, jumps(65536, 320), 2000);
    return entries;
  }

  test::TempDir dir_;
};

TEST_F(ReplayTest, ObservingWantsAndChangesNothing) {
  const Outcome outcome = outcome_of(random_entries());
  ASSERT_THAT(ranges_of(outcome), SizeIs(1));
  const Range range = ranges_of(outcome)[0];
  EXPECT_EQ(range.pid, 136U);
  EXPECT_EQ(range.start, kBase * kPage);
  EXPECT_EQ(range.file, "/mnt/f");
  EXPECT_EQ(range.pattern, Pattern::Random);
  EXPECT_EQ(range.verdict, Hint::Random);
  EXPECT_EQ(range.reason, Reason::RandomMajority);
  EXPECT_EQ(range.hint, Hint::None);
  EXPECT_EQ(range.faults, 320U);
  EXPECT_EQ(range.window_random + range.window_short, 32U) << "halved at 64";
  const auto& decisions = outcome.processes.at(1).decisions();
  ASSERT_THAT(decisions, SizeIs(1));
  EXPECT_EQ(decisions[0].hint, Hint::Random);
  EXPECT_FALSE(decisions[0].applied);
  EXPECT_EQ(outcome.processes.at(1).comm(), "fio");
  EXPECT_EQ(outcome.end->reason, recording::EndReason::ProcessEnded);
  EXPECT_EQ(outcome.cut_off, std::nullopt);
}

TEST_F(ReplayTest, IsTheSameEachTime) {
  const Outcome one = outcome_of(random_entries(), Governor::Pattern);
  const Outcome two = outcome_of(random_entries(), Governor::Pattern);
  EXPECT_EQ(ranges_of(one), ranges_of(two));
  EXPECT_EQ(one.processes.at(1).decisions(), two.processes.at(1).decisions());
}

TEST_F(ReplayTest, GovernorPatternApplies) {
  const Outcome outcome = outcome_of(random_entries(), Governor::Pattern);
  EXPECT_EQ(ranges_of(outcome)[0].hint, Hint::Random);
  EXPECT_EQ(ranges_of(outcome)[0].changes, 1U);
  ASSERT_THAT(outcome.processes.at(1).decisions(), SizeIs(2));
  EXPECT_TRUE(outcome.processes.at(1).decisions()[1].applied);
}

TEST_F(ReplayTest, HintsKeepToTheBudget) {
  std::vector<Entry> entries = {default_policy()};
  for (std::uint64_t part = 0; part < 3; ++part) {
    entries.emplace_back(range_note(65536 * part, 65536, "/mnt/" + std::to_string(part)));
    std::get<RecordingNote>(entries.back()).mapping = part;
    std::get<RecordingNote>(entries.back()).file_id = part;
  }
  for (std::uint64_t i = 0; i < 8; ++i) {
    std::vector<std::uint64_t> pages;
    for (std::uint64_t part = 0; part < 3; ++part) {
      for (const std::uint64_t page : jumps(65536, 16, 3 * i + part + 1)) {
        pages.push_back(65536 * part + page);
      }
    }
    entries.emplace_back(judged(2000 + i, pages));
  }
  const Outcome outcome = outcome_of(entries, Governor::Pattern, &Policy::hints_per_second, 1);
  const auto ranges = ranges_of(outcome);
  ASSERT_THAT(ranges, SizeIs(3));
  EXPECT_EQ(std::ranges::count(ranges, Hint::Random, &Range::hint), 1);
  EXPECT_EQ(std::ranges::count(ranges, Hint::Random, &Range::verdict), 3);
}

TEST_F(ReplayTest, SplitsAndMergesAsTheModuleDoes) {
  std::vector<Entry> entries = {default_policy(), range_note(0, 65536)};
  for (std::uint64_t i = 0; i < 120; ++i) {
    std::vector<std::uint64_t> pages;
    const auto places = jumps(32768, 16, i + 1);
    for (std::uint64_t step = 0; step < 16; ++step) {
      pages.push_back(16 * (16 * i + step));
      pages.push_back(32768 + places[step]);
    }
    entries.emplace_back(judged(2000 + i, pages));
  }
  const Outcome parts = outcome_of(entries);
  ASSERT_GE(ranges_of(parts).size(), 2U);
  EXPECT_EQ(ranges_of(parts).back().pattern, Pattern::Random);
  EXPECT_THAT(ranges_of(outcome_of(entries, Governor::Observe, &Policy::max_ranges, 1)), SizeIs(1));
  // Then all of it is read in the same way.
  add(entries, jumps(65536, 6400), 3000);
  EXPECT_THAT(ranges_of(outcome_of(entries)), SizeIs(1));
}

TEST_F(ReplayTest, LossesLowerTheConfidence) {
  std::vector<Entry> entries = random_entries();
  const std::uint32_t sure = ranges_of(outcome_of(entries))[0].confidence_pct;
  RecordingNote lossy = judged(3000, jumps(65536, 32, 5));
  lossy.faults->insert(lossy.faults->begin(), {500, RecordedFault::kLost, 0});
  entries.emplace_back(lossy);
  entries.emplace_back(recording::Loss{2, 40});
  const Outcome outcome = outcome_of(entries);
  EXPECT_LT(ranges_of(outcome)[0].confidence_pct, sure);
  EXPECT_EQ(outcome.processes.at(1).lost(), 500U);
  EXPECT_EQ(outcome.loss, (recording::Loss{2, 40}));
}

TEST_F(ReplayTest, MemoryBackedFilesAreCountedOnly) {
  std::vector<Entry> entries = random_entries();
  std::get<RecordingNote>(entries[1]).memory_backed = 1;
  const Outcome outcome = outcome_of(entries, Governor::Pattern);
  EXPECT_EQ(ranges_of(outcome)[0].faults, 320U);
  EXPECT_EQ(ranges_of(outcome)[0].verdict, Hint::None);
  EXPECT_EQ(ranges_of(outcome)[0].reason, Reason::MemoryBacked);
}

TEST_F(ReplayTest, ApplicationsWordSplitsAndStands) {
  std::vector<Entry> entries = {default_policy(), range_note(0, 65536)};
  RecordingNote advice = range_note(1024, 2048);
  advice.kind = RecordingKind::Advice;
  advice.hint = Hint::Sequential;
  entries.emplace_back(advice);
  add(entries, jumps(65536, 320), 2000);
  const auto ranges = ranges_of(outcome_of(entries, Governor::Pattern));
  ASSERT_THAT(ranges, SizeIs(3));
  EXPECT_EQ(ranges[1].application_hint, Hint::Sequential);
  EXPECT_EQ(ranges[1].end - ranges[1].start, 2048 * kPage);
  EXPECT_EQ(ranges[0].application_hint, Hint::None);
}

TEST_F(ReplayTest, WhatNoMappingBearsIsNoHint) {
  constexpr auto kStrange = static_cast<Hint>(1000);
  std::vector<Entry> entries = {default_policy(), range_note(0, 65536)};
  std::get<RecordingNote>(entries[1]).hint = kStrange;
  std::get<RecordingNote>(entries[1]).window_pages = UINT32_MAX;
  RecordingNote advice = range_note(1024, 2048);
  advice.kind = RecordingKind::Advice;
  advice.hint = Hint::Normal;
  entries.emplace_back(advice);
  RecordingNote waits = judged(2000, {16});
  waits.faults->push_back({kBase + 16, RecordedFault::kTried, UINT64_MAX});
  entries.emplace_back(waits);
  const Outcome outcome = outcome_of(entries, Governor::Benefit);
  for (const Range& range : ranges_of(outcome)) {
    EXPECT_EQ(range.application_hint, Hint::None);
  }
  const smadv_range& first = outcome.processes.at(1).ranges()[0];
  EXPECT_EQ(first.effect.stake_ns, SMADV_WAIT_MAX_NS);
  EXPECT_EQ(first.memory.window_pages, SMADV_WINDOW_MAX);
}

TEST_F(ReplayTest, MappingsThatAreReplacedBeginAnew) {
  std::vector<Entry> entries = random_entries();
  RecordingNote other = range_note(0, 65536, "/mnt/g");
  other.mapping = 6;
  other.file_id = 78;
  entries.emplace_back(other);
  const Outcome outcome = outcome_of(entries, Governor::Pattern);
  EXPECT_EQ(ranges_of(outcome)[0].hint, Hint::None);
  EXPECT_EQ(ranges_of(outcome)[0].pattern, Pattern::Unknown);
  EXPECT_EQ(ranges_of(outcome)[0].file, "/mnt/g");
}

TEST_F(ReplayTest, RangesGoAndGapsAreFilled) {
  RecordingNote gone = range_note(0, 64);
  gone.kind = RecordingKind::Gone;
  std::vector<Entry> entries = {default_policy(), range_note(64, 64), range_note(256, 64),
                                range_note(0, 512)};
  const auto filled = ranges_of(outcome_of(entries));
  EXPECT_THAT(filled, SizeIs(5));
  entries.emplace_back(gone);
  const auto ranges = ranges_of(outcome_of(entries));
  ASSERT_THAT(ranges, SizeIs(4));
  EXPECT_EQ(ranges[0].start, (kBase + 64) * kPage);
}

TEST_F(ReplayTest, IdleRangesAreSaidToBe) {
  std::vector<Entry> entries = random_entries();
  RecordingNote idle = judged(20'000, {});
  idle.kind = RecordingKind::Idle;
  entries.emplace_back(idle);
  EXPECT_EQ(ranges_of(outcome_of(entries))[0].pattern, Pattern::Idle);
}

TEST_F(ReplayTest, FaultsOutsideOfAllRangesAreNobodys) {
  RecordingNote faults = judged(2000, {5});
  faults.kind = RecordingKind::Faults;
  const Outcome outcome = outcome_of({default_policy(), faults});
  EXPECT_THAT(ranges_of(outcome), IsEmpty());
  EXPECT_EQ(outcome.processes.at(1).faults(), 1U);
  EXPECT_EQ(outcome.processes.at(1).place_at(5), nullptr);
  EXPECT_EQ(outcome.processes.at(1).offset_of(5), 0U);
}

TEST_F(ReplayTest, UsageIsByTheFileAndItsPatterns) {
  std::vector<Entry> entries = random_entries();
  RecordingNote waits = judged(3000, {});
  waits.faults = std::vector<RecordedFault>{{kBase + 1, RecordedFault::kTried, 80'000},
                                            {kBase + 2, 0, 20'000}};
  entries.emplace_back(waits);
  const Outcome outcome = outcome_of(entries);
  EXPECT_THAT(outcome.usage("/other"), IsEmpty());
  const Usage usage = outcome.usage("mnt");
  ASSERT_THAT(usage, SizeIs(1));
  const Share& random = usage.at("/mnt/f")[static_cast<std::size_t>(Pattern::Random)];
  EXPECT_GT(random.faults, 200U);
  EXPECT_EQ(random.waits, 2U);
  EXPECT_EQ(random.waited_ns, 100'000U);
  EXPECT_EQ(outcome.processes.at(1).offset_of((kBase + 9) * kPage), 9 * kPage);
}

TEST_F(ReplayTest, BenefitSaysWhatItWouldTry) {
  std::vector<Entry> entries = {default_policy(), range_note(0, 1U << 20U)};
  std::get<RecordingNote>(entries[1]).most_pages = 4096;
  for (std::uint64_t i = 0; i < 200; ++i) {
    RecordingNote note = judged(2000 + i, {});
    note.faults = std::vector<RecordedFault>();
    for (const std::uint64_t page : jumps(1U << 20U, 16, i + 1)) {
      note.faults->push_back({kBase + page, 0, 0});
      note.faults->push_back({kBase + page, RecordedFault::kTried, 100'000});
    }
    entries.emplace_back(note);
  }
  const Outcome outcome = outcome_of(entries, Governor::Benefit);
  EXPECT_EQ(ranges_of(outcome)[0].reason, Reason::Trial);
  EXPECT_EQ(ranges_of(outcome)[0].hint, Hint::Random);
}

TEST_F(ReplayTest, HeaderThatMakesNoSenseIsRefused) {
  const std::string path = (dir_.path() / "f.rec").string();
  ASSERT_TRUE(recording::Writer::create(path, "[]"));
  EXPECT_FALSE(replay(*recording::Reader::open(path), [](const Policy& policy) { return policy; }));
}

}  // namespace
}  // namespace smadv::replay
