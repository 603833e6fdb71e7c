// SPDX-License-Identifier: GPL-2.0
#include "daemon/cli/style.h"

#include <algorithm>
#include <cstring>
#include <iterator>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "daemon/text.h"

namespace smadv::cli {
namespace {

std::string_view escape_of(Style style) {
  switch (style) {
    case Style::Title:
      return "\x1b[1m";
    case Style::Good:
      return "\x1b[32m";
    case Style::Warn:
      return "\x1b[33m";
    case Style::Bad:
      return "\x1b[31m";
    case Style::Faint:
      return "\x1b[2m";
    case Style::Selected:
      return "\x1b[7m";
    case Style::Plain:
    case Style::Letters:
      break;
  }
  return {};
}

std::string letters(std::string_view text) {
  std::string painted;
  for (const char letter : text) {
    const int color = color_of(pattern_of(letter));
    painted +=
        color < 0 ? std::string(1, letter) : fmt::format("\x1b[3{}m{}\x1b[0m", color, letter);
  }
  return painted;
}

// In the order of the enumeration.
constexpr std::string_view kLetters = "?.sbtur";
static_assert(kLetters.size() == kNames<Pattern>.size());

}  // namespace

char letter_of(Pattern pattern) {
  const auto index = static_cast<std::size_t>(pattern);
  return kLetters[index < kLetters.size() ? index : 0];
}

Pattern pattern_of(char letter) {
  const auto index = kLetters.find(letter);
  return index == std::string_view::npos ? Pattern::Unknown : static_cast<Pattern>(index);
}

int color_of(Pattern pattern) {
  switch (pattern) {
    case Pattern::Sequential:
      return 2;
    case Pattern::Backward:
      return 6;
    case Pattern::Strided:
      return 4;
    case Pattern::Runs:
      return 3;
    case Pattern::Random:
      return 1;
    default:
      return -1;
  }
}

std::string Palette::paint(Style style, std::string_view text) const {
  if (colored_ && style == Style::Letters) {
    return letters(text);
  }
  const std::string_view escape = escape_of(style);
  if (!colored_ || escape.empty()) {
    return std::string(text);
  }
  return fmt::format("{}{}\x1b[0m", escape, text);
}

bool use_colors(ColorChoice choice, bool terminal, const char* no_color, const char* term) {
  if (choice != ColorChoice::Auto) {
    return choice == ColorChoice::Always;
  }
  const bool forbidden = no_color != nullptr && *no_color != '\0';  // https://no-color.org
  const bool dumb = term == nullptr || std::strcmp(term, "dumb") == 0;
  return terminal && !forbidden && !dumb;
}

/// A column as it is shown.
struct Table::Shown {
  std::size_t index;
  const Column* column;
  std::size_t width;
};

namespace {

constexpr std::size_t kGap = 2;
// What a cell that is shortened or wrapped should have at least.
constexpr std::size_t kLeast = 16;

template <class Columns>
std::size_t total(const Columns& columns) {
  std::size_t width = columns.empty() ? 0 : kGap * (columns.size() - 1);
  for (const auto& shown : columns) {
    width += shown.width;
  }
  return width;
}

std::vector<std::string> lines_of(const std::string& text, const Column& column,
                                  std::size_t width) {
  switch (column.fit) {
    case Column::Fit::Shorten:
      return {shortened(text, width)};
    case Column::Fit::Wrap:
      return wrapped(text, width);
    case Column::Fit::Whole:
      break;
  }
  return {text};
}

// The lines that a row takes.
template <class Columns>
std::vector<Line> lines_of(const std::vector<Cell>& row, const Columns& columns) {
  std::vector<Line> lines;
  std::vector<std::size_t> owed;  // blanks, paid only when something follows
  std::size_t before = 0;
  for (const auto& [index, column, width] : columns) {
    const auto parts = lines_of(row[index].text, *column, width);
    for (std::size_t i = 0; i < parts.size(); ++i) {
      if (parts[i].empty()) {
        continue;
      }
      if (i >= lines.size()) {
        lines.resize(i + 1);
        owed.resize(i + 1);
      }
      const std::size_t columns_taken = columns_of(parts[i]);
      const std::size_t padding = width - std::min(width, columns_taken);
      const bool right = column->align == Column::Align::Right;
      const std::size_t start = before + (right ? padding : 0);
      if (start > owed[i]) {
        lines[i].emplace_back(std::string(start - owed[i], ' '));
      }
      lines[i].emplace_back(parts[i], row[index].style);
      owed[i] = start + columns_taken;
    }
    before += width + kGap;
  }
  if (lines.empty()) {
    lines.emplace_back();
  }
  return lines;
}

}  // namespace

std::vector<Table::Shown> Table::fit(std::size_t limit) const {
  std::vector<Shown> shown;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    std::size_t width = columns_of(columns_[i].title);
    for (const auto& row : rows_) {
      width = std::max(width, columns_of(row[i].text));
    }
    shown.push_back({i, &columns_[i], width});
  }
  const auto bend = [](const Shown& one) {
    return one.column->fit == Column::Fit::Whole ? 0 : one.width - std::min(one.width, kLeast);
  };
  while (limit != 0 && total(shown) > limit) {
    // First what bends, as far as it makes sense, then what can be spared.
    std::size_t excess = total(shown) - limit;
    std::size_t room = 0;
    for (const Shown& one : shown) {
      room += bend(one);
    }
    const auto spare =
        std::ranges::max_element(shown, {}, [](const Shown& one) { return one.column->spare; });
    if (room < excess && spare->column->spare > 0) {
      shown.erase(spare);
      continue;
    }
    for (; excess > 0 && room > 0; --excess, --room) {
      --std::ranges::max_element(shown, {}, bend)->width;
    }
    break;
  }
  return shown;
}

Grid Table::grid(std::size_t limit) const {
  const auto shown = fit(limit);
  Grid grid;
  std::vector<Cell> titles;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    titles.emplace_back(columns_[i].title, Style::Title);
    if (std::ranges::find(shown, i, &Shown::index) == shown.end()) {
      grid.hidden.push_back(columns_[i].title);
    }
  }
  if (std::ranges::any_of(columns_, [](const Column& column) { return !column.title.empty(); })) {
    grid.titles = lines_of(titles, shown);
  }
  for (const auto& row : rows_) {
    std::ranges::move(lines_of(row, shown), std::back_inserter(grid.lines));
  }
  return grid;
}

std::string Table::render(const Palette& palette, std::size_t limit) const {
  const Grid grid = this->grid(limit);
  std::string text;
  for (const auto* lines : {&grid.titles, &grid.lines}) {
    for (const Line& line : *lines) {
      for (const Cell& cell : line) {
        text += palette.paint(cell.style, cell.text);
      }
      text += '\n';
    }
  }
  if (!grid.hidden.empty() && !grid.lines.empty()) {
    text += palette.paint(Style::Faint, fmt::format("(no room for {}; a pipe or --json has all)",
                                                    fmt::join(grid.hidden, ", "))) +
            '\n';
  }
  return text;
}

}  // namespace smadv::cli
