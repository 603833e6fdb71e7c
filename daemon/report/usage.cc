// SPDX-License-Identifier: GPL-2.0
#include "daemon/report/usage.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "daemon/recording/reader.h"
#include "daemon/text.h"

namespace smadv::report {

std::vector<UsedRange> ranges_of(const replay::Outcome& outcome, const std::string& only) {
  std::vector<UsedRange> found;
  for (const auto& [id, process] : outcome.processes) {
    const replay::Ranges& ranges = process.ranges();
    for (std::uint32_t i = 0; i < ranges.size(); ++i) {
      UsedRange used{.process = fmt::format("{} ({})", process.comm(), process.pid()),
                     .range = process.range_of(ranges[i])};
      used.file = used.range.file.value_or("(no longer mapped)");
      if (used.file.find(only) == std::string::npos) {
        continue;
      }
      used.process_id = id;
      used.memory = ranges[i].memory;
      used.offset = process.offset_of(used.range.start);
      found.push_back(std::move(used));
    }
  }
  return found;
}

Result<replay::Outcome> as_recorded(const Subject& subject) {
  auto reader = recording::Reader::open(subject.recording, subject.progress);
  if (!reader) {
    return reader.error();
  }
  return replay::replay(*std::move(reader), [](const Policy& recorded) { return recorded; });
}

Chart chart_of(const replay::Usage& usage, std::string title, std::string unit,
               double (*size)(const replay::Share& share)) {
  Chart chart{.title = std::move(title), .y_title = std::move(unit)};
  for (const auto name : kNames<Pattern>) {
    chart.part_names.emplace_back(name);
  }
  for (const auto& [file, shares] : usage) {
    Bar bar{.name = file};
    std::ranges::transform(shares, std::back_inserter(bar.parts), size);
    chart.bars.push_back(std::move(bar));
  }
  return chart;
}

}  // namespace smadv::report
