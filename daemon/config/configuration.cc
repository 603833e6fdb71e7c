// SPDX-License-Identifier: GPL-2.0
#include "daemon/config/configuration.h"

#include <linux/smart_madvise.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <toml++/toml.h>

#include "daemon/config/file.h"
#include "daemon/filter.h"
#include "daemon/metrics/address.h"
#include "daemon/policy.h"
#include "daemon/suggest.h"
#include "daemon/text.h"

namespace smadv {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 4> kTopKeys = {"policy", "filter", "metrics", "memory"};
constexpr std::array<std::string_view, 3> kFilterKeys = {"action", "kind", "value"};
constexpr std::array<std::string_view, 3> kMetricsKeys = {"listen", "groups", "group-by"};
constexpr std::array<std::string_view, 3> kMemoryKeys = {"file", "rows", "days"};

/// Gathers one file after the other.
class Loader {
 public:
  [[nodiscard]] Result<void> add(const fs::path& file);
  [[nodiscard]] Result<Configuration> finish();

 private:
  [[nodiscard]] Result<void> add_policy(const toml::table& table);
  [[nodiscard]] Result<void> add_filters(const toml::node& node);
  [[nodiscard]] Result<FilterRule> read_filter(const toml::table& table) const;
  [[nodiscard]] Result<std::string> read_filter_text(const toml::table& table,
                                                     std::string_view key) const;
  template <NamedEnum E>
  [[nodiscard]] Result<E> read_filter_name(const toml::table& table, std::string_view key) const;
  [[nodiscard]] Result<std::uint32_t> read_policy_value(const PolicyKey& key,
                                                        const toml::node& node) const;
  [[nodiscard]] Result<void> add_metrics(const toml::table& table);
  [[nodiscard]] Result<metrics::GroupBy> read_group_by(const toml::key& name,
                                                       const toml::node& node) const;
  [[nodiscard]] Result<void> add_memory(const toml::table& table);
  [[nodiscard]] Result<std::string> read_text(const toml::key& name, const toml::node& node) const;
  [[nodiscard]] Result<std::uint32_t> read_number(const toml::key& name, const toml::node& node,
                                                  std::uint32_t least, std::uint32_t most) const;
  [[nodiscard]] Error unknown_key(const toml::key& name, std::string_view section,
                                  std::span<const std::string_view> keys) const;
  template <class T>
  [[nodiscard]] static Result<void> take(Result<T> read, T& place);
  [[nodiscard]] Error error_at(const toml::source_region& source, std::string_view message) const;

  Configuration configuration_{default_policy(), {}, {}, {}, {}};
  fs::path file_;
  std::optional<Error> faults_place_;  ///< Where min-faults or window-faults was set last.
};

std::string type_name(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::string:
      return "a string";
    case toml::node_type::integer:
      return "a whole number";
    case toml::node_type::floating_point:
      return "a fraction";
    case toml::node_type::boolean:
      return "true or false";
    case toml::node_type::array:
      return "an array";
    case toml::node_type::table:
      return "a table";
    default:
      return "a date or time";
  }
}

std::string wanted_values(const PolicyKey& key) {
  return key.form == PolicyKey::Form::Switch ? "true or false" : allowed_values(key);
}

Error Loader::error_at(const toml::source_region& source, std::string_view message) const {
  return {ExitCode::Failed, 0,
          printable(fmt::format("{}:{}:{}: {}", file_.string(), source.begin.line,
                                source.begin.column, message))};
}

