// SPDX-License-Identifier: GPL-2.0
/// @file
/// Signals as something to poll for.
#pragma once

#include <csignal>
#include <initializer_list>
#include <memory>
#include <optional>

#include "daemon/result.h"
#include "daemon/unique_fd.h"

namespace smadv {

/// Holds signals back from their usual effect and hands them out through a file descriptor. Gives
/// them their usual effect again at its end; what came meanwhile and was not read takes effect
/// then.
class SignalFd {
 public:
  [[nodiscard]] static Result<SignalFd> open(std::initializer_list<int> signals);

  SignalFd(SignalFd&& other) noexcept = default;
  SignalFd& operator=(SignalFd&& other) = delete;
  ~SignalFd();

  [[nodiscard]] int fd() const { return fd_.get(); }

  /// The next signal that came, if any. Does not wait.
  [[nodiscard]] std::optional<int> read() const;

 private:
  SignalFd(UniqueFd fd, const sigset_t& former) : fd_(std::move(fd)), former_(former) {}

  UniqueFd fd_;
  sigset_t former_;
};

}  // namespace smadv
