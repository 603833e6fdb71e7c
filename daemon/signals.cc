// SPDX-License-Identifier: GPL-2.0
#include "daemon/signals.h"

#include <sys/signalfd.h>

#include <cerrno>
#include <cstring>
#include <ctime>

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
    // GCOVR_EXCL_START: refuses nothing but a wrong first argument
    return Error{ExitCode::Failed, code,
                 fmt::format("cannot hold signals back: {}", std::strerror(code))};
    // GCOVR_EXCL_STOP
  }
  UniqueFd fd(signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
  if (!fd.valid()) {
    const int code = errno;
    pthread_sigmask(SIG_SETMASK, &former, nullptr);
    return Error{ExitCode::Failed, code,
                 fmt::format("cannot wait for signals: {}", std::strerror(code))};
  }
  return SignalFd(std::move(fd), signals, former);
}

SignalFd::~SignalFd() {
  if (fd_.valid() && !keep_) {
    pthread_sigmask(SIG_SETMASK, &former_, nullptr);
  }
}

// The descriptor itself would hand out the lowest number first, again and again in a flood of it.
std::optional<int> SignalFd::read() const {
  constexpr timespec kNow{};
  for (const int signal : signals_) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, signal);
    if (sigtimedwait(&set, nullptr, &kNow) == signal) {
      return signal;
    }
  }
  return std::nullopt;
}

}  // namespace smadv
