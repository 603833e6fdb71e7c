// SPDX-License-Identifier: GPL-2.0
/// @file
/// The commands of smadv: each file declares its own, and says there what they do.
#pragma once

#include <cstdint>

#include "daemon/cli/command_line.h"
#include "daemon/cli/context.h"
#include "daemon/model.h"
#include "daemon/result.h"

namespace smadv::cli {

void declare_advise(const Command& smadv);
void declare_explain(const Command& smadv);
void declare_filter(const Command& smadv);
void declare_governor(const Command& smadv);
void declare_memory(const Command& smadv);
void declare_monitor(const Command& smadv);
void declare_policy(const Command& smadv);
void declare_probe(const Command& smadv);
void declare_ps(const Command& smadv);
void declare_ranges(const Command& smadv);
void declare_record(const Command& smadv);
void declare_replay(const Command& smadv);
void declare_report(const Command& smadv);
void declare_restore(const Command& smadv);
void declare_stats(const Command& smadv);
void declare_status(const Command& smadv);
void declare_tasks(const Command& smadv);
void declare_top(const Command& smadv);

/// ranges.cc: the ranges of a tracked process. An empty list is explained: not tracked, not to be
/// seen, or none there yet.
[[nodiscard]] Result<Listing<Range>> ranges_of(Context& context, std::uint32_t pid);
/// policy.cc: what KEY=VALUE words say.
[[nodiscard]] Result<PolicyChanges> policy_changes(const std::vector<std::string>& words);
/// policy.cc: keys, and once there is a key its values.
[[nodiscard]] std::vector<Candidate> complete_change(Context& context,
                                                     std::span<const std::string> words);
/// ranges.cc
[[nodiscard]] Table range_table(const std::vector<Range>& ranges);

}  // namespace smadv::cli
