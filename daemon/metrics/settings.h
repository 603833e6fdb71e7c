// SPDX-License-Identifier: GPL-2.0
/// @file
/// What the section [metrics] of the policy file says.
#pragma once

#include <cstdint>
#include <string>

namespace smadv::metrics {

/// Most groups that may have a name of their own.
inline constexpr std::uint32_t kMostGroups = 1000;

/// Where metrics are to be had, and how many.
struct Settings {
  std::string listen;  ///< See parse_address(); empty for nowhere.
  std::uint32_t groups = 20;

  friend bool operator==(const Settings&, const Settings&) = default;
};

}  // namespace smadv::metrics
