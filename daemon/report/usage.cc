// SPDX-License-Identifier: GPL-2.0
#include "daemon/report/usage.h"

#include <utility>

#include <fmt/format.h>

#include "daemon/recording/reader.h"

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

Result<replay::Outcome> as_recorded(const std::filesystem::path& path) {
  auto reader = recording::Reader::open(path);
  if (!reader) {
    return reader.error();
  }
  return replay::replay(*std::move(reader), [](const Policy& recorded) { return recorded; });
}

}  // namespace smadv::report