Result<void> Loader::add(const fs::path& file) {
  file_ = file;
  const auto content = read_policy_file(file);
  if (!content) {
    return Error{ExitCode::Failed, content.error().code,
                 printable(fmt::format("{}: {}", file.string(), content.error().message))};
  }
  if (const auto line = overlong_key(*content)) {
    const toml::source_position start{static_cast<toml::source_index>(*line), 1};
    return error_at({start, start, nullptr}, fmt::format("more than {} dots", kMostLineDots));
  }
  toml::table root;
  try {
    root = toml::parse(*content, file.string());
  } catch (const toml::parse_error& error) {
    return error_at(error.source(), error.description());
  }
  for (const auto& [key, node] : root) {
    if (key == "policy" && node.is_table()) {
      if (auto added = add_policy(*node.as_table()); !added) {
        return added;
      }
    } else if (key == "filter") {
      if (auto added = add_filters(node); !added) {
        return added;
      }
    } else if (key == "metrics" && node.is_table()) {
      if (auto added = add_metrics(*node.as_table()); !added) {
        return added;
      }
    } else if (key == "memory" && node.is_table()) {
      if (auto added = add_memory(*node.as_table()); !added) {
        return added;
      }
    } else if (key == "policy" || key == "metrics" || key == "memory") {
      return error_at(node.source(), fmt::format("{0} has to be a table: [{0}]", key.str()));
    } else if (find_policy_key(key) != nullptr) {
      return error_at(key.source(), fmt::format("{} belongs under [policy]", key.str()));
    } else {
      return error_at(key.source(),
                      fmt::format("unknown key '{}'{}", key.str(), did_you_mean(key, kTopKeys)));
    }
  }
  configuration_.files.push_back(file);
  return {};
}

Result<void> Loader::add_policy(const toml::table& table) {
  for (const auto& [name, node] : table) {
    const PolicyKey* key = find_policy_key(name);
    if (key == nullptr) {
      return error_at(name.source(), unknown_policy_key(name));
    }
    const auto value = read_policy_value(*key, node);
    if (!value) {
      return value.error();
    }
    configuration_.policy.*key->member = *value;
    if (key->member == &Policy::min_faults || key->member == &Policy::window_faults) {
      faults_place_ = error_at(node.source(), {});
    }
  }
  return {};
}

Result<std::uint32_t> Loader::read_policy_value(const PolicyKey& key,
                                                const toml::node& node) const {
  Result<std::uint32_t> value = Error{};
  if (const auto number = node.value_exact<std::int64_t>()) {
    value = check_policy_value(key, *number);
  } else if (const auto truth = node.value_exact<bool>();
             truth && key.form == PolicyKey::Form::Switch) {
    value = *truth ? 1U : 0U;
  } else if (const auto name = node.value_exact<std::string>();
             name && key.form == PolicyKey::Form::Choice) {
    value = parse_policy_value(key, *name);
  } else {
    value =
        Error{ExitCode::Failed, 0,
              fmt::format("{} is {}, allowed: {}", key.name, type_name(node), wanted_values(key))};
  }
  return value ? value : error_at(node.source(), value.error().message);
}

Result<void> Loader::add_filters(const toml::node& node) {
  const toml::array* array = node.as_array();
  if (array == nullptr) {
    return error_at(node.source(), "filter has to be an array of tables: [[filter]]");
  }
  if (array->empty()) {
    configuration_.filters.clear();
  }
  for (const toml::node& entry : *array) {
    if (!entry.is_table()) {
      return error_at(entry.source(), "filter has to be an array of tables: [[filter]]");
    }
    auto rule = read_filter(*entry.as_table());
    if (!rule) {
      return rule.error();
    }
    if (std::ranges::find(configuration_.filters, *rule) == configuration_.filters.end()) {
      if (configuration_.filters.size() == SMART_MADVISE_MAX_FILTERS) {
        return error_at(entry.source(),
                        fmt::format("more than {} filter rules", SMART_MADVISE_MAX_FILTERS));
      }
      configuration_.filters.push_back(*std::move(rule));
    }
  }
  return {};
}

Result<std::string> Loader::read_filter_text(const toml::table& table, std::string_view key) const {
  const toml::node* node = table.get(key);
  if (node == nullptr) {
    return error_at(table.source(), fmt::format("a filter rule lacks {}", key));
  }
  if (const auto text = node->value_exact<std::string>()) {
    return *text;
  }
  // Process and user ids may be written as the numbers they are.
  if (const auto number = node->value_exact<std::int64_t>(); number && key == "value") {
    return std::to_string(*number);
  }
  return error_at(node->source(), fmt::format("{} of a filter rule is {}", key, type_name(*node)));
}

