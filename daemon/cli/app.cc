// SPDX-License-Identifier: GPL-2.0
#include "daemon/cli/app.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <functional>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <fmt/format.h>

#include "daemon/cli/commands.h"
#include "daemon/standard_files.h"
#include "daemon/suggest.h"
#include "version.h"

namespace smadv::cli {
namespace {

constexpr std::string_view kExitCodes =
    "Exit codes:\n"
    "  0  done\n"
    "  1  the operation failed or was refused\n"
    "  2  wrong command line, or a value out of its range\n"
    "  3  the kernel module is not loaded\n"
    "  4  no privilege (changes and events need CAP_SYS_ADMIN)\n"
    "  5  no such process or rule\n"
    "  6  the loaded module speaks another version of the interface\n";

using Action = std::function<Result<void>(Context&)>;

/// The words of the command line.
struct Request {
  bool json = false;
  ColorChoice color = ColorChoice::Auto;

  std::uint32_t pid = 0;
  std::uint32_t rule = 0;
  std::vector<std::string> words;
  std::string name;
  FilterRule filter;
  std::uint64_t count = 0;
  double seconds = 0;
  std::uint32_t event_buffer_kb = netlink::EventBuffer{}.kib;
};

/// Words that an option may be, and what they stand for.
template <class T>
using Choices = std::vector<std::pair<std::string, T>>;

/// Declares the commands. The request has to outlive the app, which writes into it.
class Commands {
 public:
  Commands(CLI::App& app, Request& request) : app_(app), request_(request) {}

  void declare() {
    app_.fallthrough();  // so that options of smadv may follow the command
    app_.require_subcommand(0, 1);
    app_.set_version_flag("--version", "smadv " SMADV_VERSION);
    app_.add_flag("-j,--json", request_.json,
                  "JSON with the attribute names of the netlink spec as keys");
    Choices<ColorChoice> colors;
    colors.emplace_back("auto", ColorChoice::Auto);
    colors.emplace_back("always", ColorChoice::Always);
    colors.emplace_back("never", ColorChoice::Never);
    app_.add_option("--color", request_.color,
                    "auto (on a terminal, unless NO_COLOR), always, never")
        ->type_name("WHEN")
        ->transform(choice(colors));
    declare_module();
    declare_policy();
    declare_shows();
    declare_filter();
    declare_restores();
    declare_monitor();
  }

  /// What the innermost command given does.
  [[nodiscard]] const Action& action(const CLI::App* command) const { return actions_.at(command); }

 private:
  CLI::App* command(CLI::App& parent, const char* name, const char* does, Action action,
                    const char* examples) {
    CLI::App* sub = parent.add_subcommand(name, does);
    sub->footer(std::string("Examples:\n") + examples);
    actions_.emplace(sub, std::move(action));
    return sub;
  }

  CLI::App* command(const char* name, const char* does, Action action, const char* examples) {
    return command(app_, name, does, std::move(action), examples);
  }

  template <class T>
  static CLI::Validator choice(const Choices<T>& values) {
    return CLI::Validator(
        [values](std::string& text) -> std::string {
          std::string names;
          for (const auto& [name, value] : values) {
            if (name == text) {
              text = std::to_string(static_cast<std::int64_t>(value));
              return {};
            }
            names += (names.empty() ? "" : ", ") + name;
          }
          return fmt::format("'{}' is none of {}", text, names);
        },
        "", "");
  }

  template <NamedEnum E>
  static CLI::Validator name_in() {
    Choices<E> values;
    for (std::uint32_t i = 0; i < kNames<E>.size(); ++i) {
      values.emplace_back(kNames<E>[i], static_cast<E>(i));
    }
    return choice(values);
  }

