// SPDX-License-Identifier: GPL-2.0
#include "daemon/metrics/exporter.h"

#include <sys/resource.h>

#include <iterator>

#include "daemon/metrics/sample.h"
#include "daemon/metrics/stats_families.h"
#include "daemon/names.h"
#include "daemon/policy.h"
#include "daemon/text.h"

namespace smadv::metrics {
namespace {

using prometheus::MetricFamily;
using prometheus::MetricType;

MetricFamily single(const char* name, const char* help, MetricType type, double value) {
  MetricFamily one = family(name, help, type);
  add_sample(one, {}, value);
  return one;
}

MetricFamily info_family(const Info& info) {
  MetricFamily one =
      family("module_info", "Always 1: what the loaded module is, and how it works here.",
             MetricType::Gauge);
  add_sample(one,
             {{"version", printable(info.version)},
              {"hook", name_of(info.hook)},
              {"executor", name_of(info.executor)}},
             1);
  return one;
}

MetricFamily governor_family(const Policy& policy) {
  MetricFamily one =
      family("governor", "1 for the governor that decides about hints, 0 for the others.",
             MetricType::Gauge);
  for (std::uint32_t i = 0; i < kNames<Governor>.size(); ++i) {
    add_sample(one, {{"governor", std::string(kNames<Governor>[i])}}, policy.governor == i ? 1 : 0);
  }
  return one;
}

MetricFamily policy_family(const Policy& policy) {
  MetricFamily one =
      family("policy", "The keys of the policy in force, in the units of the policy file.",
             MetricType::Gauge);
  for (const PolicyKey& key : policy_keys()) {
    add_sample(one, {{"key", std::string(key.name)}}, policy.*key.member);
  }
  return one;
}

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

double own_cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

bool is_about_a_hint(const Event& event) {
  switch (event.kind) {
    case EventKind::Applied:
    case EventKind::Refused:
    case EventKind::Cancelled:
    case EventKind::Restored:
    case EventKind::Yielded:
      return true;
    default:
      return false;
  }
}

void append(std::vector<MetricFamily>& families, std::vector<MetricFamily> more) {
  families.insert(families.end(), std::make_move_iterator(more.begin()),
                  std::make_move_iterator(more.end()));
}

}  // namespace

void Exporter::count(const Event& event) {
  if (is_about_a_hint(event)) {
    ++events_[{event.kind, event.hint.value_or(Hint::None), event.reason.value_or(Reason::None)}];
    groups_.count(event);
  }
}

Result<std::vector<MetricFamily>> Exporter::module_families(KernelClient& client) {
  const auto info = client.info();
  if (!info) {
    return info.error();
  }
  const auto policy = client.policy();
  if (!policy) {
    return policy.error();
  }
  const auto stats = client.stats();
  if (!stats) {
    return stats.error();
  }
  const auto processes = client.processes();
  if (!processes) {
    return processes.error();
  }
  groups_.look(processes->items);
  std::vector<MetricFamily> families{info_family(*info), governor_family(*policy),
                                     policy_family(*policy)};
  append(families, stats_families(*stats, info->page_bytes));
  return families;
}

MetricFamily Exporter::event_family() const {
  MetricFamily one =
      family("hint_events_total",
             "Events on hints since the daemon started: what happened, the hint, and why.",
             MetricType::Counter);
  for (const auto& [event, count] : events_) {
    const auto [kind, hint, reason] = event;
    add_sample(one,
               {{"event", name_of(kind)}, {"hint", name_of(hint)}, {"reason", name_of(reason)}},
               static_cast<double>(count));
  }
  return one;
}

std::vector<MetricFamily> Exporter::families(KernelClient* client) {
  auto of_module =
      client == nullptr ? Result<std::vector<MetricFamily>>(Error{}) : module_families(*client);
  std::vector<MetricFamily> families{
      single("up", "1 when the module is loaded and answers.", MetricType::Gauge,
             of_module ? 1 : 0),
      single("daemon_cpu_seconds_total", "CPU time of the daemon.", MetricType::Counter,
             own_cpu_seconds()),
      single("daemon_events_lost_total",
             "Events that were lost on their way, because the daemon was busy.",
             MetricType::Counter, static_cast<double>(events_lost_)),
      event_family()};
  if (of_module) {
    append(families, *std::move(of_module));
  }
  append(families, groups_.families());
  return families;
}

std::string Exporter::page(KernelClient* client, Format format) {
  return page_of(families(client), format);
}

}  // namespace smadv::metrics
