// SPDX-License-Identifier: GPL-2.0
#include "daemon/recording/scope.h"

#include <charconv>
#include <fstream>
#include <string>

namespace smadv::recording {
namespace {

// Chains of parents are not longer, unless process ids were re-used while they were followed.
constexpr int kLongestDescent = 256;

// 0 when it has none, or is gone.
std::uint32_t parent_of(std::uint32_t pid, const std::filesystem::path& proc) {
  std::ifstream file(proc / std::to_string(pid) / "stat");
  std::string line;
  std::getline(file, line);
  // "PID (COMMAND) STATE PARENT ...", and the command may have anything in it.
  const auto end = line.rfind(") ");
  std::uint32_t parent = 0;
  if (end != std::string::npos && end + 4 < line.size()) {
    std::from_chars(line.data() + end + 4, line.data() + line.size(), parent);
  }
  return parent;
}

}  // namespace

bool Scope::covers(std::uint32_t pid) {
  if (!root_ || pid == *root_) {
    return true;
  }
  if (const auto found = known_.find(pid); found != known_.end()) {
    return found->second;
  }
  std::uint32_t ancestor = pid;
  for (int i = 0; i < kLongestDescent && ancestor != 0 && ancestor != *root_; ++i) {
    ancestor = parent_of(ancestor, proc_);
  }
  return known_[pid] = ancestor == *root_;
}

}  // namespace smadv::recording
