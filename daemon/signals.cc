// SPDX-License-Identifier: GPL-2.0
#include "daemon/signals.h"

#include <sys/signalfd.h>

#include <cerrno>
#include <cstring>

#include <fmt/format.h>

namespace smadv {

Result<SignalFd> SignalFd::open(std::initializer_list<int> signals) {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : signals) {
    sigaddset(&set, signal);
  }
  sigset_t former;
  if (const int code = pthread_sigmask(SIG_BLOCK, &set, &former); code != 0) {
    return Error{ExitCode::Failed, code,
                 fmt::format("cannot hold signals back: {}", std::strerror(code))};
  }
  UniqueFd fd(signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
  if (!fd.valid()) {
    const int code = errno;
    pthread_sigmask(SIG_SETMASK, &former, nullptr);
    return Error{ExitCode::Failed, code,
                 fmt::format("cannot wait for signals: {}", std::strerror(code))};
  }
  return SignalFd(std::move(fd), former);
}

SignalFd::~SignalFd() {
  if (fd_.valid()) {
    pthread_sigmask(SIG_SETMASK, &former_, nullptr);
  }
}

std::optional<int> SignalFd::read() const {
  signalfd_siginfo info{};
  if (::read(fd_.get(), &info, sizeof(info)) != static_cast<ssize_t>(sizeof(info))) {
    return std::nullopt;
  }
  return static_cast<int>(info.ssi_signo);
}

}  // namespace smadv
