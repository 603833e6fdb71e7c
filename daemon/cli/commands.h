// SPDX-License-Identifier: GPL-2.0
/// @file
/// The commands of smadv, one source file for each noun.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "daemon/cli/context.h"
#include "daemon/model.h"
#include "daemon/result.h"

namespace smadv::cli {

/// status.cc: module, state and the counts that matter.
[[nodiscard]] Result<void> show_status(Context& context);

/// policy.cc: every key with value, allowed range, default and meaning.
[[nodiscard]] Result<void> show_policy(Context& context);
/// policy.cc: change the policy by KEY=VALUE words, all of them or none.
[[nodiscard]] Result<void> set_policy(Context& context, const std::vector<std::string>& words);

/// governor.cc
[[nodiscard]] Result<void> show_governor(Context& context);
[[nodiscard]] Result<void> set_governor(Context& context, const std::string& name);
[[nodiscard]] Result<void> set_enabled(Context& context, bool enabled);

/// ps.cc: tracked processes, the busiest first.
[[nodiscard]] Result<void> show_processes(Context& context);

/// ranges.cc
[[nodiscard]] Result<void> show_ranges(Context& context, std::uint32_t pid);
/// ranges.cc: the ranges of a tracked process. An empty list is explained: not tracked, not to be
/// seen, or none there yet.
[[nodiscard]] Result<Listing<Range>> ranges_of(Context& context, std::uint32_t pid);

/// tasks.cc
[[nodiscard]] Result<void> show_tasks(Context& context, std::optional<std::uint32_t> pid);

/// stats.cc
[[nodiscard]] Result<void> show_stats(Context& context);

/// filter.cc
[[nodiscard]] Result<void> show_filters(Context& context);
[[nodiscard]] Result<void> add_filter(Context& context, const FilterRule& rule);
[[nodiscard]] Result<void> delete_filter(Context& context, std::uint32_t id);
[[nodiscard]] Result<void> flush_filters(Context& context);

/// restore.cc
[[nodiscard]] Result<void> forget_process(Context& context, std::uint32_t pid);
[[nodiscard]] Result<void> restore(Context& context, std::optional<std::uint32_t> pid);

/// When to stop watching events, besides being told to.
struct MonitorLimits {
  std::optional<std::uint64_t> events;
  std::optional<double> seconds;
};

/// monitor.cc: one line for each event, as they come.
[[nodiscard]] Result<void> monitor(Context& context, const MonitorLimits& limits);

/// explain.cc: each range of a process with its verdict and the reason in a sentence.
[[nodiscard]] Result<void> explain_process(Context& context, std::uint32_t pid);

/// probe.cc: can this kernel do it, which mechanism and why not. Needs no module.
[[nodiscard]] Result<void> probe(Context& context);

}  // namespace smadv::cli
