// SPDX-License-Identifier: GPL-2.0
/// @file
/// Declaring commands, their arguments and options, and parsing what was typed. Hides the library,
/// whose header is costly to compile.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "daemon/cli/context.h"
#include "daemon/names.h"
#include "daemon/result.h"

namespace CLI {  // NOLINT(readability-identifier-naming): the library's name
class App;
}

namespace smadv::cli {

/// What a command does.
using Action = std::function<Result<void>(Context&)>;

/// A value of the command line: there once it was parsed, unless it was left out. Actions keep it
/// by value.
template <class T>
class Given {
 public:
  explicit operator bool() const { return value_->has_value(); }
  // NOLINTNEXTLINE(bugprone-unchecked-optional-access): value() checks, and required ones are there
  [[nodiscard]] const T& operator*() const { return value_->value(); }
  [[nodiscard]] const std::optional<T>& get() const { return *value_; }
  [[nodiscard]] T value_or(T other) const { return value_->value_or(std::move(other)); }

 private:
  friend class Command;
  std::shared_ptr<std::optional<T>> value_ = std::make_shared<std::optional<T>>();
};

/// A word that could stand where a shell is asked to complete one.
struct Candidate {
  std::string word;  ///< The shell puts a blank after it, unless it ends with '='.
  std::string about = {};
};

/// The word of a candidate that has the shell complete names of files.
inline constexpr const char* kFiles = ":files";

/// What could stand in the place of a word.
/// @param words those before it, without the program's name, and what there is of it
using Completer =
    std::function<std::vector<Candidate>(Context& context, std::span<const std::string> words)>;

/// Names of files, which the shell knows.
[[nodiscard]] std::vector<Candidate> complete_files(Context& context,
                                                    std::span<const std::string> words);
/// The tracked processes, by their numbers. None without the module.
[[nodiscard]] std::vector<Candidate> complete_pids(Context& context,
                                                   std::span<const std::string> words);

/// How a value is called, what the help says of it, and what completes it.
struct Word {
  std::string names;  ///< Of an argument: "PID"; of an option: "-n,--count".
  std::string does;
  std::string value = {};  ///< What the value of an option is called: "N".
  bool required = false;
  Completer completer = {};
};

/// Words that a value may be, and what they stand for.
template <class T>
using Choices = std::vector<std::pair<std::string, T>>;

/// A command while it is declared. Copies are the same command.
class Command {
 public:
  /// Add a command below this one.
  /// @param examples whole lines, and what else is to stand at the end of its help
  [[nodiscard]] Command add(const char* name, const char* does, std::string_view examples) const;

  /// What it does. A command without that needs one of the commands below it.
  void runs(Action action) const;

  [[nodiscard]] Given<std::monostate> flag(const Word& word) const;
  [[nodiscard]] Given<std::string> text(const Word& word) const;
  /// One text or more.
  [[nodiscard]] Given<std::vector<std::string>> texts(const Word& word) const;

  /// What stands behind "--", whatever it looks like.
  [[nodiscard]] Given<std::vector<std::string>> rest() const;

  /// A decimal number within bounds.
  /// @param what it is called in complaints
  template <class T>
  [[nodiscard]] Given<T> number(const Word& word, const char* what, T min, T max) const {
    Given<T> given;
    read_one(word, [value = given.value_, what, min, max](const std::string& text) {
      return read_number(text, what, min, max, *value);
    });
    return given;
  }

  /// A process id.
  [[nodiscard]] Given<std::uint32_t> pid(Word word) const;

  template <class T>
  [[nodiscard]] Given<T> choice(const Word& word, const Choices<T>& choices) const {
    Given<T> given;
    Word completed = word;
    completed.completer = [choices](Context&, std::span<const std::string>) {
      std::vector<Candidate> candidates;
      for (const auto& choice : choices) {
        candidates.push_back({choice.first});
      }
      return candidates;
    };
    read_one(completed, [value = given.value_, choices](const std::string& text) -> std::string {
      std::string names;
      for (const auto& [name, meaning] : choices) {
        if (name == text) {
          *value = meaning;
          return {};
        }
        names += (names.empty() ? "" : ", ") + name;
      }
      return "'" + text + "' is none of " + names;
    });
    return given;
  }

  /// One of the names of an enumeration.
  template <NamedEnum E>
  [[nodiscard]] Given<E> name_in(const Word& word) const {
    Choices<E> choices;
    for (std::uint32_t i = 0; i < kNames<E>.size(); ++i) {
      choices.emplace_back(kNames<E>[i], static_cast<E>(i));
    }
    return choice(word, choices);
  }

 private:
  friend class CommandLine;
  struct Tree;

  // Takes a word over, or says what is wrong with it.
  using Reader = std::function<std::string(const std::string& text)>;

  Command(Tree& tree, CLI::App& app) : tree_(&tree), app_(&app) {}

  static void set(const Given<std::vector<std::string>>& given, std::vector<std::string> value) {
    *given.value_ = std::move(value);
  }
  void read_one(const Word& word, Reader reader) const;
  void read_many(const Word& word, Reader reader) const;

  static std::string read_number(const std::string& text, const char* what, std::uint32_t min,
                                 std::uint32_t max, std::optional<std::uint32_t>& value);
  static std::string read_number(const std::string& text, const char* what, std::uint64_t min,
                                 std::uint64_t max, std::optional<std::uint64_t>& value);
  static std::string read_number(const std::string& text, const char* what, double min, double max,
                                 std::optional<double>& value);

  Tree* tree_;
  CLI::App* app_;
};

/// What the words of a command line ask for: an action, or text to print (help, version).
using Request = std::variant<Action, std::string>;

/// The whole command line. The values given live as long as the actions that keep them.
class CommandLine {
 public:
  CommandLine(const char* name, const char* does, const char* version, std::string_view footer);
  CommandLine(const CommandLine&) = delete;
  CommandLine& operator=(const CommandLine&) = delete;
  ~CommandLine();

  /// The command without a word.
  [[nodiscard]] Command root();

  /// @param words without the program's name
  [[nodiscard]] Result<Request> parse(const std::vector<std::string>& words);

  /// What could stand in the place of the last word: commands, options, or values.
  /// @param words those before it, without the program's name, and what there is of it, maybe
  ///   nothing
  [[nodiscard]] std::vector<Candidate> complete(Context& context,
                                                std::span<const std::string> words) const;

 private:
  std::unique_ptr<Command::Tree> tree_;
};

}  // namespace smadv::cli
