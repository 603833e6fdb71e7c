// SPDX-License-Identifier: GPL-2.0
/// @file
/// Charts in letters.
#pragma once

#include <cstddef>
#include <string>

#include "daemon/report/report.h"

namespace smadv::report {

/// @p chart, @p width columns wide at most, each line ended.
/// @param colored cells in colours of the 256 that terminals have
[[nodiscard]] std::string letters(const Chart& chart, std::size_t width, bool colored);

}  // namespace smadv::report
