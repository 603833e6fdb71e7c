// SPDX-License-Identifier: GPL-2.0
#include "daemon/cli/top/session.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "daemon/cli/commands.h"
#include "daemon/cli/explanation.h"
#include "daemon/text.h"

namespace smadv::cli::top {
namespace {

// Below so many lines there is only room for the list.
constexpr std::size_t kRoomy = 8;

constexpr auto kHelp = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"up, down, j, k", "select, also page up, page down, home, end"},
    {"Enter", "ranges of the selected process, Esc to come back"},
    {"< >", "sort by the column before, after"},
    {"f m r h s p n", "sort by faults, major faults, read, hints, saved, pid, name"},
    {"R", "turn the order round"},
    {"/", "only processes whose name has, or whose pid begins with, what is typed"},
    {"Space", "pause, go on"},
    {"+ -", "look less, more often"},
    {"?", "this help"},
    {"q", "quit"},
    {"", ""},
    {"MAJOR/S", "faults that waited for the device"},
    {"READ", "what the process had read from devices, readahead included"},
    {"USED", "how much of what it read into the page cache its faults touched"},
    {"SAVED", "what RANDOM hints spared it reading, an estimate of governor benefit"},
    {"MIX", "its mapped bytes by pattern, a letter for a tenth:"},
});

Line legend() {
  Line line;
  for (std::size_t i = 0; i < kNames<Pattern>.size(); ++i) {
    line.emplace_back(std::string(1, letter_of(static_cast<Pattern>(i))), Style::Letters);
    line.emplace_back(fmt::format(" {}  ", kNames<Pattern>[i]));
  }
  return line;
}

std::vector<Line> help(std::size_t width) {
  Table table({{"KEYS"}, {.title = "MEANING", .fit = Column::Fit::Wrap}});
  for (const auto& [keys, meaning] : kHelp) {
    table.add({{std::string(keys), Style::Title}, meaning});
  }
  return table.grid(width).lines;
}

std::optional<SortKey> sort_key_of(int pressed) {
  switch (pressed) {
    case 'f':
      return SortKey::Faults;
    case 'm':
      return SortKey::Majors;
    case 'r':
      return SortKey::Read;
    case 'h':
      return SortKey::Hints;
    case 's':
      return SortKey::Saved;
    case 'p':
      return SortKey::Pid;
    case 'n':
      return SortKey::Command;
    default:
      return std::nullopt;
  }
}

// The next index of so many after a key that moves.
std::size_t moved(std::size_t index, std::size_t count, int pressed, std::size_t page) {
  const std::size_t last = count == 0 ? 0 : count - 1;
  switch (pressed) {
    case key::kUp:
    case 'k':
      return index - std::min<std::size_t>(index, 1);
    case key::kDown:
    case 'j':
      return std::min(index + 1, last);
    case key::kPageUp:
      return index - std::min(index, page);
    case key::kPageDown:
      return std::min(index + page, last);
    case key::kHome:
      return 0;
    case key::kEnd:
      return last;
    default:
      return index;
  }
}

}  // namespace

void Session::see(Snapshot snapshot) {
  // Numbers of a module that was loaded anew go with none of before.
  before_ = lost_.empty() ? std::move(now_) : std::nullopt;
  lost_.clear();
  now_ = std::move(snapshot);
  refresh(*now_);
}

void Session::refresh(const Snapshot& now) {
  rows_ = rows_of(now, before_ ? &*before_ : nullptr);
  std::erase_if(rows_, [this](const Row& row) {
    return !matches(row, settings_.name) && (!ranging_ || row.process.id != selected_id_);
  });
  sort_rows(rows_, settings_.sort, reversed_);
}

