// SPDX-License-Identifier: GPL-2.0
#include "daemon/text.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <cwchar>

#include <fmt/format.h>

namespace smadv {
namespace {

// Bytes of the UTF-8 character at the start of @p text, 0 when it is broken, overlong or a control.
std::size_t character_bytes(std::string_view text) {
  const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) {
    return lead < 0x20 || lead == 0x7f ? 0 : 1;
  }
  const std::size_t bytes = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < bytes) {
    return 0;
  }
  for (std::size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xc0) != 0x80) {
      return 0;
    }
  }
  const bool control = lead == 0xc2 && byte(1) < 0xa0;
  const bool overlong = (lead == 0xe0 && byte(1) < 0xa0) || (lead == 0xf0 && byte(1) < 0x90);
  const bool surrogate = lead == 0xed && byte(1) >= 0xa0;
  const bool beyond = lead == 0xf4 && byte(1) >= 0x90;
  return control || overlong || surrogate || beyond ? 0 : bytes;
}

// Columns of the character that @p text begins with, of so many bytes.
std::size_t columns_at(std::string_view text, std::size_t bytes) {
  auto code = static_cast<wchar_t>(static_cast<unsigned char>(text[0]) & (0xff >> (bytes + 1)));
  if (bytes == 1) {
    return 1;
  }
  for (std::size_t i = 1; i < bytes; ++i) {
    code = static_cast<wchar_t>((code << 6) | (static_cast<unsigned char>(text[i]) & 0x3f));
  }
  const int columns = wcwidth(code);
  return columns < 0 ? 1 : static_cast<std::size_t>(columns);  // unknown to the locale
}

}  // namespace

std::string printable(std::string_view text) {
  std::string safe;
  safe.reserve(text.size());
  while (!text.empty()) {
    std::size_t bytes = character_bytes(text);
    if (bytes == 0) {
      safe += fmt::format("\\x{:02x}", static_cast<unsigned char>(text[0]));
      bytes = 1;
    } else {
      safe += text.substr(0, bytes);
    }
    text.remove_prefix(bytes);
  }
  return safe;
}

std::size_t columns_of(std::string_view text) {
  std::size_t columns = 0;
  while (!text.empty()) {
    const std::size_t bytes = std::max<std::size_t>(character_bytes(text), 1);
    columns += columns_at(text, bytes);
    text.remove_prefix(bytes);
  }
  return columns;
}

std::string_view beginning(std::string_view text, std::size_t columns) {
  std::size_t end = 0;
  while (end < text.size()) {
    const auto rest = text.substr(end);
    const std::size_t bytes = std::max<std::size_t>(character_bytes(rest), 1);
    const std::size_t needed = columns_at(rest, bytes);
    if (needed > columns) {
      break;
    }
    columns -= needed;
    end += bytes;
  }
  return text.substr(0, end);
}

std::string shortened(std::string_view text, std::size_t columns) {
  constexpr std::string_view kDots = "...";
  const std::size_t all = columns_of(text);
  if (all <= columns) {
    return std::string(text);
  }
  if (columns <= kDots.size()) {
    return std::string(kDots.substr(0, columns));
  }
  // A wide character that would only fit in half goes as well.
  std::string_view left = text;
  while (columns_of(left) > columns - kDots.size()) {
    left.remove_prefix(std::max<std::size_t>(character_bytes(left), 1));
  }
  return std::string(kDots).append(left);
}

std::vector<std::string> wrapped(std::string_view text, std::size_t columns) {
  std::vector<std::string> lines;
  columns = std::max<std::size_t>(columns, 2);
  while (columns_of(text) > columns) {
    std::string_view line = beginning(text, columns);
    const auto blank = text[line.size()] == ' ' ? line.size() : line.rfind(' ');
    if (blank != std::string_view::npos && blank > 0) {
      line = text.substr(0, blank);
    }
    lines.emplace_back(line);
    text.remove_prefix(line.size());
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  }
  lines.emplace_back(text);
  return lines;
}

std::string counted(std::uint64_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : noun.ends_with('s') ? "es" : "s");
}

std::string format_bytes(std::uint64_t bytes) {
  static constexpr std::array kUnits = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  if (bytes < 1024) {
    return fmt::format("{} B", bytes);
  }
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (value >= 1023.95 && unit + 1 < kUnits.size()) {  // 1023.95 would print as 1024.0
    value /= 1024;
    ++unit;
  }
  return fmt::format("{:.1f} {}", value, kUnits[unit]);
}

std::string format_percent(std::uint32_t percent) {
  return fmt::format("{} %", percent);
}

std::string format_basis_points(std::uint32_t bp) {
  return fmt::format("{}.{} %", bp / 100, bp % 100 / 10);
}

std::string format_duration_ns(std::uint64_t ns) {
  constexpr std::uint64_t kSecond = 1'000'000'000;
  if (ns < 1'000'000) {
    return fmt::format("{:.1f} us", static_cast<double>(ns) / 1e3);
  }
  if (ns < kSecond) {
    return fmt::format("{:.1f} ms", static_cast<double>(ns) / 1e6);
  }
  if (ns < 120 * kSecond) {
    return fmt::format("{:.1f} s", static_cast<double>(ns) / 1e9);
  }
  if (ns < 7200 * kSecond) {
    return fmt::format("{} min", ns / (60 * kSecond));
  }
  return fmt::format("{} h", ns / (3600 * kSecond));
}

std::string format_interval(std::uint64_t start, std::uint64_t end) {
  return fmt::format("{:x}-{:x}", start, end);
}

std::string format_boot_time(std::uint64_t ns) {
  const std::uint64_t us = ns / 1000;
  return fmt::format("{}.{:06}", us / 1'000'000, us % 1'000'000);
}

std::string pattern_text(Pattern pattern, std::uint32_t pages) {
  return pages == 0 ? name_of(pattern) : fmt::format("{}({})", name_of(pattern), pages);
}

std::string reason_text(Reason reason, std::uint32_t error) {
  return error == 0
             ? name_of(reason)
             : fmt::format("{} ({})", name_of(reason), std::strerror(static_cast<int>(error)));
}

std::string file_text(const Range& range) {
  return range.file ? printable(*range.file) : "(no longer mapped)";
}

std::string event_text(const Event& event) {
  std::string text = name_of(event.kind);
  const auto add = [&text](const std::string& part) { text.append(1, ' ').append(part); };
  if (event.pid) {
    add(fmt::format("{} {}", *event.pid, printable(event.comm.value_or("?"))));
  }
  if (event.hint) {
    add(name_of(*event.hint));
  }
  if (event.start && event.end) {
    add(fmt::format("{} ({})", format_interval(*event.start, *event.end),
                    format_bytes(*event.end - *event.start)));
  }
  if (event.pattern) {
    add(fmt::format("pattern {} {}", pattern_text(*event.pattern, event.pattern_pages.value_or(0)),
                    format_percent(event.confidence_pct.value_or(0))));
  }
  if (event.reason && *event.reason != Reason::None) {
    add("because " + reason_text(*event.reason, event.error.value_or(0)));
  }
  if (event.faults) {
    add(fmt::format("at {} faults", *event.faults));
  }
  return text;
}

}  // namespace smadv
