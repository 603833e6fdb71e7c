// SPDX-License-Identifier: GPL-2.0
/// @file
/// What `smadv top` shows, as lines for a terminal of any size.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "daemon/cli/style.h"
#include "daemon/cli/top/model.h"

namespace smadv::cli::top {

/// Rows and columns of a terminal.
struct Size {
  std::size_t width = 80;
  std::size_t height = 24;
};

/// The table of processes, which `--batch` prints as well.
[[nodiscard]] Table process_table(const std::vector<Row>& rows, std::optional<SortKey> sort);

/// Ten letters that stand for tenths of @p mix; "-" when nothing is known.
[[nodiscard]] std::string mix_text(const Mix& mix);

/// What is going on over all, in one line.
/// @param before the look before, null at the first
[[nodiscard]] std::string headline(const Snapshot& now, const Snapshot* before);

/// The ranges of a process, one after the other by their sizes, the gaps between them left out.
struct Bar {
  std::string patterns;  ///< letter_of() the pattern that most of a column's bytes have.
  std::string hints;     ///< 'S' or 'R' of ours, 's' or 'r' of the application, or a blank.
  std::string marks;     ///< '^' below the range that is selected.
};

/// @param ranges in order of address
/// @param selected index of one of them
[[nodiscard]] Bar address_bar(const std::vector<Range>& ranges, std::size_t selected,
                              std::size_t width);

/// A screen full of lines, of which each fits its width.
class Screenful {
 public:
  explicit Screenful(Size size) : size_(size) {}

  [[nodiscard]] std::size_t left() const { return size_.height - lines_.size(); }
  [[nodiscard]] const Size& size() const { return size_; }
  [[nodiscard]] const std::vector<Line>& lines() const { return lines_; }

  /// A line, cut where the screen ends; nothing when there is no room below.
  void add(const Line& line);
  /// Lines out of @p lines, so many, scrolled so that @p selected is seen, which is marked.
  /// @param selected none when beyond the end
  void add_list(const std::vector<Line>& lines, std::size_t selected, std::size_t height);
  /// Empty lines until only so many are left.
  void fill(std::size_t left);

 private:
  Size size_;
  std::vector<Line> lines_;
};

}  // namespace smadv::cli::top
