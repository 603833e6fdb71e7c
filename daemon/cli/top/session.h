// SPDX-License-Identifier: GPL-2.0
/// @file
/// What the person before `smadv top` sees and does: keys in, lines out.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/cli/top/layout.h"
#include "daemon/cli/top/model.h"

namespace smadv::cli::top {

/// Keys that are no characters; those are given as themselves.
namespace key {
inline constexpr int kUp = 0x100;
inline constexpr int kDown = 0x101;
inline constexpr int kPageUp = 0x102;
inline constexpr int kPageDown = 0x103;
inline constexpr int kHome = 0x104;
inline constexpr int kEnd = 0x105;
inline constexpr int kEnter = 0x106;
inline constexpr int kEscape = 0x107;
inline constexpr int kBackspace = 0x108;
}  // namespace key

inline constexpr double kLeastIntervalS = 0.1;
inline constexpr double kMostIntervalS = 3600;

/// With what it begins.
struct Settings {
  SortKey sort = SortKey::Faults;
  std::string name = {};  ///< Only processes that match; empty for all.
  double interval_s = 2;
};

/// One sitting.
class Session {
 public:
  explicit Session(Settings settings) : settings_(std::move(settings)) {}

  /// A look at the module.
  void see(Snapshot snapshot);
  /// There is nothing to look at, for a reason. What was seen last stays.
  void lose(std::string reason) { lost_ = std::move(reason); }

  /// @return whether to go on
  [[nodiscard]] bool press(int pressed);

  [[nodiscard]] std::vector<Line> draw(Size size);

  [[nodiscard]] double interval_s() const { return settings_.interval_s; }
  [[nodiscard]] bool paused() const { return paused_; }

 private:
  void press_in_list(int pressed);
  void press_in_name(int pressed);
  void refresh(const Snapshot& now);

  [[nodiscard]] std::size_t selected_row() const;
  [[nodiscard]] const Row* watched() const;
  [[nodiscard]] std::vector<Range> watched_ranges(const Snapshot& now) const;
  [[nodiscard]] std::size_t selected_range(const std::vector<Range>& ranges) const;
  [[nodiscard]] Line state_line() const;

  void draw_processes(Screenful& screen, const Snapshot& now);
  void draw_ranges(Screenful& screen, const Snapshot& now);

  Settings settings_;
  std::optional<Snapshot> before_;
  std::optional<Snapshot> now_;
  std::string lost_;
  std::vector<Row> rows_;

  bool reversed_ = false;
  bool paused_ = false;
  bool helping_ = false;
  bool naming_ = false;            ///< The name is being typed.
  bool ranging_ = false;           ///< The ranges of the selected process are shown.
  std::uint64_t selected_id_ = 0;  ///< Process::id
  std::uint64_t selected_at_ = 0;  ///< An address in the selected range.
  std::size_t page_ = 1;           ///< How many entries the last drawing had room for.
};

}  // namespace smadv::cli::top
