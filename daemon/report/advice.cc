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
namespace {

/// What was seen of one stretch of a file. What bore RANDOM is read page by page already: it is
/// in the time waited only.
struct Seen {
  std::set<std::uint64_t> pages;
  std::uint64_t waits = 0;
  std::uint64_t waited_ns = 0;
};

/// What a range wants, and why.
struct Wish {
  std::string_view advice;  ///< The last word of the constants, empty when nothing is to be said.
  std::string why;
};

bool is_scattered(const Range& range, const smadv_memory& memory) {
  return range.pattern == Pattern::Random ||
         (range.pattern == Pattern::Strided && range.pattern_pages > memory.window_pages);
}

// The rules of the governor benefit (kmod/core/benefit.c), but for the trial.
Wish wish_of(const Range& range, const smadv_memory& memory) {
  if (range.application_hint != Hint::None) {
    return {{}, fmt::format("the application itself says {}", name_of(range.application_hint))};
  }
  if (is_scattered(range, memory)) {
    return smadv_effect_pressed(&memory)
               ? Wish{"RANDOM", "jumps reach farther than memory: what is read around is evicted"}
               : Wish{{}, "jumps, in a file that fits in memory: reading around fills it sooner"};
  }
  switch (range.pattern) {
    case Pattern::Sequential:
      return range.streams <= 1 ? Wish{"SEQUENTIAL", "one forward stream"}
                                : Wish{{}, "several streams, which share one readahead window"};
    case Pattern::Backward:
      return {{}, "backward: WILLNEED ahead of it, in slices, would help; no standing hint does"};
    case Pattern::Strided:
      return {{}, "a stride within the readahead window: the kernel reads ahead"};
    case Pattern::Runs:
      return {{}, "runs are read around: RANDOM would cost one wait for each page"};
    default:
      return {{}, "no pattern is clear"};
  }
}

// A read around brings the window in, under RANDOM each page touched is read once; what was read
// ahead of a stream is needed anyway.
std::uint64_t saved_bytes(const Wish& wish, const Seen& seen, const smadv_memory& memory,
                          std::uint64_t page_bytes) {
  const std::uint64_t around = seen.waits * memory.window_pages;
  const std::uint64_t touched = seen.pages.size();
  return wish.advice == "RANDOM" && around > touched ? (around - touched) * page_bytes : 0;
}

std::string call_of(const Wish& wish, const UsedRange& used) {
  if (wish.advice.empty()) {
    return {};
  }
  return fmt::format("madvise(base + {:#x}, {:#x}, MADV_{});", used.offset,
                     used.range.end - used.range.start, wish.advice);
}

}  // namespace

Result<Report> advice(const Subject& subject) {
  const auto outcome = as_recorded(subject);
  if (!outcome) {
    return outcome.error();
  }
  const std::vector<UsedRange> ranges = ranges_of(*outcome, subject.only);
  const std::uint64_t page_bytes = outcome->header.page_bytes;
  std::vector<Seen> seen(ranges.size());
  const auto survey = walk(subject, {.touch = [&](const Touch& touch) {
                             const std::uint64_t offset = touch.page * page_bytes;
                             for (std::size_t i = 0; i < ranges.size(); ++i) {
                               const UsedRange& used = ranges[i];
                               if (used.process_id == touch.process && used.offset <= offset &&
                                   offset - used.offset < used.range.end - used.range.start &&
                                   used.file == *touch.path) {
                                 seen[i].waited_ns += touch.waited_ns;
                                 if (!touch.alone) {
                                   seen[i].pages.insert(touch.page);
                                   seen[i].waits += touch.again ? 1 : 0;
                                 }
                               }
                             }
                           }});
  if (!survey) {
    return survey.error();  // GCOVR_EXCL_LINE: it was read a moment ago
  }
  Report report{.title = "What each file wants", .facts = survey->facts()};
  report.facts.emplace_back(
      "this is what the pattern and the size of memory let expect, no trial; base is where the "
      "file's first byte is mapped, and posix_fadvise() takes the same of a whole file");
  report.facts.emplace_back(
      "to be saved: what each wait without RANDOM read around its page, less the pages that were "
      "touched");
  Table table{"advice",
              {{"process", "PROCESS"},
               {"file", "FILE"},
               {"offset", "OFFSET", Unit::Bytes},
               {"range-bytes", "SIZE", Unit::Bytes},
               {"pattern", "PATTERN"},
               {"confidence-bp", "CONF", Unit::BasisPoints},
               {"waited-ns", "WAITED", Unit::Ns},
               {"saved-bytes", "TO BE SAVED", Unit::Bytes},
               {"why", "WHY"},
               {"call", "CALL"}},
              {}};
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    const UsedRange& used = ranges[i];
    const Wish wish = wish_of(used.range, used.memory);
    table.rows.push_back({used.process, used.file, used.offset, used.range.end - used.range.start,
                          pattern_text(used.range.pattern, used.range.pattern_pages),
                          std::uint64_t{used.range.confidence_pct} * 100, seen[i].waited_ns,
                          saved_bytes(wish, seen[i], used.memory, page_bytes), wish.why,
                          call_of(wish, used)});
  }
  report.tables.push_back(std::move(table));
  return report;
}

}  // namespace smadv::report
