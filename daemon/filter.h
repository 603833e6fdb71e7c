// SPDX-License-Identifier: GPL-2.0
/// @file
/// What a filter rule may say.
#pragma once

#include <string>

#include "daemon/model.h"
#include "daemon/result.h"

namespace smadv {

/// Check the value against its kind. Errors name the kind and what it wants.
[[nodiscard]] Result<void> check_filter_rule(const FilterRule& rule);

/// "exclude comm sshd"
[[nodiscard]] std::string to_text(const FilterRule& rule);

}  // namespace smadv
