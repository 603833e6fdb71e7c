// SPDX-License-Identifier: GPL-2.0
// Reports on recordings, as letters and as pictures.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <numeric>
#include <sstream>
#include <string>
#include <variant>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/report/picture.h"
#include "daemon/report/reports.h"
#include "daemon/report/terminal.h"
#include "daemon/report/usage.h"
#include "daemon/report/walk.h"
#include "recordings.h"
#include "temp_dir.h"

namespace smadv::report {
namespace {

using test::busy_entries;
using test::judged;
using test::range_note;
using test::write_recording;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class ReportTest : public testing::Test {
 protected:
  [[nodiscard]] Subject subject(const std::vector<recording::Entry>& entries,
                                const std::string& only = {}) const {
    const std::string path = (dir_.path() / "f.rec").string();
    write_recording(path, entries);
    return {path, only};
  }

  [[nodiscard]] std::string content(const std::string& name) const {
    std::ifstream file(dir_.path() / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  static std::uint64_t number(const Value& value) { return std::get<std::uint64_t>(value); }

  test::TempDir dir_;
};

TEST_F(ReportTest, HeatmapOfAStreamIsADiagonal) {
  std::vector<recording::Entry> entries = {default_policy(), range_note(0, 1024)};
  for (std::uint64_t page = 0; page < 1024; ++page) {
    entries.emplace_back(judged(1000 + page, {page}));
  }
  const auto report = heatmap(subject(entries));
  ASSERT_TRUE(report);
  ASSERT_THAT(report->charts, SizeIs(1));
  const auto& cells = report->charts[0].cells;
  double faults = 0;
  for (std::size_t row = 0; row < cells.size(); ++row) {
    for (std::size_t column = 0; column < cells[row].size(); ++column) {
      faults += cells[row][column];
      if (cells[row][column] > 0) {
        EXPECT_NEAR(static_cast<double>(row) / static_cast<double>(cells.size()),
                    static_cast<double>(column) / static_cast<double>(cells[row].size()), 0.02);
      }
    }
  }
  EXPECT_EQ(faults, 1024);
  EXPECT_EQ(number(report->tables[0].rows[0][2]), 1024U);
}

TEST_F(ReportTest, HeatmapShowsTheFilesWithTheMostFaults) {
  std::vector<recording::Entry> entries = {default_policy()};
  for (std::uint64_t file = 0; file < 6; ++file) {
    entries.emplace_back(range_note(64 * file, 64, "/mnt/" + std::to_string(file)));
    std::vector<std::uint64_t> pages(file);
    std::iota(pages.begin(), pages.end(), 64 * file);
    entries.emplace_back(judged(2000, pages));
  }
  const auto report = heatmap(subject(entries));
  ASSERT_TRUE(report);
  ASSERT_THAT(report->charts, SizeIs(4));
  EXPECT_THAT(report->charts[0].title, HasSubstr("/mnt/5: 5 faults"));
  EXPECT_THAT(report->tables[0].rows, SizeIs(6));
  EXPECT_THAT(heatmap(subject(entries, "/mnt/3"))->charts, SizeIs(1));
}

TEST_F(ReportTest, FactsTellWhatIsMissing) {
  std::vector<recording::Entry> entries = busy_entries();
  entries.insert(entries.begin(), judged(1000, {1}));
  entries.emplace_back(recording::Loss{2, 40});
  const std::string path = (dir_.path() / "f.rec").string();
  write_recording(path, entries, false);
  const auto survey = walk({path}, {});
  ASSERT_TRUE(survey);
  const auto facts = survey->facts();
  EXPECT_THAT(facts, Contains("recorded 2024-01-31 12:00:00 UTC on vm, Linux 6.1.0: fio job"));
  EXPECT_THAT(facts, Contains("9.5 s of 1 processes: 1024 faults in 1 files, 47 lost"));
  EXPECT_THAT(facts, Contains(HasSubstr("faster than they could be taken")));
  EXPECT_THAT(facts, Contains("1 faults are left out, of ranges that were not known"));
  EXPECT_THAT(facts, Contains(HasSubstr("as far as it goes: it ends in the middle")));
}

TEST_F(ReportTest, TimelineCountsStepByStep) {
  const auto report = timeline(subject(busy_entries()));
  ASSERT_TRUE(report);
  std::vector<std::uint64_t> sums(7);
  for (const auto& row : report->tables[0].rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      sums[i] += number(row[i]);
    }
  }
  EXPECT_EQ(sums[1], 1024U);
  EXPECT_EQ(sums[2], 1U);
  EXPECT_EQ(sums[3], 80'000U);
  EXPECT_EQ(sums[4], 7U);
  EXPECT_EQ(sums[5], 1U);
  EXPECT_EQ(sums[6], 1U);
  EXPECT_THAT(report->charts[0].series, SizeIs(2));
}

TEST_F(ReportTest, WorkingSetsAreOfWindows) {
  const auto report = wss(subject(busy_entries()));
  ASSERT_TRUE(report);
  const auto& row = report->tables[0].rows.at(0);
  EXPECT_EQ(std::get<std::string>(row[0]), "fio (136)");
  EXPECT_EQ(number(row[1]), 0U) << "some windows have none";
  EXPECT_EQ(number(row.back()), 64U * 16 * 4096) << "a window has one batch";
  EXPECT_THAT(wss(subject(busy_entries(), "/other"))->tables[0].rows, IsEmpty());
}

TEST_F(ReportTest, ReadaheadIsWhatDidNotWait) {
  const auto report = readahead(subject(busy_entries()));
  ASSERT_TRUE(report);
  const auto& row = report->tables[0].rows.at(0);
  EXPECT_EQ(number(row[1]), 1024U);
  EXPECT_EQ(number(row[3]), 1U);
  EXPECT_EQ(number(row[5]), 80'000U);
  EXPECT_EQ(number(row[6]), 80'000U);
  const auto& shares = report->tables[1].rows;
  ASSERT_THAT(shares, SizeIs(1));
  EXPECT_EQ(std::get<std::string>(shares[0][1]), "sequential");
}

TEST_F(ReportTest, HintsInOrderWithReasons) {
  std::vector<recording::Entry> entries = busy_entries();
  for (const EventKind kind : {EventKind::Policy, EventKind::Gone}) {
    Event event;
    event.kind = kind;
    entries.emplace_back(event);
  }
  const auto report = hints(subject(entries));
  ASSERT_TRUE(report);
  const auto& rows = report->tables[0].rows;
  ASSERT_THAT(rows, SizeIs(3));
  EXPECT_EQ(std::get<std::string>(rows[0][3]), "applied");
  EXPECT_EQ(std::get<std::string>(rows[0][8]), "pays");
  EXPECT_EQ(std::get<std::string>(rows[1][3]), "restored");
  EXPECT_THAT(report->facts, Contains("1 applied, 1 gone, 1 restored"));
  EXPECT_EQ(report->charts[0].series[0].points.back().second, 0);
  EXPECT_THAT(hints(subject({default_policy(), range_note(0, 9)}))->facts,
              Contains("nothing was wanted, applied or taken back"));
}

TEST_F(ReportTest, PatternsByRangeAndByShare) {
  const auto report = patterns(subject(busy_entries()));
  ASSERT_TRUE(report);
  EXPECT_EQ(std::get<std::string>(report->tables[0].rows.at(0)[4]), "random");
  std::uint64_t share_bp = 0;
  for (const auto& row : report->tables[1].rows) {
    share_bp += number(row[3]);
  }
  EXPECT_NEAR(static_cast<double>(share_bp), 10'000, 5);
  EXPECT_THAT(patterns(subject(busy_entries(), "/other"))->tables[0].rows, IsEmpty());
}

TEST_F(ReportTest, AdviceNamesTheCall) {
  std::vector<recording::Entry> entries = {default_policy(), range_note(0, 65536)};
  std::get<RecordingNote>(entries[1]).most_pages = 4096;
  for (std::uint64_t i = 0; i < 20; ++i) {
    RecordingNote note = judged(2000 + i, test::jumps(65536, 32, i + 1));
    note.faults->push_back({note.faults->back().page, RecordedFault::kTried, 100'000});
    entries.emplace_back(note);
  }
  const auto random = advice(subject(entries));
  ASSERT_TRUE(random);
  const auto& row = random->tables[0].rows.at(0);
  EXPECT_EQ(std::get<std::string>(row[9]), "madvise(base + 0x0, 0x10000000, MADV_RANDOM);");
  EXPECT_EQ(number(row[6]), 2'000'000U);
  EXPECT_LT(number(row[7]), 100'000U) << "some 640 pages touched, 20 windows of 32 read";
  const auto with_hint = [&entries](std::uint8_t flag) {
    std::vector<recording::Entry> hinted = entries;
    for (std::size_t i = 0; i < 500; ++i) {
      RecordingNote note = judged(5000 + i, test::jumps(65536, 1, i % 10 + 100));
      note.faults->push_back({note.faults->back().page, RecordedFault::kTried, 1000});
      note.faults->front().flags |= flag;
      note.faults->back().flags |= flag;
      hinted.emplace_back(note);
    }
    return hinted;
  };
  const auto saved = [this, &with_hint](std::uint8_t flag) {
    return number(advice(subject(with_hint(flag)))->tables[0].rows.at(0)[7]);
  };
  EXPECT_GT(saved(0), 1'000'000U) << "another 500 windows";
  EXPECT_EQ(saved(RecordedFault::kRandom), number(row[7])) << "read page by page already";
  std::get<RecordingNote>(entries[1]).most_pages = 1U << 20U;
  EXPECT_EQ(std::get<std::string>(advice(subject(entries))->tables[0].rows[0][9]), "");
}

TEST_F(ReportTest, AdviceByPattern) {
  const auto why = [this](const std::vector<std::uint64_t>& pages, Hint own = Hint::None) {
    RecordingNote range = range_note(0, 65536);
    range.hint = own;
    const auto report = advice(subject({default_policy(), range, judged(2000, pages)}));
    const auto& row = report->tables[0].rows.at(0);
    return std::get<std::string>(row[8]) + "; " + std::get<std::string>(row[9]);
  };
  const auto every = [](std::uint64_t step) {
    std::vector<std::uint64_t> pages;
    for (std::uint64_t page = 0; page < 65536 && pages.size() < 200; page += step) {
      pages.push_back(page);
    }
    return pages;
  };
  EXPECT_EQ(why(every(16)),
            "one forward stream; madvise(base + 0x0, 0x10000000, MADV_SEQUENTIAL);");
  std::vector<std::uint64_t> back;
  for (std::uint64_t page = 1000; page > 0; --page) {
    back.push_back(page);
  }
  EXPECT_THAT(why(back), HasSubstr("backward"));
  EXPECT_THAT(why(every(24)), HasSubstr("a stride within"));
  EXPECT_THAT(why(every(64)), HasSubstr("jumps reach farther than memory"));
  EXPECT_THAT(why({1, 2}), HasSubstr("no pattern is clear; "));
  EXPECT_THAT(why(every(16), Hint::Random), HasSubstr("itself says random; "));
  std::vector<std::uint64_t> two;
  std::vector<std::uint64_t> runs;
  for (std::uint64_t i = 0; i < 100; ++i) {
    two.push_back(16 * i);
    two.push_back(32768 + 16 * i);
    const std::uint64_t place = test::jumps(60000, 1, i + 1)[0] / 16 * 16;
    for (std::uint64_t step = 0; step < 4; ++step) {
      runs.push_back(place + 16 * step);
    }
  }
  EXPECT_THAT(why(two), HasSubstr("several streams"));
  EXPECT_THAT(why(runs), HasSubstr("runs are read around"));
}

TEST_F(ReportTest, WhatCannotBeReadIsRefused) {
  for (const auto& make : {heatmap, timeline, wss, readahead, hints, patterns, advice}) {
    EXPECT_FALSE(make({dir_.path() / "none", {}}));
  }
  EXPECT_FALSE(as_recorded({dir_.path() / "none"}));
  ASSERT_TRUE(recording::Writer::create(dir_.path() / "f.rec", "[]"));
  EXPECT_FALSE(walk({dir_.path() / "f.rec"}, {}));
}

TEST_F(ReportTest, ValuesForPersons) {
  EXPECT_EQ(text_of(std::string("a\x1b"), Unit::Text), "a\\x1b");
  EXPECT_EQ(text_of(std::uint64_t{1536}, Unit::Bytes), "1.5 KiB");
  EXPECT_EQ(text_of(std::uint64_t{0}, Unit::Ns), "0");
  EXPECT_EQ(text_of(std::uint64_t{1'500'000}, Unit::Ns), "1.5 ms");
  EXPECT_EQ(text_of(std::uint64_t{12'034}, Unit::TimeMs), "12.034");
  EXPECT_EQ(text_of(std::uint64_t{1250}, Unit::BasisPoints), "12.5 %");
  EXPECT_EQ(text_of(std::uint64_t{7}, Unit::Count), "7");
}

TEST_F(ReportTest, ChartsInLetters) {
  const auto heat = heatmap(subject(busy_entries()));
  const std::string plain = letters(heat->charts[0], 60, false);
  EXPECT_THAT(plain, HasSubstr("/mnt/f: 1024 faults\noffset in MiB up to 32.0\n"));
  EXPECT_THAT(plain, HasSubstr("@"));
  std::istringstream lines(plain);
  for (std::string line; std::getline(lines, line);) {
    EXPECT_LE(line.size(), 62U) << line;
  }
  EXPECT_THAT(letters(heat->charts[0], 60, true), HasSubstr("\x1b[48;5;196m"));
  const std::string time = letters(timeline(subject(busy_entries()))->charts[0], 80, false);
  EXPECT_THAT(time, HasSubstr("█"));
  EXPECT_THAT(time, HasSubstr("up to 256.0 faults\n"));
  EXPECT_EQ(letters(patterns(subject(busy_entries()))->charts[0], 80, false), "");
  Chart one{.title = "one", .x_end = 1, .y_end = 1, .cells = {{0, 1}}};
  EXPECT_THAT(letters(one, 5, false), HasSubstr("a cell has up to 1 faults"));
}

class PictureTest : public ReportTest {
 public:
  PictureTest(const PictureTest&) = delete;
  PictureTest& operator=(const PictureTest&) = delete;

 protected:
  PictureTest() : path_(std::getenv("PATH")) {}
  ~PictureTest() override { setenv("PATH", path_.c_str(), 1); }

  std::string path_;
};

TEST_F(PictureTest, EachReportIsDrawn) {
  const Subject busy = subject(busy_entries());
  for (const auto& make : {heatmap, timeline, wss, readahead, hints, patterns}) {
    const auto report = make(busy);
    ASSERT_TRUE(report);
    const auto drawn = draw(*report, dir_.path() / "p.svg");
    ASSERT_TRUE(drawn) << drawn.error().message;
    EXPECT_THAT(content("p.svg"), HasSubstr("<svg")) << report->title;
    EXPECT_THAT(content("p.svg"), HasSubstr("</svg>")) << report->title;
  }
}

TEST_F(PictureTest, PngAndHtml) {
  auto report = heatmap(subject(busy_entries()));
  report->facts.emplace_back("a < b & c > d");
  report->charts[0].title = "it's";
  ASSERT_TRUE(draw(*report, dir_.path() / "p.png"));
  EXPECT_EQ(content("p.png").substr(1, 3), "PNG");
  ASSERT_TRUE(draw(*report, dir_.path() / "p.html"));
  const std::string page = content("p.html");
  EXPECT_EQ(page.rfind("<!DOCTYPE html>", 0), 0U);
  EXPECT_THAT(page, HasSubstr("<p>a &lt; b &amp; c &gt; d</p>"));
  EXPECT_THAT(page, HasSubstr("<td class=\"n\">1024</td>"));
  EXPECT_THAT(page, HasSubstr("</svg>"));
  EXPECT_EQ(page.find("src="), std::string::npos) << "something from elsewhere";
}

TEST_F(PictureTest, NothingToShowIsAPictureToo) {
  ASSERT_TRUE(draw(Report{.title = "empty"}, dir_.path() / "p.svg"));
  EXPECT_THAT(content("p.svg"), HasSubstr("nothing to show"));
}

TEST_F(PictureTest, TroubleIsSaid) {
  const Report report{.title = "empty"};
  EXPECT_EQ(draw(report, dir_.path() / "p.pdf").error().exit, ExitCode::Usage);
  EXPECT_THAT(draw(report, dir_.path() / "no/p.svg").error().message, HasSubstr("cannot write"));
  setenv("PATH", dir_.path().c_str(), 1);
  EXPECT_THAT(draw(report, dir_.path() / "p.svg").error().message, HasSubstr("gnuplot-nox"));
  const auto script = dir_.write("gnuplot", "#!/bin/sh\necho it is broken >&2\nexit 1\n");
  std::filesystem::permissions(script, std::filesystem::perms::owner_all);
  EXPECT_EQ(draw(report, dir_.path() / "p.svg").error().message, "gnuplot failed: it is broken\n");
}

}  // namespace
}  // namespace smadv::report
