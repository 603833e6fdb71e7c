// SPDX-License-Identifier: GPL-2.0
/// @file
/// All metrics of the module and the daemon.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <prometheus/metric_family.h>
#include <string>
#include <tuple>
#include <vector>

#include "daemon/kernel_client.h"
#include "daemon/metrics/format.h"
#include "daemon/metrics/groups.h"
#include "daemon/model.h"

namespace smadv::metrics {

/// Counts what the events tell, and asks the module for the rest.
class Exporter {
 public:
  void set_groups(std::size_t most, GroupBy by) {
    groups_.set_most(most);
    groups_.set_by(by);
  }

  void count(const Event& event);
  void count_lost(std::uint64_t events) { events_lost_ += events; }

  /// The module was unloaded: what it counts begins anew.
  void forget_module() { groups_.forget_processes(); }

  /// All metrics now.
  /// @param client null while the module is away
  [[nodiscard]] std::vector<prometheus::MetricFamily> families(KernelClient* client);

  /// The same as text.
  [[nodiscard]] std::string page(KernelClient* client, Format format);

 private:
  [[nodiscard]] Result<std::vector<prometheus::MetricFamily>> module_families(KernelClient& client);
  [[nodiscard]] prometheus::MetricFamily event_family() const;

  Groups groups_;
  std::map<std::tuple<EventKind, Hint, Reason>, std::uint64_t> events_;
  std::uint64_t events_lost_ = 0;
};

}  // namespace smadv::metrics
