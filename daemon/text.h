// SPDX-License-Identifier: GPL-2.0
/// @file
/// Numbers, names and events in words.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/model.h"

namespace smadv {

/// @p text with control characters and broken UTF-8 as \xNN, so that a file name cannot command the
/// terminal.
[[nodiscard]] std::string printable(std::string_view text);

/// How many columns of a terminal @p text, which is printable(), takes: two for wide characters,
/// where the locale knows them.
[[nodiscard]] std::size_t columns_of(std::string_view text);

/// The beginning of @p text, which is printable(), that takes at most so many columns.
[[nodiscard]] std::string_view beginning(std::string_view text, std::size_t columns);

/// @p text, or "..." and the end of it, which in a path says the most, in so many columns.
[[nodiscard]] std::string shortened(std::string_view text, std::size_t columns);

/// @p text in lines of at most so many columns, broken between words where that can be.
[[nodiscard]] std::vector<std::string> wrapped(std::string_view text, std::size_t columns);

/// "1 range", "2 ranges", "3 processes"
[[nodiscard]] std::string counted(std::uint64_t count, std::string_view noun);

/// "1.5 MiB"
[[nodiscard]] std::string format_bytes(std::uint64_t bytes);

/// "95 %"
[[nodiscard]] std::string format_percent(std::uint32_t percent);

/// Basis points as "12.5 %"
[[nodiscard]] std::string format_basis_points(std::uint32_t bp);

/// "1.5 ms", "12 s", "3 min", "5 h"
[[nodiscard]] std::string format_duration_ns(std::uint64_t ns);

/// "7f0000000000-7f0000100000", as in /proc/PID/maps
[[nodiscard]] std::string format_interval(std::uint64_t start, std::uint64_t end);

/// Nanoseconds since boot as "12.345678", the way the kernel log has them.
[[nodiscard]] std::string format_boot_time(std::uint64_t ns);

/// "strided(32)", "runs(4)", else the pattern's name.
[[nodiscard]] std::string pattern_text(Pattern pattern, std::uint32_t pages);

/// The reason's name, with what the kernel said when it refused.
[[nodiscard]] std::string reason_text(Reason reason, std::uint32_t error);

/// Path of the mapped file, safe to print.
[[nodiscard]] std::string file_text(const Range& range);

/// What happened to whom and why, without the time.
[[nodiscard]] std::string event_text(const Event& event);

}  // namespace smadv
