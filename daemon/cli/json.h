// SPDX-License-Identifier: GPL-2.0
/// @file
/// JSON with the attribute names of the spec as keys. Hides the library, whose header is costly to
/// compile.
#pragma once

#include <concepts>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/model.h"

namespace smadv::cli {

/// A JSON value under construction. Object keys keep the order in which they were set.
class Json {
 public:
  [[nodiscard]] static Json object();
  [[nodiscard]] static Json array();

  explicit Json(std::string_view text);
  explicit Json(const char* text) : Json(std::string_view(text)) {}
  explicit Json(std::uint64_t number);
  explicit Json(double number);
  explicit Json(std::same_as<bool> auto truth) : Json(Truth{truth}) {}

  /// Members by the names of the spec, enumerations as names, numbers in the spec's units, absent
  /// members left out.
  explicit Json(const Info& info);
  explicit Json(const Policy& policy);
  explicit Json(const Stats& stats);
  explicit Json(const Process& process);
  explicit Json(const Range& range);
  explicit Json(const Task& task);
  explicit Json(const Filter& filter);
  explicit Json(const RestoreOutcome& outcome);
  explicit Json(const Event& event);

  template <class T>
  explicit Json(const std::vector<T>& items) : Json(array()) {
    for (const T& item : items) {
      push(Json(item));
    }
  }

  Json(Json&& other) noexcept;
  ~Json();

  /// Add or replace a member of an object.
  Json& set(std::string_view key, Json value);

  /// Add an element to an array.
  Json& push(Json value);

  /// Indented, ends with a newline.
  [[nodiscard]] std::string document() const;

  /// On one line, ends with a newline.
  [[nodiscard]] std::string line() const;

 private:
  struct Truth {
    bool value;
  };
  struct Impl;

  explicit Json(Truth truth);
  explicit Json(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace smadv::cli