template <NamedEnum E>
Result<E> Loader::read_filter_name(const toml::table& table, std::string_view key) const {
  const auto text = read_filter_text(table, key);
  if (!text) {
    return text.error();
  }
  if (const auto value = value_of<E>(*text)) {
    return *value;
  }
  return error_at(table.get(key)->source(),
                  fmt::format("'{}' is no {} of a filter rule, allowed: {}", *text, key,
                              fmt::join(kNames<E>, ", ")));
}

Result<FilterRule> Loader::read_filter(const toml::table& table) const {
  for (const auto& [name, node] : table) {
    if (std::ranges::find(kFilterKeys, name.str()) == kFilterKeys.end()) {
      return error_at(name.source(), fmt::format("unknown key '{}' in a filter rule{}", name.str(),
                                                 did_you_mean(name, kFilterKeys)));
    }
  }
  const auto action = read_filter_name<FilterAction>(table, "action");
  if (!action) {
    return action.error();
  }
  const auto kind = read_filter_name<FilterKind>(table, "kind");
  if (!kind) {
    return kind.error();
  }
  auto value = read_filter_text(table, "value");
  if (!value) {
    return value.error();
  }
  FilterRule rule{*action, *kind, *std::move(value)};
  if (const auto valid = check_filter_rule(rule); !valid) {
    return error_at(table.get("value")->source(), valid.error().message);
  }
  return rule;
}

Result<std::string> Loader::read_text(const toml::key& name, const toml::node& node) const {
  if (auto text = node.value_exact<std::string>()) {
    return *std::move(text);
  }
  return error_at(node.source(),
                  fmt::format("{} is {}, allowed: a string", name.str(), type_name(node)));
}

Result<std::uint32_t> Loader::read_number(const toml::key& name, const toml::node& node,
                                          std::uint32_t least, std::uint32_t most) const {
  const auto number = node.value_exact<std::int64_t>();
  if (number && *number >= least && *number <= most) {
    return static_cast<std::uint32_t>(*number);
  }
  return error_at(node.source(),
                  fmt::format("{} is {}, allowed: {}..{}", name.str(),
                              number ? std::to_string(*number) : type_name(node), least, most));
}

Error Loader::unknown_key(const toml::key& name, std::string_view section,
                          std::span<const std::string_view> keys) const {
  return error_at(name.source(), fmt::format("unknown key '{}' in [{}]{}", name.str(), section,
                                             did_you_mean(name, keys)));
}

// Put what was read in its place, or tell why nothing was.
template <class T>
Result<void> Loader::take(Result<T> read, T& place) {
  if (!read) {
    return read.error();
  }
  place = *std::move(read);
  return {};
}

Result<metrics::GroupBy> Loader::read_group_by(const toml::key& name,
                                               const toml::node& node) const {
  const auto text = read_text(name, node);
  if (!text) {
    return text.error();
  }
  const auto* const found = std::ranges::find(metrics::kGroupByNames, *text);
  if (found == metrics::kGroupByNames.end()) {
    return error_at(node.source(), fmt::format("group-by is '{}', allowed: {}", *text,
                                               fmt::join(metrics::kGroupByNames, ", ")));
  }
  return static_cast<metrics::GroupBy>(found - metrics::kGroupByNames.begin());
}

Result<void> Loader::add_metrics(const toml::table& table) {
  metrics::Settings& settings = configuration_.metrics;
  for (const auto& [name, node] : table) {
    Result<void> added;
    if (name == "listen") {
      added = take(read_text(name, node), settings.listen);
      if (const auto address = metrics::parse_address(settings.listen);
          added && !settings.listen.empty() && !address) {
        added = error_at(node.source(), address.error().message);
      }
    } else if (name == "groups") {
      added = take(read_number(name, node, 0, metrics::kMostGroups), settings.groups);
    } else if (name == "group-by") {
      added = take(read_group_by(name, node), settings.group_by);
    } else {
      added = unknown_key(name, "metrics", kMetricsKeys);
    }
    if (!added) {
      return added;
    }
  }
  return {};
}

