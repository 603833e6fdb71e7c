// SPDX-License-Identifier: GPL-2.0
#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "daemon/report/reports.h"
#include "daemon/report/usage.h"
#include "daemon/report/walk.h"
#include "daemon/text.h"

namespace smadv::report {
namespace {

Table shares_of(const replay::Usage& usage) {
  Table table{"files",
              {{"file", "FILE"},
               {"pattern", "PATTERN"},
               {"faults", "FAULTS", Unit::Count},
               {"share-bp", "SHARE", Unit::BasisPoints},
               {"waits", "WAITS", Unit::Count},
               {"waited-ns", "WAITED", Unit::Ns}},
              {}};
  for (const auto& [file, shares] : usage) {
    std::uint64_t all = 0;
    for (const auto& share : shares) {
      all += share.faults;
    }
    for (std::size_t kind = 0; kind < shares.size(); ++kind) {
      const auto& share = shares[kind];
      if (share.faults + share.waits > 0) {
        table.rows.push_back({file, name_of(static_cast<Pattern>(kind)), share.faults,
                              share.faults * 10'000 / std::max<std::uint64_t>(all, 1), share.waits,
                              share.waited_ns});
      }
    }
  }
  return table;
}

}  // namespace

Result<Report> patterns(const Subject& subject) {
  const auto survey = walk(subject, {});
  if (!survey) {
    return survey.error();
  }
  const auto outcome = as_recorded(subject);
  if (!outcome) {
    return outcome.error();  // GCOVR_EXCL_LINE: it was read a moment ago
  }
  Report report{.title = "Patterns", .facts = survey->facts()};
  Table table{"ranges",
              {{"process", "PROCESS"},
               {"file", "FILE"},
               {"offset", "OFFSET", Unit::Bytes},
               {"range-bytes", "SIZE", Unit::Bytes},
               {"pattern", "PATTERN"},
               {"confidence-bp", "CONF", Unit::BasisPoints},
               {"coverage-bp", "COVERAGE", Unit::BasisPoints},
               {"reuse-bp", "REUSE", Unit::BasisPoints},
               {"faults", "FAULTS", Unit::Count},
               {"majors", "MAJOR", Unit::Count}},
              {}};
  for (const UsedRange& used : ranges_of(*outcome, subject.only)) {
    const Range& range = used.range;
    table.rows.push_back({used.process, used.file, used.offset, range.end - range.start,
                          pattern_text(range.pattern, range.pattern_pages),
                          std::uint64_t{range.confidence_pct} * 100,
                          std::uint64_t{range.coverage_bp}, std::uint64_t{range.reuse_bp},
                          range.faults, range.majors});
  }
  const replay::Usage usage = outcome->usage(subject.only);
  report.charts.push_back(
      chart_of(usage, "faults of each file by the pattern of their range", "faults",
               [](const replay::Share& share) { return static_cast<double>(share.faults); }));
  report.tables.push_back(std::move(table));
  report.tables.push_back(shares_of(usage));
  return report;
}

}  // namespace smadv::report
