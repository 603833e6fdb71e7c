// SPDX-License-Identifier: GPL-2.0
#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "daemon/report/reports.h"
#include "daemon/report/usage.h"
#include "daemon/report/walk.h"
#include "daemon/text.h"

namespace smadv::report {

Result<Report> readahead(const Subject& subject) {
  std::set<std::pair<std::uint32_t, std::uint64_t>> pages;
  const auto survey =
      walk(subject, {.touch = [&](const Touch& touch) { pages.emplace(touch.file, touch.page); }});
  if (!survey) {
    return survey.error();
  }
  const auto outcome = as_recorded(subject);
  if (!outcome) {
    return outcome.error();  // GCOVR_EXCL_LINE: it was read a moment ago
  }
  Report report{.title = "Readahead", .facts = survey->facts()};
  report.facts.emplace_back(
      "a fault that waits found its page not read yet: the fewer of them wait, the better the "
      "kernel read ahead; waits are measured from a quarter of a second after the beginning on");
  Table table{"files",
              {{"file", "FILE"},
               {"faults", "FAULTS", Unit::Count},
               {"pages", "PAGES", Unit::Count},
               {"waits", "WAITS", Unit::Count},
               {"waits-bp", "OF FAULTS", Unit::BasisPoints},
               {"waited-ns", "WAITED", Unit::Ns},
               {"mean-wait-ns", "EACH", Unit::Ns},
               {"waited-bp", "OF TIME", Unit::BasisPoints}},
              {}};
  for (std::uint32_t index = 0; index < survey->files.size(); ++index) {
    const File& file = survey->files[index];
    const auto first = pages.lower_bound({index, 0});
    const auto last = pages.lower_bound({index + 1, 0});
    table.rows.push_back({file.path, file.faults,
                          static_cast<std::uint64_t>(std::distance(first, last)), file.waits,
                          file.waits * 10'000 / std::max<std::uint64_t>(file.faults, 1),
                          file.waited_ns, file.waited_ns / std::max<std::uint64_t>(file.waits, 1),
                          file.waited_ns / 100 / std::max<std::uint64_t>(survey->duration_ms, 1)});
  }
  const replay::Usage usage = outcome->usage(subject.only);
  Table shares{"patterns",
               {{"file", "FILE"},
                {"pattern", "PATTERN"},
                {"waits", "WAITS", Unit::Count},
                {"waited-ns", "WAITED", Unit::Ns}},
               {}};
  for (const auto& [file, kinds] : usage) {
    for (std::size_t kind = 0; kind < kinds.size(); ++kind) {
      if (kinds[kind].waits > 0) {
        shares.rows.push_back(
            {file, name_of(static_cast<Pattern>(kind)), kinds[kind].waits, kinds[kind].waited_ns});
      }
    }
  }
  report.charts.push_back(chart_of(
      usage, "time that faults waited for the device, by the pattern of their range", "ms",
      [](const replay::Share& share) { return static_cast<double>(share.waited_ns) / 1e6; }));
  report.tables.push_back(std::move(table));
  report.tables.push_back(std::move(shares));
  return report;
}

}  // namespace smadv::report
