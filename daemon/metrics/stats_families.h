// SPDX-License-Identifier: GPL-2.0
/// @file
/// The module's statistics as metrics.
#pragma once

#include <cstdint>
#include <prometheus/metric_family.h>
#include <string>
#include <vector>

#include "daemon/model.h"
#include "daemon/stats.h"

namespace smadv::metrics {

/// How a member of the statistics is told as a metric.
struct StatsMetric {
  std::string name;
  std::string help;
  prometheus::MetricType type;
  double factor;  ///< From the member's unit to the metric's.
};

/// Follows from name and text of @p key, so that new members become metrics by themselves: what is
/// so "now" is a gauge, all else a counter; units become base units (seconds, bytes, ratio).
[[nodiscard]] StatsMetric stats_metric(const StatsKey& key, std::uint32_t page_bytes);

/// All of @p stats, in the order of the spec.
[[nodiscard]] std::vector<prometheus::MetricFamily> stats_families(const Stats& stats,
                                                                   std::uint32_t page_bytes);

}  // namespace smadv::metrics
