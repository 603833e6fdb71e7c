// SPDX-License-Identifier: GPL-2.0
#include "daemon/metrics/format.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>
#include <prometheus/text_serializer.h>
#include <sstream>

#include <fmt/format.h>

namespace smadv::metrics {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

constexpr std::string_view kSpace = " \t";

std::string_view trimmed(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(kSpace), text.size()));
  return text.substr(0, text.find_last_not_of(kSpace) + 1);
}

// The part of @p text before the next @p mark, which goes off it.
std::string_view take(std::string_view& text, char mark) {
  const std::string_view part = text.substr(0, text.find(mark));
  text.remove_prefix(std::min(part.size() + 1, text.size()));
  return trimmed(part);
}

// What a header Accept says of one kind of media.
struct Choice {
  std::string_view media;
  std::string_view version;
  double quality = 1;
};

Choice parse_choice(std::string_view text) {
  Choice choice{take(text, ';'), {}};
  while (!text.empty()) {
    std::string_view value = take(text, ';');
    const std::string_view name = take(value, '=');
    if (name == "version") {
      choice.version = value;
    } else if (name == "q") {
      std::from_chars(value.data(), value.data() + value.size(), choice.quality);
    }
  }
  return choice;
}

bool is_open_metrics(const Choice& choice) {
  return choice.media == "application/openmetrics-text" &&
         (choice.version.empty() || choice.version == "1.0.0");
}

bool is_text(const Choice& choice) {
  return (choice.media == "text/plain" && (choice.version.empty() || choice.version == "0.0.4")) ||
         choice.media == "text/*" || choice.media == "*/*";
}

std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '\n') {
      result += "\\n";
      continue;
    }
    if (c == '\\' || c == '"') {
      result += '\\';
    }
    result += c;
  }
  return result;
}

// What OpenMetrics calls a family, and what its samples have behind that.
struct Kind {
  std::string_view type;
  std::string_view suffix;
};

Kind kind_of(const MetricFamily& family) {
  if (family.type == MetricType::Counter) {
    return {"counter", "_total"};
  }
  return family.name.ends_with("_info") ? Kind{"info", "_info"} : Kind{"gauge", ""};
}

constexpr std::array<std::string_view, 3> kUnitWords = {"seconds", "bytes", "ratio"};

std::string labels_of(const ClientMetric& metric) {
  std::string text;
  for (const auto& [name, value] : metric.label) {
    text += fmt::format("{}{}=\"{}\"", text.empty() ? "" : ",", name, escaped(value));
  }
  return text.empty() ? text : "{" + text + "}";
}

void write(std::string& page, const MetricFamily& family) {
  const auto [type, suffix] = kind_of(family);
  const std::string_view name =
      std::string_view(family.name).substr(0, family.name.size() - suffix.size());
  const auto out = std::back_inserter(page);
  fmt::format_to(out, "# TYPE {} {}\n", name, type);
  const std::string_view last = name.substr(name.rfind('_') + 1);
  if (std::ranges::find(kUnitWords, last) != kUnitWords.end()) {
    fmt::format_to(out, "# UNIT {} {}\n", name, last);
  }
  fmt::format_to(out, "# HELP {} {}\n", name, escaped(family.help));
  for (const ClientMetric& metric : family.metric) {
    fmt::format_to(out, "{}{}{} {}\n", name, suffix, labels_of(metric),
                   family.type == MetricType::Counter ? metric.counter.value : metric.gauge.value);
  }
}

}  // namespace

const char* content_type(Format format) {
  return format == Format::OpenMetrics
             ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
             : "text/plain; version=0.0.4; charset=utf-8";
}

Format format_for(std::string_view accept) {
  double open_metrics = 0;
  double text = 0;
  while (!accept.empty()) {
    const Choice choice = parse_choice(take(accept, ','));
    if (is_open_metrics(choice)) {
      open_metrics = std::max(open_metrics, choice.quality);
    } else if (is_text(choice)) {
      text = std::max(text, choice.quality);
    }
  }
  return open_metrics > 0 && open_metrics >= text ? Format::OpenMetrics : Format::Text;
}

std::string page_of(const std::vector<MetricFamily>& families, Format format) {
  if (format == Format::Text) {
    std::ostringstream text;
    prometheus::TextSerializer().Serialize(text, families);
    return text.str();
  }
  std::string page;
  for (const MetricFamily& family : families) {
    write(page, family);
  }
  return page + "# EOF\n";
}

}  // namespace smadv::metrics
