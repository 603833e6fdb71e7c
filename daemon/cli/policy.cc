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

}  // namespace

Result<PolicyChanges> policy_changes(const std::vector<std::string>& words) {
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

namespace {

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
               {.title = "ALLOWED", .fit = Column::Fit::Wrap},
               {.title = "MEANING", .fit = Column::Fit::Wrap}});
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
  const auto changes = policy_changes(words);
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

void add_values(const PolicyKey& key, const std::optional<Policy>& now,
                std::vector<Candidate>& candidates) {
  const auto add = [&](std::uint32_t value, std::string_view about) {
    candidates.push_back({fmt::format("{}={}", key.name, format_policy_value(key, value)),
                          fmt::format("{} ({})", about, allowed_values(key))});
  };
  if (key.form == PolicyKey::Form::Number) {
    if (now) {
      add((*now).*key.member, "in force");
    }
    add(key.fallback, "default");
    return;
  }
  for (std::uint32_t value = key.min; value <= key.max; ++value) {
    add(value, now && (*now).*key.member == value ? "in force" : "");
  }
}

}  // namespace

std::vector<Candidate> complete_change(Context& context, std::span<const std::string> words) {
  std::vector<Candidate> candidates;
  const std::string& word = words.back();
  const auto equals = word.find('=');
  if (equals == std::string::npos) {
    for (const PolicyKey& key : policy_keys()) {
      candidates.push_back({fmt::format("{}=", key.name), std::string(key.doc)});
    }
  } else if (const PolicyKey* key = find_policy_key(word.substr(0, equals))) {
    const auto now = context.policy();
    add_values(*key, now ? std::optional(*now) : std::nullopt, candidates);
  }
  return candidates;
}

void declare_policy(const Command& smadv) {
  const Command policy = smadv.add("policy", "Show or set the thresholds and limits",
                                   "  smadv policy\n"
                                   "  smadv policy set random-pct=80 hold-ms=500\n");
  policy.runs(show_policy);
  policy
      .add("show", "Every key with value, default, allowed range and meaning",
           "  smadv policy show\n  smadv policy show --json\n")
      .runs(show_policy);
  const Command set =
      policy.add("set", "Change keys: all of them, or none when one is refused",
                 "  smadv policy set governor=benefit\n"
                 "  smadv policy set sequential-pct=80 random-pct=80 hold-ms=500\n");
  const auto words = set.texts({.names = "CHANGE",  // CLI11 2.4 refuses KEY=VALUE
                                .does = "KEY=VALUE, a key and its new value",
                                .required = true,
                                .completer = complete_change});
  set.runs([words](Context& context) { return set_policy(context, *words); });
}

}  // namespace smadv::cli
