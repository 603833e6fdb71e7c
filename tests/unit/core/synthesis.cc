// SPDX-License-Identifier: GPL-2.0
#include "synthesis.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>

namespace smadv::test {
namespace {

constexpr std::uint64_t kWindow = 16;
constexpr std::uint64_t kReadAheadPages = 32;
/// A folio of the first readahead, as page_cache_ra_order() begins.
constexpr std::uint64_t kFolioMin = 4;

}  // namespace

bool Mapping::resident(std::uint64_t page) const {
  return options_.read_ahead == ReadAhead::kCached || resident_.contains(page);
}

void Mapping::add(std::uint64_t page) {
  if (page < start_ || page >= end_ || !resident_.insert(page).second) {
    return;
  }
  ++pages_read_;
  order_.push_back(page);
  if (order_.size() > options_.memory) {
    resident_.erase(order_.front());
    mapped_.erase(order_.front());
    order_.pop_front();
  }
}

void Mapping::read(std::uint64_t page) {
  std::uint64_t from = page;
  std::uint64_t count = kReadAheadPages;
  if (options_.read_ahead == ReadAhead::kSingle) {
    count = 1;
  } else if (options_.read_ahead == ReadAhead::kAround) {
    from = page - std::min(page - start_, kReadAheadPages / 2);
  }
  read_window(from, count);
  if (count > 1) {
    // The last quarter, as do_sync_mmap_readahead() marks it.
    markers_[from + count - count / 4] = from + count;
  }
  // In small memory, the page itself must not be among those that made room.
  add(page);
}

void Mapping::read_window(std::uint64_t from, std::uint64_t count) {
  for (std::uint64_t i = 0; i < count; ++i) {
    add(from + i);
  }
}

/// The stream came to a marked page: read what follows, and mark its first page.
void Mapping::read_ahead_of(std::uint64_t page) {
  const auto marker = markers_.find(page);
  if (marker == markers_.end()) {
    return;
  }
  const std::uint64_t next = marker->second;
  markers_.erase(marker);
  if (!resident_.contains(next)) {
    read_window(next, kReadAheadPages);
    markers_[next] = next + kReadAheadPages;
  }
}

void Mapping::map(std::uint64_t page) {
  if (page >= start_ && page < end_ && resident(page) && !markers_.contains(page)) {
    mapped_.insert(page);
  }
}

/// Folios double in size while a stream goes on, naturally aligned, up to the largest.
std::uint64_t Mapping::folio_at(std::uint64_t page) {
  std::uint64_t size = kFolioMin;
  if (page == folio_end_) {
    size = std::min<std::uint64_t>(folio_size_ * 2, options_.folio_max);
  }
  while (page % size != 0) {
    size /= 2;
  }
  folio_size_ = std::max(size, kFolioMin);
  folio_end_ = page + size;
  return size;
}

void Mapping::map_folio(std::uint64_t page) {
  const std::uint64_t size = folio_at(page);
  for (std::uint64_t i = 0; i < size; ++i) {
    map(page + i);
  }
}

void Mapping::touch(std::uint64_t page) {
  if (mapped_.contains(page)) {
    return;
  }
  const std::uint32_t flags = options_.writes ? SMADV_FAULT_WRITE : 0;
  const bool io = !resident(page);
  sink_(page, flags);
  if (io) {
    read(page);
    markers_.erase(page);
    if (options_.retry == Retry::kPlain || options_.retry == Retry::kBoth) {
      sink_(page, flags);
    }
    if (options_.retry == Retry::kTried || options_.retry == Retry::kBoth) {
      sink_(page, flags | SMADV_FAULT_TRIED);
    }
  }
  read_ahead_of(page);
  map(page);
  if (options_.writes) {
    return;
  }
  if (options_.folio_max > 1) {
    map_folio(page);
  } else if (options_.fault_around) {
    for (std::uint64_t i = 0; i < kWindow; ++i) {
      map(page - page % kWindow + i);
    }
  }
}

void Mapping::unmap() {
  mapped_.clear();
}

void Mapping::evict() {
  mapped_.clear();
  resident_.clear();
  markers_.clear();
  order_.clear();
}

Touches sequential(std::uint64_t pages, std::uint64_t from) {
  return [pages, next = from]() mutable { return next++ % pages; };
}

Touches backward(std::uint64_t pages) {
  return [pages, next = pages]() mutable {
    next = next == 0 ? pages - 1 : next - 1;
    return next;
  };
}

Touches random_pages(std::uint64_t pages, std::uint32_t seed) {
  return [engine = std::mt19937_64(seed), pages]() mutable { return engine() % pages; };
}

Touches permutation(std::uint64_t pages, std::uint32_t seed) {
  std::vector<std::uint64_t> order(pages);
  std::iota(order.begin(), order.end(), 0);
  std::shuffle(order.begin(), order.end(), std::mt19937_64(seed));
  return [order = std::move(order), i = std::size_t{0}]() mutable {
    return order.at(i++ % order.size());
  };
}

Touches zipf(std::uint64_t pages, double exponent, std::uint32_t seed) {
  std::vector<double> sum(pages);
  double total = 0;
  for (std::uint64_t i = 0; i < pages; ++i) {
    total += std::pow(static_cast<double>(i + 1), -exponent);
    sum.at(i) = total;
  }
  // Which page has which rank is by chance: neighbours are not alike.
  std::vector<std::uint64_t> place(pages);
  std::iota(place.begin(), place.end(), 0);
  std::shuffle(place.begin(), place.end(), std::mt19937_64(seed + 1));
  return [sum = std::move(sum), place = std::move(place), total,
          engine = std::mt19937_64(seed)]() mutable {
    const double at = total * static_cast<double>(engine() >> 11) / 9007199254740992.0;
    const auto rank = std::ranges::upper_bound(sum, at) - sum.begin();
    return place.at(std::min<std::size_t>(rank, place.size() - 1));
  };
}

Touches hot_set(std::uint64_t pages, std::uint32_t hot_pct, std::uint32_t set_pct,
                std::uint32_t seed) {
  return [=, engine = std::mt19937_64(seed)]() mutable {
    const std::uint64_t hot = pages * set_pct / 100;
    return engine() % 100 < hot_pct ? engine() % hot : hot + engine() % (pages - hot);
  };
}

Touches stride(std::uint64_t pages, std::uint64_t step, std::uint64_t offset) {
  return [=, next = offset]() mutable {
    const std::uint64_t page = next;
    next = next + step < pages ? next + step : offset;
    return page;
  };
}

Touches runs(std::uint64_t pages, std::uint64_t length, bool aligned, std::uint32_t seed) {
  return [=, engine = std::mt19937_64(seed), start = std::uint64_t{0}, done = length]() mutable {
    if (done == length) {
      start = aligned ? engine() % (pages / length) * length : engine() % (pages - length);
      done = 0;
    }
    return start + done++;
  };
}

Touches interleave(std::vector<Touches> parts) {
  return [parts = std::move(parts), i = std::size_t{0}]() mutable {
    return parts.at(i++ % parts.size())();
  };
}

Touches mix(Touches main, Touches other, std::uint32_t bp, std::uint32_t seed) {
  return [main = std::move(main), other = std::move(other), bp,
          engine = std::mt19937_64(seed)]() mutable {
    return engine() % 10000 < bp ? other() : main();
  };
}

Touches shifted(Touches touches, std::uint64_t by) {
  return [touches = std::move(touches), by] { return touches() + by; };
}

void drive(Subject& subject, Mapping& mapping, const Touches& touches, std::uint64_t faults,
           std::uint64_t base) {
  const std::uint64_t until = subject.faults() + faults;
  std::uint64_t quiet = 0;
  while (subject.faults() < until && quiet < 100000) {
    const std::uint64_t before = subject.faults();
    mapping.touch(base + touches());
    quiet = subject.faults() == before ? quiet + 1 : 0;
  }
}

}  // namespace smadv::test
