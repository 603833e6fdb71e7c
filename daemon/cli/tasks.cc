// SPDX-License-Identifier: GPL-2.0
#include <cstring>

#include <fmt/format.h>

#include "daemon/cli/commands.h"
#include "daemon/text.h"

namespace smadv::cli {
namespace {

Style style_of(TaskState state) {
  switch (state) {
    case TaskState::Applied:
      return Style::Good;
    case TaskState::Refused:
      return Style::Warn;
    case TaskState::Cancelled:
      return Style::Faint;
    case TaskState::Queued:
      break;
  }
  return Style::Plain;
}

Table table_of(const std::vector<Task>& tasks) {
  constexpr auto kRight = Column::Align::Right;
  Table table({{"ID", kRight},
               {"PID", kRight},
               {"COMMAND"},
               {"RANGE"},
               {"SIZE", kRight},
               {"HINT"},
               {"STATE"},
               {"REASON"},
               {"FILED", kRight},
               {"TOOK", kRight},
               {"FAULTS", kRight}});
  for (const Task& task : tasks) {
    const bool done = task.done_ns != 0;
    table.add({fmt::format("{}", task.id),
               fmt::format("{}", task.pid),
               printable(task.comm),
               format_interval(task.start, task.end),
               format_bytes(task.end - task.start),
               name_of(task.hint),
               {name_of(task.state), style_of(task.state)},
               reason_text(task.reason, task.error),
               format_boot_time(task.filed_ns),
               done ? format_duration_ns(task.done_ns - task.filed_ns) : "-",
               done ? fmt::format("{}", task.done_faults - task.filed_faults) : "-"});
  }
  return table;
}

}  // namespace

Result<void> show_tasks(Context& context, std::optional<std::uint32_t> pid) {
  const auto client = context.client();
  if (!client) {
    return client.error();
  }
  const auto listing = (*client)->tasks(pid);
  if (!listing) {
    return pid && listing.error().exit == ExitCode::NotFound ? context.not_tracked(*pid)
                                                             : listing.error();
  }
  // The tasks of a process that ended are kept for a while, so an empty list alone says nothing.
  if (pid && listing->items.empty()) {
    const auto process = (*client)->process(*pid);
    if (!process) {
      return process.error().exit == ExitCode::NotFound ? context.not_tracked(*pid)
                                                        : process.error();
    }
  }
  context.print(*listing, table_of);
  return {};
}

}  // namespace smadv::cli
