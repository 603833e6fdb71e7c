// SPDX-License-Identifier: GPL-2.0
#include "daemon/memory/memory.h"

#include <algorithm>
#include <cerrno>
#include <map>

#include <spdlog/logger.h>

#include "daemon/text.h"

namespace smadv::memory {
namespace {

// The application's own hints, which governor benefit may replace by none, are another matter.
bool is_ours(Hint hint) {
  return hint == Hint::Sequential || hint == Hint::Random;
}

bool is_outcome(const Event& event) {
  return event.kind == EventKind::Verdict &&
         (event.reason == Reason::Pays || event.reason == Reason::DoesNotPay) && event.pid &&
         is_ours(event.standing_hint.value_or(Hint::None));
}

}  // namespace

void Memory::follow(const Settings& settings) {
  const bool moved = settings.file != settings_.file;
  settings_ = settings;
  if (moved || !store_) {
    store_.reset();
    open();
  }
}

void Memory::open() {
  if (settings_.file.empty()) {
    return;
  }
  auto opened = open_or_replace(settings_.file);
  if (!opened) {
    complain(opened.error());
    return;
  }
  if (const auto& aside = opened->aside) {
    log_.warn("the memory of former runs was no database of this version, or broken; it is now {}",
              printable(aside->string()));
  }
  store_ = std::move(opened->store);
  complaint_.clear();
}

void Memory::complain(const Error& error) {
  if (error.message != complaint_) {
    log_.warn("memory of former runs: {}", printable(error.message));
    complaint_ = error.message;
  }
}

void Memory::on_event(const Event& event, KernelClient& client) {
  if (event.kind == EventKind::Adopted && event.pid && event.exe) {
    offer(*event.exe, *event.pid, client);
  } else if (is_outcome(event)) {
    learn(event, client);
  }
}

void Memory::offer_to_all(KernelClient& client) {
  if (!store_) {
    return;
  }
  const auto ranges = client.ranges({});
  if (!ranges) {
    return;  // the module leaves, which the watch tells
  }
  std::map<std::uint32_t, std::string> exes;
  for (const Range& range : ranges->items) {
    if (range.exe) {
      exes.emplace(range.pid, *range.exe);
    }
  }
  for (const auto& [pid, exe] : exes) {
    offer(exe, pid, client);
  }
}

// The latest lessons first: the module takes those of so many files and refuses the others.
void Memory::offer(const std::string& exe, std::uint32_t pid, KernelClient& client) {
  if (!store_) {
    return;
  }
  const auto lessons = store_->lessons(exe);
  if (!lessons) {
    complain(lessons.error());
    return;
  }
  std::size_t offered = 0;
  for (const Lesson& lesson : *lessons) {
    if (!client.set_prior({pid, lesson.last.file_id, lesson.last.hint, price_pct(lesson)})) {
      break;
    }
    ++offered;
  }
  if (offered > 0) {
    log_.debug("process {} ({}): told of {} lessons", pid, printable(exe), offered);
  }
}

// Which file it was is asked for: a process that is gone by now taught nothing.
void Memory::learn(const Event& event, KernelClient& client) {
  if (!store_ || !event.start) {
    return;
  }
  const auto ranges = client.ranges(event.pid);
  if (!ranges) {
    return;
  }
  const auto found = std::ranges::find_if(ranges->items, [start = *event.start](const Range& one) {
    return one.start <= start && start < one.end;
  });
  if (found == ranges->items.end()) {
    return;
  }
  const Range& range = *found;
  if (!range.exe || !range.file || range.file_id == 0) {
    return;
  }
  const auto learned = store_->learn({.exe = *range.exe,
                                      .file = *range.file,
                                      .file_id = range.file_id,
                                      .hint = event.standing_hint.value_or(Hint::None),
                                      .pattern = event.pattern.value_or(Pattern::Unknown),
                                      .pattern_pages = event.pattern_pages.value_or(0),
                                      .start = range.file_offset,
                                      .end = range.file_offset + (range.end - range.start),
                                      .paid = event.reason == Reason::Pays,
                                      .ns = event.effect_ns.value_or(0)},
                                     settings_.limits, now_s_());
  if (learned) {
    complaint_.clear();
  } else {
    complain(learned.error());
    if (learned.error().code == EILSEQ) {
      store_.reset();
      open();
    }
  }
}

}  // namespace smadv::memory
