// SPDX-License-Identifier: GPL-2.0
#include "daemon/service/apply.h"

#include <algorithm>
#include <cerrno>
#include <iterator>

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

bool is_include(const FilterRule& rule) {
  return rule.action == FilterAction::Include;
}

// The rules that are not among others, those of one action first.
template <class Other, class Rule>
std::vector<Rule> not_among(std::span<const Other> others, std::span<const Rule> rules,
                            FilterAction first) {
  std::vector<Rule> left;
  for (const bool leads : {true, false}) {
    std::ranges::copy_if(rules, std::back_inserter(left), [&](const Rule& rule) {
      return (rule.action == first) == leads && !contains(others, rule);
    });
  }
  return left;
}

// Makes the rules in force those wanted, one request after the other. Meanwhile no process is
// watched that neither the old rules nor the new let in: excludes come first and go last, and
// without any include rule every process would be let in. Only where old and new rules do not fit
// beside each other, old excludes have to go before all of the new ones are there.
class Exchange {
 public:
  Exchange(KernelClient& client, std::span<const Filter> present,
           std::span<const FilterRule> wanted);

  [[nodiscard]] Result<FilterChanges> run();

 private:
  [[nodiscard]] Result<void> add(const FilterRule& rule);
  [[nodiscard]] Result<void> make_room();
  [[nodiscard]] Result<void> remove(std::vector<Filter>::iterator rule);

  KernelClient& client_;
  std::vector<FilterRule> missing_;
  std::vector<Filter> surplus_;  // still in force
  std::ptrdiff_t includes_;      // in force
  FilterChanges changes_;
};

Exchange::Exchange(KernelClient& client, std::span<const Filter> present,
                   std::span<const FilterRule> wanted)
    : client_(client),
      missing_(not_among(present, wanted, FilterAction::Exclude)),
      surplus_(not_among(wanted, present, FilterAction::Include)),
      includes_(std::ranges::count_if(present, is_include)) {}

Result<FilterChanges> Exchange::run() {
  for (const FilterRule& rule : missing_) {
    if (const auto added = add(rule); !added) {
      return Error{added.error().exit, added.error().code,
                   fmt::format("{} ({})", added.error().message, to_text(rule))};
    }
  }
  while (!surplus_.empty()) {
    if (const auto removed = remove(surplus_.begin()); !removed) {
      return removed.error();
    }
  }
  return changes_;
}

Result<void> Exchange::add(const FilterRule& rule) {
  auto id = client_.add_filter(rule);
  while (!id && id.error().code == ENOSPC && !surplus_.empty()) {
    if (auto removed = make_room(); !removed) {
      return removed;
    }
    id = client_.add_filter(rule);
  }
  if (!id) {
    return id.error();
  }
  includes_ += is_include(rule) ? 1 : 0;
  ++changes_.added;
  return {};
}

// The last include stays as long as there is something else to remove.
Result<void> Exchange::make_room() {
  auto rule = surplus_.begin();
  if (includes_ == 1 && is_include(*rule) && surplus_.size() > 1) {
    ++rule;
  }
  return remove(rule);
}

Result<void> Exchange::remove(std::vector<Filter>::iterator rule) {
  // One that is gone already is what we want.
  if (const auto deleted = client_.delete_filter(rule->id);
      !deleted && deleted.error().exit != ExitCode::NotFound) {
    return deleted.error();
  }
  includes_ -= is_include(*rule) ? 1 : 0;
  surplus_.erase(rule);
  ++changes_.removed;
  return {};
}

// Best effort: the error that led here is the one to tell.
void restore_filters(KernelClient& client, const std::vector<Filter>& before) {
  const auto present = client.filters();
  if (present) {
    const std::vector<FilterRule> rules(before.begin(), before.end());
    static_cast<void>(Exchange(client, present->items, rules).run());
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
  const auto filters = Exchange(client, filters_before->items, configuration.filters).run();
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
