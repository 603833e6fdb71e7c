// SPDX-License-Identifier: GPL-2.0
#include "daemon/suggest.h"

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <numeric>
#include <vector>

#include <fmt/format.h>

namespace smadv {
namespace {

// '_' for '-' and capitals are the commonest slips, so they cost nothing.
char folded(char c) {
  return c == '_' ? '-' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
}

// Levenshtein distance, one row at a time.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0);
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (folded(a[i]) == folded(b[j]) ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

}  // namespace

std::string did_you_mean(std::string_view word, std::span<const std::string_view> names) {
  std::string_view best;
  std::size_t best_distance = word.size() / 3 + 1;  // farther than this is another word
  for (const std::string_view name : names) {
    const bool begins = word.size() >= 3 && name.starts_with(word);
    const std::size_t d = begins ? 1 : distance(word, name);
    if (d < best_distance || (d == best_distance && best.empty())) {
      best = name;
      best_distance = d;
    }
  }
  return best.empty() ? std::string() : fmt::format(", did you mean '{}'?", best);
}

}  // namespace smadv
