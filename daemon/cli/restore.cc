// SPDX-License-Identifier: GPL-2.0
#include <fmt/format.h>

#include "daemon/cli/commands.h"

namespace smadv::cli {
namespace {

void print_outcome(Context& context, const RestoreOutcome& outcome) {
  if (context.json()) {
    context.print(Json(outcome));
    return;
  }
  context.out() << fmt::format("{} restored, {} left as the application changed them since\n",
                               outcome.restored, outcome.yielded);
}

Result<void> forget_process(Context& context, std::uint32_t pid) {
  const auto client = context.client();
  if (!client) {
    return client.error();
  }
  const auto outcome = (*client)->forget(pid);
  if (!outcome) {
    return outcome.error().exit == ExitCode::NotFound ? context.not_tracked(pid) : outcome.error();
  }
  print_outcome(context, *outcome);
  return {};
}

Result<void> restore(Context& context, std::optional<std::uint32_t> pid) {
  const auto client = context.client();
  if (!client) {
    return client.error();
  }
  const auto outcome = (*client)->restore(pid);
  if (!outcome) {
    return pid && outcome.error().exit == ExitCode::NotFound ? context.not_tracked(*pid)
                                                             : outcome.error();
  }
  print_outcome(context, *outcome);
  return {};
}

}  // namespace

void declare_restore(const Command& smadv) {
  const Command forget = smadv.add(
      "forget", "Restore a process and drop all that is known of it",
      "  smadv forget 1234\n"
      "It is tracked anew at its next fault; smadv filter add exclude pid 1234 prevents that.\n");
  const auto forgotten = forget.pid({.names = "PID", .does = "Process", .required = true});
  forget.runs([forgotten](Context& context) { return forget_process(context, *forgotten); });

  const Command undo = smadv.add(
      "restore", "Take every hint back, of one process or of all",
      "  smadv restore\n  smadv restore 1234\n"
      "The governor may hint again when new faults call for it; smadv governor observe first\n"
      "prevents that.\n");
  const auto pid = undo.pid({.names = "PID", .does = "Only of this process"});
  undo.runs([pid](Context& context) { return restore(context, pid.get()); });
}

}  // namespace smadv::cli
