// SPDX-License-Identifier: GPL-2.0
/// @file
/// Hands a page out over HTTP, in the loop of its owner.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "daemon/metrics/format.h"
#include "daemon/result.h"

namespace smadv::metrics {

/// Serves one page at /metrics. Without a thread: its owner calls serve() when fd() is readable and
/// when timeout() is over.
class Server {
 public:
  using Page = std::function<std::string(Format)>;

  virtual ~Server() = default;

  [[nodiscard]] virtual int fd() const = 0;
  /// How long serve() may be put off, without news of fd().
  [[nodiscard]] virtual std::optional<std::chrono::milliseconds> timeout() const = 0;
  /// Do what can be done without waiting.
  virtual void serve() = 0;
};

/// Listen at @p where, see parse_address(). @p page is made anew for each request.
[[nodiscard]] Result<std::unique_ptr<Server>> serve_metrics(const std::string& where,
                                                            Server::Page page);

}  // namespace smadv::metrics
