// SPDX-License-Identifier: GPL-2.0
/// @file
/// The terminal of `smadv top`. Hides the library.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/cli/style.h"
#include "daemon/cli/top/layout.h"
#include "daemon/result.h"

namespace smadv::cli::top {

/// A terminal that shows nothing but our lines. It is as before once this is gone, and while the
/// program is stopped. SIGTSTP has to be held back meanwhile: whoever takes it calls stop().
class Screen {
 public:
  /// @param term kind of the terminal, null when TERM is not set
  [[nodiscard]] static Result<Screen> open(const char* term, Palette palette);

  Screen(Screen&& other) noexcept;
  Screen& operator=(Screen&& other) = delete;
  ~Screen();

  [[nodiscard]] Size size() const;

  /// @param lines as many as there are rows, at most
  void draw(const std::vector<Line>& lines);

  /// Leave the terminal to the shell, stop as SIGTSTP does, and come back when told to go on.
  void stop();

  /// The next key pressed, as Session has them. Does not wait.
  [[nodiscard]] std::optional<int> key();

 private:
  struct Impl;

  explicit Screen(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace smadv::cli::top
