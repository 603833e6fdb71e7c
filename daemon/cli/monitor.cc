// SPDX-License-Identifier: GPL-2.0
#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <ctime>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "daemon/cli/commands.h"
#include "daemon/signals.h"
#include "daemon/text.h"

namespace smadv::cli {
namespace {

using Clock = std::chrono::steady_clock;

/// When to stop watching, besides being told to.
struct MonitorLimits {
  std::optional<std::uint64_t> events;
  std::optional<double> seconds;
};

// Milliseconds for poll(): rounded up, -1 for ever.
int wait_ms(const std::optional<Clock::time_point>& deadline) {
  if (!deadline) {
    return -1;
  }
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(*deadline - Clock::now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000));
}

std::string line_of(const Event& event) {
  return fmt::format("{:>14} {}\n", format_boot_time(event.time_ns), event_text(event));
}

// What stands at one moment.
struct State {
  std::uint64_t time_ns;  ///< Since boot, of the moment before.
  Policy policy;
  std::vector<Process> processes;
  std::vector<Range> hinted;
};

std::uint64_t boot_time_ns() {
  timespec now{};
  clock_gettime(CLOCK_BOOTTIME, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 +
         static_cast<std::uint64_t>(now.tv_nsec);
}

Result<State> look(Context& context, KernelClient& client) {
  const std::uint64_t time_ns = boot_time_ns();
  const auto policy = client.policy();
  if (!policy) {
    return policy.error();
  }
  auto processes = client.processes();
  if (!processes) {
    return processes.error();
  }
  context.note_torn(*processes);
  auto ranges = client.ranges({});
  if (!ranges) {
    return ranges.error();
  }
  context.note_torn(*ranges);
  std::erase_if(ranges->items, [](const Range& range) { return range.hint == Hint::None; });
  return State{time_ns, *policy, std::move(processes->items), std::move(ranges->items)};
}

std::string line_of(const State& state) {
  return Json::object()
      .set("kind", Json("now"))
      .set("time-ns", Json(state.time_ns))
      .set("policy", Json(state.policy))
      .set("processes", Json(state.processes))
      .set("ranges", Json(state.hinted))
      .line();
}

std::string lines_of(const State& state) {
  const auto now = fmt::format("{:>14} now ", format_boot_time(state.time_ns));
  const std::string governor = name_of(static_cast<Governor>(state.policy.governor));
  std::string text =
      fmt::format("{}governor {}, {}, {}\n", now, governor,
                  counted(state.processes.size(), "process"), counted(state.hinted.size(), "hint"));
  for (const Range& range : state.hinted) {
    text += fmt::format("{}{} {} {} {}\n", now, range.pid, name_of(range.hint),
                        format_interval(range.start, range.end), file_text(range));
  }
  return text;
}

// What the lost events would have told is asked for. Fails when the module is gone: its last word
// may have been among them.
Result<void> resynchronise(Context& context, KernelClient& client, std::uint64_t lost) {
  context.note(fmt::format("{} events were lost, too many came at once", lost));
  if (context.json()) {
    context.out() << Json::object().set("kind", Json("lost")).set("events", Json(lost)).line();
  }
  const auto state = look(context, client);
  if (!state) {
    return state.error();
  }
  context.out() << (context.json() ? line_of(*state) : lines_of(*state));
  return {};
}

// True while there is more to print.
bool print(Context& context, const std::vector<Event>& events, std::optional<std::uint64_t>& left) {
  for (const Event& event : events) {
    if (left && *left == 0) {
      break;
    }
    context.out() << (context.json() ? Json(event).line() : line_of(event));
    left = left ? std::optional(*left - 1) : std::nullopt;
  }
  context.out().flush();
  return context.out().good() && (!left || *left > 0);
}

Result<void> monitor(Context& context, const MonitorLimits& limits) {
  const auto client = context.client();
  if (!client) {
    return client.error();
  }
  const auto signals = SignalFd::open({SIGINT, SIGTERM});
  if (!signals) {
    return signals.error();
  }
  auto events = (*client)->events();
  if (!events) {
    return events.error();
  }
  std::optional<std::uint64_t> left = limits.events;
  std::optional<Clock::time_point> deadline;
  if (limits.seconds) {
    deadline = Clock::now() + std::chrono::duration_cast<Clock::duration>(
                                  std::chrono::duration<double>(*limits.seconds));
  }
  // Nothing is asked of the output but whether its reader left, which poll() always tells.
  std::array<pollfd, 3> fds{
      {{(*events)->fd(), POLLIN, 0}, {signals->fd(), POLLIN, 0}, {context.machine().out_fd, 0, 0}}};
  while (!deadline || Clock::now() < *deadline) {
    if (poll(fds.data(), fds.size(), wait_ms(deadline)) < 0 && errno != EINTR) {
      // GCOVR_EXCL_START: fails only when the kernel has no memory
      const int code = errno;
      return Error{ExitCode::Failed, code,
                   fmt::format("cannot wait for events: {}", std::strerror(code))};
      // GCOVR_EXCL_STOP
    }
    if (fds[0].revents != 0) {
      const auto batch = (*events)->read();
      if (!batch) {
        return batch.error();
      }
      if (!print(context, batch->events, left)) {
        break;
      }
      if (batch->lost > 0) {
        if (auto done = resynchronise(context, **client, batch->lost); !done) {
          return done;
        }
        context.out().flush();
      }
    }
    if (fds[1].revents != 0 || (fds[2].revents & (POLLERR | POLLHUP)) != 0) {
      static_cast<void>(signals->read());  // taken, so that it does not strike when given back
      break;
    }
  }
  return {};
}

}  // namespace

void declare_monitor(const Command& smadv) {
  const Command watch = smadv.add(
      "monitor", "Live events, one line each, until interrupted",
      "  smadv monitor\n"
      "  smadv monitor --count 1 --seconds 10\n"
      "  smadv monitor --json | jq -c 'select(.kind == \"applied\")'\n"
      "Times are seconds since boot, as in the kernel log. When events were lost, a note says\n"
      "how many on standard error, and lines with 'now' tell what stands; the events after them\n"
      "go on from there. With --json it is a line with kind lost and the number of events, and\n"
      "one with kind now, policy, processes, and the ranges that bear a hint.\n");
  const auto count = watch.number<std::uint64_t>(
      {.names = "-n,--count", .does = "End after so many events", .value = "N"}, "number of events",
      1, UINT64_MAX);
  const auto seconds = watch.number<double>(
      {.names = "-s,--seconds", .does = "End after so many seconds", .value = "S"},
      "number of seconds", 0.001, 1e9);
  const auto buffer_kb = watch.number<std::uint32_t>(
      {.names = "--event-buffer-kb",
       .does = "Room for events while the output is busy, 4..4096 KiB (2048)",
       .value = "N"},
      "number of KiB", netlink::EventBuffer::kLeast, netlink::EventBuffer::kMost);
  watch.runs([=](Context& context) {
    context.set_event_buffer({.kib = buffer_kb.value_or(netlink::EventBuffer{}.kib)});
    return monitor(context, {count.get(), seconds.get()});
  });
}

}  // namespace smadv::cli
