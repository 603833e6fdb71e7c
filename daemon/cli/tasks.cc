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

Table task_table(const std::vector<Task>& tasks) {
  constexpr auto kRight = Column::Align::Right;
  Table table({{"ID", kRight},
               {"PID", kRight},
               {.title = "COMMAND", .spare = 2},
               {"RANGE"},
               {.title = "SIZE", .align = kRight, .spare = 3},
               {"HINT"},
               {"STATE"},
               {.title = "REASON", .fit = Column::Fit::Wrap},
               {.title = "FILED", .align = kRight, .spare = 6},
               {.title = "TOOK", .align = kRight, .spare = 5},
               {.title = "FAULTS", .align = kRight, .spare = 4}});
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
  context.print(*listing, task_table);
  return {};
}

}  // namespace

void declare_tasks(const Command& smadv) {
  const Command tasks = smadv.add(
      "tasks", "Hints queued, applied, refused and cancelled, the last ones of each process",
      "  smadv tasks\n  smadv tasks 1234\n");
  const auto pid = tasks.pid({.names = "PID", .does = "Only those of this process"});
  tasks.runs([pid](Context& context) { return show_tasks(context, pid.get()); });
}

}  // namespace smadv::cli
