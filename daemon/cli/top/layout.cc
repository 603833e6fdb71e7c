// SPDX-License-Identifier: GPL-2.0
#include "daemon/cli/top/layout.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "daemon/text.h"

namespace smadv::cli::top {
namespace {

constexpr std::size_t kMixLetters = 10;

std::string rate_text(double rate) {
  return rate < 9.95 ? fmt::format("{:.1f}", rate) : fmt::format("{:.0f}", rate);
}

std::string read_text(const std::optional<double>& bytes) {
  return bytes ? format_bytes(static_cast<std::uint64_t>(*bytes)) + "/s" : "-";
}

std::string used_text(const std::optional<double>& used) {
  if (!used) {
    return "-";
  }
  return *used < 1 ? format_percent(static_cast<std::uint32_t>(*used * 100)) : "all";
}

// The letter of the hint that a range bears, a capital for one of ours.
char hint_letter(const Range& range) {
  const Hint hint = range.hint != Hint::None ? range.hint : range.application_hint;
  if (hint == Hint::None) {
    return ' ';
  }
  const bool ours = range.hint != Hint::None;
  return hint == Hint::Sequential ? (ours ? 'S' : 's') : (ours ? 'R' : 'r');
}

// The letter with the most bytes.
char heaviest(const std::array<std::uint64_t, 128>& bytes, char none) {
  const auto* most = std::ranges::max_element(bytes);
  return *most == 0 ? none : static_cast<char>(most - bytes.data());
}

}  // namespace

std::string mix_text(const Mix& mix) {
  std::uint64_t all = 0;
  for (const std::uint64_t bytes : mix) {
    all += bytes;
  }
  if (all == 0) {
    return "-";
  }
  // What has lost the most by rounding down gets what is left.
  std::array<std::uint64_t, std::tuple_size_v<Mix>> letters{};
  std::array<double, std::tuple_size_v<Mix>> lost{};
  std::uint64_t left = kMixLetters;
  for (std::size_t i = 0; i < mix.size(); ++i) {
    const double exact = static_cast<double>(mix[i]) / static_cast<double>(all) * kMixLetters;
    letters[i] = std::min(left, static_cast<std::uint64_t>(exact));
    lost[i] = exact - static_cast<double>(letters[i]);
    left -= letters[i];
  }
  for (; left > 0; --left) {
    auto* const most = std::ranges::max_element(lost);
    ++letters[static_cast<std::size_t>(most - lost.data())];
    *most = 0;
  }
  std::string text;
  for (std::size_t i = 0; i < mix.size(); ++i) {
    text.append(letters[i], letter_of(static_cast<Pattern>(i)));
  }
  return text;
}

Table process_table(const std::vector<Row>& rows, std::optional<SortKey> sort) {
  constexpr auto kRight = Column::Align::Right;
  // The names of the columns by which the rows can be sorted say so.
  const auto title = [sort](std::string_view name, SortKey key) {
    return sort == key ? fmt::format("{}*", name) : std::string(name);
  };
  Table table({{title("PID", SortKey::Pid), kRight},
               {title("COMMAND", SortKey::Command)},
               {title("FAULTS/S", SortKey::Faults), kRight},
               {title("MAJOR/S", SortKey::Majors), kRight},
               {.title = title("READ", SortKey::Read), .align = kRight, .spare = 1},
               {.title = "USED", .align = kRight, .spare = 5},
               {.title = "PATTERN", .spare = 4},
               {.title = "CONF", .align = kRight, .spare = 7},
               {.title = "MIX", .spare = 3},
               {title("HINTS", SortKey::Hints), kRight},
               {.title = title("SAVED", SortKey::Saved), .align = kRight, .spare = 2},
               {.title = title("RANGES", SortKey::Ranges), .align = kRight, .spare = 6},
               {.title = title("MEMORY", SortKey::Memory), .align = kRight, .spare = 8}});
  for (const auto& [process, rates, mix] : rows) {
    table.add({fmt::format("{}", process.pid),
               printable(process.comm),
               rate_text(rates.faults),
               rate_text(rates.majors),
               read_text(rates.read_bytes),
               used_text(rates.used),
               name_of(process.pattern),
               format_percent(process.confidence_pct),
               {mix_text(mix), Style::Letters},
               {fmt::format("{}", process.hints_active),
                process.hints_active != 0 ? Style::Good : Style::Plain},
               format_bytes(process.saved_bytes),
               fmt::format("{}", process.ranges),
               format_bytes(process.memory_bytes)});
  }
  return table;
}

std::string headline(const Snapshot& now, const Snapshot* before) {
  std::string text = fmt::format(
      "{}, governor {}; {} of {}, {} active, {} changed, {} restored",
      now.policy.enabled != 0 ? "enabled" : "disabled",
      name_of(static_cast<Governor>(now.policy.governor)), counted(now.stats.ranges, "range"),
      counted(now.stats.processes, "process"), counted(now.stats.hints_active, "hint"),
      now.stats.hints_changed, now.stats.hints_restored);
  if (before != nullptr) {
    text += fmt::format("; analyzer {:.2f} % of a CPU", analyzer_percent(now, *before));
    if (now.stats.faults_lost > before->stats.faults_lost) {
      text += fmt::format(", {} lost",
                          counted(now.stats.faults_lost - before->stats.faults_lost, "fault"));
    }
  }
  return text;
}

Bar address_bar(const std::vector<Range>& ranges, std::size_t selected, std::size_t width) {
  std::uint64_t all = 0;
  for (const Range& range : ranges) {
    all += range.end - range.start;
  }
  Bar bar{std::string(width, ' '), std::string(width, ' '), std::string(width, ' ')};
  if (all == 0 || width == 0) {
    return bar;
  }
  // A column stands for the bytes from all * column / width on.
  const auto column_of = [all, width](std::uint64_t bytes) {
    return static_cast<double>(bytes) / static_cast<double>(all) * static_cast<double>(width);
  };
  std::vector<std::array<std::uint64_t, 128>> patterns(width);
  std::vector<std::array<std::uint64_t, 128>> hints(width);
  std::uint64_t before = 0;
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    const double start = column_of(before);
    before += ranges[i].end - ranges[i].start;
    const double end = column_of(before);
    const auto first = std::min(static_cast<std::size_t>(start), width - 1);
    for (std::size_t column = first; column < width && static_cast<double>(column) < end;
         ++column) {
      const double from = std::max(start, static_cast<double>(column));
      const double to = std::min(end, static_cast<double>(column + 1));
      const auto share = static_cast<std::uint64_t>((to - from) * 1e6) + 1;
      patterns[column][static_cast<unsigned char>(letter_of(ranges[i].pattern))] += share;
      hints[column][static_cast<unsigned char>(hint_letter(ranges[i]))] += share;
      bar.marks[column] = i == selected ? '^' : bar.marks[column];
    }
  }
  for (std::size_t column = 0; column < width; ++column) {
    bar.patterns[column] = heaviest(patterns[column], ' ');
    bar.hints[column] = heaviest(hints[column], ' ');
  }
  return bar;
}

