// SPDX-License-Identifier: GPL-2.0
// In which format metrics are told, and how OpenMetrics looks.
#include <gtest/gtest.h>

#include "daemon/metrics/format.h"
#include "daemon/metrics/sample.h"

namespace smadv::metrics {
namespace {

using prometheus::MetricType;

TEST(Format, TextUnlessAskedFor) {
  for (const auto* accept :
       {"", "*/*", "text/html, */*;q=0.8", "text/plain",
        "application/openmetrics-text;version=2.0.0", "application/openmetrics-text;q=0",
        "application/openmetrics-text;q=0.5,text/plain;q=0.6",
        "application/openmetrics-text;q=0.5,*/*", "application/openmetrics-text-not", ";,;=,"}) {
    EXPECT_EQ(format_for(accept), Format::Text) << accept;
  }
}

TEST(Format, OpenMetricsWhereItIsTaken) {
  for (const auto* accept :
       {"application/openmetrics-text",
        "application/openmetrics-text; version=1.0.0; charset=utf-8",
        "application/openmetrics-text;q=0.5,text/plain;version=0.0.4;q=0.5",
        "text/plain;q=0.2 ,\tapplication/openmetrics-text ; version=1.0.0 ; q=0.3",
        // Prometheus 2.42, then 3
        "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;"
        "q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
        "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/"
        "openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,"
        "text/plain;version=0.0.4;q=0.3,*/*;q=0.2"}) {
    EXPECT_EQ(format_for(accept), Format::OpenMetrics) << accept;
  }
}

TEST(Format, OpenMetrics) {
  std::vector<prometheus::MetricFamily> families{
      family("faults_total", "Faults.", MetricType::Counter),
      family("analyzer_seconds_total", "CPU \"time\".", MetricType::Counter),
      family("module_info", "What it is.", MetricType::Gauge),
      family("memory_bytes", "Memory\nnow.", MetricType::Gauge),
      family("group_hints_total", "None yet.", MetricType::Counter),
  };
  add_sample(families[0], {}, 12345678901);
  add_sample(families[1], {}, 0.25);
  add_sample(families[2], {{"version", "1\\2"}, {"hook", "\"a\nb\""}}, 1);
  add_sample(families[3], {{"group", "db"}}, 4096);
  EXPECT_EQ(page_of(families, Format::OpenMetrics),
            "# TYPE smart_madvise_faults counter\n"
            "# HELP smart_madvise_faults Faults.\n"
            "smart_madvise_faults_total 12345678901\n"
            "# TYPE smart_madvise_analyzer_seconds counter\n"
            "# UNIT smart_madvise_analyzer_seconds seconds\n"
            "# HELP smart_madvise_analyzer_seconds CPU \\\"time\\\".\n"
            "smart_madvise_analyzer_seconds_total 0.25\n"
            "# TYPE smart_madvise_module info\n"
            "# HELP smart_madvise_module What it is.\n"
            "smart_madvise_module_info{version=\"1\\\\2\",hook=\"\\\"a\\nb\\\"\"} 1\n"
            "# TYPE smart_madvise_memory_bytes gauge\n"
            "# UNIT smart_madvise_memory_bytes bytes\n"
            "# HELP smart_madvise_memory_bytes Memory\\nnow.\n"
            "smart_madvise_memory_bytes{group=\"db\"} 4096\n"
            "# TYPE smart_madvise_group_hints counter\n"
            "# HELP smart_madvise_group_hints None yet.\n"
            "# EOF\n");
}

}  // namespace
}  // namespace smadv::metrics
