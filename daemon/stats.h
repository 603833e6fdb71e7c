// SPDX-License-Identifier: GPL-2.0
/// @file
/// The counters and gauges: one table that serves the codec and the command line.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "daemon/model.h"

namespace smadv {

/// What one member of the statistics is called and means.
struct StatsKey {
  std::uint16_t attribute;
  std::string_view name;
  std::uint64_t Stats::*member;
  std::string_view doc;
};

/// All counters, in the order of the spec.
[[nodiscard]] std::span<const StatsKey> stats_keys();

}  // namespace smadv
