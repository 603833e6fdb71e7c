// SPDX-License-Identifier: GPL-2.0
/// @file
/// The ranges of one process, with the memory that the core wants from its caller.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "daemon/replay/core.h"

namespace smadv::replay {

/// A set of ranges that grows, as the module's does.
class Ranges {
 public:
  [[nodiscard]] std::uint32_t size() const { return set_.count; }
  smadv_range& operator[](std::uint32_t index) { return *items_[index]; }
  const smadv_range& operator[](std::uint32_t index) const { return *items_[index]; }

  /// The range that holds @p page, or null.
  [[nodiscard]] smadv_range* find(std::uint64_t page) { return smadv_ranges_find(&set_, page); }
  /// Index of the first range that ends behind @p page.
  [[nodiscard]] std::uint32_t lower(std::uint64_t page) const {
    return smadv_ranges_lower(&set_, page);
  }

  /// Add a range, unless there are @p most or it overlaps another one.
  smadv_range* insert(std::uint64_t start, std::uint64_t end, std::uint64_t mapping,
                      std::uint32_t most) {
    return reserve(most) ? smadv_ranges_insert(&set_, start, end, mapping) : nullptr;
  }
  /// Split range @p index, unless there are @p most.
  bool split(std::uint32_t index, std::uint64_t page, std::uint32_t most) {
    return reserve(most) && smadv_ranges_split(&set_, index, page);
  }
  bool merge(std::uint32_t index) { return smadv_ranges_merge(&set_, index); }
  void share(std::uint32_t index) { smadv_ranges_share(&set_, index); }
  void cut(std::uint64_t start, std::uint64_t end) { smadv_ranges_cut(&set_, start, end); }

 private:
  bool reserve(std::uint32_t most) {
    if (set_.count >= most) {
      return false;
    }
    if (set_.count == set_.capacity) {
      owned_.push_back(std::make_unique<smadv_range>());
      items_.push_back(owned_.back().get());
      set_.item = items_.data();
      set_.capacity = static_cast<std::uint32_t>(items_.size());
    }
    return true;
  }

  std::vector<std::unique_ptr<smadv_range>> owned_;
  std::vector<smadv_range*> items_;
  smadv_ranges set_{};
};

}  // namespace smadv::replay
