// SPDX-License-Identifier: GPL-2.0
/// @file
/// Where a recording is from.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/result.h"

namespace smadv::recording {

/// The members of the header. What an older program did not write has its default.
struct Header {
  std::string created;  ///< Date and time, as in "2024-01-31 12:00:00 UTC".
  std::string host;
  std::string kernel;  ///< Release.
  std::string module;  ///< Version.
  std::uint32_t page_bytes = 4096;
  std::uint32_t pid = 0;             ///< Of the process recorded, 0 for all of them.
  std::vector<std::string> command;  ///< That was started for it.

  friend bool operator==(const Header&, const Header&) = default;
};

/// As JSON, with a description of the entries.
[[nodiscard]] std::string to_json(const Header& header);
[[nodiscard]] Result<Header> parse_header(std::string_view json);

}  // namespace smadv::recording
