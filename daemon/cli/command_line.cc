// SPDX-License-Identifier: GPL-2.0
#include "daemon/cli/command_line.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <map>
#include <system_error>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "daemon/suggest.h"
#include "daemon/text.h"

namespace smadv::cli {
namespace {

template <class T>
std::string read_within(const std::string& text, const char* what, T min, T max,
                        std::optional<T>& value) {
  T number = 0;
  const char* end = text.data() + text.size();
  const auto [stop, code] = std::from_chars(text.data(), end, number);
  if (code != std::errc{} || stop != end || !(number >= min && number <= max)) {
    return fmt::format("'{}' is no {} ({}..{})", text, what, min, max);
  }
  value = number;
  return {};
}

/// Help for 80 columns.
class HelpFormatter : public CLI::Formatter {
 public:
  std::string make_option(const CLI::Option* option, bool positional) const override {
    return entry(make_option_name(option, positional) + make_option_opts(option),
                 make_option_desc(option));
  }

  std::string make_subcommand(const CLI::App* sub) const override {
    return entry(sub->get_name(), sub->get_description());
  }

  std::string make_description(const CLI::App* app) const override {
    return fmt::format("{}\n", fmt::join(wrapped(app->get_description(), kColumns), "\n"));
  }

 private:
  static constexpr std::size_t kColumns = 80;
  static constexpr std::size_t kNameColumns = 24;

