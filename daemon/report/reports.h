// SPDX-License-Identifier: GPL-2.0
/// @file
/// The reports on a recording, one source file each.
#pragma once

#include <filesystem>
#include <string>

#include "daemon/recording/reader.h"
#include "daemon/report/report.h"
#include "daemon/result.h"

namespace smadv::report {

/// What a report is made of.
struct Subject {
  std::filesystem::path recording;
  std::string only = {};                  ///< Files whose path contains this.
  recording::ReadProgress progress = {};  ///< Told anew each time that it is read.
};

/// heatmap.cc: where in the files faults were, over time.
[[nodiscard]] Result<Report> heatmap(const Subject& subject);
/// timeline.cc: faults, waits and losses over time.
[[nodiscard]] Result<Report> timeline(const Subject& subject);
/// wss.cc: how much was touched in equal windows of time, as percentiles over them.
[[nodiscard]] Result<Report> wss(const Subject& subject);
/// readahead.cc: how many faults had to wait for the device, and for how long.
[[nodiscard]] Result<Report> readahead(const Subject& subject);
/// hints.cc: what was applied and taken back, and why.
[[nodiscard]] Result<Report> hints(const Subject& subject);
/// advice.cc: what an application developer could say of each part of each file.
[[nodiscard]] Result<Report> advice(const Subject& subject);
/// patterns.cc: how each part of each file was used.
[[nodiscard]] Result<Report> patterns(const Subject& subject);

}  // namespace smadv::report
