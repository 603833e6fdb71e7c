// SPDX-License-Identifier: GPL-2.0
#include "daemon/cli/json.h"

#include <optional>
#include <utility>

#include <nlohmann/json.hpp>

#include "daemon/fields.h"
#include "daemon/policy.h"
#include "daemon/stats.h"

namespace smadv::cli {

using Value = nlohmann::ordered_json;

struct Json::Impl {
  Value value;
};

namespace {

template <class T>
void set_member(Value& object, std::string_view name, const T& member) {
  if constexpr (std::is_enum_v<T>) {
    object[std::string(name)] = name_of(member);
  } else {
    object[std::string(name)] = member;
  }
}

template <class T>
void set_member(Value& object, std::string_view name, const std::optional<T>& member) {
  if (member) {
    set_member(object, name, *member);
  }
}

template <class T>
Value to_object(const T& described) {
  Value object = Value::object();
  for_each_field<T>(
      [&](const auto& field) { set_member(object, field.name, described.*field.member); });
  return object;
}

// File and command names are bytes, JSON is UTF-8.
std::string dump(const Value& value, int indent) {
  return value.dump(indent, ' ', false, Value::error_handler_t::replace) + '\n';
}

}  // namespace

Json::Json(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Json::Json(std::string_view text) : impl_(new Impl{std::string(text)}) {}
Json::Json(std::uint64_t number) : impl_(new Impl{number}) {}
Json::Json(double number) : impl_(new Impl{number}) {}
Json::Json(Truth truth) : impl_(new Impl{truth.value}) {}
Json::Json(const Info& info) : impl_(new Impl{to_object(info)}) {}
Json::Json(const Process& process) : impl_(new Impl{to_object(process)}) {}
Json::Json(const Range& range) : impl_(new Impl{to_object(range)}) {}
Json::Json(const Task& task) : impl_(new Impl{to_object(task)}) {}
Json::Json(const Filter& filter) : impl_(new Impl{to_object(filter)}) {}
Json::Json(const RestoreOutcome& outcome) : impl_(new Impl{to_object(outcome)}) {}
Json::Json(const Event& event) : impl_(new Impl{to_object(event)}) {}

Json::Json(const Policy& policy) : Json(object()) {
  for (const PolicyKey& key : policy_keys()) {
    const std::uint32_t value = policy.*key.member;
    if (key.form == PolicyKey::Form::Choice) {
      impl_->value[std::string(key.name)] = format_policy_value(key, value);
    } else {
      impl_->value[std::string(key.name)] = value;
    }
  }
}

Json::Json(const Stats& stats) : Json(object()) {
  for (const StatsKey& key : stats_keys()) {
    impl_->value[std::string(key.name)] = stats.*key.member;
  }
}

Json::Json(Json&& other) noexcept = default;
Json::~Json() = default;

Json Json::object() {
  return Json(std::make_unique<Impl>(Impl{Value::object()}));
}

Json Json::array() {
  return Json(std::make_unique<Impl>(Impl{Value::array()}));
}

Json& Json::set(std::string_view key, Json value) {
  impl_->value[std::string(key)] = std::move(value.impl_->value);
  return *this;
}

Json& Json::push(Json value) {
  impl_->value.push_back(std::move(value.impl_->value));
  return *this;
}

std::string Json::document() const {
  return dump(impl_->value, 2);
}

std::string Json::line() const {
  return dump(impl_->value, -1);
}

}  // namespace smadv::cli
