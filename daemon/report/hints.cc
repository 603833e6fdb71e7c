// SPDX-License-Identifier: GPL-2.0
#include <map>
#include <utility>

#include <fmt/format.h>

#include "daemon/report/reports.h"
#include "daemon/report/walk.h"
#include "daemon/text.h"

namespace smadv::report {
namespace {

// What the word of an event means for the number of hints that stand.
int change_of(const Event& event) {
  switch (event.kind) {
    case EventKind::Applied:
      return event.hint != Hint::None ? 1 : 0;
    case EventKind::Restored:
    case EventKind::Yielded:
      return -1;
    default:
      return 0;
  }
}

bool is_about_hints(const Event& event) {
  return event.kind != EventKind::Adopted && event.kind != EventKind::Policy;
}

}  // namespace

Result<Report> hints(const Subject& subject) {
  Table table{"events",
              {{"time-ms", "TIME", Unit::TimeMs},
               {"pid", "PID", Unit::Count},
               {"comm", "COMMAND"},
               {"kind", "WHAT"},
               {"hint", "HINT"},
               {"range", "RANGE"},
               {"range-bytes", "SIZE", Unit::Bytes},
               {"pattern", "PATTERN"},
               {"reason", "REASON"}},
              {}};
  Series standing{.name = "hints"};
  std::map<std::string, std::uint64_t> counts;
  int stand = 0;
  const auto survey = walk(
      subject, {.event = [&](std::uint64_t time_ms, const Event& event) {
        if (!is_about_hints(event)) {
          return;
        }
        ++counts[name_of(event.kind)];
        const double time_s = static_cast<double>(time_ms) / 1000;
        standing.points.emplace_back(time_s, stand);
        stand += change_of(event);
        standing.points.emplace_back(time_s, stand);
        const std::uint64_t start = event.start.value_or(0);
        const std::uint64_t end = event.end.value_or(0);
        table.rows.push_back(
            {time_ms, std::uint64_t{event.pid.value_or(0)}, event.comm.value_or(""),
             name_of(event.kind), event.hint ? name_of(*event.hint) : "",
             event.start ? format_interval(start, end) : "", end - start,
             event.pattern ? pattern_text(*event.pattern, event.pattern_pages.value_or(0)) : "",
             event.reason ? reason_text(*event.reason, event.error.value_or(0)) : ""});
      }});
  if (!survey) {
    return survey.error();
  }
  Report report{.title = "Hints over time", .facts = survey->facts()};
  std::string sums;
  for (const auto& [name, count] : counts) {
    sums += fmt::format("{}{} {}", sums.empty() ? "" : ", ", count, name);
  }
  report.facts.push_back(sums.empty() ? "nothing was wanted, applied or taken back" : sums);
  standing.points.emplace_back(static_cast<double>(survey->duration_ms) / 1000, stand);
  report.charts.push_back({.title = "hints that stand, since the recording began",
                           .x_title = "time in s",
                           .y_title = "hints",
                           .series = {std::move(standing)}});
  report.tables.push_back(std::move(table));
  return report;
}

}  // namespace smadv::report
