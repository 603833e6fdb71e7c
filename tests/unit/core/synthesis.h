// SPDX-License-Identifier: GPL-2.0
// Synthetic fault streams: page touches go into a model of one mapping, faults come out.
#ifndef SMADV_TESTS_UNIT_CORE_SYNTHESIS_H
#define SMADV_TESTS_UNIT_CORE_SYNTHESIS_H

#include <cstdint>
#include <deque>
#include <functional>
#include <random>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "core.h"

namespace smadv::test {

/// How a fault that waits for I/O comes back.
enum class Retry {
  kNone,   ///< it does not
  kTried,  ///< a second entry with FAULT_FLAG_TRIED
  kPlain,  ///< a second entry that looks like the first (per-VMA-lock attempt, then mmap-lock)
  kBoth,   ///< both
};

/// What a page fault reads from the device.
enum class ReadAhead {
  kCached,   ///< nothing: the file is resident
  kAround,   ///< 32 pages around the fault, and ahead of a stream (no hint)
  kForward,  ///< 32 pages from the fault on, and ahead of a stream (MADV_SEQUENTIAL)
  kSingle,   ///< the page (MADV_RANDOM)
};

struct MappingOptions {
  bool fault_around = true;  ///< map the resident pages of an aligned window of 16
  ReadAhead read_ahead = ReadAhead::kCached;
  Retry retry = Retry::kNone;
  bool writes = false;                ///< every touch writes: faults map one page each
  std::uint32_t folio_max = 1;        ///< a fault maps folios, which double with readahead
  std::uint64_t memory = 1ULL << 40;  ///< pages that stay resident, oldest go first
};

/// One mapping of a file: which pages are resident, and which are mapped.
class Mapping {
 public:
  using Sink = std::function<void(std::uint64_t page, std::uint32_t flags)>;

  Mapping(std::uint64_t start, std::uint64_t pages, MappingOptions options, Sink sink)
      : start_(start), end_(start + pages), options_(options), sink_(std::move(sink)) {}

  void touch(std::uint64_t page);
  /// What another mapping of the file, or a drop of caches, does: all pages fault again.
  void unmap();
  void evict();
  /// What the mapping's hint makes of a miss from now on.
  void advise(ReadAhead read_ahead) { options_.read_ahead = read_ahead; }
  [[nodiscard]] std::uint64_t pages_read() const { return pages_read_; }

 private:
  [[nodiscard]] bool resident(std::uint64_t page) const;
  void read(std::uint64_t page);
  void read_window(std::uint64_t from, std::uint64_t count);
  void read_ahead_of(std::uint64_t page);
  void add(std::uint64_t page);
  void map(std::uint64_t page);
  void map_folio(std::uint64_t page);
  std::uint64_t folio_at(std::uint64_t page);

  std::uint64_t start_;
  std::uint64_t end_;
  MappingOptions options_;
  Sink sink_;
  std::unordered_set<std::uint64_t> mapped_;
  std::unordered_set<std::uint64_t> resident_;
  /// Pages whose touch starts the next readahead, with where it begins. They are not mapped along.
  std::unordered_map<std::uint64_t, std::uint64_t> markers_;
  std::deque<std::uint64_t> order_;
  std::uint64_t pages_read_ = 0;
  std::uint64_t folio_end_ = 0;
  std::uint64_t folio_size_ = 0;
};

/// A never-ending sequence of touches, as page numbers from 0 on.
using Touches = std::function<std::uint64_t()>;

Touches sequential(std::uint64_t pages, std::uint64_t from = 0);
Touches backward(std::uint64_t pages);
Touches random_pages(std::uint64_t pages, std::uint32_t seed);
/// A random order of all pages.
Touches permutation(std::uint64_t pages, std::uint32_t seed);
Touches zipf(std::uint64_t pages, double exponent, std::uint32_t seed);
/// `hot_pct` percent of the touches to `set_pct` percent of the pages, which lie together.
Touches hot_set(std::uint64_t pages, std::uint32_t hot_pct, std::uint32_t set_pct,
                std::uint32_t seed);
Touches stride(std::uint64_t pages, std::uint64_t step, std::uint64_t offset);
/// `length` pages from a random place on, again and again; aligned to their length, or anywhere.
Touches runs(std::uint64_t pages, std::uint64_t length, bool aligned, std::uint32_t seed);
/// One touch of each in turn.
Touches interleave(std::vector<Touches> parts);
/// Of 10,000 touches `bp` are of `other`, chosen by chance.
Touches mix(Touches main, Touches other, std::uint32_t bp, std::uint32_t seed);
Touches shifted(Touches touches, std::uint64_t by);

/// Touch until `subject` has seen `faults` more faults, or nothing faults any more.
void drive(Subject& subject, Mapping& mapping, const Touches& touches, std::uint64_t faults,
           std::uint64_t base);

}  // namespace smadv::test

#endif  // SMADV_TESTS_UNIT_CORE_SYNTHESIS_H
