// SPDX-License-Identifier: GPL-2.0
#include <string>
#include <utility>

#include <fmt/format.h>

#include "daemon/cli/commands.h"
#include "daemon/cli/explanation.h"
#include "daemon/text.h"

namespace smadv::cli {
namespace {

std::string headline(const Process& process, const Machine& machine) {
  return fmt::format(
      "{} ({}) of {}, tracked for {}: {} ranges, {} hints active, {} faults ({} lost){}\n",
      printable(process.comm), process.pid, printable(machine.user_name(process.uid)),
      format_duration_ns(process.tracked_ms * 1'000'000), process.ranges, process.hints_active,
      process.faults, process.faults_lost,
      process.excluded != 0 ? ", kept from hints by a filter rule" : "");
}

std::string evidence(const Range& range) {
  const std::uint64_t window = std::uint64_t{range.window_forward} + range.window_backward +
                               range.window_strided + range.window_short + range.window_random;
  if (window == 0 && range.pattern == Pattern::Unknown) {
    return {};
  }
  return fmt::format(
      "  pattern {}, confidence {}, coverage {}, reuse {}\n"
      "  window: {} forward, {} backward, {} strided, {} short, {} random; {} streams\n",
      pattern_text(range.pattern, range.pattern_pages), format_percent(range.confidence_pct),
      format_basis_points(range.coverage_bp), format_basis_points(range.reuse_bp),
      range.window_forward, range.window_backward, range.window_strided, range.window_short,
      range.window_random, range.streams);
}

std::string paragraph(const Range& range, const std::string& sentence, const Palette& palette) {
  const std::string title =
      fmt::format("{}, {} ({})", file_text(range), format_interval(range.start, range.end),
                  format_bytes(range.end - range.start));
  return fmt::format("\n{}\n  {}\n{}  {} faults in all, {} major\n",
                     palette.paint(Style::Title, title), sentence, evidence(range), range.faults,
                     range.majors);
}

}  // namespace

Result<void> explain_process(Context& context, std::uint32_t pid) {
  const auto client = context.client();
  if (!client) {
    return client.error();
  }
  const auto listing = ranges_of(context, pid);
  if (!listing) {
    return listing.error();
  }
  const auto policy = (*client)->policy();
  if (!policy) {
    return policy.error();
  }
  const auto process = (*client)->process(pid);
  if (!process) {
    return process.error().exit == ExitCode::NotFound ? context.not_tracked(pid) : process.error();
  }
  const auto tasks = (*client)->tasks(pid);
  if (!tasks) {
    return tasks.error();
  }
  Json array = Json::array();
  std::string text = headline(*process, context.machine());
  for (const Range& range : listing->items) {
    const std::string sentence = explanation(range, *policy, latest_attempt(range, tasks->items));
    Json object(range);
    array.push(std::move(object.set("explanation", Json(sentence))));
    text += paragraph(range, sentence, context.palette());
  }
  if (context.json()) {
    context.print(array);
  } else {
    context.out() << text;
  }
  context.note_torn(*listing);
  return {};
}

}  // namespace smadv::cli
