// SPDX-License-Identifier: GPL-2.0
#include "daemon/filter.h"

#include <cerrno>

#include <fmt/format.h>

#include "daemon/cli/commands.h"
#include "daemon/text.h"

namespace smadv::cli {
namespace {

Table table_of(const std::vector<Filter>& filters) {
  Table table({{"ID", Column::Align::Right}, {"ACTION"}, {"KIND"}, {"VALUE"}});
  for (const Filter& filter : filters) {
    table.add({fmt::format("{}", filter.id), name_of(filter.action), name_of(filter.kind),
               printable(filter.value)});
  }
  return table;
}

}  // namespace

Result<void> show_filters(Context& context) {
  const auto client = context.client();
  if (!client) {
    return client.error();
  }
  const auto listing = (*client)->filters();
  if (!listing) {
    return listing.error();
  }
  context.print(*listing, table_of);
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

}  // namespace smadv::cli
