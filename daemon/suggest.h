// SPDX-License-Identifier: GPL-2.0
/// @file
/// "Did you mean ...?"
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace smadv {

/// ", did you mean 'x'?" for the name nearest to @p word, empty when none is near.
[[nodiscard]] std::string did_you_mean(std::string_view word,
                                       std::span<const std::string_view> names);

}  // namespace smadv
