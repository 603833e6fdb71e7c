// SPDX-License-Identifier: GPL-2.0
/// @file
/// What every target needs: a way to say what must hold, and a way to cut its input up.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string>
#include <type_traits>

namespace smadv::fuzz {

/// End the run, which makes the input a finding, unless @p holds.
inline void require(bool holds, const char* what) {
  if (!holds) {
    std::fprintf(stderr, "does not hold: %s\n", what);
    std::abort();
  }
}

/// The input, piece by piece. Behind its end come zeros.
class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : rest_(data, size) {}

  [[nodiscard]] bool empty() const { return rest_.empty(); }

  template <class T>
  requires std::is_integral_v<T> T take() {
    T value{};
    const std::size_t size = std::min(sizeof(T), rest_.size());
    if (size > 0) {
      std::memcpy(&value, rest_.data(), size);
    }
    rest_ = rest_.subspan(size);
    return value;
  }

  /// All that is left.
  [[nodiscard]] std::span<const std::uint8_t> rest() const { return rest_; }

  [[nodiscard]] std::string text() const { return {rest_.begin(), rest_.end()}; }

 private:
  std::span<const std::uint8_t> rest_;
};

}  // namespace smadv::fuzz
