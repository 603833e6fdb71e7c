// SPDX-License-Identifier: GPL-2.0
/// @file
/// What /proc, /sys, /boot and /lib tell of the running kernel.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace smadv::cli {

/// The running kernel, read from files below a root folder.
class KernelFacts {
 public:
  /// @param root stands before every path, empty for the real machine
  explicit KernelFacts(std::string root);

  /// "6.1.0-31-cloud-amd64", empty when unknown.
  [[nodiscard]] const std::string& release() const { return release_; }

  /// Major and minor number of the release, nothing when it has none.
  [[nodiscard]] std::optional<std::pair<unsigned, unsigned>> version() const;

  /// Where the configuration was found, empty when it was not.
  [[nodiscard]] const std::string& config_path() const { return config_path_; }

  /// Whether option CONFIG_@p name is built in or a module. Nothing when no configuration is there.
  [[nodiscard]] std::optional<bool> config(std::string_view name) const;

  /// Whether the kernel has function @p name. Nothing when it does not list its symbols. Only for
  /// the functions that this program asks for.
  [[nodiscard]] std::optional<bool> symbol(std::string_view name) const;

  /// First line of a file, nothing when it cannot be read.
  [[nodiscard]] std::optional<std::string> line(std::string_view path) const;

  [[nodiscard]] bool exists(std::string_view path) const;

  /// Path of the module's file for this kernel below /lib/modules/RELEASE, if it is installed.
  [[nodiscard]] std::optional<std::string> module_file() const;

  /// "none", "integrity" or "confidentiality", nothing on a kernel without lockdown.
  [[nodiscard]] std::optional<std::string> lockdown() const;

 private:
  void read_config();
  void read_symbols();

  std::string root_;
  std::string release_;
  std::string config_path_;
  std::set<std::string, std::less<>> config_;
  std::set<std::string, std::less<>> symbols_;
  bool symbols_known_ = false;
};

}  // namespace smadv::cli
