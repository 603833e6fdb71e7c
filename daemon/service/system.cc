// SPDX-License-Identifier: GPL-2.0
#include "daemon/service/system.h"

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <ctime>

#include <fmt/format.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/systemd_sink.h>
#include <systemd/sd-daemon.h>

#include "daemon/service/log_sink.h"

namespace smadv {
namespace {

constexpr int kLongestWaitMs = 60'000;

int wait_ms(std::optional<Poller::Clock::time_point> deadline) {
  if (!deadline) {
    return -1;
  }
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(*deadline - Poller::Clock::now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, kLongestWaitMs));
}

// systemd says in JOURNAL_STREAM which device and inode the journal's stream has.
bool stderr_is_journal() {
  const char* stream = std::getenv("JOURNAL_STREAM");
  struct stat status {};
  return stream != nullptr && fstat(STDERR_FILENO, &status) == 0 &&
         stream == fmt::format("{}:{}", status.st_dev, status.st_ino);
}

}  // namespace

Result<std::vector<int>> SystemPoller::wait(std::span<const int> fds,
                                            std::optional<Clock::time_point> deadline) {
  std::vector<pollfd> polled;
  polled.reserve(fds.size());
  for (const int fd : fds) {
    polled.push_back({fd, POLLIN, 0});
  }
  std::vector<int> ready;
  if (poll(polled.data(), polled.size(), wait_ms(deadline)) < 0) {
    if (errno == EINTR) {
      return ready;
    }
    const int code = errno;
    return Error{ExitCode::Failed, code, fmt::format("cannot wait: {}", std::strerror(code))};
  }
  for (const pollfd& one : polled) {
    if (one.revents != 0) {
      ready.push_back(one.fd);
    }
  }
  return ready;
}

void SystemdNotifier::ready() {
  sd_notify(0, "READY=1");
}

void SystemdNotifier::reloading() {
  // Type=notify-reload (systemd 253) wants to know when; older ones pass over it.
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  const std::int64_t us = std::int64_t{now.tv_sec} * 1'000'000 + now.tv_nsec / 1000;
  sd_notify(0, fmt::format("RELOADING=1\nMONOTONIC_USEC={}", us).c_str());
}

void SystemdNotifier::stopping() {
  sd_notify(0, "STOPPING=1");
}

void SystemdNotifier::status(const std::string& text) {
  sd_notify(0, fmt::format("STATUS={}", text).c_str());
}

// Half of the time that systemd waits (WatchdogSec=), as sd_watchdog_enabled(3) recommends.
std::optional<std::chrono::microseconds> SystemdNotifier::watch_interval() {
  std::uint64_t limit_us = 0;
  if (sd_watchdog_enabled(0, &limit_us) <= 0) {
    return std::nullopt;
  }
  return std::chrono::microseconds(limit_us / 2);
}

void SystemdNotifier::alive() {
  sd_notify(0, "WATCHDOG=1");
}

Log make_log(const std::string& level) {
  Log log;
  if (stderr_is_journal()) {
    log.logger = std::make_shared<spdlog::logger>(
        "smadvd", std::make_shared<spdlog::sinks::systemd_sink_st>("smadvd"));
    log.logger->set_pattern("%v");
    log.flush = [] { return true; };
  } else {
    const auto sink = std::make_shared<LogSink>(STDERR_FILENO);
    log.logger = std::make_shared<spdlog::logger>("smadvd", sink);
    log.logger->set_pattern("%Y-%m-%d %H:%M:%S.%e smadvd %l: %v");
    log.flush = [sink] { return sink->drain(); };
  }
  log.logger->set_level(spdlog::level::from_str(level));
  return log;
}

}  // namespace smadv
