// SPDX-License-Identifier: GPL-2.0
#include <string>

#include <fmt/format.h>

#include "daemon/cli/commands.h"
#include "daemon/text.h"

namespace smadv::cli {
namespace {

Cell state_of(const Policy& policy) {
  const auto governor = static_cast<Governor>(policy.governor);
  if (policy.enabled == 0) {
    return {"disabled", Style::Warn};
  }
  return {
      fmt::format("enabled, governor {} ({})", name_of(governor),
                  governor == Governor::Observe ? "nothing is changed"
                                                : "smadv governor observe takes all hints back"),
      Style::Good};
}

Cell lost(const Stats& stats) {
  const std::uint64_t lost = stats.faults_lost + stats.faults_untracked + stats.events_lost;
  return {fmt::format("{} faults overwritten, {} of untracked processes, {} events",
                      stats.faults_lost, stats.faults_untracked, stats.events_lost),
          lost == 0 ? Style::Plain : Style::Warn};
}

std::string observers(const Info& info) {
  return fmt::format("{}, {}",
                     info.advice_observer != 0 ? "applications' madvise() seen"
                                               : "applications' madvise() known by flags only",
                     info.fork_observer != 0 ? "forks followed" : "forks not followed");
}

Result<void> show_status(Context& context) {
  const auto client = context.client();
  if (!client) {
    return client.error();
  }
  const auto info = (*client)->info();
  if (!info) {
    return info.error();
  }
  const auto policy = (*client)->policy();
  if (!policy) {
    return policy.error();
  }
  const auto stats = (*client)->stats();
  if (!stats) {
    return stats.error();
  }
  if (context.json()) {
    context.print(Json::object()
                      .set("info", Json(*info))
                      .set("policy", Json(*policy))
                      .set("stats", Json(*stats)));
    return {};
  }
  Table table({{""}, {.title = "", .fit = Column::Fit::Wrap}});
  table.add({"module", fmt::format("{}, interface {}", printable(info->version), info->abi)});
  table.add({"state", state_of(*policy)});
  table.add({"hook", name_of(info->hook)});
  table.add({"executor", name_of(info->executor)});
  table.add({"observers", observers(*info)});
  table.add(
      {"processes", fmt::format("{} of at most {}", stats->processes, policy->max_processes)});
  table.add({"ranges", fmt::format("{}", stats->ranges)});
  table.add(
      {"hints", fmt::format("{} active, {} changed, {} restored, {} yielded", stats->hints_active,
                            stats->hints_changed, stats->hints_restored, stats->hints_yielded)});
  table.add({"faults", fmt::format("{}, {} of them major", stats->faults, stats->majors)});
  table.add({"lost", lost(*stats)});
  table.add({"memory", fmt::format("{} of at most {}", format_bytes(stats->memory_bytes),
                                   format_bytes(std::uint64_t{policy->max_memory_kb} * 1024))});
  context.print(table);
  return {};
}

}  // namespace

void declare_status(const Command& smadv) {
  smadv.runs(show_status);
  smadv
      .add("status", "Module, state and the counts that matter (also without a command)",
           "  smadv\n  smadv status --json\n")
      .runs(show_status);
}

}  // namespace smadv::cli
