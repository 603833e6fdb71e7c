// SPDX-License-Identifier: GPL-2.0
/// @file
/// What the section [metrics] of the policy file says.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace smadv::metrics {

/// Most groups that may have a name of their own.
inline constexpr std::uint32_t kMostGroups = 1000;

/// What the processes of a group have in common.
enum class GroupBy { Command, Cgroup };

/// By the names that the policy file knows, in the order of the enumeration.
inline constexpr std::array<std::string_view, 2> kGroupByNames = {"command", "cgroup"};

/// Where metrics are to be had, and how many.
struct Settings {
  std::string listen;  ///< See parse_address(); empty for nowhere.
  std::uint32_t groups = 20;
  GroupBy group_by = GroupBy::Command;

  friend bool operator==(const Settings&, const Settings&) = default;
};

}  // namespace smadv::metrics
