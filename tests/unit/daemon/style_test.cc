// SPDX-License-Identifier: GPL-2.0
#include "daemon/cli/style.h"

#include <clocale>
#include <limits>
#include <set>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/text.h"

namespace smadv::cli {
namespace {

constexpr auto kRight = Column::Align::Right;

TEST(Table, ColumnsAreAlignedAndLinesHaveNoBlanksAtTheirEnd) {
  Table table({{"NAME"}, {"N", kRight}, {"FILE"}});
  table.add({"a", "1", "/x"});
  table.add({"longer", "1234", ""});
  table.add({"b", "", "y"});
  EXPECT_EQ(table.render(Palette()),
            "NAME       N  FILE\n"
            "a          1  /x\n"
            "longer  1234\n"
            "b             y\n");
}

TEST(Table, WithoutTitlesThereIsNoTitleLine) {
  Table table({{""}, {""}});
  table.add({"key", "value"});
  EXPECT_EQ(table.render(Palette()), "key  value\n");
}

TEST(Table, WithoutRowsTheTitlesStand) {
  EXPECT_EQ(Table({{"A"}, {"B"}}).render(Palette()), "A  B\n");
}

TEST(Table, ColorsDoNotCountForTheWidth) {
  Table table({{""}, {""}});
  table.add({{"ab", Style::Good}, "x"});
  table.add({"abc", "y"});
  EXPECT_EQ(table.render(Palette(true)), "\x1b[32mab\x1b[0m   x\nabc  y\n");
}

TEST(Table, CharactersCountAndNotBytes) {
  Table table({{""}, {""}});
  table.add({"\u00e4\u20ac", "x"});
  table.add({"abc", "y"});
  EXPECT_EQ(table.render(Palette()), "\u00e4\u20ac   x\nabc  y\n");
}

Table wide_table() {
  Table table({{"NAME"},
               {.title = "SIZE", .align = Column::Align::Right, .spare = 1},
               {.title = "AGE", .spare = 2},
               {.title = "FILE", .fit = Column::Fit::Shorten}});
  table.add({"fio", "64 MiB", "5 h", "/mnt/a/folder/with/a/file"});
  return table;
}

TEST(Table, IsWholeWhereThereIsRoom) {
  const std::string whole =
      "NAME    SIZE  AGE  FILE\n"
      "fio   64 MiB  5 h  /mnt/a/folder/with/a/file\n";
  EXPECT_EQ(wide_table().render(Palette()), whole);
  EXPECT_EQ(wide_table().render(Palette(), 44), whole);
}

TEST(Table, BendsBeforeItSpares) {
  EXPECT_EQ(wide_table().render(Palette(), 35),
            "NAME    SIZE  AGE  FILE\n"
            "fio   64 MiB  5 h  ...r/with/a/file\n");
  EXPECT_EQ(wide_table().render(Palette(), 34),
            "NAME    SIZE  FILE\n"
            "fio   64 MiB  ...older/with/a/file\n"
            "(no room for AGE; a pipe or --json has all)\n");
  EXPECT_EQ(wide_table().render(Palette(), 10),
            "NAME  FILE\n"
            "fio   ...r/with/a/file\n"
            "(no room for SIZE, AGE; a pipe or --json has all)\n")
      << "what is left is not made less";
}

TEST(Table, WrapsBetweenWords) {
  Table table({{"KEY"}, {.title = "MEANING", .fit = Column::Fit::Wrap}, {"END"}});
  table.add({"a", "some words, and some more of them", "x"});
  table.add({"b", "", ""});
  EXPECT_EQ(table.render(Palette(), 26),
            "KEY  MEANING           END\n"
            "a    some words, and   x\n"
            "     some more of\n"
            "     them\n"
            "b\n");
}

TEST(Letters, EachPatternHasItsOwn) {
  std::set<char> letters;
  for (std::size_t i = 0; i < kNames<Pattern>.size(); ++i) {
    const auto pattern = static_cast<Pattern>(i);
    letters.insert(letter_of(pattern));
    EXPECT_EQ(pattern_of(letter_of(pattern)), pattern);
  }
  EXPECT_EQ(letters.size(), kNames<Pattern>.size());
  EXPECT_EQ(letter_of(static_cast<Pattern>(99)), '?');
  EXPECT_EQ(pattern_of('x'), Pattern::Unknown);
}

TEST(Letters, AreInTheColorsOfTheirPatterns) {
  EXPECT_EQ(Palette(true).paint(Style::Letters, "s.bturx"),
            "\x1b[32ms\x1b[0m.\x1b[36mb\x1b[0m\x1b[34mt\x1b[0m\x1b[33mu\x1b[0m\x1b[31mr\x1b[0mx");
  EXPECT_EQ(Palette(false).paint(Style::Letters, "sr"), "sr");
}

TEST(Palette, PaintsOnlyWhenColored) {
  EXPECT_EQ(Palette(false).paint(Style::Bad, "x"), "x");
  EXPECT_EQ(Palette(true).paint(Style::Title, "x"), "\x1b[1mx\x1b[0m");
  EXPECT_EQ(Palette(true).paint(Style::Good, "x"), "\x1b[32mx\x1b[0m");
  EXPECT_EQ(Palette(true).paint(Style::Warn, "x"), "\x1b[33mx\x1b[0m");
  EXPECT_EQ(Palette(true).paint(Style::Bad, "x"), "\x1b[31mx\x1b[0m");
  EXPECT_EQ(Palette(true).paint(Style::Faint, "x"), "\x1b[2mx\x1b[0m");
  EXPECT_EQ(Palette(true).paint(Style::Selected, "x"), "\x1b[7mx\x1b[0m");
  EXPECT_EQ(Palette(true).paint(Style::Plain, "x"), "x");
}

TEST(Colors, OnATerminalThatCanAndMay) {
  EXPECT_TRUE(use_colors(ColorChoice::Auto, true, nullptr, "xterm"));
  EXPECT_TRUE(use_colors(ColorChoice::Auto, true, "", "xterm")) << "empty NO_COLOR does not count";
  EXPECT_FALSE(use_colors(ColorChoice::Auto, false, nullptr, "xterm"));
  EXPECT_FALSE(use_colors(ColorChoice::Auto, true, "1", "xterm"));
  EXPECT_FALSE(use_colors(ColorChoice::Auto, true, nullptr, "dumb"));
  EXPECT_FALSE(use_colors(ColorChoice::Auto, true, nullptr, nullptr));
  EXPECT_TRUE(use_colors(ColorChoice::Always, false, "1", nullptr));
  EXPECT_FALSE(use_colors(ColorChoice::Never, true, nullptr, "xterm"));
}

TEST(Text, WhatCommandsTheTerminalIsEscaped) {
  EXPECT_EQ(printable("plain /path"), "plain /path");
  EXPECT_EQ(printable("\x1b[31mred"), "\\x1b[31mred");
  EXPECT_EQ(printable("a\nb\tc\x7f"), "a\\x0ab\\x09c\\x7f");
  EXPECT_EQ(printable("\u00e4\u20ac\U0001f600"), "\u00e4\u20ac\U0001f600");
  EXPECT_EQ(printable("\xc2\x9b"), "\\xc2\\x9b") << "8-bit control sequence introducer";
  EXPECT_EQ(printable("\xc2\xa0"), "\xc2\xa0");
  EXPECT_EQ(printable("\xff\xfe"), "\\xff\\xfe");
  EXPECT_EQ(printable("\xc0\xaf"), "\\xc0\\xaf") << "overlong";
  EXPECT_EQ(printable("\xe0\x80\xaf"), "\\xe0\\x80\\xaf") << "overlong";
  EXPECT_EQ(printable("\xf0\x80\x80\xaf"), "\\xf0\\x80\\x80\\xaf") << "overlong";
  EXPECT_EQ(printable("\xed\xa0\x80"), "\\xed\\xa0\\x80") << "surrogate";
  EXPECT_EQ(printable("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80") << "beyond Unicode";
  EXPECT_EQ(printable("a\xe2\x82"), "a\\xe2\\x82") << "cut off";
}

TEST(Text, CharacterThatIsCutOffIsEscaped) {
  EXPECT_EQ(printable("\xe2\x82"), "\\xe2\\x82");
  EXPECT_EQ(printable("\xc3("), "\\xc3(");
}

TEST(Text, ColumnsAreThoseOfTheTerminal) {
  ASSERT_NE(std::setlocale(LC_CTYPE, "C.UTF-8"), nullptr);
  EXPECT_EQ(columns_of("a\u00e4\u20ac"), 3U);
  EXPECT_EQ(columns_of("\u6f22\u5b57"), 4U) << "wide";
  EXPECT_EQ(columns_of("e\u0301"), 1U) << "combining";
  EXPECT_EQ(columns_of("\U0001f600"), 2U);
  EXPECT_EQ(beginning("a\u6f22b", 2), "a") << "no half of a character";
  EXPECT_EQ(beginning("a\u6f22b", 3), "a\u6f22");
  EXPECT_EQ(shortened("\u6f22\u5b57\u6f22\u5b57", 6), "...\u5b57");
  std::setlocale(LC_CTYPE, "C");
  EXPECT_EQ(columns_of("\u6f22"), 1U) << "for want of better knowledge";
}

TEST(Text, Shortened) {
  EXPECT_EQ(shortened("/mnt/file", 9), "/mnt/file");
  EXPECT_EQ(shortened("/mnt/file", 8), ".../file");
  EXPECT_EQ(shortened("/mnt/file", 3), "...");
  EXPECT_EQ(shortened("/mnt/file", 2), "..");
}

TEST(Text, Wrapped) {
  EXPECT_THAT(wrapped("one two  three", 7), testing::ElementsAre("one two", "three"));
  EXPECT_THAT(wrapped("one two", 6), testing::ElementsAre("one", "two"));
  EXPECT_THAT(wrapped("unbreakable", 4), testing::ElementsAre("unbr", "eaka", "ble"));
  EXPECT_THAT(wrapped("abc", 0), testing::ElementsAre("ab", "c"));
  EXPECT_THAT(wrapped("", 5), testing::ElementsAre(""));
}

TEST(Text, Counted) {
  EXPECT_EQ(counted(0, "hint"), "0 hints");
  EXPECT_EQ(counted(1, "process"), "1 process");
  EXPECT_EQ(counted(2, "process"), "2 processes");
}

TEST(Text, Bytes) {
  EXPECT_EQ(format_bytes(0), "0 B");
  EXPECT_EQ(format_bytes(1023), "1023 B");
  EXPECT_EQ(format_bytes(1024), "1.0 KiB");
  EXPECT_EQ(format_bytes(1536), "1.5 KiB");
  EXPECT_EQ(format_bytes(1024 * 1024 - 1), "1.0 MiB") << "and not 1024.0 KiB";
  EXPECT_EQ(format_bytes(std::uint64_t{16} << 30), "16.0 GiB");
  EXPECT_EQ(format_bytes(std::numeric_limits<std::uint64_t>::max()), "16.0 EiB");
}

TEST(Text, Durations) {
  EXPECT_EQ(format_duration_ns(0), "0.0 us");
  EXPECT_EQ(format_duration_ns(999'900), "999.9 us");
  EXPECT_EQ(format_duration_ns(1'500'000), "1.5 ms");
  EXPECT_EQ(format_duration_ns(12'300'000'000), "12.3 s");
  EXPECT_EQ(format_duration_ns(180'000'000'000), "3 min");
  EXPECT_EQ(format_duration_ns(7'200'000'000'000), "2 h");
}

TEST(Text, Others) {
  EXPECT_EQ(format_percent(95), "95 %");
  EXPECT_EQ(format_basis_points(1234), "12.3 %");
  EXPECT_EQ(format_basis_points(10000), "100.0 %");
  EXPECT_EQ(format_boot_time(12'345'678'901), "12.345678");
  EXPECT_EQ(format_boot_time(1'000'000'042'000), "1000.000042");
  EXPECT_EQ(format_interval(0x7f00, 0x8000), "7f00-8000");
  EXPECT_EQ(pattern_text(Pattern::Strided, 32), "strided(32)");
  EXPECT_EQ(pattern_text(Pattern::Random, 0), "random");
  EXPECT_EQ(reason_text(Reason::KernelRefused, 12), "kernel-refused (Cannot allocate memory)");
}

TEST(Text, EventSaysWhatItHas) {
  Event event;
  event.kind = EventKind::Policy;
  EXPECT_EQ(event_text(event), "policy");

  event.kind = EventKind::Refused;
  event.pid = 136;
  event.comm = "f\x1bo";
  event.hint = Hint::Random;
  event.start = 0x1000;
  event.end = 0x3000;
  event.pattern = Pattern::Runs;
  event.pattern_pages = 4;
  event.confidence_pct = 80;
  event.reason = Reason::KernelRefused;
  event.error = 12;
  event.faults = 99;
  EXPECT_EQ(event_text(event),
            "refused 136 f\\x1bo random 1000-3000 (8.0 KiB) pattern runs(4) 80 % because "
            "kernel-refused (Cannot allocate memory) at 99 faults");
}

TEST(Text, EventWithoutReasonDoesNotNameOne) {
  Event event;
  event.kind = EventKind::Gone;
  event.pid = 5;
  event.reason = Reason::None;
  EXPECT_EQ(event_text(event), "gone 5 ?");
}

}  // namespace
}  // namespace smadv::cli
