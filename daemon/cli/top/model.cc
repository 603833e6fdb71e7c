// SPDX-License-Identifier: GPL-2.0
#include "daemon/cli/top/model.h"

#include <algorithm>
#include <compare>
#include <unordered_map>

#include <fmt/format.h>

namespace smadv::cli::top {
namespace {

// Counters of a module that was loaded anew begin at 0.
double per_second(std::uint64_t now, std::uint64_t before, double seconds) {
  return seconds > 0 && now > before ? static_cast<double>(now - before) / seconds : 0;
}

double seconds_between(const Snapshot& now, const Snapshot& before) {
  return static_cast<double>(now.time_ns - before.time_ns) / 1e9;
}

const std::uint64_t* read_bytes_of(const Snapshot& snapshot, std::uint32_t pid) {
  const auto found = snapshot.read_bytes.find(pid);
  return found == snapshot.read_bytes.end() ? nullptr : &found->second;
}

// Pages touched for each that was read since @p earlier, or since the process is tracked.
std::optional<double> used_of(const Process& process, const Process& earlier) {
  const std::uint64_t read = process.pages_read - std::min(process.pages_read, earlier.pages_read);
  const std::uint64_t touched =
      process.pages_touched - std::min(process.pages_touched, earlier.pages_touched);
  return read == 0 ? std::nullopt
                   : std::optional(static_cast<double>(touched) / static_cast<double>(read));
}

Rates rates_of(const Process& process, const Process* earlier, const Snapshot& now,
               const Snapshot* before) {
  if (earlier == nullptr || before == nullptr) {
    const double tracked = static_cast<double>(process.tracked_ms) / 1e3;
    return {.faults = per_second(process.faults, 0, tracked),
            .majors = per_second(process.majors, 0, tracked),
            .used = used_of(process, {})};
  }
  const double seconds = seconds_between(now, *before);
  Rates rates{.faults = per_second(process.faults, earlier->faults, seconds),
              .majors = per_second(process.majors, earlier->majors, seconds),
              .used = used_of(process, *earlier)};
  const std::uint64_t* read_now = read_bytes_of(now, process.pid);
  const std::uint64_t* read_before = read_bytes_of(*before, process.pid);
  if (read_now != nullptr && read_before != nullptr) {
    rates.read_bytes = per_second(*read_now, *read_before, seconds);
  }
  return rates;
}

// What a row is sorted by, but for its command: the most first.
double weight(const Row& row, SortKey key) {
  switch (key) {
    case SortKey::Faults:
      return row.rates.faults;
    case SortKey::Majors:
      return row.rates.majors;
    case SortKey::Read:
      return row.rates.read_bytes.value_or(-1);
    case SortKey::Hints:
      return row.process.hints_active;
    case SortKey::Saved:
      return static_cast<double>(row.process.saved_bytes);
    case SortKey::Ranges:
      return row.process.ranges;
    case SortKey::Memory:
      return static_cast<double>(row.process.memory_bytes);
    case SortKey::Pid:
      return -static_cast<double>(row.process.pid);
    case SortKey::Command:  // GCOVR_EXCL_LINE: commands are compared by name
      break;                // GCOVR_EXCL_LINE: commands are compared by name
  }
  return 0;  // GCOVR_EXCL_LINE: commands are compared by name
}

}  // namespace

std::vector<Row> rows_of(const Snapshot& now, const Snapshot* before) {
  std::unordered_map<std::uint64_t, const Process*> earlier;  // by record: pids are used again
  if (before != nullptr) {
    for (const Process& process : before->processes) {
      earlier.emplace(process.id, &process);
    }
  }
  std::unordered_map<std::uint32_t, Mix> mixes;
  for (const Range& range : now.ranges) {
    const auto index = static_cast<std::size_t>(range.pattern);
    mixes[range.pid][index < kNames<Pattern>.size() ? index : 0] += range.end - range.start;
  }
  std::vector<Row> rows;
  for (const Process& process : now.processes) {
    const auto found = earlier.find(process.id);
    rows.push_back(
        {process, rates_of(process, found == earlier.end() ? nullptr : found->second, now, before),
         mixes[process.pid]});
  }
  return rows;
}

void sort_rows(std::vector<Row>& rows, SortKey key, bool reversed) {
  const auto before = [key](const Row& a, const Row& b) {
    if (key == SortKey::Command && a.process.comm != b.process.comm) {
      return a.process.comm < b.process.comm;
    }
    const double weight_a = weight(a, key);
    const double weight_b = weight(b, key);
    return weight_a == weight_b ? a.process.pid < b.process.pid : weight_a > weight_b;
  };
  std::ranges::sort(rows, before);
  if (reversed) {
    std::ranges::reverse(rows);
  }
}

bool matches(const Row& row, std::string_view text) {
  return row.process.comm.find(text) != std::string::npos ||
         fmt::format("{}", row.process.pid).starts_with(text);
}

double analyzer_percent(const Snapshot& now, const Snapshot& before) {
  return per_second(now.stats.analyzer_ns, before.stats.analyzer_ns, seconds_between(now, before)) /
         1e7;
}

}  // namespace smadv::cli::top