bool Session::press(int pressed) {
  if (naming_) {
    press_in_name(pressed);
    return true;
  }
  if (helping_) {
    helping_ = false;
    return pressed != 'q';
  }
  switch (pressed) {
    case 'q':
      return false;
    case key::kEscape:
    case key::kBackspace:
      ranging_ = false;
      break;
    case '?':
      helping_ = true;
      break;
    case ' ':
      paused_ = !paused_;
      break;
    case '+':
      settings_.interval_s = std::min(settings_.interval_s * 2, kMostIntervalS);
      break;
    case '-':
      settings_.interval_s = std::max(settings_.interval_s / 2, kLeastIntervalS);
      break;
    default:
      press_in_list(pressed);
      break;
  }
  return true;
}

void Session::press_in_list(int pressed) {
  if (!now_) {
    return;
  }
  if (ranging_) {
    const auto ranges = watched_ranges(*now_);
    const std::size_t index = moved(selected_range(ranges), ranges.size(), pressed, page_);
    selected_at_ = index < ranges.size() ? ranges[index].start : selected_at_;
    return;
  }
  const std::size_t index = moved(selected_row(), rows_.size(), pressed, page_);
  selected_id_ = index < rows_.size() ? rows_[index].process.id : 0;
  if (const auto sort = sort_key_of(pressed)) {
    settings_.sort = *sort;
  } else if (pressed == '<' || pressed == '>') {
    const std::size_t count = kSortNames.size();
    const std::size_t step = pressed == '>' ? 1 : count - 1;
    settings_.sort =
        static_cast<SortKey>((static_cast<std::size_t>(settings_.sort) + step) % count);
  } else if (pressed == 'R') {
    reversed_ = !reversed_;
  } else if (pressed == '/') {
    naming_ = true;
    settings_.name.clear();
  } else if (pressed == key::kEnter && watched() != nullptr) {
    ranging_ = true;
    selected_at_ = 0;
  }
  refresh(*now_);
}

void Session::press_in_name(int pressed) {
  if (pressed == key::kEnter) {
    naming_ = false;
  } else if (pressed == key::kEscape) {
    naming_ = false;
    settings_.name.clear();
  } else if (pressed == key::kBackspace && !settings_.name.empty()) {
    settings_.name.pop_back();
  } else if (pressed >= ' ' && pressed < 0x7f) {
    settings_.name += static_cast<char>(pressed);
  }
  if (now_) {
    refresh(*now_);
  }
}

// The first one until one is chosen, or when that one is gone.
std::size_t Session::selected_row() const {
  const auto found =
      std::ranges::find(rows_, selected_id_, [](const Row& row) { return row.process.id; });
  return found == rows_.end() ? 0 : static_cast<std::size_t>(found - rows_.begin());
}

const Row* Session::watched() const {
  const auto found =
      std::ranges::find(rows_, selected_id_, [](const Row& row) { return row.process.id; });
  return found == rows_.end() ? nullptr : &*found;
}

std::vector<Range> Session::watched_ranges(const Snapshot& now) const {
  std::vector<Range> ranges;
  const Row* row = watched();
  for (const Range& range : now.ranges) {
    if (row != nullptr && range.pid == row->process.pid) {
      ranges.push_back(range);
    }
  }
  return ranges;
}

std::size_t Session::selected_range(const std::vector<Range>& ranges) const {
  const auto after = std::ranges::upper_bound(ranges, selected_at_, {}, &Range::start);
  return after == ranges.begin() ? 0 : static_cast<std::size_t>(after - ranges.begin()) - 1;
}

Line Session::state_line() const {
  if (!lost_.empty()) {
    return {{"waiting: " + lost_, Style::Bad}};  // first, for the end may be cut off
  }
  std::string text = before_ && now_
                         ? fmt::format("rates of the last {}",
                                       format_duration_ns(now_->time_ns - before_->time_ns))
                         : std::string("rates since each process is tracked");
  text += fmt::format(", every {:.2g} s", settings_.interval_s);
  Line line{text};
  if (paused_) {
    line.emplace_back(", paused", Style::Warn);
  }
  if (naming_ || !settings_.name.empty()) {
    line.emplace_back(fmt::format(", only '{}{}'", printable(settings_.name), naming_ ? "_" : ""),
                      Style::Warn);
  }
  return line;
}

