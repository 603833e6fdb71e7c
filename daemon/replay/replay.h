// SPDX-License-Identifier: GPL-2.0
/// @file
/// A whole recording under a policy.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "daemon/recording/header.h"
#include "daemon/recording/reader.h"
#include "daemon/replay/process.h"
#include "daemon/result.h"

namespace smadv::replay {

/// What came of a replay.
struct Outcome {
  recording::Header header;
  std::unique_ptr<Shared> shared;
  /// By number of the record.
  std::map<std::uint64_t, ProcessReplay> processes;
  Policy policy;  ///< The last one.
  recording::Loss loss;
  std::uint64_t first_ms = 0;
  std::uint64_t last_ms = 0;
  std::optional<recording::End> end;
  /// Why the recording ends before its end.
  std::optional<std::string> cut_off;

  /// How the files whose path contains @p only were used, by all processes.
  [[nodiscard]] Usage usage(const std::string& only) const;
};

/// Makes the policy to be tried of the one that was in force.
using PolicyChoice = std::function<Policy(const Policy& recorded)>;

/// Run the module's core over all of @p reader.
[[nodiscard]] Result<Outcome> replay(recording::Reader reader, const PolicyChoice& choice);

}  // namespace smadv::replay
