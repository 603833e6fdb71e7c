// SPDX-License-Identifier: GPL-2.0
#include "daemon/cli/report.h"

#include <array>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "daemon/cli/commands.h"
#include "daemon/report/picture.h"
#include "daemon/report/terminal.h"

namespace smadv::cli {
namespace {

// The width of charts where the output has none of its own.
constexpr std::size_t kColumns = 100;

Table table_of(const report::Table& table) {
  std::vector<Column> columns;
  for (const report::Column& column : table.columns) {
    const bool text = column.unit == report::Unit::Text;
    columns.push_back({.title = std::string(column.title),
                       .align = text ? Column::Align::Left : Column::Align::Right,
                       .fit = text ? Column::Fit::Wrap : Column::Fit::Whole});
  }
  Table shown(std::move(columns));
  for (const auto& row : table.rows) {
    std::vector<Cell> cells;
    cells.reserve(row.size());
    for (std::size_t i = 0; i < row.size(); ++i) {
      cells.emplace_back(report::text_of(row[i], table.columns[i].unit));
    }
    shown.add(std::move(cells));
  }
  return shown;
}

Json json_of(const report::Table& table) {
  Json rows = Json::array();
  for (const auto& row : table.rows) {
    Json object = Json::object();
    for (std::size_t i = 0; i < row.size(); ++i) {
      const auto* number = std::get_if<std::uint64_t>(&row[i]);
      object.set(table.columns[i].key,
                 number != nullptr ? Json(*number) : Json(std::get<std::string>(row[i])));
    }
    rows.push(std::move(object));
  }
  return rows;
}

// Counts only: what is drawn otherwise stands in the tables.
Json json_of(const report::Chart& chart) {
  Json rows = Json::array();
  for (const auto& row : chart.cells) {
    Json cells = Json::array();
    for (const double cell : row) {
      cells.push(Json(static_cast<std::uint64_t>(cell)));
    }
    rows.push(std::move(cells));
  }
  return std::move(Json::object().set("title", Json(chart.title)).set("cells", std::move(rows)));
}

Json json_of(const report::Report& report) {
  Json object = Json::object();
  Json facts = Json::array();
  Json charts = Json::array();
  for (const std::string& fact : report.facts) {
    facts.push(Json(fact));
  }
  for (const report::Chart& chart : report.charts) {
    if (!chart.cells.empty()) {
      charts.push(json_of(chart));
    }
  }
  object.set("title", Json(report.title)).set("facts", std::move(facts));
  object.set("heatmaps", std::move(charts));
  for (const report::Table& table : report.tables) {
    object.set(table.key, json_of(table));
  }
  return object;
}

}  // namespace

void print_report(Context& context, const report::Report& report) {
  if (context.json()) {
    context.print(json_of(report));
    return;
  }
  context.out() << context.palette().paint(Style::Title, report.title) << '\n';
  for (const std::string& fact : report.facts) {
    context.out() << fact << '\n';
  }
  for (const report::Chart& chart : report.charts) {
    const std::size_t columns = context.machine().out_columns;
    const std::string drawn =
        report::letters(chart, columns == 0 ? kColumns : columns, context.palette().colored());
    if (!drawn.empty()) {
      context.out() << '\n' << drawn;
    }
  }
  for (const report::Table& table : report.tables) {
    context.out() << '\n';
    context.print(table_of(table));
  }
}

Result<void> show_report(Context& context, const ReportMaker& make, const ReportRequest& request) {
  report::Subject subject = request.subject;
  subject.progress = context.reading();
  const auto report = make(subject);
  context.progress({});
  if (!report) {
    return report.error();
  }
  if (request.picture) {
    return report::draw(*report, *request.picture);
  }
  print_report(context, *report);
  return {};
}

namespace {

struct Kind {
  const char* name;
  const char* does;
  Result<report::Report> (*make)(const report::Subject& subject);
};

constexpr std::array kKinds = {
    Kind{"heatmap", "Where in the files faults were, over time", report::heatmap},
    Kind{"patterns", "How each part of each file was used", report::patterns},
    Kind{"wss", "How much was touched in windows of time, as percentiles", report::wss},
    Kind{"readahead", "How many faults waited for the device, and for how long", report::readahead},
    Kind{"hints", "What was applied and taken back, and why", report::hints},
    Kind{"timeline", "Faults, waits, losses and hints over time", report::timeline},
};

}  // namespace

void declare_report(const Command& smadv) {
  const Command report = smadv.add("report", "Show a recording, as text or as a picture",
                                   "  smadv report heatmap db.rec\n"
                                   "  smadv report wss db.rec --json\n"
                                   "  smadv report timeline db.rec -o timeline.html\n");
  for (const Kind& kind : kKinds) {
    const Command command =
        report.add(kind.name, kind.does,
                   fmt::format("  smadv report {0} db.rec\n  smadv report {0} db.rec -o {0}.svg\n",
                               kind.name));
    const auto file = command.text(
        {.names = "FILE", .does = "Recording", .required = true, .completer = complete_files});
    const auto picture = command.text({.names = "-o,--output",
                                       .does = "Draw it to a file: .svg, .png or .html",
                                       .value = "PICTURE",
                                       .completer = complete_files});
    const auto only = command.text(
        {.names = "--file", .does = "Only files whose path contains this", .value = "TEXT"});
    command.runs([=, make = kind.make](Context& context) {
      return show_report(context, make, {{*file, only.value_or({})}, picture.get()});
    });
  }
}

}  // namespace smadv::cli
