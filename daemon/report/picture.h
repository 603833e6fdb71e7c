// SPDX-License-Identifier: GPL-2.0
/// @file
/// Reports as files: SVG and PNG by gnuplot, and HTML that needs nothing beside it.
#pragma once

#include <filesystem>
#include <string>

#include "daemon/report/report.h"
#include "daemon/result.h"

namespace smadv::report {

/// What gnuplot is told to draw the charts of @p report, one below the other.
/// @param terminal "svg" or "pngcairo"
[[nodiscard]] std::string gnuplot_script(const Report& report, const std::string& terminal);

/// The report as a page, with @p svg in it.
[[nodiscard]] std::string html_page(const Report& report, const std::string& svg);

/// Write @p report to @p path; the end of its name (.svg, .png or .html) tells what.
[[nodiscard]] Result<void> draw(const Report& report, const std::filesystem::path& path);

}  // namespace smadv::report
