// SPDX-License-Identifier: GPL-2.0
#include "daemon/cli/top/screen.h"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <curses.h>
#include <langinfo.h>

#include <fmt/format.h>

#include "daemon/cli/top/session.h"

namespace smadv::cli::top {
namespace {

// Escape alone is told from the start of a longer key by the silence after it.
constexpr int kEscapeDelayMs = 50;
constexpr int kEscapeCharacter = 0x1b;

// Colour pairs: one for each of the eight colours on what the terminal has behind.
short pair_of(int color) {
  return static_cast<short>(color + 1);
}

attr_t attributes_of(Style style, bool colored) {
  const auto color = [colored](int number, attr_t otherwise) {
    return colored ? COLOR_PAIR(pair_of(number)) : otherwise;
  };
  switch (style) {
    case Style::Title:
      return A_BOLD;
    case Style::Good:
      return color(COLOR_GREEN, A_BOLD);
    case Style::Warn:
      return color(COLOR_YELLOW, A_BOLD);
    case Style::Bad:
      return color(COLOR_RED, A_BOLD);
    case Style::Faint:
      return colored ? A_DIM : A_NORMAL;
    case Style::Selected:
      return A_REVERSE;
    case Style::Plain:
    case Style::Letters:
      break;
  }
  return A_NORMAL;
}

// Where the locale is not UTF-8, a question mark for each character that is not ASCII.
std::string sayable(const std::string& text, bool utf8) {
  std::string said;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (utf8 || byte < 0x80) {
      said += c;
    } else if (byte >= 0xc0) {
      said += '?';
    }
  }
  return said;
}

// While SIGTSTP has its usual effect, curses handles it, and loses what comes while it writes:
// it ignores the signal for as long.
void keep_curses_off_sigtstp() {
  std::signal(SIGTSTP, [](int /*signal*/) {});
}

// By the signal itself, as the shell expects it. The process stops where that is let through.
void stop_process() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTSTP);
  std::signal(SIGTSTP, SIG_DFL);
  raise(SIGTSTP);
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  keep_curses_off_sigtstp();
}

std::optional<int> key_of(int code) {
  switch (code) {
    case KEY_UP:
      return key::kUp;
    case KEY_DOWN:
      return key::kDown;
    case KEY_PPAGE:
      return key::kPageUp;
    case KEY_NPAGE:
      return key::kPageDown;
    case KEY_HOME:
      return key::kHome;
    case KEY_END:
      return key::kEnd;
    case KEY_ENTER:
    case '\r':
    case '\n':
      return key::kEnter;
    case kEscapeCharacter:
      return key::kEscape;
    case KEY_BACKSPACE:
    case '\b':
    case 0x7f:
      return key::kBackspace;
    default:
      return code < 0x80 ? std::optional(code) : std::nullopt;
  }
}

}  // namespace

struct Screen::Impl {
  explicit Impl(SCREEN* opened, Palette palette)
      : screen(opened), utf8(std::strcmp(nl_langinfo(CODESET), "UTF-8") == 0) {
    set_escdelay(kEscapeDelayMs);
    cbreak();
    noecho();
    nonl();  // so that Enter is told from ^J, and the cursor moves by line feeds
    keypad(stdscr, TRUE);
    nodelay(stdscr, TRUE);
    curs_set(0);
    colored = palette.colored() && has_colors() && start_color() == OK;
    if (colored) {
      use_default_colors();
      for (int color = COLOR_BLACK; color <= COLOR_WHITE; ++color) {
        init_pair(pair_of(color), static_cast<short>(color), -1);
      }
    }
  }
  ~Impl() {
    endwin();
    delscreen(screen);
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void put(const Cell& cell) const {
    if (cell.style != Style::Letters) {
      attrset(attributes_of(cell.style, colored));
      addstr(sayable(cell.text, utf8).c_str());
      return;
    }
    for (const char letter : cell.text) {
      const int color = color_of(pattern_of(letter));
      attrset(colored && color >= 0 ? COLOR_PAIR(pair_of(color)) | A_REVERSE : A_NORMAL);
      addch(static_cast<unsigned char>(letter));
    }
  }

  SCREEN* screen;
  bool utf8;
  bool colored = false;
};

Screen::Screen(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Screen::Screen(Screen&& other) noexcept = default;
Screen::~Screen() = default;

Result<Screen> Screen::open(const char* term, Palette palette) {
  keep_curses_off_sigtstp();
  SCREEN* const screen = newterm(term == nullptr ? "" : term, stdout, stdin);
  if (screen == nullptr) {
    return Error{ExitCode::Failed, 0,
                 fmt::format("nothing is known of a terminal of the kind '{}' (TERM); --batch does "
                             "without",
                             term == nullptr ? "" : term)};
  }
  return Screen(std::make_unique<Impl>(screen, palette));
}

Size Screen::size() const {
  return {static_cast<std::size_t>(getmaxx(stdscr)), static_cast<std::size_t>(getmaxy(stdscr))};
}

void Screen::draw(const std::vector<Line>& lines) {
  erase();
  for (std::size_t i = 0; i < lines.size(); ++i) {
    move(static_cast<int>(i), 0);
    for (const Cell& cell : lines[i]) {
      impl_->put(cell);
    }
  }
  refresh();
}

void Screen::stop() {
  def_prog_mode();
  endwin();
  stop_process();
  clearok(curscr, TRUE);
  raise(SIGWINCH);  // the terminal may have another size now
}

std::optional<int> Screen::key() {
  for (int code = getch(); code != ERR; code = getch()) {
    if (code == '\f') {
      clearok(curscr, TRUE);  // what others wrote on the terminal goes
    }
    if (const auto known = key_of(code)) {
      return known;
    }
  }
  return std::nullopt;
}

}  // namespace smadv::cli::top
