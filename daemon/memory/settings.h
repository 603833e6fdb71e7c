// SPDX-License-Identifier: GPL-2.0
/// @file
/// What the section [memory] of the policy file says.
#pragma once

#include <cstdint>
#include <string>

#include "daemon/memory/store.h"

namespace smadv::memory {

/// Most lessons that may be kept, and for how many days.
inline constexpr std::uint32_t kMostRows = 1'000'000;
inline constexpr std::uint32_t kMostDays = 3650;

/// Where lessons are kept, and how many.
struct Settings {
  std::string file = SMADV_MEMORY_FILE;  ///< Empty for nowhere.
  Limits limits;

  friend bool operator==(const Settings&, const Settings&) = default;
};

}  // namespace smadv::memory