  // A decimal number within bounds, called by its meaning in the complaint.
  static CLI::Validator number(const char* what, std::uint64_t min, std::uint64_t max) {
    return CLI::Validator(
        [what, min, max](std::string& text) -> std::string {
          std::uint64_t value = 0;
          const char* end = text.data() + text.size();
          const auto [stop, code] = std::from_chars(text.data(), end, value);
          if (code == std::errc{} && stop == end && value >= min && value <= max) {
            text = std::to_string(value);  // CLI11 would take leading zeros for octal
            return {};
          }
          return fmt::format("'{}' is no {} ({}..{})", text, what, min, max);
        },
        "", "");
  }

  CLI::Option* pid_argument(CLI::App* sub, const char* does) {
    return sub->add_option("PID", request_.pid, does)
        ->type_name("")
        ->transform(number("process id", 1, kHighestPid));
  }

  // The process id, unless the argument was left out.
  [[nodiscard]] std::optional<std::uint32_t> pid() const {
    return request_.pid == 0 ? std::nullopt : std::optional(request_.pid);
  }

  void declare_module() {
    command("status", "Module, state and the counts that matter (also without a command)",
            show_status, "  smadv\n  smadv status --json\n");
    command("probe", "Can this kernel do it, by which mechanism, and why not; needs no module",
            probe,
            "  smadv probe\n  smadv probe --json\n"
            "Ends with 0 when the kernel can or the module works, 1 when it cannot, 6 when the\n"
            "loaded module speaks another version of the interface.\n");
    command("stats", "All counters and gauges", show_stats,
            "  smadv stats\n  smadv stats -j | jq '.\"faults-lost\"'\n");
  }

  void declare_policy() {
    CLI::App* policy = command("policy", "Show or set the thresholds and limits", show_policy,
                               "  smadv policy\n"
                               "  smadv policy set random-pct=80 hold-ms=500\n");
    policy->require_subcommand(0, 1);
    command(*policy, "show", "Every key with value, default, allowed range and meaning",
            show_policy, "  smadv policy show\n  smadv policy show --json\n");
    CLI::App* set = command(
        *policy, "set", "Change keys: all of them, or none when one is refused",
        [this](Context& context) { return set_policy(context, request_.words); },
        "  smadv policy set governor=benefit\n"
        "  smadv policy set sequential-pct=80 random-pct=80 hold-ms=500\n");
    set->add_option("KEY=VALUE", request_.words, "Key and new value")->type_name("")->required();
    CLI::App* governor = command(
        "governor",
        "Show or set who decides: observe changes nothing, pattern goes by the pattern, benefit by "
        "what faults wait for",
        [this](Context& context) {
          return request_.name.empty() ? show_governor(context)
                                       : set_governor(context, request_.name);
        },
        "  smadv governor\n  smadv governor benefit\n");
    governor->add_option("NAME", request_.name, "observe, pattern or benefit")->type_name("");
    command(
        "enable", "Watch page faults", [](Context& context) { return set_enabled(context, true); },
        "  smadv enable\n");
    command(
        "disable", "Remove the hook, restore every hint, forget every process",
        [](Context& context) { return set_enabled(context, false); }, "  smadv disable\n");
  }

  void declare_shows() {
    command("ps", "Tracked processes, those with the most faults first", show_processes,
            "  smadv ps\n  smadv ps -j | jq '.[] | select(.\"hints-active\" > 0) | .pid'\n");
    CLI::App* ranges = command(
        "ranges", "Ranges of a process: pattern, hint, what is wanted and why",
        [this](Context& context) { return show_ranges(context, request_.pid); },
        "  smadv ranges 1234\n");
    pid_argument(ranges, "Process")->required();
    CLI::App* tasks = command(
        "tasks", "Hints queued, applied, refused and cancelled, the last ones of each process",
        [this](Context& context) { return show_tasks(context, pid()); },
        "  smadv tasks\n  smadv tasks 1234\n");
    pid_argument(tasks, "Only those of this process");
    CLI::App* explain = command(
        "explain", "Each range of a process with the reason of its verdict in a sentence",
        [this](Context& context) { return explain_process(context, request_.pid); },
        "  smadv explain 1234\n  smadv explain $(pidof mongod)\n");
    pid_argument(explain, "Process")->required();
  }

