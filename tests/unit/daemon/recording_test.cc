// SPDX-License-Identifier: GPL-2.0
// Recordings: what is written is read, whatever is left of it.
#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/recording/bytes.h"
#include "daemon/recording/format.h"
#include "daemon/recording/reader.h"
#include "daemon/recording/recorder.h"
#include "recordings.h"
#include "temp_dir.h"

namespace smadv::recording {
namespace {

using test::busy_entries;
using test::judged;
using test::range_note;
using test::write_recording;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

std::vector<Entry> decode_all(std::string_view bytes) {
  std::vector<Entry> entries;
  for (;;) {
    auto entry = decode(bytes);
    EXPECT_TRUE(entry);
    if (!entry || !*entry) {
      return entries;
    }
    entries.push_back(**std::move(entry));
  }
}

TEST(RecordingEntry, EachKindComesBack) {
  RecordingNote faults = judged(UINT64_MAX, {});
  faults.faults = std::vector<RecordedFault>{{test::kBase, RecordedFault::kWrite, 0},
                                             {test::kBase - 5, RecordedFault::kRandom, 123'456},
                                             {3, RecordedFault::kLost, 0},
                                             {test::kBase + 700, 0, 0},
                                             {UINT64_MAX >> 8U, RecordedFault::kTried, UINT64_MAX}};
  Event event;
  event.kind = EventKind::Refused;
  event.comm = std::string("a\0b", 3);
  event.error = 12;
  Policy policy = default_policy();
  policy.hold_ms = 250;
  const std::vector<Entry> entries = {faults, range_note(0, 9),    event,
                                      policy, Loss{3, UINT64_MAX}, End{EndReason::MaxSize, 7}};
  std::string bytes;
  for (const Entry& entry : entries) {
    encode(entry, bytes);
  }
  EXPECT_EQ(decode_all(bytes), entries);
}

TEST(RecordingEntry, UnknownKindsAndMembersArePassedOver) {
  std::string bytes;
  put_varint(99, bytes);
  put_varint(2, bytes);
  bytes += "xy";
  put_varint(3, bytes);  // a loss with three members
  put_varint(4, bytes);
  for (const std::uint64_t value : {7, 1, 2, 3}) {
    put_varint(value, bytes);
  }
  put_varint(2, bytes);  // a policy of fewer keys, one of them out of its range
  put_varint(4, bytes);
  for (const std::uint64_t value : {3, 1, 9, 60}) {
    put_varint(value, bytes);
  }
  Policy policy = default_policy();
  policy.sequential_pct = 60;
  EXPECT_THAT(decode_all(bytes), ElementsAre(Entry(Loss{1, 2}), Entry(policy)));
}

TEST(RecordingEntry, PartOfAnEntryIsNone) {
  std::string bytes;
  encode(range_note(0, 9), bytes);
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    std::string_view part(bytes.data(), length);
    const auto entry = decode(part);
    ASSERT_TRUE(entry);
    EXPECT_FALSE(*entry);
    EXPECT_EQ(part.size(), length) << "taken nevertheless";
  }
}

TEST(RecordingEntry, WhatCannotBeIsAnError) {
  std::string too_long;
  put_varint(0, too_long);
  put_varint(1U << 30U, too_long);
  std::string_view view(too_long);
  EXPECT_THAT(decode(view).error().message, HasSubstr("1073741824 bytes"));
  std::string cut_off;
  put_varint(3, cut_off);
  put_varint(1, cut_off);
  put_varint(3, cut_off);
  view = cut_off;
  EXPECT_EQ(decode(view).error().message, "an entry 'loss' that is cut off");
  const std::string endless(11, '\xff');
  Taker taker(endless);
  EXPECT_EQ(taker.varint(), 0U);
  EXPECT_TRUE(taker.failed());
}

TEST(RecordingEntry, EndsHaveWords) {
  for (const EndReason reason : {EndReason::Asked, EndReason::ProcessEnded, EndReason::TimeUp,
                                 EndReason::MaxSize, EndReason::ModuleGone, EndReason(99)}) {
    EXPECT_FALSE(text_of(reason).empty());
  }
}

class RecordingFileTest : public testing::Test {
 protected:
  [[nodiscard]] std::string path() const { return (dir_.path() / "f.rec").string(); }

