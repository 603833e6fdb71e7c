// SPDX-License-Identifier: GPL-2.0
#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>

#include <fmt/format.h>

#include "daemon/cli/commands.h"
#include "daemon/signals.h"
#include "daemon/text.h"

namespace smadv::cli {
namespace {

using Clock = std::chrono::steady_clock;

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

// True while there is more to print.
bool print(Context& context, const EventBatch& batch, std::optional<std::uint64_t>& left) {
  if (batch.lost) {
    context.note("events were lost, too many came at once");
    if (context.json()) {
      context.out() << Json::object().set("kind", Json("lost")).line();
    }
  }
  for (const Event& event : batch.events) {
    if (left && *left == 0) {
      break;
    }
    context.out() << (context.json() ? Json(event).line() : line_of(event));
    left = left ? std::optional(*left - 1) : std::nullopt;
  }
  context.out().flush();
  return context.out().good() && (!left || *left > 0);
}

}  // namespace

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
      const int code = errno;
      return Error{ExitCode::Failed, code,
                   fmt::format("cannot wait for events: {}", std::strerror(code))};
    }
    if (fds[0].revents != 0) {
      const auto batch = (*events)->read();
      if (!batch) {
        return batch.error();
      }
      if (!print(context, *batch, left)) {
        break;
      }
    }
    if (fds[1].revents != 0 || (fds[2].revents & (POLLERR | POLLHUP)) != 0) {
      static_cast<void>(signals->read());  // taken, so that it does not strike when given back
      break;
    }
  }
  return {};
}

}  // namespace smadv::cli
