// SPDX-License-Identifier: GPL-2.0
#include "daemon/report/walk.h"

#include <algorithm>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "daemon/text.h"

namespace smadv::report {
namespace {

constexpr const char* kNoName = "(no longer mapped)";

/// Knows what is mapped where, and tells the visitor.
class Walker {
 public:
  Walker(Survey& survey, const std::string& only, const Visitor& visitor)
      : survey_(survey), only_(only), visitor_(visitor) {}

  void operator()(const Policy& /*policy*/) {}
  void operator()(const recording::End& end) { survey_.end = end; }
  void operator()(const recording::Loss& loss) { lose(loss.faults); }

  void operator()(const Event& event) {
    if (visitor_.event) {
      visitor_.event(now_ms_, event);
    }
  }

  void operator()(const RecordingNote& note) {
    start_ms_ = start_ms_ == 0 ? note.time_ms : start_ms_;
    now_ms_ = note.time_ms - std::min(start_ms_, note.time_ms);
    survey_.duration_ms = std::max(survey_.duration_ms, now_ms_);
    if (note.kind == RecordingKind::Range) {
      learn(note);
    }
    if (note.faults) {
      for (const RecordedFault& fault : *note.faults) {
        take(note.id, fault);
      }
    }
  }

 private:
  struct Place {
    std::uint64_t end;          ///< Page.
    std::uint64_t file_offset;  ///< In pages, of the first one.
    std::optional<std::uint32_t> file;
  };

  void lose(std::uint64_t lost) {
    survey_.lost += lost;
    if (visitor_.loss && lost > 0) {
      visitor_.loss(now_ms_, lost);
    }
  }

  void learn(const RecordingNote& note) {
    const std::uint64_t page_bytes = survey_.header.page_bytes;
    const std::uint64_t start = note.start.value_or(0) / page_bytes;
    const std::uint64_t end = note.end.value_or(0) / page_bytes;
    survey_.processes[note.id] = fmt::format("{} ({})", note.comm.value_or("?"), note.pid);
    const std::string path = note.file.value_or(kNoName);
    Place place{end, note.offset.value_or(0) / page_bytes, std::nullopt};
    if (path.find(only_) != std::string::npos) {
      place.file = file_called(path);
      File& file = survey_.files[*place.file];
      file.pages = std::max(file.pages, place.file_offset + (end - std::min(start, end)));
    }
    places_[note.id].insert_or_assign(start, place);
  }

  std::uint32_t file_called(const std::string& path) {
    const auto [found, added] =
        files_.try_emplace(path, static_cast<std::uint32_t>(survey_.files.size()));
    if (added) {
      survey_.files.push_back({.path = path});
    }
    return found->second;
  }

  // What was told last of any range around the page.
  const Place* place_of(std::uint64_t id, std::uint64_t page, std::uint64_t& start) {
    const auto& places = places_[id];
    auto found = places.upper_bound(page);
    while (found != places.begin()) {
      --found;
      if (page < found->second.end) {
        start = found->first;
        return &found->second;
      }
    }
    return nullptr;
  }

  void take(std::uint64_t id, const RecordedFault& fault) {
    if ((fault.flags & RecordedFault::kLost) != 0) {
      lose(fault.page);
      return;
    }
    std::uint64_t start = 0;
    const Place* place = place_of(id, fault.page, start);
    if (place == nullptr) {
      ++survey_.unplaced;
      return;
    }
    if (!place->file) {
      return;
    }
    const bool again = (fault.flags & RecordedFault::kTried) != 0 || fault.waited_ns != 0;
    File& file = survey_.files[*place->file];
    file.waits += again ? 1 : 0;
    file.waited_ns += fault.waited_ns;
    file.faults += again ? 0 : 1;
    survey_.faults += again ? 0 : 1;
    if (visitor_.touch) {
      visitor_.touch({.time_ms = now_ms_,
                      .process = id,
                      .file = *place->file,
                      .path = &file.path,
                      .page = place->file_offset + fault.page - start,
                      .again = again,
                      .alone = (fault.flags & RecordedFault::kRandom) != 0,
                      .waited_ns = fault.waited_ns});
    }
  }

  Survey& survey_;
  const std::string& only_;
  const Visitor& visitor_;
  std::map<std::uint64_t, std::map<std::uint64_t, Place>> places_;
  std::map<std::string, std::uint32_t> files_;
  std::uint64_t start_ms_ = 0;
  std::uint64_t now_ms_ = 0;
};

}  // namespace

std::vector<std::string> Survey::facts() const {
  std::string command;
  for (const std::string& word : header.command) {
    command += (command.empty() ? ": " : " ") + word;
  }
  std::vector<std::string> said = {fmt::format("recorded {} on {}, Linux {}{}", header.created,
                                               header.host, header.kernel, command),
                                   fmt::format("{} of {} processes: {} faults in {} files, {} lost",
                                               format_duration_ns(duration_ms * 1'000'000),
                                               processes.size(), faults, files.size(), lost)};
  if (lost > 0) {
    said.emplace_back("faults came faster than they could be taken: what is shown is a part");
  }
  if (unplaced > 0) {
    said.push_back(fmt::format("{} faults are left out, of ranges that were not known", unplaced));
  }
  if (cut_off) {
    said.push_back(fmt::format("the recording is read as far as it goes: {}", *cut_off));
  }
  for (std::string& sentence : said) {
    sentence = printable(sentence);
  }
  return said;
}

Result<Survey> walk(const Subject& subject, const Visitor& visitor) {
  auto reader = recording::Reader::open(subject.recording, subject.progress);
  if (!reader) {
    return reader.error();
  }
  const auto header = recording::parse_header(reader->header());
  if (!header) {
    return header.error();
  }
  Survey survey;
  survey.header = *header;
  Walker walker(survey, subject.only, visitor);
  while (const auto entry = reader->next()) {
    std::visit(walker, *entry);
  }
  survey.cut_off = reader->cut_off();
  return survey;
}

}  // namespace smadv::report