  [[nodiscard]] std::string content() const {
    std::ifstream file(path(), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  static Result<Reader> read(const std::string& bytes) {
    return Reader::read(std::make_unique<std::istringstream>(bytes), "f.rec");
  }

  struct All {
    std::vector<Entry> entries;
    std::optional<std::string> cut_off;
  };
  static All all_of(Reader reader) {
    All all;
    while (auto entry = reader.next()) {
      all.entries.push_back(*std::move(entry));
    }
    all.cut_off = reader.cut_off();
    return all;
  }

  test::TempDir dir_;
};

TEST_F(RecordingFileTest, ComesBack) {
  auto entries = busy_entries();
  for (std::uint64_t i = 0; i < 1000; ++i) {
    entries.emplace_back(judged(20'000 + i, test::jumps(1U << 30U, 64, i + 1)));
  }
  write_recording(path(), entries);
  std::vector<unsigned> percents;
  auto reader =
      Reader::open(path(), [&percents](unsigned percent) { percents.push_back(percent); });
  ASSERT_TRUE(reader) << reader.error().message;
  const auto header = parse_header(reader->header());
  ASSERT_TRUE(header);
  EXPECT_EQ(header->host, "vm");
  EXPECT_THAT(header->command, ElementsAre("fio", "job"));
  EXPECT_THAT(reader->header(), HasSubstr(R"("members":["kind","sequence")"));
  const All all = all_of(*std::move(reader));
  EXPECT_EQ(all.cut_off, std::nullopt);
  entries.emplace_back(End{EndReason::ProcessEnded, 12'000});
  EXPECT_EQ(all.entries, entries);
  EXPECT_GT(percents.size(), 2U);
  EXPECT_TRUE(std::ranges::is_sorted(percents));
  EXPECT_EQ(percents.back(), 100U);
}

TEST_F(RecordingFileTest, IsReadAsFarAsItGoes) {
  auto entries = busy_entries();
  write_recording(path(), entries, false);
  const All flushed = all_of(*read(content()));
  EXPECT_EQ(flushed.entries, entries);
  EXPECT_THAT(flushed.cut_off.value_or(""), HasSubstr("ends in the middle"));
  const std::string bytes = content();
  const All part = all_of(*read(bytes.substr(0, bytes.size() - 200)));
  EXPECT_LE(part.entries.size(), entries.size());
  EXPECT_TRUE(part.cut_off);
}

TEST_F(RecordingFileTest, DamageIsSaid) {
  write_recording(path(), busy_entries());
  std::string bytes = content();
  const auto frame = bytes.find("\x28\xb5\x2f\xfd");
  ASSERT_NE(frame, std::string::npos);
  bytes[frame] = 'x';
  EXPECT_THAT(all_of(*read(bytes)).cut_off.value_or(""), HasSubstr("damaged"));
}

// A frame of zstd with one block that is not compressed (RFC 8878).
std::string raw_frame(const std::string& bytes) {
  const auto block = static_cast<std::uint32_t>(bytes.size() << 3U | 1U);
  std::string frame = "\x28\xb5\x2f\xfd\x20";
  frame.push_back(static_cast<char>(bytes.size()));
  for (unsigned shift = 0; shift < 24; shift += 8) {
    frame.push_back(static_cast<char>(block >> shift));
  }
  return frame + bytes;
}

TEST_F(RecordingFileTest, DamagedEntriesAreSaid) {
  const All all = all_of(*read(head("{}") + raw_frame(std::string("\x03\x01\x03", 3))));
  EXPECT_EQ(all.cut_off, "it is damaged: an entry 'loss' that is cut off");
  EXPECT_THAT(all.entries, SizeIs(0));
}

TEST_F(RecordingFileTest, WhatIsNoRecordingIsRefused) {
  EXPECT_THAT(read("").error().message, HasSubstr("f.rec is no recording"));
  EXPECT_THAT(read("PERFILE2 and so on, at length").error().message, HasSubstr("no recording"));
  EXPECT_THAT(read(head("{}").substr(0, 17)).error().message, HasSubstr("no recording"));
  std::string longest = std::string(kMagic);
  put_u32(1, longest);
  put_u32(UINT32_MAX, longest);
  EXPECT_FALSE(read(longest));
  EXPECT_EQ(Reader::open(dir_.path() / "none").error().code, ENOENT);
}

TEST_F(RecordingFileTest, NewerFormatIsRefused) {
  std::string bytes = std::string(kMagic);
  put_u32(kVersion + 1, bytes);
  put_u32(0, bytes);
  EXPECT_EQ(read(bytes).error().message,
            "f.rec is of format 2, this program reads formats up to 1: a newer smadv is needed");
}

TEST_F(RecordingFileTest, HeadersThatMakeNoSense) {
  EXPECT_FALSE(parse_header("[1]"));
  EXPECT_FALSE(parse_header("{"));
  EXPECT_FALSE(parse_header(R"({"page-bytes": 0})"));
  const auto odd = parse_header(R"({"host": 1, "pid": "x", "command": [1, "a"], "kernel": "k"})");
  ASSERT_TRUE(odd);
  EXPECT_EQ(odd->host, "");
  EXPECT_EQ(odd->kernel, "k");
  EXPECT_THAT(odd->command, ElementsAre("1", "a"));
}

TEST_F(RecordingFileTest, WhereNothingCanBeWritten) {
  EXPECT_EQ(Writer::create(dir_.path() / "no/such/folder", "{}").error().code, ENOENT);
  EXPECT_EQ(Writer::create("/dev/full", "{}").error().code, ENOSPC);
}

class RecorderTest : public RecordingFileTest {
 protected:
  Recorder recorder(std::optional<std::uint32_t> root, std::uint64_t most = 1U << 20U) {
    return {*Writer::create(path(), "{}"), Scope(root, dir_.path() / "proc"), most};
  }

  static RecordingNote numbered(RecordingNote note, std::uint64_t sequence,
                                std::uint64_t position) {
    note.sequence = sequence;
    note.position = position;
    return note;
  }

  std::vector<Entry> written() { return all_of(*Reader::open(path())).entries; }
};

TEST_F(RecorderTest, WritesWhatIsOfItsScope) {
  dir_.write("proc/200/stat", "200 (a) b) S 136 200 200");
  dir_.write("proc/300/stat", "300 (c) S 1 300 300");
  Recorder recorder = this->recorder(136);
  RecordingBatch batch;
  for (const std::uint32_t pid : {136, 200, 300, 200, 999}) {
    Event event;
    event.pid = pid;
    batch.items.emplace_back(event);
  }
  RecordingNote stranger = judged(5, {1});
  stranger.pid = 300;
  batch.items.emplace_back(stranger);
  Event policy;
  policy.kind = EventKind::Policy;
  batch.items.emplace_back(policy);
  const auto policy_changed = recorder.take(batch);
  ASSERT_TRUE(policy_changed);
  EXPECT_TRUE(*policy_changed);
  ASSERT_TRUE(recorder.set_policy(default_policy()));
  ASSERT_TRUE(recorder.finish({}));
  EXPECT_THAT(written(), SizeIs(6)) << "three of the process and its child, two policies, the end";
  EXPECT_EQ(recorder.tally().faults, 0U);
}

TEST_F(RecorderTest, RangesAreWrittenWhenTheyChange) {
  Recorder recorder = this->recorder({});
  RecordingNote again = range_note(0, 64);
  again.time_ms += 250;
  RecordingNote larger = range_note(0, 65);
  RecordingNote gone = range_note(0, 65);
  gone.kind = RecordingKind::Gone;
  ASSERT_TRUE(recorder.take({.items = {range_note(0, 64), again, larger, gone, larger}}));
  ASSERT_TRUE(recorder.finish({}));
  EXPECT_THAT(written(), ElementsAre(Entry(range_note(0, 64)), Entry(larger), Entry(gone),
                                     Entry(larger), Entry(End{})));
  EXPECT_EQ(recorder.tally().processes, 1U);
}

TEST_F(RecorderTest, GapsAreLosses) {
  Recorder recorder = this->recorder({});
  RecordingNote lossy = numbered(judged(5, {1, 2}), 14, 130);
  lossy.faults->push_back({9, RecordedFault::kLost, 0});
  ASSERT_TRUE(recorder.take({.items = {numbered(judged(5, {1}), 10, 100)}, .lost = 3}));
  ASSERT_TRUE(recorder.take({.items = {lossy}, .lost = 2}));
  ASSERT_TRUE(recorder.finish({}));
  EXPECT_THAT(written(), ElementsAre(testing::_, Entry(Loss{3, 29}), testing::_, Entry(Loss{2, 0}),
                                     Entry(End{})));
  EXPECT_EQ(recorder.tally().faults, 3U);
  EXPECT_EQ(recorder.tally().lost, 38U);
}

TEST_F(RecorderTest, StopsWhenItIsFull) {
  Recorder recorder = this->recorder({}, 20'000);
  RecordingBatch batch;
  for (std::uint64_t i = 0; i < 1000; ++i) {
    batch.items.emplace_back(numbered(judged(i, test::jumps(1U << 30U, 64, i + 1)), i, 64 * i));
  }
  ASSERT_TRUE(recorder.take(batch));
  EXPECT_TRUE(recorder.full());
  ASSERT_TRUE(recorder.finish({EndReason::MaxSize, 1}));
  EXPECT_LE(std::filesystem::file_size(path()), 20'000U);
  EXPECT_GT(std::filesystem::file_size(path()), 10'000U);
  EXPECT_EQ(written().back(), Entry(End{EndReason::MaxSize, 1}));
}

/// No file may grow beyond a size while this lives, as on a full disk.
class FullDisk {
 public:
  explicit FullDisk(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    getrlimit(RLIMIT_FSIZE, &former_);
    const rlimit limit{bytes, former_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FullDisk() {
    setrlimit(RLIMIT_FSIZE, &former_);
    std::signal(SIGXFSZ, handler_);
  }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;

 private:
  rlimit former_{};
  sighandler_t handler_;
};

TEST_F(RecorderTest, FullDiskIsAnError) {
  RecordingBatch batch;
  for (std::uint64_t i = 0; i < 3000; ++i) {
    batch.items.emplace_back(numbered(judged(i, test::jumps(1U << 30U, 64, i + 1)), i, 64 * i));
  }
  Recorder at_once = recorder({});
  Recorder when_full = recorder({}, 20'000);
  Recorder when_flushed = recorder({});
  const FullDisk disk(100);
  EXPECT_EQ(at_once.take(batch).error().code, EFBIG);
  EXPECT_EQ(when_full.take(batch).error().code, EFBIG);
  batch.items.resize(1);
  ASSERT_TRUE(when_flushed.take(batch));
  EXPECT_EQ(when_flushed.flush().error().code, EFBIG);
  EXPECT_FALSE(when_flushed.finish({}));
}

}  // namespace
}  // namespace smadv::recording
