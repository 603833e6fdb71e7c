// SPDX-License-Identifier: GPL-2.0
#include "daemon/policy.h"

#include <algorithm>

#include <fmt/format.h>

#include "daemon/cli/commands.h"

namespace smadv::cli {
namespace {

Result<PolicyChange> parse_word(std::string_view word) {
  const auto equals = word.find('=');
  if (equals == std::string_view::npos) {
    return Error{ExitCode::Usage, 0, fmt::format("'{}' is not KEY=VALUE", word)};
  }
  const auto name = word.substr(0, equals);
  const PolicyKey* key = find_policy_key(name);
  if (key == nullptr) {
    return Error{ExitCode::Usage, 0, unknown_policy_key(name)};
  }
  const auto value = parse_policy_value(*key, word.substr(equals + 1));
  if (!value) {
    return value.error();
  }
  return PolicyChange{key, *value};
}

Result<PolicyChanges> parse_words(const std::vector<std::string>& words) {
  PolicyChanges changes;
  for (const std::string& word : words) {
    const auto change = parse_word(word);
    if (!change) {
      return change.error();
    }
    if (std::ranges::find(changes, change->key, &PolicyChange::key) != changes.end()) {
      return Error{ExitCode::Usage, 0, fmt::format("{} is given twice", change->key->name)};
    }
    changes.push_back(*change);
  }
  return changes;
}

}  // namespace

Result<void> show_policy(Context& context) {
  const auto policy = context.policy();
  if (!policy) {
    return policy.error();
  }
  if (context.json()) {
    context.print(Json(*policy));
    return {};
  }
  Table table({{"KEY"},
               {"VALUE", Column::Align::Right},
               {"DEFAULT", Column::Align::Right},
               {"ALLOWED"},
               {"MEANING"}});
  for (const PolicyKey& key : policy_keys()) {
    const std::uint32_t value = (*policy).*key.member;
    table.add(
        {key.name,
         {format_policy_value(key, value), value == key.fallback ? Style::Plain : Style::Title},
         format_policy_value(key, key.fallback),
         allowed_values(key),
         key.doc});
  }
  context.print(table);
  return {};
}

Result<void> set_policy(Context& context, const std::vector<std::string>& words) {
  const auto changes = parse_words(words);
  if (!changes) {
    return changes.error();
  }
  const auto client = context.client();
  if (!client) {
    return client.error();
  }
  if (auto set = (*client)->set_policy(*changes); !set) {
    return set.error();
  }
  if (context.json()) {
    const auto policy = (*client)->policy();
    if (!policy) {
      return policy.error();
    }
    context.print(Json(*policy));
  }
  return {};
}

}  // namespace smadv::cli
