// SPDX-License-Identifier: GPL-2.0
/// @file
/// The sentences of `smadv explain`.
#pragma once

#include <string>
#include <vector>

#include "daemon/model.h"

namespace smadv::cli {

/// The latest task that was to bring @p range the hint wanted for it, or null.
[[nodiscard]] const Task* latest_attempt(const Range& range, const std::vector<Task>& tasks);

/// What the module does with a range and why, in one sentence with the numbers of the evidence.
/// @param task latest_attempt(), tells why a hint that is wanted is not applied; may be null
[[nodiscard]] std::string explanation(const Range& range, const Policy& policy, const Task* task);

}  // namespace smadv::cli