std::vector<Line> Session::draw(Size size) {
  Screenful screen(size);
  if (helping_) {
    for (const Line& line : help(size.width)) {
      screen.add(line);
    }
    screen.add(legend());
  } else if (!now_) {
    screen.add(state_line());
  } else if (ranging_) {
    draw_ranges(screen, *now_);
  } else {
    draw_processes(screen, *now_);
  }
  screen.fill(0);
  return screen.lines();
}

void Session::draw_processes(Screenful& screen, const Snapshot& now) {
  const bool roomy = screen.size().height >= kRoomy;
  if (roomy) {
    screen.add({{"smadv top  ", Style::Title}, headline(now, before_ ? &*before_ : nullptr)});
  }
  if (roomy || !lost_.empty() || naming_) {
    screen.add(state_line());
  }
  const Grid grid = process_table(rows_, settings_.sort).grid(screen.size().width);
  for (const Line& titles : grid.titles) {
    screen.add(titles);
  }
  page_ = screen.left() - std::min<std::size_t>(screen.left(), roomy ? 1 : 0);
  screen.add_list(grid.lines, selected_row(), page_);
  if (rows_.empty()) {
    screen.add({settings_.name.empty() ? "no process is tracked: none faulted on a mapped file yet"
                                       : "no process matches"});
  }
  if (roomy) {
    screen.fill(1);
    screen.add({{"q quit  Enter ranges  < > sort  / name  Space pause  + - interval  ? help",
                 Style::Faint}});
  }
}

void Session::draw_ranges(Screenful& screen, const Snapshot& now) {
  const Row* row = watched();
  const bool roomy = screen.size().height >= kRoomy;
  if (row == nullptr) {
    screen.add(state_line());
    screen.add({{"the process is gone, or no longer tracked; Esc to go back", Style::Warn}});
    return;
  }
  const auto& [process, rates, mix] = *row;
  screen.add(
      {{fmt::format("{} ({})", printable(process.comm), process.pid), Style::Title},
       fmt::format("  {:.1f} faults/s, {:.1f} major/s; {}, {} active", rates.faults, rates.majors,
                   counted(process.ranges, "range"), counted(process.hints_active, "hint"))});
  const auto ranges = watched_ranges(now);
  const std::size_t selected = selected_range(ranges);
  if (roomy) {
    screen.add(state_line());
    const Bar bar = address_bar(ranges, selected, screen.size().width);
    screen.add({{bar.patterns, Style::Letters}});
    screen.add({{bar.hints, Style::Good}});
    screen.add({bar.marks});
    screen.add(legend());
  }
  std::vector<std::string> sentences;
  if (selected < ranges.size()) {
    const Range& range = ranges[selected];
    sentences = wrapped(explanation(range, now.policy, latest_attempt(range, now.tasks)),
                        screen.size().width);
    sentences.insert(sentences.begin(), shortened(file_text(range), screen.size().width));
  } else {
    sentences = {process.ranges == 0 ? "no range yet"
                                     : "its ranges show to its user and root only"};
  }
  const Grid grid = range_table(ranges).grid(screen.size().width);
  for (const Line& titles : grid.titles) {
    screen.add(titles);
  }
  const std::size_t below = roomy ? sentences.size() + 1 : 0;
  page_ = screen.left() - std::min(screen.left(), below);
  screen.add_list(grid.lines, selected, page_);
  if (roomy) {
    screen.fill(below);
    for (const std::string& sentence : sentences) {
      screen.add({sentence});
    }
    screen.add(
        {{"q quit  Esc processes  up down select  capitals: our hints, small: its own  ? help",
          Style::Faint}});
  }
}

}  // namespace smadv::cli::top
