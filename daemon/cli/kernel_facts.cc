// SPDX-License-Identifier: GPL-2.0
#include "daemon/cli/kernel_facts.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <utility>

#include <fmt/format.h>

namespace smadv::cli {
namespace {

constexpr std::array<std::string_view, 5> kSymbols = {"handle_mm_fault", "do_madvise",
                                                      "ftrace_set_filter_ip", "ftrace_regs_caller",
                                                      "register_kprobe"};

}  // namespace

KernelFacts::KernelFacts(std::string root) : root_(std::move(root)) {
  release_ = line("/proc/sys/kernel/osrelease").value_or("");
  read_config();
  read_symbols();
}

std::optional<std::pair<unsigned, unsigned>> KernelFacts::version() const {
  unsigned major = 0;
  unsigned minor = 0;
  if (std::sscanf(release_.c_str(), "%u.%u", &major, &minor) != 2) {  // NOLINT(cert-err34-c)
    return std::nullopt;
  }
  return std::pair(major, minor);
}

std::optional<bool> KernelFacts::config(std::string_view name) const {
  if (config_path_.empty()) {
    return std::nullopt;
  }
  return config_.contains(name);
}

std::optional<bool> KernelFacts::symbol(std::string_view name) const {
  if (!symbols_known_) {
    return std::nullopt;
  }
  return symbols_.contains(name);
}

std::optional<std::string> KernelFacts::line(std::string_view path) const {
  std::ifstream file(fmt::format("{}{}", root_, path));
  std::string text;
  if (!std::getline(file, text)) {
    return std::nullopt;
  }
  return text;
}

bool KernelFacts::exists(std::string_view path) const {
  std::error_code ignored;
  return std::filesystem::exists(fmt::format("{}{}", root_, path), ignored);
}

std::optional<std::string> KernelFacts::module_file() const {
  std::ifstream index(fmt::format("{}/lib/modules/{}/modules.dep", root_, release_));
  std::string entry;
  while (std::getline(index, entry)) {
    std::string path = entry.substr(0, entry.find(':'));
    const std::string name = path.substr(path.rfind('/') + 1);
    if (name.starts_with("smart_madvise.ko") || name.starts_with("smart-madvise.ko")) {
      return path;
    }
  }
  return std::nullopt;
}

std::optional<std::string> KernelFacts::lockdown() const {
  // The level in force stands in brackets: "none [integrity] confidentiality".
  const auto levels = line("/sys/kernel/security/lockdown");
  if (!levels) {
    return std::nullopt;
  }
  const auto open = levels->find('[');
  const auto close = levels->find(']', open);
  if (open == std::string::npos || close == std::string::npos) {
    return std::nullopt;
  }
  return levels->substr(open + 1, close - open - 1);
}

void KernelFacts::read_config() {
  for (const auto& path :
       {fmt::format("/boot/config-{}", release_), fmt::format("/lib/modules/{}/config", release_),
        fmt::format("/lib/modules/{}/build/.config", release_)}) {
    std::ifstream file(root_ + path);
    if (release_.empty() || !file) {
      continue;
    }
    config_path_ = path;
    std::string text;
    while (std::getline(file, text)) {
      const auto equals = text.find('=');
      if (text.starts_with("CONFIG_") && equals != std::string::npos) {
        const std::string_view value = std::string_view(text).substr(equals + 1);
        if (value == "y" || value == "m") {
          config_.insert(text.substr(7, equals - 7));
        }
      }
    }
    return;
  }
}

void KernelFacts::read_symbols() {
  // "ffffffff81234560 T handle_mm_fault", with zeros for the address when one may not know it.
  std::ifstream file(root_ + "/proc/kallsyms");
  std::string text;
  while (std::getline(file, text)) {
    symbols_known_ = true;
    const auto type = text.find(' ');
    if (type == std::string::npos || text.size() < type + 4) {
      continue;
    }
    const std::string_view name = std::string_view(text).substr(type + 3);
    if (std::ranges::find(kSymbols, name) != kSymbols.end()) {
      symbols_.emplace(name);
    }
  }
}

}  // namespace smadv::cli
