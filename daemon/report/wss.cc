// SPDX-License-Identifier: GPL-2.0
#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "daemon/report/reports.h"
#include "daemon/report/walk.h"
#include "daemon/text.h"

namespace smadv::report {
namespace {

// A fault on resident pages maps up to so many (fault-around), the others of them do not fault.
constexpr std::uint64_t kBlockPages = 16;
constexpr std::array<std::uint64_t, 7> kPercentiles = {0, 25, 50, 75, 90, 99, 100};

/// Different blocks that faulted, window by window, of one process.
class Windows {
 public:
  void touch(std::uint64_t window, std::uint32_t file, std::uint64_t page) {
    advance(window);
    blocks_.emplace(file, page / kBlockPages);
  }

  /// Windows up to @p window are over.
  void advance(std::uint64_t window) {
    for (; now_ < window; ++now_) {
      sizes_.push_back(blocks_.size());
      blocks_.clear();
    }
  }

  [[nodiscard]] const std::vector<std::uint64_t>& sizes() const { return sizes_; }

 private:
  std::uint64_t now_ = 0;
  std::set<std::pair<std::uint32_t, std::uint64_t>> blocks_;
  std::vector<std::uint64_t> sizes_;
};

// A second, or a fortieth of what is shorter or longer, in looks of the analyzer.
std::uint64_t window_ms(std::uint64_t duration_ms) {
  constexpr std::uint64_t kLookMs = 250;
  return std::max<std::uint64_t>(1, duration_ms / 40 / kLookMs) * kLookMs;
}

Report report_of(const Survey& survey, std::map<std::uint64_t, Windows>& processes,
                 std::uint64_t step_ms) {
  const std::uint64_t block_bytes = kBlockPages * survey.header.page_bytes;
  Report report{.title = "Working set", .facts = survey.facts()};
  report.facts.push_back(
      fmt::format("what faulted in windows of {}, in blocks of {}: what stays mapped does not "
                  "fault again, so that this is the least that was used",
                  format_duration_ns(step_ms * 1'000'000), format_bytes(block_bytes)));
  Chart chart{.title = fmt::format("touched in each {}", format_duration_ns(step_ms * 1'000'000)),
              .x_title = "time in s",
              .y_title = "MiB"};
  Table table{"percentiles", {{"process", "PROCESS"}}, {}};
  static const std::array<std::string, kPercentiles.size()> keys = {
      "p0-bytes", "p25-bytes", "p50-bytes", "p75-bytes", "p90-bytes", "p99-bytes", "p100-bytes"};
  static const std::array<std::string, kPercentiles.size()> titles = {
      "LEAST", "25 %", "MEDIAN", "75 %", "90 %", "99 %", "MOST"};
  for (std::size_t i = 0; i < kPercentiles.size(); ++i) {
    table.columns.push_back({keys[i], titles[i], Unit::Bytes});
  }
  for (auto& [id, windows] : processes) {
    windows.advance(survey.duration_ms / step_ms + 1);
    std::vector<std::uint64_t> sizes = windows.sizes();
    Series series{.name = survey.processes.at(id)};
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      series.points.emplace_back(static_cast<double>(i * step_ms) / 1000,
                                 static_cast<double>(sizes[i] * block_bytes) / 1048576);
    }
    std::ranges::sort(sizes);
    std::vector<Value> row = {survey.processes.at(id)};
    for (const std::uint64_t percentile : kPercentiles) {
      row.emplace_back(sizes[(sizes.size() - 1) * percentile / 100] * block_bytes);
    }
    chart.series.push_back(std::move(series));
    table.rows.push_back(std::move(row));
  }
  report.charts.push_back(std::move(chart));
  report.tables.push_back(std::move(table));
  return report;
}

}  // namespace

Result<Report> wss(const Subject& subject) {
  const auto survey = walk(subject, {});
  if (!survey) {
    return survey.error();
  }
  const std::uint64_t step_ms = window_ms(survey->duration_ms);
  std::map<std::uint64_t, Windows> processes;
  const auto done =
      walk(subject, {.touch = [&](const Touch& touch) {
             if (!touch.again) {
               processes[touch.process].touch(touch.time_ms / step_ms, touch.file, touch.page);
             }
           }});
  if (!done) {
    return done.error();  // GCOVR_EXCL_LINE: it was read a moment ago
  }
  return report_of(*survey, processes, step_ms);
}

}  // namespace smadv::report
