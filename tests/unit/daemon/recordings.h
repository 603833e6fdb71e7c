// SPDX-License-Identifier: GPL-2.0
/// @file
/// Recordings as the module and smadv record would make them.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "daemon/policy.h"
#include "daemon/recording/header.h"
#include "daemon/recording/writer.h"

namespace smadv::test {

inline constexpr std::uint64_t kPage = 4096;
inline constexpr std::uint64_t kBase = 0x7f0000000;  ///< First page of the mapping.

/// What the module says of a range of @p pages pages from page @p start of the file on.
inline RecordingNote range_note(std::uint64_t start, std::uint64_t pages,
                                const std::string& file = "/mnt/f") {
  RecordingNote note;
  note.kind = RecordingKind::Range;
  note.time_ms = 1000;
  note.id = 1;
  note.pid = 136;
  note.start = (kBase + start) * kPage;
  note.end = (kBase + start + pages) * kPage;
  note.hint = Hint::None;
  note.comm = "fio";
  note.file = file;
  note.offset = start * kPage;
  note.file_id = 77;
  note.mapping = 5;
  note.window_pages = 32;
  note.most_pages = 1U << 20U;
  note.memory_backed = 0;
  return note;
}

/// Faults at pages of the file, judged at @p time_ms.
inline RecordingNote judged(std::uint64_t time_ms, const std::vector<std::uint64_t>& pages) {
  RecordingNote note;
  note.kind = RecordingKind::Judged;
  note.time_ms = time_ms;
  note.id = 1;
  note.pid = 136;
  for (const std::uint64_t page : pages) {
    note.faults = note.faults.value_or(std::vector<RecordedFault>());
    note.faults->push_back({kBase + page, 0, 0});
  }
  return note;
}

/// So many steps of a stream that faults every 16 pages, from @p page on.
inline std::vector<std::uint64_t> stream(std::uint64_t page, std::uint64_t steps) {
  std::vector<std::uint64_t> pages;
  pages.reserve(steps);
  for (std::uint64_t i = 0; i < steps; ++i) {
    pages.push_back(page + 16 * i);
  }
  return pages;
}

/// So many different pages below @p pages, each far from the one before.
inline std::vector<std::uint64_t> jumps(std::uint64_t pages, std::uint64_t count,
                                        std::uint64_t seed = 1) {
  std::vector<std::uint64_t> places;
  for (std::uint64_t i = 0; i < count; ++i) {
    seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
    places.push_back((seed >> 33U) % pages);
  }
  return places;
}

/// Write a recording that ended when its process did.
inline void write_recording(const std::string& path, const std::vector<recording::Entry>& entries,
                            bool whole = true) {
  recording::Header header;
  header.created = "2024-01-31 12:00:00 UTC";
  header.host = "vm";
  header.kernel = "6.1.0";
  header.command = {"fio", "job"};
  auto writer = recording::Writer::create(path, recording::to_json(header));
  ASSERT_TRUE(writer) << writer.error().message;
  for (const recording::Entry& entry : entries) {
    ASSERT_TRUE(writer->add(entry));
  }
  if (whole) {
    ASSERT_TRUE(writer->finish({recording::EndReason::ProcessEnded, 12'000}));
  } else {
    ASSERT_TRUE(writer->flush());
  }
}

/// A stream through a file of 8192 pages, then jumps, with waits and an event.
inline std::vector<recording::Entry> busy_entries() {
  Policy policy = default_policy();
  policy.governor = static_cast<std::uint32_t>(Governor::Observe);
  std::vector<recording::Entry> entries = {policy, range_note(0, 8192)};
  for (std::uint64_t i = 0; i < 8; ++i) {
    entries.emplace_back(judged(2000 + 500 * i, stream(1024 * i, 64)));
  }
  RecordingNote waits = judged(6000, {});
  waits.faults = std::vector<RecordedFault>{{kBase + 16, RecordedFault::kTried, 80'000},
                                            {7, RecordedFault::kLost, 0}};
  entries.emplace_back(waits);
  Event applied;
  applied.kind = EventKind::Applied;
  applied.pid = 136;
  applied.comm = "fio";
  applied.start = kBase * kPage;
  applied.end = (kBase + 8192) * kPage;
  applied.hint = Hint::Random;
  applied.reason = Reason::Pays;
  entries.emplace_back(applied);
  for (std::uint64_t i = 0; i < 8; ++i) {
    entries.emplace_back(judged(7000 + 500 * i, jumps(8192, 64, i + 1)));
  }
  Event restored = applied;
  restored.kind = EventKind::Restored;
  restored.hint = Hint::None;
  entries.emplace_back(restored);
  return entries;
}

}  // namespace smadv::test
