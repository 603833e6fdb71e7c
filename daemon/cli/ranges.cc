// SPDX-License-Identifier: GPL-2.0
#include <cerrno>

#include <fmt/format.h>

#include "daemon/cli/commands.h"
#include "daemon/text.h"

namespace smadv::cli {
namespace {

Cell hint_cell(Hint hint) {
  return {name_of(hint), hint == Hint::None ? Style::Faint : Style::Good};
}

}  // namespace

Table range_table(const std::vector<Range>& ranges) {
  constexpr auto kRight = Column::Align::Right;
  Table table({{"RANGE"},
               {.title = "SIZE", .align = kRight, .spare = 2},
               {"PATTERN"},
               {.title = "CONF", .align = kRight, .spare = 4},
               {"HINT"},
               {.title = "APP", .spare = 7},
               {.title = "WANTED", .spare = 5},
               {"REASON"},
               {.title = "FAULTS", .align = kRight, .spare = 3},
               {.title = "MAJOR", .align = kRight, .spare = 6},
               {.title = "FILE", .fit = Column::Fit::Shorten, .spare = 1}});
  for (const Range& range : ranges) {
    table.add({format_interval(range.start, range.end), format_bytes(range.end - range.start),
               pattern_text(range.pattern, range.pattern_pages),
               format_percent(range.confidence_pct), hint_cell(range.hint),
               hint_cell(range.application_hint), hint_cell(range.verdict), name_of(range.reason),
               fmt::format("{}", range.faults), fmt::format("{}", range.majors), file_text(range)});
  }
  return table;
}

Result<Listing<Range>> ranges_of(Context& context, std::uint32_t pid) {
  const auto client = context.client();
  if (!client) {
    return client.error();
  }
  auto listing = (*client)->ranges(pid);
  if (!listing) {
    return listing.error().exit == ExitCode::NotFound ? context.not_tracked(pid) : listing.error();
  }
  if (!listing->items.empty()) {
    return listing;
  }
  const auto process = (*client)->process(pid);
  if (!process) {
    return process.error().exit == ExitCode::NotFound ? context.not_tracked(pid) : process.error();
  }
  if (process->ranges != 0) {
    return Error{ExitCode::NoPrivilege, EPERM,
                 fmt::format("process {} belongs to {}, its ranges show to that user and with "
                             "CAP_SYS_ADMIN only",
                             pid, context.machine().user_name(process->uid))};
  }
  return listing;
}

namespace {

Result<void> show_ranges(Context& context, std::uint32_t pid) {
  const auto listing = ranges_of(context, pid);
  if (!listing) {
    return listing.error();
  }
  context.print(*listing, range_table);
  return {};
}

}  // namespace

void declare_ranges(const Command& smadv) {
  const Command ranges =
      smadv.add("ranges", "Ranges of a process: pattern, hint, what is wanted and why",
                "  smadv ranges 1234\n");
  const auto pid = ranges.pid({.names = "PID", .does = "Process", .required = true});
  ranges.runs([pid](Context& context) { return show_ranges(context, *pid); });
}

}  // namespace smadv::cli
