// SPDX-License-Identifier: GPL-2.0
#include <algorithm>
#include <vector>

#include "daemon/report/reports.h"
#include "daemon/report/walk.h"

namespace smadv::report {
namespace {

// Rounds without many faults are this long apart: no use in finer steps.
constexpr std::uint64_t kStepMs = 250;
constexpr std::uint64_t kSteps = 120;

struct Step {
  std::uint64_t faults = 0;
  std::uint64_t waits = 0;
  std::uint64_t waited_ns = 0;
  std::uint64_t lost = 0;
  std::uint64_t applied = 0;
  std::uint64_t restored = 0;
};

/// Equal steps of time, made as they are needed.
class Steps {
 public:
  explicit Steps(std::uint64_t step_ms) : step_ms_(step_ms) {}

  Step& at(std::uint64_t time_ms) {
    const std::uint64_t index = time_ms / step_ms_;
    steps_.resize(std::max<std::size_t>(steps_.size(), index + 1));
    return steps_[index];
  }
  [[nodiscard]] const std::vector<Step>& all() const { return steps_; }

 private:
  std::uint64_t step_ms_;
  std::vector<Step> steps_;
};

void add_event(Step& step, const Event& event) {
  if (event.kind == EventKind::Applied && event.hint != Hint::None) {
    ++step.applied;
  } else if (event.kind == EventKind::Restored) {
    ++step.restored;
  }
}

Report report_of(const Survey& survey, const std::vector<Step>& steps, std::uint64_t step_ms) {
  Report report{.title = "Faults and waits over time", .facts = survey.facts()};
  Chart chart{.title = "faults and waits over time",
              .x_title = "time in s",
              .y_title = "faults per second",
              .y2_title = "ms waited per second"};
  Series faults{.name = "faults"};
  Series waited{.name = "waited", .second_axis = true};
  Table table{"steps",
              {{"time-ms", "TIME", Unit::TimeMs},
               {"faults", "FAULTS", Unit::Count},
               {"waits", "WAITS", Unit::Count},
               {"waited-ns", "WAITED", Unit::Ns},
               {"faults-lost", "LOST", Unit::Count},
               {"hints-applied", "APPLIED", Unit::Count},
               {"hints-restored", "RESTORED", Unit::Count}},
              {}};
  const double per_second = 1000.0 / static_cast<double>(step_ms);
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const Step& step = steps[i];
    const double time_s = static_cast<double>(i * step_ms) / 1000;
    faults.points.emplace_back(time_s, static_cast<double>(step.faults) * per_second);
    waited.points.emplace_back(time_s, static_cast<double>(step.waited_ns) / 1e6 * per_second);
    table.rows.push_back({i * step_ms, step.faults, step.waits, step.waited_ns, step.lost,
                          step.applied, step.restored});
  }
  chart.series = {std::move(faults), std::move(waited)};
  report.charts.push_back(std::move(chart));
  report.tables.push_back(std::move(table));
  return report;
}

}  // namespace

Result<Report> timeline(const Subject& subject) {
  const auto survey = walk(subject, {});
  if (!survey) {
    return survey.error();
  }
  const std::uint64_t step_ms =
      (survey->duration_ms / kSteps / kStepMs + 1) * kStepMs;  // a whole number of looks
  Steps steps(step_ms);
  steps.at(survey->duration_ms);
  const auto done = walk(
      subject,
      {.touch =
           [&](const Touch& touch) {
             Step& step = steps.at(touch.time_ms);
             ++(touch.again ? step.waits : step.faults);
             step.waited_ns += touch.waited_ns;
           },
       .event = [&](std::uint64_t time_ms,
                    const Event& event) { add_event(steps.at(time_ms), event); },
       .loss = [&](std::uint64_t time_ms, std::uint64_t lost) { steps.at(time_ms).lost += lost; }});
  if (!done) {
    return done.error();  // GCOVR_EXCL_LINE: it was read a moment ago
  }
  return report_of(*survey, steps.all(), step_ms);
}

}  // namespace smadv::report
