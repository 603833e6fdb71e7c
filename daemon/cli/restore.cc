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

}  // namespace

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

}  // namespace smadv::cli
