// SPDX-License-Identifier: GPL-2.0
/// @file
/// What a report says, however it is shown.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace smadv::report {

/// How a number of a table is to be read.
enum class Unit {
  Text,
  Count,
  Bytes,
  Ns,
  TimeMs,       ///< Since the recording began.
  BasisPoints,  ///< 1/10000, shown in percent.
};

struct Column {
  std::string_view key;  ///< Name in JSON, with the unit at its end.
  std::string_view title;
  Unit unit = Unit::Text;
};

using Value = std::variant<std::string, std::uint64_t>;

struct Table {
  std::string_view key;  ///< Name in JSON.
  std::vector<Column> columns;
  std::vector<std::vector<Value>> rows;
};

/// The value as a person reads it.
[[nodiscard]] std::string text_of(const Value& value, Unit unit);

/// A line of a diagram.
struct Series {
  std::string name = {};
  std::vector<std::pair<double, double>> points = {};
  bool second_axis = false;
};

/// A bar of a diagram, in parts.
struct Bar {
  std::string name = {};
  std::vector<double> parts = {};
};

/// A picture: cells, lines, or bars, whichever is there.
struct Chart {
  std::string title = {};
  std::string x_title = {};
  std::string y_title = {};
  std::string y2_title = {};
  double x_end = 0;                             ///< Of cells: x goes from 0 to this,
  double y_end = 0;                             ///< and y likewise.
  std::vector<std::vector<double>> cells = {};  ///< Rows, from y 0 on.
  std::vector<Series> series = {};
  std::vector<std::string> part_names = {};
  std::vector<Bar> bars = {};
};

struct Report {
  std::string title = {};
  std::vector<std::string> facts = {};  ///< Sentences.
  std::vector<Chart> charts = {};
  std::vector<Table> tables = {};
};

}  // namespace smadv::report
