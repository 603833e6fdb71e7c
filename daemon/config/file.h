// SPDX-License-Identifier: GPL-2.0
/// @file
/// Reading a file of the policy.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/result.h"

namespace smadv {

/// Longest file of the policy.
inline constexpr std::size_t kMostFileBytes = 262144;

/// Most dots in a line of it. Each may be a level of nesting, and the parser takes what is nested
/// apart by recursion, at 256 bytes of stack a level: with its own limit of 256 values within each
/// other that comes to 4 MiB at worst.
inline constexpr std::size_t kMostLineDots = 64;

/// The content of @p file, which has to be a regular file (or /dev/null, with which others mask a
/// drop-in) of at most kMostFileBytes. Never waits, whatever @p file is. The error says what is
/// wrong, without the file's name.
[[nodiscard]] Result<std::string> read_policy_file(const std::filesystem::path& file);

/// The number of the first line with more than kMostLineDots dots, unless it is a comment.
[[nodiscard]] std::optional<std::size_t> overlong_key(std::string_view content);

}  // namespace smadv
