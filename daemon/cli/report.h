// SPDX-License-Identifier: GPL-2.0
/// @file
/// smadv report.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "daemon/cli/context.h"
#include "daemon/report/reports.h"
#include "daemon/result.h"

namespace smadv::cli {

/// Makes one of the reports.
using ReportMaker = std::function<Result<report::Report>(const report::Subject&)>;

/// What to show, and where.
struct ReportRequest {
  report::Subject subject;
  std::optional<std::string> picture = {};  ///< File to draw it to.
};

/// Show a report, or draw it.
[[nodiscard]] Result<void> show_report(Context& context, const ReportMaker& make,
                                       const ReportRequest& request);

/// As text or JSON.
void print_report(Context& context, const report::Report& report);

}  // namespace smadv::cli
