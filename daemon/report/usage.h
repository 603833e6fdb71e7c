// SPDX-License-Identifier: GPL-2.0
/// @file
/// How each file of a recording was used, as the core judges it.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "daemon/replay/replay.h"
#include "daemon/report/reports.h"
#include "daemon/result.h"

namespace smadv::report {

/// One range at the end of the recording, with its place in its file.
struct UsedRange {
  std::string process;  ///< "COMMAND (PID)"
  Range range;
  std::string file = {};
  std::uint64_t offset = 0;  ///< In bytes, of the range's first address.
  std::uint64_t process_id = 0;
  smadv_memory memory = {};
};

/// The ranges whose file's path contains @p only, of all processes.
[[nodiscard]] std::vector<UsedRange> ranges_of(const replay::Outcome& outcome,
                                               const std::string& only);

/// Replay all of the recording under the policy that was in force.
[[nodiscard]] Result<replay::Outcome> as_recorded(const Subject& subject);

/// A bar for each file of @p usage, its parts @p size of the faults on ranges of each pattern;
/// titled @p title, in units of @p unit.
[[nodiscard]] Chart chart_of(const replay::Usage& usage, std::string title, std::string unit,
                             double (*size)(const replay::Share& share));

}  // namespace smadv::report
