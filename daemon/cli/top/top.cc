// SPDX-License-Identifier: GPL-2.0
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <utility>

#include <fmt/format.h>

#include "daemon/cli/commands.h"
#include "daemon/cli/top/layout.h"
#include "daemon/cli/top/look.h"
#include "daemon/cli/top/screen.h"
#include "daemon/cli/top/session.h"
#include "daemon/signals.h"

namespace smadv::cli::top {
namespace {

using Clock = std::chrono::steady_clock;

Clock::duration as_duration(double seconds) {
  return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
}

// Milliseconds for poll(): rounded up.
int wait_ms(Clock::time_point until) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000));
}

Json json_of(const Row& row) {
  Json json(row.process);
  json.set("faults-per-s", Json(row.rates.faults)).set("majors-per-s", Json(row.rates.majors));
  if (row.rates.read_bytes) {
    // GCOVR_EXCL_START: where /proc/PID/io may be read, as by root of its own
    json.set("read-bytes-per-s", Json(*row.rates.read_bytes));
    // GCOVR_EXCL_STOP
  }
  if (row.rates.used) {
    json.set("touched-per-read", Json(*row.rates.used));
  }
  Json mix = Json::object();
  for (std::size_t i = 0; i < row.mix.size(); ++i) {
    mix.set(kNames<Pattern>[i], Json(row.mix[i]));
  }
  json.set("bytes-by-pattern", std::move(mix));
  return json;
}

void print(Context& context, const Snapshot& now, const Snapshot* before,
           const Settings& settings) {
  auto rows = rows_of(now, before);
  std::erase_if(rows, [&](const Row& row) { return !matches(row, settings.name); });
  sort_rows(rows, settings.sort, false);
  if (context.json()) {
    Json array = Json::array();
    for (const Row& row : rows) {
      array.push(json_of(row));
    }
    Json line = Json::object();
    if (before != nullptr) {
      line.set("over-ms", Json((now.time_ns - before->time_ns) / 1'000'000));
    }
    line.set("policy", Json(now.policy)).set("stats", Json(now.stats));
    context.out() << line.set("processes", std::move(array)).line();
  } else {
    context.out() << headline(now, before) << '\n';
    context.print(process_table(rows, settings.sort));
    context.out() << '\n';
  }
  context.out().flush();
}

// Looks again and again, so many times if told, and prints what it saw. Ends at a signal, or when
// the reader left.
Result<void> batch(Context& context, const Settings& settings, std::optional<std::uint64_t> count,
                   const SignalFd& signals) {
  std::optional<Snapshot> before;
  std::array<pollfd, 2> fds{{{signals.fd(), POLLIN, 0}, {context.machine().out_fd, 0, 0}}};
  bool seen = false;
  for (auto next = Clock::now();;
       next = std::max(next + as_duration(settings.interval_s), Clock::now())) {
    while (Clock::now() < next) {
      if (poll(fds.data(), fds.size(), wait_ms(next)) > 0) {
        return {};
      }
    }
    auto now = look(context);
    if (now) {
      print(context, *now, before ? &*before : nullptr, settings);
      before = *std::move(now);
      seen = true;
    } else if (!seen) {
      return now.error();
    } else {
      before.reset();  // for numbers of a module that is loaded anew go with none of before
      context.note(now.error().message + "; waiting for it");
    }
    if ((count && --*count == 0) || !context.out().good()) {
      return {};
    }
  }
}

