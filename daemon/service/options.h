// SPDX-License-Identifier: GPL-2.0
/// @file
/// The command line of smadvd.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "daemon/netlink/connect.h"
#include "daemon/result.h"

namespace smadv {

/// What smadvd was asked to do.
struct Options {
  std::string config = SMADV_CONFIG_FILE;
  std::string log_level = "info";
  std::uint32_t event_buffer_kb = netlink::EventBuffer{}.kib;
  bool check = false;
};

/// A text to print instead of doing anything (--help, --version).
struct Answer {
  std::string text;
};

/// Read the command line.
/// @param words without the program's name
[[nodiscard]] Result<std::variant<Options, Answer>> parse_options(
    const std::vector<std::string>& words);

}  // namespace smadv
