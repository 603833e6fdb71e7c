// SPDX-License-Identifier: GPL-2.0
#include "daemon/filter.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <limits>

#include <fmt/format.h>

namespace smadv {
namespace {

constexpr std::size_t kCommBytes = 15;

bool is_number(const std::string& text, std::uint32_t min, std::uint32_t max) {
  std::uint32_t number = 0;
  const char* end = text.data() + text.size();
  const auto [stop, code] = std::from_chars(text.data(), end, number);
  return code == std::errc{} && stop == end && number >= min && number <= max;
}

// What the kind wants, empty when it has got it.
std::string unmet(const FilterRule& rule) {
  switch (rule.kind) {
    case FilterKind::Pid:
      return is_number(rule.value, 1, kHighestPid) ? "" : "a process id";
    case FilterKind::Uid:
      // The highest number stands for "no user".
      return is_number(rule.value, 0, std::numeric_limits<std::uint32_t>::max() - 1)
                 ? ""
                 : "a user id (a number)";
    case FilterKind::Comm:
      return rule.value.empty() || rule.value.size() > kCommBytes
                 ? "a command name of 1 to 15 bytes"
                 : "";
    case FilterKind::Exe:
    case FilterKind::Cgroup:
      return rule.value.starts_with('/') ? "" : "an absolute path";
  }
  return "a known kind";
}

}  // namespace

Result<void> check_filter_rule(const FilterRule& rule) {
  std::string wanted = unmet(rule);
  if (wanted.empty() && rule.value.size() > SMART_MADVISE_MAX_VALUE_LEN) {
    wanted = fmt::format("at most {} bytes", SMART_MADVISE_MAX_VALUE_LEN);
  }
  if (wanted.empty() && rule.value.find('\0') != std::string::npos) {
    wanted = "a text without NUL";
  }
  if (wanted.empty()) {
    return {};
  }
  return Error{ExitCode::Usage, 0,
               fmt::format("'{}' is no value for a rule on {}, which wants {}", rule.value,
                           name_of(rule.kind), wanted)};
}

std::string to_text(const FilterRule& rule) {
  return fmt::format("{} {} {}", name_of(rule.action), name_of(rule.kind), rule.value);
}

}  // namespace smadv