void Screenful::add(const Line& line) {
  if (left() == 0) {
    return;
  }
  std::size_t room = size_.width;
  Line cut;
  for (const Cell& cell : line) {
    const auto part = beginning(cell.text, room);
    if (!part.empty()) {
      cut.emplace_back(std::string(part), cell.style);
    }
    room -= columns_of(part);
    if (part.size() < cell.text.size()) {
      break;
    }
  }
  lines_.push_back(std::move(cut));
}

void Screenful::add_list(const std::vector<Line>& lines, std::size_t selected, std::size_t height) {
  height = std::min(height, left());
  const std::size_t last = lines.empty() ? 0 : std::min(selected, lines.size() - 1);
  const std::size_t first = selected < lines.size() && last >= height ? last - height + 1 : 0;
  for (std::size_t i = first; i < lines.size() && i < first + height; ++i) {
    if (i != selected) {
      add(lines[i]);
      continue;
    }
    std::string text;
    for (const Cell& cell : lines[i]) {
      text += cell.text;
    }
    text.append(size_.width - std::min(size_.width, columns_of(text)), ' ');
    add({{text, Style::Selected}});
  }
}

void Screenful::fill(std::size_t left) {
  while (this->left() > left) {
    lines_.emplace_back();
  }
}

}  // namespace smadv::cli::top
