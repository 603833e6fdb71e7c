// SPDX-License-Identifier: GPL-2.0
#include "daemon/report/terminal.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>
#include <vector>

#include <fmt/format.h>

namespace smadv::report {
namespace {

constexpr std::size_t kScreenRows = 16;
// Room for the scale at the left.
constexpr std::size_t kMargin = 11;
constexpr std::size_t kLeastColumns = 10;
constexpr std::string_view kShades = " .:-=+*#%@";
// From cold to hot.
constexpr std::array<int, 10> kColors = {0, 17, 19, 26, 33, 43, 112, 220, 208, 196};
constexpr std::array<std::string_view, 9> kHeights = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};

using Cells = std::vector<std::vector<double>>;

// Fewer cells, each with the sum of those that it takes in.
Cells shrink(const Cells& cells, std::size_t rows, std::size_t columns) {
  rows = std::min(rows, cells.size());
  columns = std::min(columns, cells.front().size());
  Cells small(rows, std::vector<double>(columns, 0));
  for (std::size_t y = 0; y < cells.size(); ++y) {
    for (std::size_t x = 0; x < cells[y].size(); ++x) {
      small[y * rows / cells.size()][x * columns / cells[y].size()] += cells[y][x];
    }
  }
  return small;
}

// 0 for nothing, 1..steps-1 on a logarithmic scale up to @p most.
std::size_t shade_of(double value, double most, std::size_t steps) {
  if (value <= 0) {
    return 0;
  }
  const double share = most > 1 ? std::log(value) / std::log(most) : 1;
  return 1 + static_cast<std::size_t>(std::clamp(share, 0.0, 1.0) * static_cast<double>(steps - 2));
}

std::string heat(const Chart& chart, std::size_t width, bool colored) {
  const Cells cells =
      shrink(chart.cells, kScreenRows, std::max(width, kMargin + kLeastColumns) - kMargin);
  double most = 0;
  for (const auto& row : cells) {
    most = std::max(most, *std::ranges::max_element(row));
  }
  std::string text = fmt::format("{} up to {:.1f}\n", chart.y_title, chart.y_end);
  for (std::size_t y = cells.size(); y-- > 0;) {
    text += fmt::format("{:>{}.1f} ",
                        chart.y_end * static_cast<double>(y) / static_cast<double>(cells.size()),
                        kMargin - 2);
    for (const double value : cells[y]) {
      const std::size_t shade = shade_of(value, most, kShades.size());
      text += colored ? fmt::format("\x1b[48;5;{}m \x1b[0m", kColors.at(shade))
                      : std::string(1, kShades[shade]);
    }
    text += '\n';
  }
  return text + fmt::format("{:>{}} 0 .. {:.1f} {}; a cell has up to {:.0f} faults\n", "",
                            kMargin - 2, chart.x_end, chart.x_title, most);
}

// One line of heights: the mean of the points in each column.
std::string line(const Series& series, double x_end, std::size_t columns) {
  std::vector<double> sums(columns, 0);
  std::vector<double> counts(columns, 0);
  double most = 0;
  for (const auto& [x, y] : series.points) {
    const double place = x / std::max(x_end, 1e-9) * static_cast<double>(columns - 1);
    const auto column =
        static_cast<std::size_t>(std::clamp(place, 0.0, static_cast<double>(columns - 1)));
    sums[column] += y;
    counts[column] += 1;
    most = std::max(most, y);
  }
  std::string text;
  double last = 0;
  for (std::size_t i = 0; i < columns; ++i) {
    last = counts[i] > 0 ? sums[i] / counts[i] : last;
    const double share = most > 0 ? last / most : 0;
    text += kHeights.at(static_cast<std::size_t>(
        std::ceil(std::clamp(share, 0.0, 1.0) * static_cast<double>(kHeights.size() - 1))));
  }
  return fmt::format("{}  up to {:.1f} {}\n", text, most, series.name);
}

std::string lines(const Chart& chart, std::size_t width) {
  double x_end = 0;
  for (const Series& series : chart.series) {
    for (const auto& point : series.points) {
      x_end = std::max(x_end, point.first);
    }
  }
  constexpr std::size_t kWords = 36;
  const std::size_t columns = std::max(width, kWords + kLeastColumns) - kWords;
  std::string text;
  for (const Series& series : chart.series) {
    text += line(series, x_end, std::min<std::size_t>(columns, 100));
  }
  return text + fmt::format("0 .. {:.1f} {}\n", x_end, chart.x_title);
}

}  // namespace

std::string letters(const Chart& chart, std::size_t width, bool colored) {
  // What bars say stands in the tables.
  if (!chart.cells.empty()) {
    return chart.title + '\n' + heat(chart, width, colored);
  }
  return chart.series.empty() ? std::string() : chart.title + '\n' + lines(chart, width);
}

}  // namespace smadv::report
