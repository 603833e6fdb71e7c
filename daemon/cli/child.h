// SPDX-License-Identifier: GPL-2.0
/// @file
/// A command that is run beside something.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "daemon/result.h"

namespace smadv::cli {

/// A running command. It is left to itself when this ends before it.
class Child {
 public:
  /// Start @p words, found as a shell finds it, with no signal held back or ignored.
  [[nodiscard]] static Result<Child> start(const std::vector<std::string>& words);

  [[nodiscard]] pid_t pid() const { return pid_; }

  /// How it ended, as a shell tells it (128 + number of the signal), once it has. Does not wait.
  [[nodiscard]] std::optional<int> status();

  /// Unless it has ended.
  void send(int signal);

 private:
  explicit Child(pid_t pid) : pid_(pid) {}

  pid_t pid_;
  std::optional<int> status_;
};

}  // namespace smadv::cli