Result<void> Loader::add_memory(const toml::table& table) {
  memory::Settings& settings = configuration_.memory;
  for (const auto& [name, node] : table) {
    Result<void> added;
    if (name == "file") {
      added = take(read_text(name, node), settings.file);
      if (added && !settings.file.empty() && !settings.file.starts_with('/')) {
        added = error_at(node.source(), fmt::format("file is '{}', allowed: an absolute path, or "
                                                    "\"\"",
                                                    settings.file));
      }
    } else if (name == "rows") {
      added = take(read_number(name, node, 1, memory::kMostRows), settings.limits.rows);
    } else if (name == "days") {
      added = take(read_number(name, node, 1, memory::kMostDays), settings.limits.days);
    } else {
      added = unknown_key(name, "memory", kMemoryKeys);
    }
    if (!added) {
      return added;
    }
  }
  return {};
}

Result<Configuration> Loader::finish() {
  if (const auto conflict = policy_conflict(configuration_.policy)) {
    // One of the two was set by a file, for the defaults go together.
    return Error{ExitCode::Failed, 0, faults_place_.value_or(Error{}).message + *conflict};
  }
  return std::move(configuration_);
}

Result<std::vector<fs::path>> drop_ins_of(const fs::path& file) {
  const fs::path folder = file.parent_path() / "policy.d";
  std::vector<fs::path> files;
  std::error_code code;
  fs::directory_iterator entries(folder, code);
  if (code == std::errc::no_such_file_or_directory) {
    return files;
  }
  for (const fs::directory_iterator end; !code && entries != end; entries.increment(code)) {
    const fs::path& path = entries->path();
    if (path.extension() == ".toml" && !path.filename().string().starts_with('.')) {
      files.push_back(path);
    }
  }
  if (code) {
    return Error{ExitCode::Failed, code.value(),
                 printable(fmt::format("{}: {}", folder.string(), code.message()))};
  }
  std::ranges::sort(files);
  return files;
}

std::string toml_string(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      result.append(1, '\\').append(1, c);
    } else if (byte < 0x20 || byte == 0x7f) {
      result += fmt::format("\\u{:04X}", byte);
    } else {
      result += c;
    }
  }
  return result + '"';
}

std::string toml_value(const PolicyKey& key, std::uint32_t value) {
  switch (key.form) {
    case PolicyKey::Form::Switch:
      return value != 0 ? "true" : "false";
    case PolicyKey::Form::Choice:
      return toml_string(format_policy_value(key, value));
    case PolicyKey::Form::Number:
      break;
  }
  return fmt::format("{}", value);
}

}  // namespace

Result<Configuration> load_configuration(const fs::path& file) {
  auto drop_ins = drop_ins_of(file);
  if (!drop_ins) {
    return drop_ins.error();
  }
  Loader loader;
  drop_ins->insert(drop_ins->begin(), file);
  for (const fs::path& path : *drop_ins) {
    if (auto added = loader.add(path); !added) {
      return added.error();
    }
  }
  return loader.finish();
}

std::string to_toml(const Configuration& configuration) {
  std::string text = "[policy]\n";
  for (const PolicyKey& key : policy_keys()) {
    text += fmt::format("{} = {}\n", key.name, toml_value(key, configuration.policy.*key.member));
  }
  const metrics::Settings& metrics = configuration.metrics;
  text += fmt::format(
      "\n[metrics]\nlisten = {}\ngroups = {}\ngroup-by = {}\n", toml_string(metrics.listen),
      metrics.groups,
      toml_string(metrics::kGroupByNames.at(static_cast<std::size_t>(metrics.group_by))));
  text += fmt::format("\n[memory]\nfile = {}\nrows = {}\ndays = {}\n",
                      toml_string(configuration.memory.file), configuration.memory.limits.rows,
                      configuration.memory.limits.days);
  for (const FilterRule& rule : configuration.filters) {
    text += fmt::format("\n[[filter]]\naction = {}\nkind = {}\nvalue = {}\n",
                        toml_string(name_of(rule.action)), toml_string(name_of(rule.kind)),
                        toml_string(rule.value));
  }
  return text;
}

}  // namespace smadv
