// SPDX-License-Identifier: GPL-2.0
/// @file
/// How output looks: colours and tables.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace smadv::cli {

/// What a piece of text is to stand out as.
enum class Style { Plain, Title, Good, Warn, Bad, Faint };

/// Colours, or none.
class Palette {
 public:
  explicit Palette(bool colored = false) : colored_(colored) {}

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

/// One cell of a table.
struct Cell {
  Cell(std::string content, Style cell_style = Style::Plain)
      : text(std::move(content)), style(cell_style) {}
  Cell(std::string_view content) : text(content) {}
  Cell(const char* content) : text(content) {}

  std::string text;
  Style style = Style::Plain;
};

/// One column of a table.
struct Column {
  enum class Align { Left, Right };
  std::string_view title;
  Align align = Align::Left;
};

/// Aligned columns, two spaces apart, no blanks at the end of a line. Titles stand above unless all
/// of them are empty.
class Table {
 public:
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  /// @param row one cell for each column
  void add(std::vector<Cell> row) { rows_.push_back(std::move(row)); }

  [[nodiscard]] std::string render(const Palette& palette) const;

 private:
  [[nodiscard]] std::string render_row(const std::vector<Cell>& row, const Palette& palette,
                                       const std::vector<std::size_t>& widths) const;

  std::vector<Column> columns_;
  std::vector<std::vector<Cell>> rows_;
};

}  // namespace smadv::cli
