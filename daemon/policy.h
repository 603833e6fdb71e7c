// SPDX-License-Identifier: GPL-2.0
/// @file
/// The keys of the policy: one table that serves the codec, the command line and the policy file.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/model.h"
#include "daemon/result.h"

namespace smadv {

/// What one member of the policy is called and may be.
struct PolicyKey {
  /// How a value is written.
  enum class Form { Switch, Choice, Number };

  std::uint16_t attribute;
  std::string_view name;
  std::uint32_t Policy::*member;
  std::uint32_t min;
  std::uint32_t max;
  std::uint32_t fallback;  ///< The default of the module.
  std::string_view unit;
  std::string_view doc;
  Form form = Form::Number;
  std::span<const std::string_view> choices = {};  ///< Of Form::Choice, by value.
};

/// All keys, in the order of the spec.
[[nodiscard]] std::span<const PolicyKey> policy_keys();

/// The key called @p name, or null.
[[nodiscard]] const PolicyKey* find_policy_key(std::string_view name);

/// The policy with which the module starts.
[[nodiscard]] Policy default_policy();

/// One member of a policy to be changed.
struct PolicyChange {
  const PolicyKey* key;
  std::uint32_t value;

  friend bool operator==(const PolicyChange&, const PolicyChange&) = default;
};

using PolicyChanges = std::vector<PolicyChange>;

/// The changes that lead from anything to @p policy.
[[nodiscard]] PolicyChanges whole_policy(const Policy& policy);

/// The changes that lead from @p from to @p to.
[[nodiscard]] PolicyChanges policy_difference(const Policy& from, const Policy& to);

/// Allowed values of @p key for a person: "50..100", "on or off", "observe, pattern or benefit".
[[nodiscard]] std::string allowed_values(const PolicyKey& key);

/// @p value as a person writes it: number, choice or on/off.
[[nodiscard]] std::string format_policy_value(const PolicyKey& key, std::uint32_t value);

/// Read a value of @p key as written on a command line. Errors name key and allowed range.
[[nodiscard]] Result<std::uint32_t> parse_policy_value(const PolicyKey& key, std::string_view text);

/// Check @p value against the range of @p key. Errors name key and allowed range.
[[nodiscard]] Result<std::uint32_t> check_policy_value(const PolicyKey& key, std::int64_t value);

/// Why the members of @p policy do not go together, or nothing.
[[nodiscard]] std::optional<std::string> policy_conflict(const Policy& policy);

/// The complaint about a key that does not exist, with the nearest one that does.
[[nodiscard]] std::string unknown_policy_key(std::string_view name);

}  // namespace smadv
