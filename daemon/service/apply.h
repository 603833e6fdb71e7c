// SPDX-License-Identifier: GPL-2.0
/// @file
/// Make the module's policy and filter rules those of a configuration.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "daemon/config/configuration.h"
#include "daemon/kernel_client.h"
#include "daemon/policy.h"
#include "daemon/result.h"

namespace smadv {

/// What applying a configuration changed.
struct Applied {
  PolicyChanges policy;
  std::size_t filters_added = 0;
  std::size_t filters_removed = 0;
};

/// Bring the module to @p configuration: first the filter rules, so that a governor that begins to
/// act finds excluded processes excluded, then the policy in one request. When a step is refused,
/// the rules are put back as they were and the error of that step is returned.
[[nodiscard]] Result<Applied> apply(KernelClient& client, const Configuration& configuration);

/// How the rules in force differ from those wanted, for a person: "exclude comm x added". Empty
/// when they are the same.
[[nodiscard]] std::vector<std::string> filter_difference(std::span<const FilterRule> wanted,
                                                         std::span<const Filter> present);

}  // namespace smadv
