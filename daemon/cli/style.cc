// SPDX-License-Identifier: GPL-2.0
#include "daemon/cli/style.h"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

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
    case Style::Plain:
      break;
  }
  return {};
}

// Characters of valid UTF-8, taken to be one column wide each.
std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

}  // namespace

std::string Palette::paint(Style style, std::string_view text) const {
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

std::string Table::render(const Palette& palette) const {
  std::vector<Cell> titles;
  std::vector<std::size_t> widths;
  for (const Column& column : columns_) {
    titles.emplace_back(std::string(column.title), Style::Title);
    widths.push_back(width_of(column.title));
  }
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < widths.size(); ++i) {
      widths[i] = std::max(widths[i], width_of(row[i].text));
    }
  }
  const bool titled =
      std::ranges::any_of(columns_, [](const Column& column) { return !column.title.empty(); });
  std::string text = titled ? render_row(titles, palette, widths) : std::string();
  for (const auto& row : rows_) {
    text += render_row(row, palette, widths);
  }
  return text;
}

std::string Table::render_row(const std::vector<Cell>& row, const Palette& palette,
                              const std::vector<std::size_t>& widths) const {
  std::string line;
  std::size_t owed = 0;  // blanks, paid only when something follows
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const std::size_t padding = widths[i] - width_of(row[i].text);
    const bool right = columns_[i].align == Column::Align::Right;
    owed += right ? padding : 0;
    if (!row[i].text.empty()) {
      line.append(owed, ' ').append(palette.paint(row[i].style, row[i].text));
      owed = 0;
    }
    owed += (right ? 0 : padding) + 2;
  }
  return line + '\n';
}

}  // namespace smadv::cli
