// SPDX-License-Identifier: GPL-2.0
/// @file
/// smadv replay.
#pragma once

#include <optional>
#include <string>

#include "daemon/cli/context.h"
#include "daemon/policy.h"
#include "daemon/result.h"

namespace smadv::cli {

/// A policy to be tried: that of the recording, or of a file, with changes.
struct Trial {
  std::optional<Policy> base = {};
  PolicyChanges changes = {};
};

/// What to replay.
struct ReplayRequest {
  std::string file;
  Trial trial = {};
  std::optional<Trial> versus = {};  ///< To be compared with.
};

/// Tell what the module would have decided.
[[nodiscard]] Result<void> replay_recording(Context& context, const ReplayRequest& request);

}  // namespace smadv::cli
