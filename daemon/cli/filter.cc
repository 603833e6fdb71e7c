// SPDX-License-Identifier: GPL-2.0
#include "daemon/filter.h"

#include <cerrno>

#include <fmt/format.h>

#include "daemon/cli/commands.h"
#include "daemon/text.h"

namespace smadv::cli {
namespace {

Table filter_table(const std::vector<Filter>& filters) {
  Table table({{"ID", Column::Align::Right},
               {"ACTION"},
               {"KIND"},
               {.title = "VALUE", .fit = Column::Fit::Wrap}});
  for (const Filter& filter : filters) {
    table.add({fmt::format("{}", filter.id), name_of(filter.action), name_of(filter.kind),
               printable(filter.value)});
  }
  return table;
}

Result<void> show_filters(Context& context) {
  const auto client = context.client();
  if (!client) {
    return client.error();
  }
  const auto listing = (*client)->filters();
  if (!listing) {
    return listing.error();
  }
  context.print(*listing, filter_table);
  return {};
}

Result<void> add_filter(Context& context, const FilterRule& rule) {
  if (auto valid = check_filter_rule(rule); !valid) {
    return valid.error();
  }
  const auto client = context.client();
  if (!client) {
    return client.error();
  }
  const auto id = (*client)->add_filter(rule);
  if (!id) {
    return id.error();
  }
  if (context.json()) {
    context.print(Json::object().set("id", Json(std::uint64_t{*id})));
  } else {
    context.out() << fmt::format("rule {} added\n", *id);
  }
  return {};
}

Result<void> delete_filter(Context& context, std::uint32_t id) {
  const auto client = context.client();
  if (!client) {
    return client.error();
  }
  if (auto deleted = (*client)->delete_filter(id); !deleted) {
    if (deleted.error().exit == ExitCode::NotFound) {
      return Error{ExitCode::NotFound, ENOENT, fmt::format("there is no filter rule {}", id)};
    }
    return deleted.error();
  }
  if (context.json()) {
    context.print(Json::object().set("id", Json(std::uint64_t{id})));
  }
  return {};
}

Result<void> flush_filters(Context& context) {
  const auto client = context.client();
  if (!client) {
    return client.error();
  }
  if (auto deleted = (*client)->delete_filter({}); !deleted) {
    return deleted.error();
  }
  if (context.json()) {
    context.print(Json::array());
  }
  return {};
}

// Of what kind the value is stands in the word before it.
std::vector<Candidate> complete_value(Context& context, std::span<const std::string> words) {
  switch (value_of<FilterKind>(words[words.size() - 2]).value_or(FilterKind::Uid)) {
    case FilterKind::Pid:
      return complete_pids(context, words);
    case FilterKind::Exe:
    case FilterKind::Cgroup:
      return complete_files(context, words);
    default:
      return {};
  }
}

std::vector<Candidate> complete_rules(Context& context, std::span<const std::string>) {
  const auto client = context.client();
  const auto listing = client ? (*client)->filters() : client.error();
  std::vector<Candidate> candidates;
  if (listing) {
    for (const Filter& filter : listing->items) {
      candidates.push_back({fmt::format("{}", filter.id),
                            fmt::format("{} {} {}", name_of(filter.action), name_of(filter.kind),
                                        printable(filter.value))});
    }
  }
  return candidates;
}

void declare_filter_add(const Command& filter) {
  const Command add = filter.add(
      "add",
      "Add a rule. An exclude rule wins over include rules; with at least one include rule only "
      "processes that match one are watched",
      "  smadv filter add include exe /usr/bin/mongod\n"
      "  smadv filter add exclude uid 1000\n"
      "  smadv filter add include cgroup /system.slice/etcd.service\n");
  const auto action = add.name_in<FilterAction>(
      {.names = "ACTION", .does = "include or exclude", .required = true});
  const auto kind = add.name_in<FilterKind>(
      {.names = "KIND", .does = "pid, uid, comm, exe or cgroup", .required = true});
  const auto value =
      add.text({.names = "VALUE",
                .does = "Number, command name, or absolute path of the executable or cgroup",
                .required = true,
                .completer = complete_value});
  add.runs([action, kind, value](Context& context) {
    return add_filter(context, {*action, *kind, *value});
  });
}

}  // namespace

void declare_filter(const Command& smadv) {
  const Command filter = smadv.add("filter", "Rules on which processes are watched",
                                   "  smadv filter\n"
                                   "  smadv filter add exclude comm postgres\n"
                                   "  smadv filter del 3\n");
  filter.runs(show_filters);
  filter.add("list", "All rules", "  smadv filter list --json\n").runs(show_filters);
  declare_filter_add(filter);
  const Command del = filter.add("del", "Remove a rule", "  smadv filter del 3\n");
  const auto id = del.number<std::uint32_t>({.names = "ID",
                                             .does = "Number of the rule, see smadv filter list",
                                             .required = true,
                                             .completer = complete_rules},
                                            "rule number", 1, UINT32_MAX);
  del.runs([id](Context& context) { return delete_filter(context, *id); });
  filter.add("flush", "Remove every rule", "  smadv filter flush\n").runs(flush_filters);
}

}  // namespace smadv::cli