// Shows it until told to end.
Result<void> live(Context& context, const Settings& settings, const SignalFd& signals) {
  auto first = look(context);
  if (!first) {
    return first.error();
  }
  const auto stops = SignalFd::open({SIGTSTP});
  if (!stops) {
    return stops.error();  // GCOVR_EXCL_LINE: where nothing more may be opened
  }
  auto screen = Screen::open(context.machine().term, context.palette());
  if (!screen) {
    return screen.error();
  }
  Session session(settings);
  session.see(*std::move(first));
  std::array<pollfd, 3> fds{
      {{STDIN_FILENO, POLLIN, 0}, {signals.fd(), POLLIN, 0}, {stops->fd(), POLLIN, 0}}};
  for (auto last = Clock::now();;) {
    screen->draw(session.draw(screen->size()));
    const auto next = session.paused() ? Clock::now() + std::chrono::minutes(1)
                                       : last + as_duration(session.interval_s());
    poll(fds.data(), fds.size(), wait_ms(next));  // interrupted when the size changes
    if (fds[1].revents != 0 || (fds[0].revents & (POLLHUP | POLLERR | POLLNVAL)) != 0) {
      return {};
    }
    if (stops->read()) {
      screen->stop();
    }
    while (const auto pressed = screen->key()) {
      if (!session.press(*pressed)) {
        return {};
      }
    }
    if (!session.paused() && Clock::now() >= next) {
      last = Clock::now();
      auto now = look(context);
      if (now) {
        session.see(*std::move(now));
      } else {
        session.lose(now.error().message);
      }
    }
  }
}

/// What the command line says.
struct Request {
  Settings settings;
  bool text;  ///< For files and pipes.
  std::optional<std::uint64_t> count;
};

Result<void> run(Context& context, const Request& request) {
  if (!request.text && request.count) {
    return Error{ExitCode::Usage, 0, "--count goes with --batch or --json"};
  }
  if (!request.text && (!context.machine().out_is_terminal || isatty(STDIN_FILENO) == 0)) {
    return Error{ExitCode::Usage, 0,
                 "top needs a terminal for input and output; use --batch or --json"};
  }
  const auto signals = SignalFd::open({SIGINT, SIGTERM, SIGHUP, SIGQUIT});
  if (!signals) {
    return signals.error();
  }
  auto done = request.text ? batch(context, request.settings, request.count, *signals)
                           : live(context, request.settings, *signals);
  while (signals->read()) {  // taken, so that none strikes when given back
  }
  return done;
}

}  // namespace
}  // namespace smadv::cli::top

namespace smadv::cli {

void declare_top(const Command& smadv) {
  const Command top = smadv.add(
      "top", "Live view of the tracked processes: faults, patterns, hints; their ranges with Enter",
      "  smadv top\n"
      "  smadv top --sort hints --name postgres\n"
      "  smadv top --batch -n 2 --interval 10\n"
      "  smadv top --json -n 1 | jq '.processes[0]'\n"
      "The key ? shows what the other keys do. What --batch prints first are the rates since each\n"
      "process is tracked, then those of each interval; --json is a line for each.\n");
  Choices<top::SortKey> keys;
  for (std::size_t i = 0; i < top::kSortNames.size(); ++i) {
    keys.emplace_back(top::kSortNames[i], static_cast<top::SortKey>(i));
  }
  const auto sort =
      top.choice({.names = "--sort",
                  .does = "faults, majors, read, hints, saved, ranges, memory, pid or command "
                          "(faults)",
                  .value = "KEY"},
                 keys);
  const auto name =
      top.text({.names = "--name",
                .does = "Only processes whose command contains, or whose pid begins with, this",
                .value = "TEXT"});
  const auto interval = top.number<double>(
      {.names = "-i,--interval", .does = "Seconds between two looks (2)", .value = "S"},
      "number of seconds", top::kLeastIntervalS, top::kMostIntervalS);
  const auto batch = top.flag({.names = "-b,--batch", .does = "Print it, for files and pipes"});
  const auto count =
      top.number<std::uint64_t>({.names = "-n,--count",
                                 .does = "End after so many looks, with --batch or --json",
                                 .value = "N"},
                                "number of looks", 1, UINT64_MAX);
  top.runs([=](Context& context) {
    return top::run(context, {{sort.value_or(top::SortKey::Faults), name.value_or({}),
                               interval.value_or(top::Settings{}.interval_s)},
                              batch || context.json(),
                              count.get()});
  });
}

}  // namespace smadv::cli
