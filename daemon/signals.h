// SPDX-License-Identifier: GPL-2.0
/// @file
/// Signals as something to poll for.
#pragma once

#include <csignal>
#include <initializer_list>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "daemon/result.h"
#include "daemon/unique_fd.h"

namespace smadv {

/// Holds signals back from their usual effect and hands them out through a file descriptor. Gives
/// them their usual effect again at its end, unless told to keep them; what came meanwhile and was
/// not read takes effect then.
class SignalFd {
 public:
  /// @param signals in the order in which they are handed out: a flood of one does not hide those
  ///   before it
  [[nodiscard]] static Result<SignalFd> open(std::initializer_list<int> signals);

  SignalFd(SignalFd&& other) noexcept = default;
  SignalFd& operator=(SignalFd&& other) = delete;
  ~SignalFd();

  [[nodiscard]] int fd() const { return fd_.get(); }

  /// The next signal that came, if any. Does not wait.
  [[nodiscard]] std::optional<int> read() const;

  /// Hold the signals back for good: the program is about to end in its own way.
  void keep() { keep_ = true; }

 private:
  SignalFd(UniqueFd fd, std::initializer_list<int> signals, const sigset_t& former)
      : fd_(std::move(fd)), signals_(signals), former_(former) {}

  UniqueFd fd_;
  std::vector<int> signals_;
  sigset_t former_;
  bool keep_ = false;
};

}  // namespace smadv
