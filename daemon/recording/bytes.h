// SPDX-License-Identifier: GPL-2.0
/// @file
/// Numbers in as few bytes as they need, seven bits in each, the lowest first.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace smadv::recording {

inline void put_varint(std::uint64_t value, std::string& bytes) {
  for (; value >= 0x80; value >>= 7U) {
    bytes.push_back(static_cast<char>(0x80U | value));
  }
  bytes.push_back(static_cast<char>(value));
}

/// A number whose sign may be either, small ones in few bytes.
inline void put_signed(std::int64_t value, std::string& bytes) {
  const auto wide = static_cast<std::uint64_t>(value);
  put_varint(wide << 1U ^ (value < 0 ? ~0ULL : 0ULL), bytes);
}

/// Takes bytes off the front of a view. Once something is missing, or cannot be, all is zero.
class Taker {
 public:
  explicit Taker(std::string_view bytes) : rest_(bytes) {}

  [[nodiscard]] std::uint64_t varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && !rest_.empty(); shift += 7) {
      const auto byte = static_cast<unsigned char>(rest_.front());
      rest_.remove_prefix(1);
      value |= static_cast<std::uint64_t>(byte & 0x7fU) << shift;
      if (byte < 0x80) {
        return value;
      }
    }
    fail();
    return 0;
  }

  [[nodiscard]] std::int64_t signed_varint() {
    const std::uint64_t value = varint();
    return static_cast<std::int64_t>(value >> 1U ^ (~(value & 1U) + 1));
  }

  [[nodiscard]] std::string_view text(std::uint64_t length) {
    if (length > rest_.size()) {
      fail();
      return {};
    }
    const auto taken = rest_.substr(0, length);
    rest_.remove_prefix(length);
    return taken;
  }

  [[nodiscard]] bool failed() const { return failed_; }
  [[nodiscard]] std::string_view rest() const { return rest_; }

 private:
  void fail() {
    failed_ = true;
    rest_ = {};
  }

  std::string_view rest_;
  bool failed_ = false;
};

}  // namespace smadv::recording
