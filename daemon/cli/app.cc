// SPDX-License-Identifier: GPL-2.0
#include "daemon/cli/app.h"

#include <span>
#include <string>
#include <utility>
#include <variant>

#include "daemon/cli/commands.h"
#include "daemon/standard_files.h"
#include "version.h"

namespace smadv::cli {
namespace {

constexpr const char* kDoes =
    "See and control smart-madvise, which gives madvise() hints at run time by what page faults "
    "show.";

constexpr std::string_view kFooter =
    "Examples:\n"
    "  smadv                  what is going on\n"
    "  smadv governor pattern begin to give hints\n"
    "  smadv explain 1234     why a process has the hints it has\n"
    "  smadv monitor          watch it happen\n\n"
    "Exit codes:\n"
    "  0  done\n"
    "  1  the operation failed or was refused\n"
    "  2  wrong command line, or a value out of its range\n"
    "  3  the kernel module is not loaded\n"
    "  4  no privilege (changes and events need CAP_SYS_ADMIN)\n"
    "  5  no such process or rule\n"
    "  6  the loaded module speaks another version of the interface\n";

// What the shells' completions (daemon/completion) call, with what was typed.
constexpr std::string_view kComplete = "--complete";

/// The options that every command has.
struct CommonOptions {
  explicit CommonOptions(const Command& smadv)
      : json(smadv.flag({.names = "-j,--json",
                         .does = "JSON with the attribute names of the netlink spec as keys"})),
        color(smadv.choice<ColorChoice>(
            {.names = "--color",
             .does = "auto (on a terminal, unless NO_COLOR), always, never",
             .value = "WHEN"},
            {{"auto", ColorChoice::Auto},
             {"always", ColorChoice::Always},
             {"never", ColorChoice::Never}})) {}  // GCOVR_EXCL_LINE: counts the unwinding only

  /// Colours for what goes to a terminal, or not to one.
  [[nodiscard]] Palette palette(const Machine& machine, bool terminal) const {
    return Palette(
        use_colors(color.value_or(ColorChoice::Auto), terminal, machine.no_color, machine.term));
  }

  Given<std::monostate> json;
  Given<ColorChoice> color;
};

// In the order of the help: see, then control.
void declare_commands(const Command& smadv) {
  declare_status(smadv);
  declare_probe(smadv);
  declare_stats(smadv);
  declare_policy(smadv);
  declare_governor(smadv);
  declare_top(smadv);
  declare_ps(smadv);
  declare_ranges(smadv);
  declare_tasks(smadv);
  declare_explain(smadv);
  declare_filter(smadv);
  declare_restore(smadv);
  declare_memory(smadv);
  declare_monitor(smadv);
  declare_record(smadv);
  declare_report(smadv);
  declare_replay(smadv);
  declare_advise(smadv);
}

Result<void> carry_out(const Request& request, Context& context, std::ostream& out) {
  if (const auto* text = std::get_if<std::string>(&request)) {
    return write_out(out, *text);
  }
  auto done = std::get<Action>(request)(context);
  if (!done) {
    out.flush();
    return done;
  }
  return write_out(out, {});
}

// One candidate a line, with what it means after a tabulator.
ExitCode complete(const CommandLine& line, Context& context, std::span<const std::string> words) {
  for (const Candidate& candidate : line.complete(context, words)) {
    context.out() << candidate.word << '\t' << candidate.about << '\n';
  }
  return write_out(context.out(), {}) ? ExitCode::Ok : ExitCode::Failed;
}

}  // namespace

ExitCode run(const std::vector<std::string>& words, const Machine& machine, std::ostream& out,
             std::ostream& err) {
  CommandLine line("smadv", kDoes, SMADV_VERSION, kFooter);
  const CommonOptions options(line.root());
  declare_commands(line.root());
  Context context(machine, out, err);
  if (words.size() > 1 && words.front() == kComplete) {
    return complete(line, context, std::span(words).subspan(1));
  }
  const auto request = line.parse(words);
  context.set_json(static_cast<bool>(options.json));
  context.set_palette(options.palette(machine, machine.out_is_terminal));
  const auto done = request ? carry_out(*request, context, out) : request.error();
  if (done) {
    return ExitCode::Ok;
  }
  if (!done.error().message.empty()) {
    err << options.palette(machine, machine.err_is_terminal).paint(Style::Bad, "smadv:") << ' '
        << done.error().message << '\n';
  }
  return done.error().exit;
}

}  // namespace smadv::cli
