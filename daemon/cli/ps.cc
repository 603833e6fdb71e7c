// SPDX-License-Identifier: GPL-2.0
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "daemon/cli/commands.h"
#include "daemon/text.h"

namespace smadv::cli {
namespace {

Table table_of(const std::vector<Process>& processes, const Machine& machine) {
  constexpr auto kRight = Column::Align::Right;
  Table table({{"PID", kRight},
               {"COMMAND"},
               {.title = "USER", .spare = 3},
               {"PATTERN"},
               {.title = "CONF", .align = kRight, .spare = 2},
               {.title = "RANGES", .align = kRight, .spare = 4},
               {"HINTS", kRight},
               {"FAULTS", kRight},
               {.title = "LOST", .align = kRight, .spare = 5},
               {.title = "MEMORY", .align = kRight, .spare = 7},
               {.title = "TRACKED", .align = kRight, .spare = 6},
               // Without a title: it has something to say of few processes.
               {""}});
  for (const Process& process : processes) {
    table.add({fmt::format("{}", process.pid),
               printable(process.comm),
               printable(machine.user_name(process.uid)),
               name_of(process.pattern),
               format_percent(process.confidence_pct),
               fmt::format("{}", process.ranges),
               {fmt::format("{}", process.hints_active),
                process.hints_active != 0 ? Style::Good : Style::Plain},
               fmt::format("{}", process.faults),
               {fmt::format("{}", process.faults_lost),
                process.faults_lost != 0 ? Style::Warn : Style::Plain},
               format_bytes(process.memory_bytes),
               format_duration_ns(process.tracked_ms * 1'000'000),
               {process.excluded != 0 ? "excluded" : "", Style::Faint}});
  }
  return table;
}

Result<void> show_processes(Context& context) {
  const auto client = context.client();
  if (!client) {
    return client.error();
  }
  auto listing = (*client)->processes();
  if (!listing) {
    return listing.error();
  }
  std::ranges::sort(listing->items, [](const Process& a, const Process& b) {
    return std::pair(b.faults, a.id) < std::pair(a.faults, b.id);
  });
  context.print(*listing, [&context](const std::vector<Process>& processes) {
    return table_of(processes, context.machine());
  });
  return {};
}

}  // namespace

void declare_ps(const Command& smadv) {
  smadv
      .add("ps", "Tracked processes, those with the most faults first",
           "  smadv ps\n  smadv ps -j | jq '.[] | select(.\"hints-active\" > 0) | .pid'\n")
      .runs(show_processes);
}

}  // namespace smadv::cli
