// SPDX-License-Identifier: GPL-2.0
/// @file
/// The formats that metrics are told in, and which of them somebody wants.
#pragma once

#include <prometheus/metric_family.h>
#include <string>
#include <string_view>
#include <vector>

namespace smadv::metrics {

/// How metrics are written down.
enum class Format {
  Text,         ///< Format 0.0.4 of Prometheus, for whoever does not ask for another one.
  OpenMetrics,  ///< OpenMetrics 1.0.
};

/// What a header Content-Type says of it.
[[nodiscard]] const char* content_type(Format format);

/// The format that a header Accept asks for (RFC 9110, 12.5.1), where it takes either the newer
/// one, if it names that. @p accept is empty without such a header.
[[nodiscard]] Format format_for(std::string_view accept);

/// @p families in @p format.
[[nodiscard]] std::string page_of(const std::vector<prometheus::MetricFamily>& families,
                                  Format format);

}  // namespace smadv::metrics
