// SPDX-License-Identifier: GPL-2.0
/// @file
/// smadv record.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "daemon/cli/context.h"
#include "daemon/result.h"

namespace smadv::cli {

inline constexpr std::uint64_t kMostMib = 256;

/// What to record, where to, and for how long.
struct RecordRequest {
  std::string file = {};
  std::optional<std::uint32_t> pid = {};  ///< With what descends from it.
  bool all = false;
  std::vector<std::string> command = {};  ///< Started for it; ends it.
  std::uint64_t most_bytes = kMostMib << 20U;
  std::optional<double> seconds = {};
  bool quiet = false;  ///< Nothing is said of the file.
};

/// Record until the command ends, time is up, the file is full, or a signal says so. Ends with the
/// exit code of the command.
[[nodiscard]] Result<void> record(Context& context, const RecordRequest& request);

}  // namespace smadv::cli