  void declare_filter() {
    CLI::App* filter = command("filter", "Rules on which processes are watched", show_filters,
                               "  smadv filter\n"
                               "  smadv filter add exclude comm postgres\n"
                               "  smadv filter del 3\n");
    filter->require_subcommand(0, 1);
    command(*filter, "list", "All rules", show_filters, "  smadv filter list --json\n");
    CLI::App* add = command(
        *filter, "add",
        "Add a rule. An exclude rule wins over include rules; with at least one include rule only "
        "processes that match one are watched",
        [this](Context& context) { return add_filter(context, request_.filter); },
        "  smadv filter add include exe /usr/bin/mongod\n"
        "  smadv filter add exclude uid 1000\n"
        "  smadv filter add include cgroup /system.slice/etcd.service\n");
    add->add_option("ACTION", request_.filter.action, "include or exclude")
        ->type_name("")
        ->required()
        ->transform(name_in<FilterAction>());
    add->add_option("KIND", request_.filter.kind, "pid, uid, comm, exe or cgroup")
        ->type_name("")
        ->required()
        ->transform(name_in<FilterKind>());
    add->add_option("VALUE", request_.filter.value,
                    "Number, command name, or absolute path of the executable or cgroup")
        ->type_name("")
        ->required();
    CLI::App* del = command(
        *filter, "del", "Remove a rule",
        [this](Context& context) { return delete_filter(context, request_.rule); },
        "  smadv filter del 3\n");
    del->add_option("ID", request_.rule, "Number of the rule, see smadv filter list")
        ->type_name("")
        ->required()
        ->transform(number("rule number", 1, UINT32_MAX));
    command(*filter, "flush", "Remove every rule", flush_filters, "  smadv filter flush\n");
  }

  void declare_restores() {
    CLI::App* forget = command(
        "forget", "Restore a process and drop all that is known of it",
        [this](Context& context) { return forget_process(context, request_.pid); },
        "  smadv forget 1234\n"
        "It is tracked anew at its next fault; smadv filter add exclude pid 1234 prevents that.\n");
    pid_argument(forget, "Process")->required();
    CLI::App* undo = command(
        "restore", "Take every hint back, of one process or of all",
        [this](Context& context) { return restore(context, pid()); },
        "  smadv restore\n  smadv restore 1234\n"
        "The governor may hint again when new faults call for it; smadv governor observe first\n"
        "prevents that.\n");
    pid_argument(undo, "Only of this process");
  }

  void declare_monitor() {
    CLI::App* watch = command(
        "monitor", "Live events, one line each, until interrupted",
        [this](Context& context) {
          context.set_event_buffer({.kib = request_.event_buffer_kb});
          MonitorLimits limits;
          if (request_.count != 0) {
            limits.events = request_.count;
          }
          if (request_.seconds != 0) {
            limits.seconds = request_.seconds;
          }
          return monitor(context, limits);
        },
        "  smadv monitor\n"
        "  smadv monitor --count 1 --seconds 10\n"
        "  smadv monitor --json | jq -c 'select(.kind == \"applied\")'\n"
        "Times are seconds since boot, as in the kernel log. When events were lost, a note says\n"
        "how many on standard error, and lines with 'now' tell what stands; the events after them\n"
        "go on from there. With --json it is a line with kind lost and the number of events, and\n"
        "one with kind now, policy, processes, and the ranges that bear a hint.\n");
    watch->add_option("-n,--count", request_.count, "End after so many events")
        ->type_name("N")
        ->transform(number("number of events", 1, UINT64_MAX));
    watch->add_option("-s,--seconds", request_.seconds, "End after so many seconds")
        ->type_name("S")
        ->check(CLI::Range(0.001, 1e9));
    watch
        ->add_option("--event-buffer-kb", request_.event_buffer_kb,
                     "Room for events while the output is busy, 4..4096 KiB (2048)")
        ->type_name("N")
        ->transform(
            number("number of KiB", netlink::EventBuffer::kLeast, netlink::EventBuffer::kMost));
  }

