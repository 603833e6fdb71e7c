// SPDX-License-Identifier: GPL-2.0
/// @file
/// How output looks: colours and tables.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/names.h"

namespace smadv::cli {

/// What a piece of text is to stand out as.
enum class Style {
  Plain,
  Title,
  Good,
  Warn,
  Bad,
  Faint,
  Selected,
  Letters,  ///< letter_of() patterns, each in the colour of its own.
};

/// The letter that stands for a pattern where there is room for one.
[[nodiscard]] char letter_of(Pattern pattern);

/// The pattern of a letter.
[[nodiscard]] Pattern pattern_of(char letter);

/// Number of a pattern's colour among the eight of every terminal (ECMA-48), -1 for none.
[[nodiscard]] int color_of(Pattern pattern);

/// Colours, or none.
class Palette {
 public:
  explicit Palette(bool colored = false) : colored_(colored) {}

  [[nodiscard]] bool colored() const { return colored_; }

  /// @p text in the colour of @p style.
  [[nodiscard]] std::string paint(Style style, std::string_view text) const;

 private:
  bool colored_;
};

/// `--color`.
enum class ColorChoice { Auto, Always, Never };

/// Whether to use colours: asked for, or on a terminal that can (TERM) and may (NO_COLOR).
/// @param no_color value of NO_COLOR, null when unset
/// @param term value of TERM, null when unset
[[nodiscard]] bool use_colors(ColorChoice choice, bool terminal, const char* no_color,
                              const char* term);

/// Text of one style: a cell of a table, or a part of a line.
struct Cell {
  Cell(std::string content, Style cell_style = Style::Plain)
      : text(std::move(content)), style(cell_style) {}
  Cell(std::string_view content) : text(content) {}
  Cell(const char* content) : text(content) {}

  friend bool operator==(const Cell&, const Cell&) = default;

  std::string text;
  Style style = Style::Plain;
};

/// Text of many styles.
using Line = std::vector<Cell>;

/// One column of a table.
struct Column {
  enum class Align { Left, Right };
  /// What may be done with long cells where the terminal is narrow.
  enum class Fit {
    Whole,
    Shorten,  ///< Only their end is shown.
    Wrap,     ///< They go on in the next line.
  };

  std::string title;
  Align align = Align::Left;
  Fit fit = Fit::Whole;
  /// The columns with the highest go first where the terminal is too narrow for all; 0 stays.
  int spare = 0;
};

/// A table in so many columns of a terminal.
struct Grid {
  std::vector<Line> titles;         ///< One line, or none.
  std::vector<Line> lines;          ///< One for each row, more for those with a cell that wraps.
  std::vector<std::string> hidden;  ///< Titles of what had no room.
};

/// Aligned columns, two spaces apart, no blanks at the end of a line. Titles stand above unless all
/// of them are empty.
class Table {
 public:
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  /// @param row one cell for each column
  void add(std::vector<Cell> row) { rows_.push_back(std::move(row)); }

  /// @param limit columns of the terminal, 0 when there may be any number
  [[nodiscard]] Grid grid(std::size_t limit) const;

  /// As text, which ends with a note of what had no room.
  [[nodiscard]] std::string render(const Palette& palette, std::size_t limit = 0) const;

 private:
  struct Shown;

  [[nodiscard]] std::vector<Shown> fit(std::size_t limit) const;

  std::vector<Column> columns_;
  std::vector<std::vector<Cell>> rows_;
};

}  // namespace smadv::cli
