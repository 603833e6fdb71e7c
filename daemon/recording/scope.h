// SPDX-License-Identifier: GPL-2.0
/// @file
/// Which processes are recorded.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>

namespace smadv::recording {

/// All processes, or one with those that descend from it.
class Scope {
 public:
  /// @param root process id, nothing for all
  /// @param proc where /proc is
  explicit Scope(std::optional<std::uint32_t> root, std::filesystem::path proc = "/proc")
      : root_(root), proc_(std::move(proc)) {}

  /// Descent is looked up when a process is first met, and remembered.
  [[nodiscard]] bool covers(std::uint32_t pid);

 private:
  std::optional<std::uint32_t> root_;
  std::filesystem::path proc_;
  std::map<std::uint32_t, bool> known_;
};

}  // namespace smadv::recording