  CLI::App& app_;
  Request& request_;
  std::map<const CLI::App*, Action> actions_{{&app_, show_status}};
};

// The innermost command that the words name.
const CLI::App* innermost(const CLI::App& app) {
  const auto subs = app.get_subcommands();
  return subs.empty() ? &app : innermost(*subs.front());
}

std::string full_name(const CLI::App* app) {
  const std::string& own = app->get_name();
  return app->get_parent() == nullptr ? own : full_name(app->get_parent()) + " " + own;
}

// CLI11's complaints name the C++ side of things here and there; the commonest are put better.
std::string complaint(const CLI::ParseError& error, const CLI::App& app) {
  const CLI::App* command = innermost(app);
  std::string text = error.what();
  if (const auto extras = app.remaining(true);
      dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr && !extras.empty()) {
    const std::string& word = extras.front();
    std::vector<std::string> owned;
    for (const CLI::App* sub : command->get_subcommands([](const CLI::App*) { return true; })) {
      owned.push_back(sub->get_name());
    }
    const std::vector<std::string_view> names(owned.begin(), owned.end());
    text = word.starts_with('-') ? fmt::format("unknown option '{}'", word)
           : names.empty()       ? fmt::format("unexpected '{}'", word)
                           : fmt::format("unknown command '{}'{}", word, did_you_mean(word, names));
  }
  std::ranges::replace(text, '\n', ' ');
  return fmt::format("{} (see {} --help)", text, full_name(command));
}

void complain(std::ostream& err, const Machine& machine, ColorChoice color,
              const std::string& message) {
  const Palette palette(use_colors(color, machine.err_is_terminal, machine.no_color, machine.term));
  err << palette.paint(Style::Bad, "smadv:") << ' ' << message << '\n';
}

// Ends a program that has said all but @p text.
ExitCode finish(std::ostream& out, const std::string& text, const Machine& machine,
                ColorChoice color, std::ostream& err) {
  const auto written = write_out(out, text);
  if (!written) {
    complain(err, machine, color, written.error().message);
    return written.error().exit;
  }
  return ExitCode::Ok;
}

ExitCode carry_out(const Request& request, const Action& action, const Machine& machine,
                   std::ostream& out, std::ostream& err) {
  Context context(machine, out, err);
  context.set_json(request.json);
  context.set_palette(
      Palette(use_colors(request.color, machine.out_is_terminal, machine.no_color, machine.term)));
  const auto done = action(context);
  if (!done) {
    out.flush();
    if (!done.error().message.empty()) {
      complain(err, machine, request.color, done.error().message);
    }
    return done.error().exit;
  }
  return finish(out, {}, machine, request.color, err);
}

}  // namespace

ExitCode run(const std::vector<std::string>& words, const Machine& machine, std::ostream& out,
             std::ostream& err) {
  Request request;
  CLI::App app(
      "See and control smart-madvise, which gives madvise() hints at run time by what page "
      "faults show.",
      "smadv");
  app.footer(std::string("Examples:\n"
                         "  smadv                  what is going on\n"
                         "  smadv governor pattern begin to give hints\n"
                         "  smadv explain 1234     why a process has the hints it has\n"
                         "  smadv monitor          watch it happen\n\n") +
             std::string(kExitCodes));
  Commands commands(app, request);
  commands.declare();
  try {
    app.parse(std::vector<std::string>(words.rbegin(), words.rend()));
  } catch (const CLI::CallForHelp&) {
    const CLI::App* command = innermost(app);
    const CLI::App* parent = command->get_parent();
    const auto text = command->help(parent == nullptr ? std::string() : full_name(parent));
    return finish(out, text, machine, request.color, err);
  } catch (const CLI::CallForVersion& version) {
    return finish(out, std::string(version.what()) + '\n', machine, request.color, err);
  } catch (const CLI::ParseError& error) {
    complain(err, machine, request.color, complaint(error, app));
    return ExitCode::Usage;
  }
  return carry_out(request, commands.action(innermost(app)), machine, out, err);
}

}  // namespace smadv::cli
