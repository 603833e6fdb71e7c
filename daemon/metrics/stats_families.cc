// SPDX-License-Identifier: GPL-2.0
#include "daemon/metrics/stats_families.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "daemon/metrics/sample.h"

namespace smadv::metrics {
namespace {

using prometheus::MetricFamily;
using prometheus::MetricType;

struct Unit {
  std::string_view suffix;  ///< Of the member.
  std::string_view word;    ///< In its text, where it says its unit.
  std::string_view base;
  double factor;
};

constexpr double kPages = 0;  // how large they are is known at run time only

constexpr std::array kUnits = {
    Unit{"-ns", " in ns", "seconds", 1e-9},     Unit{"-us", " in us", "seconds", 1e-6},
    Unit{"-ms", " in ms", "seconds", 1e-3},     Unit{"-bytes", " in bytes", "bytes", 1},
    Unit{"-kb", " in KiB", "bytes", 1024},      Unit{"-pages", " in pages", "bytes", kPages},
    Unit{"-pct", " in percent", "ratio", 1e-2}, Unit{"-bp", " in 1/10000", "ratio", 1e-4},
};

const Unit* unit_of(std::string_view name) {
  const auto* const unit =
      std::ranges::find_if(kUnits, [name](const Unit& one) { return name.ends_with(one.suffix); });
  return unit == kUnits.end() ? nullptr : unit;
}

void replace(std::string& text, std::string_view what, const std::string& with) {
  if (const auto at = text.find(what); at != std::string::npos) {
    text.replace(at, what.size(), with);
  }
}

}  // namespace

StatsMetric stats_metric(const StatsKey& key, std::uint32_t page_bytes) {
  const bool gauge = key.doc.ends_with(" now.");
  StatsMetric metric{std::string(key.name), std::string(key.doc),
                     gauge ? MetricType::Gauge : MetricType::Counter, 1};
  if (const Unit* unit = unit_of(key.name)) {
    const std::string base(unit->base);
    metric.factor = unit->factor == kPages ? page_bytes : unit->factor;
    metric.name.replace(metric.name.size() - unit->suffix.size(), std::string::npos, "-" + base);
    replace(metric.help, unit->word, base == "ratio" ? "" : " in " + base);
  }
  std::ranges::replace(metric.name, '-', '_');
  metric.name = kPrefix + metric.name + (gauge ? "" : "_total");
  return metric;
}

std::vector<MetricFamily> stats_families(const Stats& stats, std::uint32_t page_bytes) {
  std::vector<MetricFamily> families;
  for (const StatsKey& key : stats_keys()) {
    const StatsMetric metric = stats_metric(key, page_bytes);
    families.push_back({metric.name, metric.help, metric.type, {}});
    add_sample(families.back(), {}, static_cast<double>(stats.*key.member) * metric.factor);
  }
  return families;
}

}  // namespace smadv::metrics