  static std::string entry(const std::string& name, const std::string& does) {
    std::string text;
    std::string left = "  " + name;
    if (left.size() >= kNameColumns) {
      text = left + '\n';
      left.clear();
    }
    for (const std::string& line : wrapped(does, kColumns - kNameColumns)) {
      text += fmt::format("{:<{}}{}\n", left, kNameColumns, line);
      left.clear();
    }
    return text;
  }
};

// The innermost command that the words name.
const CLI::App* innermost(const CLI::App& app) {
  const auto subs = app.get_subcommands();
  return subs.empty() ? &app : innermost(*subs.front());
}

std::string full_name(const CLI::App* app) {
  const std::string& own = app->get_name();
  return app->get_parent() == nullptr ? own : full_name(app->get_parent()) + " " + own;
}

std::string help_of(const CLI::App* command) {
  const CLI::App* parent = command->get_parent();
  return command->help(parent == nullptr ? std::string() : full_name(parent));
}

// CLI11's complaints name the C++ side of things here and there; the commonest are put better.
std::string complaint(const CLI::ParseError& error, const CLI::App& app) {
  const CLI::App* command = innermost(app);
  std::string text = error.what();
  if (const auto extras = app.remaining(true);
      dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr && !extras.empty()) {
    const std::string& word = extras.front();
    std::vector<std::string> owned;
    for (const CLI::App* sub : command->get_subcommands([](const CLI::App*) { return true; })) {
      owned.push_back(sub->get_name());
    }
    const std::vector<std::string_view> names(owned.begin(), owned.end());
    text = word.starts_with('-') ? fmt::format("unknown option '{}'", word)
           : names.empty()       ? fmt::format("unexpected '{}'", word)
                           : fmt::format("unknown command '{}'{}", word, did_you_mean(word, names));
  }
  std::ranges::replace(text, '\n', ' ');
  return fmt::format("{} (see {} --help)", text, full_name(command));
}

/// Where a command line stands, as far as it was typed.
struct Place {
  const CLI::App* command;
  const CLI::Option* awaited = nullptr;  ///< The option whose value is next.
  std::size_t arguments = 0;             ///< How many there are of this command.
};

std::vector<const CLI::Option*> options_of(const CLI::App* command) {
  return command->get_options([](const CLI::Option* option) { return !option->get_positional(); });
}

// Options of the commands above may follow, too.
const CLI::Option* find_option(const CLI::App* command, const std::string& name) {
  for (; command != nullptr; command = command->get_parent()) {
    for (const CLI::Option* option : options_of(command)) {
      if (option->check_name(name)) {
        return option;
      }
    }
  }
  return nullptr;
}

const CLI::App* find_command(const CLI::App* command, const std::string& name) {
  const auto found =
      command->get_subcommands([&name](const CLI::App* sub) { return sub->get_name() == name; });
  return found.empty() ? nullptr : found.front();
}

// The last of the arguments may be many.
const CLI::Option* argument(const Place& place) {
  const auto all = place.command->get_options(
      [](const CLI::Option* option) { return option->get_positional(); });
  if (place.arguments < all.size()) {
    return all[place.arguments];
  }
  return !all.empty() && all.back()->get_items_expected_max() > 1 ? all.back() : nullptr;
}

Place place_of(const CLI::App& app, std::span<const std::string> words) {
  Place place{&app};
  for (const std::string& word : words) {
    if (place.awaited != nullptr) {
      place.awaited = nullptr;
    } else if (word.starts_with('-')) {
      const CLI::Option* option = find_option(place.command, word);
      place.awaited = option != nullptr && option->get_items_expected_max() > 0 ? option : nullptr;
    } else if (const CLI::App* sub = find_command(place.command, word)) {
      place = {sub};
    } else {
      ++place.arguments;
    }
  }
  return place;
}

void add_options(const CLI::App* command, std::vector<Candidate>& candidates) {
  for (; command != nullptr; command = command->get_parent()) {
    for (const CLI::Option* option : options_of(command)) {
      for (const std::string& name : option->get_lnames()) {
        candidates.push_back({"--" + name, option->get_description()});
      }
      for (const std::string& name : option->get_snames()) {
        candidates.push_back({"-" + name, option->get_description()});
      }
    }
  }
}

}  // namespace

struct Command::Tree {
  CLI::App app;
  std::map<const CLI::App*, Action> actions = {};
  std::map<const CLI::Option*, Completer> completers = {};
  std::map<const CLI::App*, Given<std::vector<std::string>>> rests = {};
};

Command Command::add(const char* name, const char* does, std::string_view examples) const {
  CLI::App* sub = app_->add_subcommand(name, does);
  sub->footer("Examples:\n" + std::string(examples));
  app_->require_subcommand(tree_->actions.contains(app_) ? 0 : 1, 1);
  return {*tree_, *sub};
}

void Command::runs(Action action) const {
  if (!app_->get_subcommands({}).empty()) {
    app_->require_subcommand(0, 1);  // GCOVR_EXCL_LINE: who runs is declared before its parts
  }
  tree_->actions.insert_or_assign(app_, std::move(action));
}

void Command::read_one(const Word& word, Reader reader) const {
  CLI::Option* option = app_->add_option(
      word.names, [](const CLI::results_t&) { return true; }, word.does);
  if (word.completer) {
    tree_->completers.emplace(option, word.completer);
  }
  option->type_name(word.value)
      ->required(word.required)
      ->check(CLI::Validator(
          [reader = std::move(reader)](std::string& text) { return reader(text); }, "", ""));
}

void Command::read_many(const Word& word, Reader reader) const {
  read_one(word, std::move(reader));
  app_->get_option(word.names)
      ->expected(1, CLI::detail::expected_max_vector_size)
      ->allow_extra_args();
}

Given<std::monostate> Command::flag(const Word& word) const {
  Given<std::monostate> given;
  app_->add_flag_callback(
      word.names, [value = given.value_] { value->emplace(); }, word.does);
  return given;
}

Given<std::string> Command::text(const Word& word) const {
  Given<std::string> given;
  read_one(word, [value = given.value_](const std::string& text) {
    *value = text;
    return std::string();
  });
  return given;
}

Given<std::vector<std::string>> Command::texts(const Word& word) const {
  Given<std::vector<std::string>> given;
  read_many(word, [value = given.value_](const std::string& text) {
    if (!*value) {
      value->emplace();
    }
    (*value)->push_back(text);
    return std::string();
  });
  return given;
}

Given<std::vector<std::string>> Command::rest() const {
  return tree_->rests[app_];
}

Given<std::uint32_t> Command::pid(Word word) const {
  word.completer = complete_pids;
  return number<std::uint32_t>(word, "process id", 1, kHighestPid);
}

std::string Command::read_number(const std::string& text, const char* what, std::uint32_t min,
                                 std::uint32_t max, std::optional<std::uint32_t>& value) {
  return read_within(text, what, min, max, value);
}

std::string Command::read_number(const std::string& text, const char* what, std::uint64_t min,
                                 std::uint64_t max, std::optional<std::uint64_t>& value) {
  return read_within(text, what, min, max, value);
}

std::string Command::read_number(const std::string& text, const char* what, double min, double max,
                                 std::optional<double>& value) {
  return read_within(text, what, min, max, value);
}

std::vector<Candidate> complete_files(Context&, std::span<const std::string>) {
  return {{kFiles}};
}

std::vector<Candidate> complete_pids(Context& context, std::span<const std::string>) {
  const auto client = context.client();
  const auto listing = client ? (*client)->processes() : client.error();
  std::vector<Candidate> candidates;
  if (listing) {
    for (const Process& process : listing->items) {
      candidates.push_back({fmt::format("{}", process.pid), printable(process.comm)});
    }
  }
  return candidates;
}

CommandLine::CommandLine(const char* name, const char* does, const char* version,
                         std::string_view footer)
    : tree_(new Command::Tree{.app = CLI::App(does, name)}) {
  tree_->app.formatter(std::make_shared<HelpFormatter>());
  tree_->app.fallthrough();  // so that options of the root may follow the command
  tree_->app.set_version_flag("--version", fmt::format("{} {}", name, version));
  tree_->app.footer(std::string(footer));
}

CommandLine::~CommandLine() = default;

Command CommandLine::root() {
  return {*tree_, tree_->app};
}

Result<Request> CommandLine::parse(const std::vector<std::string>& words) {
  CLI::App& app = tree_->app;
  auto end = std::ranges::find(words, "--");
  const auto rest = tree_->rests.find(place_of(app, {words.begin(), end}).command);
  if (end != words.end() && rest != tree_->rests.end()) {
    Command::set(rest->second, {end + 1, words.end()});
  } else {
    end = words.end();
  }
  try {
    app.parse(std::vector<std::string>(std::reverse_iterator(end), words.rend()));
  } catch (const CLI::CallForHelp&) {
    return Request(help_of(innermost(app)));
  } catch (const CLI::CallForVersion& version) {
    return Request(std::string(version.what()) + '\n');
  } catch (const CLI::ParseError& error) {
    return Error{ExitCode::Usage, 0, complaint(error, app)};
  }
  return Request(tree_->actions.at(innermost(app)));
}

std::vector<Candidate> CommandLine::complete(Context& context,
                                             std::span<const std::string> words) const {
  const std::string& part = words.back();
  const Place place = place_of(tree_->app, words.first(words.size() - 1));
  std::vector<Candidate> candidates;
  const CLI::Option* valued = place.awaited;
  if (valued == nullptr && part.starts_with('-')) {
    add_options(place.command, candidates);
  } else if (valued == nullptr) {
    for (const CLI::App* sub :
         place.command->get_subcommands([](const CLI::App*) { return true; })) {
      candidates.push_back({sub->get_name(), sub->get_description()});
    }
    valued = argument(place);
  }
  if (const auto completer = tree_->completers.find(valued); completer != tree_->completers.end()) {
    std::ranges::move(completer->second(context, words), std::back_inserter(candidates));
  }
  std::erase_if(candidates, [&part](const Candidate& candidate) {
    return !candidate.word.starts_with(part) && candidate.word != kFiles;
  });
  // An option of a command above that this one has as well.
  std::vector<std::string> seen;
  std::erase_if(candidates, [&seen](const Candidate& candidate) {
    const bool again = std::ranges::find(seen, candidate.word) != seen.end();
    seen.push_back(candidate.word);
    return again;
  });
  return candidates;
}

}  // namespace smadv::cli
