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
      "{} ({}) of {}, tracked for {}: {}, {} active, {} ({} lost){}\n", printable(process.comm),
      process.pid, printable(machine.user_name(process.uid)),
      format_duration_ns(process.tracked_ms * 1'000'000), counted(process.ranges, "range"),
      counted(process.hints_active, "hint"), counted(process.faults, "fault"), process.faults_lost,
      process.excluded != 0 ? ", kept from hints by a filter rule" : "");
}

// @p text in lines that begin two columns from the left and end where the terminal does, if it is
// one.
std::string indented(std::string_view text, const Machine& machine) {
  constexpr std::size_t kIndent = 2;
  const std::size_t columns =
      machine.out_columns > kIndent ? machine.out_columns - kIndent : std::string_view::npos;
  std::string lines;
  for (const std::string& line : wrapped(text, columns)) {
    lines += std::string(kIndent, ' ') + line + '\n';
  }
  return lines;
}

std::string evidence(const Range& range, const Machine& machine) {
  const std::uint64_t window = std::uint64_t{range.window_forward} + range.window_backward +
                               range.window_strided + range.window_short + range.window_random;
  if (window == 0 && range.pattern == Pattern::Unknown) {
    return {};
  }
  return indented(fmt::format("pattern {}, confidence {}, coverage {}, reuse {}",
                              pattern_text(range.pattern, range.pattern_pages),
                              format_percent(range.confidence_pct),
                              format_basis_points(range.coverage_bp),
                              format_basis_points(range.reuse_bp)),
                  machine) +
         indented(fmt::format(
                      "window of {}: {} forward, {} backward, {} strided, {} short, {} random; {}",
                      counted(window, "fault"), range.window_forward, range.window_backward,
                      range.window_strided, range.window_short, range.window_random,
                      counted(range.streams, "stream")),
                  machine);
}

std::string paragraph(const Range& range, const std::string& sentence, const Context& context) {
  const std::string title =
      fmt::format("{}, {} ({})", file_text(range), format_interval(range.start, range.end),
                  format_bytes(range.end - range.start));
  const Machine& machine = context.machine();
  return fmt::format(
      "\n{}\n{}{}{}", context.palette().paint(Style::Title, title), indented(sentence, machine),
      evidence(range, machine),
      indented(fmt::format("{} in all, {} major", counted(range.faults, "fault"), range.majors),
               machine));
}

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
    text += paragraph(range, sentence, context);
  }
  if (context.json()) {
    context.print(array);
  } else {
    context.out() << text;
  }
  context.note_torn(*listing);
  return {};
}

}  // namespace

void declare_explain(const Command& smadv) {
  const Command explain =
      smadv.add("explain", "Each range of a process with the reason of its verdict in a sentence",
                "  smadv explain 1234\n  smadv explain $(pidof mongod)\n");
  const auto pid = explain.pid({.names = "PID", .does = "Process", .required = true});
  explain.runs([pid](Context& context) { return explain_process(context, *pid); });
}

}  // namespace smadv::cli
