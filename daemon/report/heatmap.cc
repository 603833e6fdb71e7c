// SPDX-License-Identifier: GPL-2.0
#include <algorithm>
#include <map>
#include <numeric>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "daemon/report/reports.h"
#include "daemon/report/walk.h"
#include "daemon/text.h"

namespace smadv::report {
namespace {

constexpr std::size_t kColumns = 240;
constexpr std::size_t kPictureRows = 96;
// Files that are shown, those with the most faults.
constexpr std::size_t kFiles = 4;

/// The cell of @p value when [0, end) is cut into @p cells.
std::size_t cell_of(std::uint64_t value, std::uint64_t end, std::size_t cells) {
  return std::min(static_cast<std::size_t>(value * cells / std::max<std::uint64_t>(end, 1)),
                  cells - 1);
}

Chart chart_of(const File& file, const Survey& survey) {
  Chart chart;
  chart.title = fmt::format("{}: {} faults", printable(file.path), file.faults);
  chart.x_title = "time in s";
  chart.y_title = "offset in MiB";
  chart.x_end = static_cast<double>(survey.duration_ms) / 1000;
  chart.y_end = static_cast<double>(file.pages * survey.header.page_bytes) / 1048576;
  const std::size_t rows = std::clamp<std::size_t>(file.pages, 1, kPictureRows);
  chart.cells.assign(rows, std::vector<double>(kColumns, 0));
  return chart;
}

}  // namespace

Result<Report> heatmap(const Subject& subject) {
  const auto survey = walk(subject, {});
  if (!survey) {
    return survey.error();
  }
  std::vector<std::uint32_t> order(survey->files.size());
  std::iota(order.begin(), order.end(), 0U);
  // The most faults first, files of as many in their order.
  std::ranges::sort(order, [&files = survey->files](std::uint32_t one, std::uint32_t other) {
    return std::pair(files[other].faults, one) < std::pair(files[one].faults, other);
  });
  Report report{.title = "Where faults were, over time", .facts = survey->facts()};
  std::map<std::uint32_t, std::size_t> charts;
  Table table{"files",
              {{"file", "FILE"},
               {"file-bytes", "MAPPED", Unit::Bytes},
               {"faults", "FAULTS", Unit::Count},
               {"waits", "WAITS", Unit::Count},
               {"waited-ns", "WAITED", Unit::Ns}},
              {}};
  for (const std::uint32_t index : order) {
    const File& file = survey->files[index];
    table.rows.push_back({file.path, file.pages * survey->header.page_bytes, file.faults,
                          file.waits, file.waited_ns});
    if (charts.size() < kFiles && file.faults > 0) {
      charts.emplace(index, report.charts.size());
      report.charts.push_back(chart_of(file, *survey));
    }
  }
  report.tables.push_back(std::move(table));
  const auto done = walk(subject, {.touch = [&](const Touch& touch) {
                           const auto found = charts.find(touch.file);
                           if (touch.again || found == charts.end()) {
                             return;
                           }
                           auto& cells = report.charts[found->second].cells;
                           cells[cell_of(touch.page, survey->files[touch.file].pages, cells.size())]
                                [cell_of(touch.time_ms, survey->duration_ms + 1, kColumns)] += 1;
                         }});
  if (!done) {
    return done.error();  // GCOVR_EXCL_LINE: it was read a moment ago
  }
  return report;
}

}  // namespace smadv::report
