// SPDX-License-Identifier: GPL-2.0
#include "daemon/stats.h"

#include <fmt/format.h>

#include "daemon/cli/commands.h"
#include "daemon/text.h"

namespace smadv::cli {
namespace {

// The unit is the end of the name.
std::string value_text(std::string_view name, std::uint64_t value) {
  if (name.ends_with("-bytes")) {
    return format_bytes(value);
  }
  if (name.ends_with("-ns")) {
    return format_duration_ns(value);
  }
  return fmt::format("{}", value);
}

}  // namespace

Result<void> show_stats(Context& context) {
  const auto client = context.client();
  if (!client) {
    return client.error();
  }
  const auto stats = (*client)->stats();
  if (!stats) {
    return stats.error();
  }
  if (context.json()) {
    context.print(Json(*stats));
    return {};
  }
  Table table({{"COUNTER"}, {"VALUE", Column::Align::Right}, {"MEANING"}});
  for (const StatsKey& key : stats_keys()) {
    table.add({key.name, value_text(key.name, (*stats).*key.member), key.doc});
  }
  context.print(table);
  return {};
}

}  // namespace smadv::cli
