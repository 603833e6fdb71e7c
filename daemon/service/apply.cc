// SPDX-License-Identifier: GPL-2.0
#include "daemon/service/apply.h"

#include <algorithm>

#include <fmt/format.h>

#include "daemon/filter.h"
#include "daemon/text.h"

namespace smadv {
namespace {

struct FilterChanges {
  std::size_t added = 0;
  std::size_t removed = 0;
};

template <class Rule>
bool contains(std::span<const Rule> rules, const FilterRule& rule) {
  return std::ranges::any_of(rules, [&rule](const FilterRule& other) { return other == rule; });
}

// Adds before it removes: without any include rule, for a moment every process would be watched.
Result<FilterChanges> set_filters(KernelClient& client, std::span<const Filter> present,
                                  std::span<const FilterRule> wanted) {
  FilterChanges changes;
  for (const FilterRule& rule : wanted) {
    if (contains(present, rule)) {
      continue;
    }
    if (const auto id = client.add_filter(rule); !id) {
      return Error{id.error().exit, id.error().code,
                   fmt::format("{} ({})", id.error().message, to_text(rule))};
    }
    ++changes.added;
  }
  for (const Filter& rule : present) {
    if (contains(wanted, rule)) {
      continue;
    }
    // One that is gone already is what we want.
    if (const auto deleted = client.delete_filter(rule.id);
        !deleted && deleted.error().exit != ExitCode::NotFound) {
      return deleted.error();
    }
    ++changes.removed;
  }
  return changes;
}

// Best effort: the error that led here is the one to tell.
void restore_filters(KernelClient& client, const std::vector<Filter>& before) {
  const auto present = client.filters();
  if (present) {
    const std::vector<FilterRule> rules(before.begin(), before.end());
    static_cast<void>(set_filters(client, present->items, rules));
  }
}

}  // namespace

Result<Applied> apply(KernelClient& client, const Configuration& configuration) {
  const auto policy_before = client.policy();
  if (!policy_before) {
    return policy_before.error();
  }
  const auto filters_before = client.filters();
  if (!filters_before) {
    return filters_before.error();
  }
  const auto filters = set_filters(client, filters_before->items, configuration.filters);
  if (!filters) {
    restore_filters(client, filters_before->items);
    return filters.error();
  }
  if (const auto set = client.set_policy(whole_policy(configuration.policy)); !set) {
    restore_filters(client, filters_before->items);
    return set.error();
  }
  return Applied{policy_difference(*policy_before, configuration.policy), filters->added,
                 filters->removed};
}

std::vector<std::string> filter_difference(std::span<const FilterRule> wanted,
                                           std::span<const Filter> present) {
  std::vector<std::string> differences;
  for (const Filter& rule : present) {
    if (!contains(wanted, rule)) {
      differences.push_back(printable(to_text(rule)) + " added");
    }
  }
  for (const FilterRule& rule : wanted) {
    if (!contains(present, rule)) {
      differences.push_back(printable(to_text(rule)) + " removed");
    }
  }
  return differences;
}

}  // namespace smadv
