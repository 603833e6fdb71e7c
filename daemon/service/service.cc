// SPDX-License-Identifier: GPL-2.0
#include "daemon/service/service.h"

#include <algorithm>
#include <csignal>
#include <utility>

#include <fmt/format.h>
#include <spdlog/logger.h>

#include "daemon/policy.h"
#include "daemon/service/apply.h"
#include "daemon/text.h"

namespace smadv {
namespace {

constexpr std::chrono::seconds kFirstRetry{1};
constexpr std::chrono::seconds kLongestRetry{60};

std::string to_text(const PolicyChanges& changes) {
  std::string text;
  for (const PolicyChange& change : changes) {
    text += fmt::format("{}{} = {}", text.empty() ? "" : ", ", change.key->name,
                        format_policy_value(*change.key, change.value));
  }
  return text;
}

}  // namespace

ExitCode Service::run() {
  Result<void> result = start();
  if (result) {
    ports_.notifier.ready();
  }
  while (result && !stopping_) {
    result = turn();
  }
  ports_.notifier.stopping();
  if (!result) {
    log_.error("{}", result.error().message);
    ports_.notifier.status(result.error().message);
    return result.error().exit;
  }
  log_.info("ending, the module goes on with the last policy");
  return ExitCode::Ok;
}

Result<void> Service::start() {
  auto configuration = ports_.load();
  if (!configuration) {
    return configuration.error();
  }
  configuration_ = *std::move(configuration);
  for (const auto& file : configuration_.files) {
    log_.debug("read {}", file.string());
  }
  return connect_and_apply();
}

Result<void> Service::turn() {
  std::vector<int> fds{ports_.signals.fd(), ports_.watch.fd()};
  if (events_) {
    fds.push_back(events_->fd());
  }
  const auto ready = ports_.poller.wait(fds, retry_at_);
  if (!ready) {
    return ready.error();
  }
  const auto is_ready = [&ready](int fd) { return std::ranges::find(*ready, fd) != ready->end(); };
  // The events first: once the module is gone, its last words would be lost with the stream.
  if (events_ && is_ready(events_->fd())) {
    on_events();
  }
  if (is_ready(ports_.watch.fd())) {
    if (auto done = on_module_news(); !done) {
      return done;
    }
  }
  if (is_ready(ports_.signals.fd())) {
    on_signals();
  }
  if (retry_at_ && ports_.poller.now() >= *retry_at_) {
    connect_or_retry();
  }
  return {};
}

void Service::on_signals() {
  while (const auto signal = ports_.signals.next()) {
    if (*signal == SIGHUP) {
      reload();
    } else {
      stopping_ = true;
    }
  }
}

Result<void> Service::on_module_news() {
  const auto news = ports_.watch.read();
  if (!news) {
    return news.error();
  }
  if (news->vanished) {
    disconnect();
  }
  if (news->appeared || news->lost) {
    log_.info("{}", news->appeared ? "the kernel module was loaded"
                                   : "news of modules was lost, looking anew");
    disconnect();
    connect_or_retry();
  } else if (news->vanished) {
    wait_for_module();
  }
  return {};
}

void Service::on_events() {
  const auto batch = events_->read();
  if (!batch) {
    events_.reset();
    if (batch.error().exit != ExitCode::ModuleAbsent) {  // else the watch tells, and waits
      log_.warn("{}, subscribing to the events anew", batch.error().message);
      disconnect();
      retry_later();
    }
    return;
  }
  bool policy_changed = false;
  for (const Event& event : batch->events) {
    log_event(event);
    policy_changed = policy_changed || event.kind == EventKind::Policy;
  }
  if (batch->lost || policy_changed) {
    resynchronise(batch->lost);
  }
}

void Service::reload() {
  ports_.notifier.reloading();
  auto configuration = ports_.load();
  if (!configuration) {
    log_.error("{}; the former policy stays", configuration.error().message);
  } else if (!client_) {
    configuration_ = *std::move(configuration);
    log_.info("reloaded, to be applied when the kernel module is loaded");
  } else if (const auto applied = apply_to(*client_, *configuration); !applied) {
    log_.error("{}; the former policy stays", applied.error().message);
  } else {
    configuration_ = *std::move(configuration);
  }
  show_state();
  ports_.notifier.ready();
}

Result<void> Service::connect_and_apply() {
  retry_at_.reset();
  auto client = ports_.connect();
  if (!client) {
    if (client.error().exit != ExitCode::ModuleAbsent) {
      return client.error();
    }
    wait_for_module();
    return {};
  }
  const auto info = (*client)->info();
  if (!info) {
    return info.error();
  }
  if (auto fits = check_abi(*info); !fits) {
    return fits;
  }
  // Subscribed before the policy is set, so that the first hints are seen.
  auto events = (*client)->events();
  if (!events) {
    return events.error();
  }
  if (auto applied = apply_to(**client, configuration_); !applied) {
    return applied;
  }
  log_.info("connected with module {}: hook {}, executor {}", printable(info->version),
            name_of(info->hook), name_of(info->executor));
  client_ = *std::move(client);
  events_ = *std::move(events);
  waiting_logged_ = false;
  retry_after_ = kFirstRetry;
  show_state();
  return {};
}

Result<void> Service::apply_to(KernelClient& client, const Configuration& configuration) {
  const auto applied = apply(client, configuration);
  if (!applied) {
    return applied.error();
  }
  deviation_.clear();
  log_.info("policy applied: {}; filter rules: {} added, {} removed, {} in force",
            applied->policy.empty() ? "nothing to change" : to_text(applied->policy),
            applied->filters_added, applied->filters_removed, configuration.filters.size());
  return {};
}

void Service::disconnect() {
  events_.reset();
  client_.reset();
}

void Service::wait_for_module() {
  if (!waiting_logged_) {
    log_.info("the kernel module is not loaded, waiting for it");
    waiting_logged_ = true;
  }
  show_state();
}

// A running service does not end for what may pass: the module may be on its way in or out.
void Service::connect_or_retry() {
  if (const auto connected = connect_and_apply(); !connected) {
    log_.error("{}; trying again in {} s", connected.error().message, retry_after_.count());
    ports_.notifier.status(connected.error().message);
    retry_later();
  }
}

void Service::retry_later() {
  retry_at_ = ports_.poller.now() + retry_after_;
  retry_after_ = std::min(retry_after_ * 2, kLongestRetry);
}

void Service::log_event(const Event& event) {
  switch (event.kind) {
    case EventKind::Applied:
    case EventKind::Restored:
    case EventKind::Refused:
    case EventKind::Yielded:
      log_.info("{}", event_text(event));
      break;
    default:
      log_.debug("{}", event_text(event));
      break;
  }
}

// What the events would have told is asked for: the policy in force, and the counts.
void Service::resynchronise(bool lost) {
  const auto policy = client_->policy();
  if (!policy) {
    log_.warn("{}", policy.error().message);
    return;
  }
  const std::string deviation = to_text(policy_difference(configuration_.policy, *policy));
  if (deviation != deviation_) {
    if (deviation.empty()) {
      log_.info("the policy in force is that of the files again");
    } else {
      log_.info("the policy was changed by hand, until the next reload: {}", deviation);
    }
    deviation_ = deviation;
  }
  if (!lost) {
    return;
  }
  const auto stats = client_->stats();
  if (!stats) {
    log_.warn("events were lost; {}", stats.error().message);
    return;
  }
  log_.warn(
      "events were lost ({} unsent by the module so far); now {} processes, {} hints active, "
      "{} applied, {} restored, {} yielded since it was loaded",
      stats->events_lost, stats->processes, stats->hints_active, stats->hints_changed,
      stats->hints_restored, stats->hints_yielded);
}

void Service::show_state() {
  if (!client_) {
    ports_.notifier.status("waiting for the kernel module");
    return;
  }
  ports_.notifier.status(fmt::format("{}, governor {}, {} filter rules",
                                     configuration_.policy.enabled != 0 ? "enabled" : "disabled",
                                     name_of(static_cast<Governor>(configuration_.policy.governor)),
                                     configuration_.filters.size()));
}

}  // namespace smadv
