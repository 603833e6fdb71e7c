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
  Table table({{"COUNTER"},
               {"VALUE", Column::Align::Right},
               {.title = "MEANING", .fit = Column::Fit::Wrap}});
  for (const StatsKey& key : stats_keys()) {
    table.add({key.name, value_text(key.name, (*stats).*key.member), key.doc});
  }
  context.print(table);
  return {};
}

}  // namespace

void declare_stats(const Command& smadv) {
  smadv
      .add("stats", "All counters and gauges",
           "  smadv stats\n  smadv stats -j | jq '.\"faults-lost\"'\n")
      .runs(show_stats);
}

}  // namespace smadv::cli
