// SPDX-License-Identifier: GPL-2.0
/// @file
/// Making metrics of numbers.
#pragma once

#include <prometheus/metric_family.h>
#include <string>
#include <utility>
#include <vector>

namespace smadv::metrics {

using Labels = std::vector<prometheus::ClientMetric::Label>;

/// What all names of metrics begin with.
inline constexpr const char* kPrefix = "smart_madvise_";

/// A family without samples. @p name comes without the prefix.
[[nodiscard]] inline prometheus::MetricFamily family(const std::string& name, std::string help,
                                                     prometheus::MetricType type) {
  return {kPrefix + name, std::move(help), type, {}};
}

/// Add a sample of the family's type.
inline void add_sample(prometheus::MetricFamily& family, Labels labels, double value) {
  prometheus::ClientMetric& metric = family.metric.emplace_back();
  metric.label = std::move(labels);
  (family.type == prometheus::MetricType::Counter ? metric.counter.value : metric.gauge.value) =
      value;
}

}  // namespace smadv::metrics
