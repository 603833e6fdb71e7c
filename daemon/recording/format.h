// SPDX-License-Identifier: GPL-2.0
/// @file
/// How a recording begins.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace smadv::recording {

inline constexpr std::string_view kMagic = "SMADVREC";

/// Raised when programs that know only older ones cannot make sense of a newer one.
inline constexpr std::uint32_t kVersion = 1;

/// The longest header that is read.
inline constexpr std::uint32_t kLongestHeader = 1U << 20U;

/// The lowest byte first.
inline void put_u32(std::uint32_t value, std::string& bytes) {
  for (unsigned shift = 0; shift < 32; shift += 8) {
    bytes.push_back(static_cast<char>(value >> shift));
  }
}

[[nodiscard]] inline std::uint32_t get_u32(std::string_view bytes) {
  std::uint32_t value = 0;
  for (unsigned i = 0; i < 4; ++i) {
    value |= std::uint32_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
  }
  return value;
}

/// All before the compressed entries.
[[nodiscard]] inline std::string head(std::string_view header) {
  std::string bytes(kMagic);
  put_u32(kVersion, bytes);
  put_u32(static_cast<std::uint32_t>(header.size()), bytes);
  bytes += header;
  return bytes;
}

}  // namespace smadv::recording
