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
constexpr std::chrono::seconds kLogRetry{2};

Error module_away() {
  return {ExitCode::ModuleAbsent, 0, "the kernel module is not loaded"};
}

std::string to_text(const PolicyChanges& changes) {
  std::string text;
  for (const PolicyChange& change : changes) {
    text += fmt::format("{}{} = {}", text.empty() ? "" : ", ", change.key->name,
                        format_policy_value(*change.key, change.value));
  }
  return text;
}

std::string state_of(const Policy& policy) {
  return fmt::format("{}, governor {}", policy.enabled != 0 ? "enabled" : "disabled",
                     name_of(static_cast<Governor>(policy.governor)));
}

}  // namespace

ExitCode Service::run() {
  Result<void> result = start();
  if (result) {
    ports_.notifier.ready();
    alive_every_ = ports_.notifier.watch_interval();
  }
  while (result && !stopping_) {
    tell_alive();
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
  follow_metrics_settings();
  memory_.follow(configuration_.memory);
  return connect_or_wait();
}

// One of each: no kind of news keeps the others waiting, however fast it comes.
Result<void> Service::turn() {
  std::vector<int> fds{ports_.signals.fd(), ports_.watch.fd()};
  if (events_) {
    fds.push_back(events_->fd());
  }
  if (metrics_server_) {
    fds.push_back(metrics_server_->fd());
  }
  const auto ready = ports_.poller.wait(fds, deadline());
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
    on_signal();
  }
  if (retry_at_ && ports_.poller.now() >= *retry_at_) {
    connect_or_retry();
  }
  if (metrics_server_) {
    metrics_server_->serve();  // also what is due without news
  }
  return {};
}

// The next moment at which there is something to do without being told.
std::optional<Poller::Clock::time_point> Service::deadline() const {
  auto next = retry_at_;
  const auto no_later_than = [&next](Poller::Clock::time_point at) {
    next = next ? std::min(*next, at) : at;
  };
  if (!ports_.flush_log()) {
    no_later_than(ports_.poller.now() + kLogRetry);
  }
  if (const auto wait = metrics_server_ ? metrics_server_->timeout() : std::nullopt) {
    no_later_than(ports_.poller.now() + *wait);
  }
  if (alive_every_) {
    no_later_than(alive_at_);
  }
  return next;
}

// By the loop itself and nothing else: who hangs in a turn is not alive.
void Service::tell_alive() {
  const auto now = ports_.poller.now();
  if (alive_every_ && now >= alive_at_) {
    ports_.notifier.alive();
    alive_at_ = now + *alive_every_;
  }
}

void Service::on_signal() {
  const auto signal = ports_.signals.next();
  if (signal == SIGHUP) {
    reload();
  } else if (signal) {
    stopping_ = true;
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
    exporter_.count(event);
    memory_.on_event(event, *client_);
    policy_changed = policy_changed || event.kind == EventKind::Policy;
  }
  exporter_.count_lost(batch->lost);
  if (batch->lost > 0) {
    log_.warn("{} events were lost, too many came at once", batch->lost);
    memory_.offer_to_all(*client_);
  }
  if (batch->lost > 0 || policy_changed) {
    resynchronise(batch->lost > 0);
  }
}

void Service::reload() {
  ports_.notifier.reloading();
  if (auto configuration = ports_.load(); !configuration) {
    log_.error("{}; the former policy stays", configuration.error().message);
  } else {
    replace_configuration(*std::move(configuration));
  }
  show_state();
  ports_.notifier.ready();
}

// The former configuration stays when the module refuses the new one, not when it is away.
void Service::replace_configuration(Configuration configuration) {
  const auto applied = client_ ? apply_to(*client_, configuration) : module_away();
  if (!applied && applied.error().exit != ExitCode::ModuleAbsent) {
    log_.error("{}; the former policy stays", applied.error().message);
    return;
  }
  configuration_ = std::move(configuration);
  follow_metrics_settings();
  memory_.follow(configuration_.memory);
  if (!applied) {
    log_.info("reloaded, to be applied when the kernel module is loaded");
  }
  if (retry_at_) {
    connect_or_retry();  // what kept failing may have been the former files
  }
}

// The policy is what the daemon is for: without a place for metrics it goes on.
void Service::follow_metrics_settings() {
  const metrics::Settings& settings = configuration_.metrics;
  exporter_.set_groups(settings.groups, settings.group_by);
  if (settings.listen == metrics_at_) {
    return;
  }
  metrics_server_.reset();
  metrics_at_.clear();
  if (settings.listen.empty()) {
    log_.info("metrics are no longer to be had");
    return;
  }
  auto server = ports_.serve_metrics(settings.listen, [this](metrics::Format format) {
    return exporter_.page(client_.get(), format);
  });
  if (!server) {
    log_.error("{}; no metrics until the next reload", server.error().message);
    return;
  }
  metrics_server_ = *std::move(server);
  metrics_at_ = settings.listen;
  log_.info("metrics are to be had at {}", printable(metrics_at_));
}

Result<void> Service::connect_and_apply() {
  auto client = ports_.connect();
  if (!client) {
    return client.error();
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
  log_.info("connected with module {}: hook {}, executor {}; {}", printable(info->version),
            name_of(info->hook), name_of(info->executor), state_of(configuration_.policy));
  client_ = *std::move(client);
  events_ = *std::move(events);
  waiting_logged_ = false;
  retry_after_ = kFirstRetry;
  memory_.offer_to_all(*client_);
  show_state();
  return {};
}

// The module may leave at any step of it. Its return is told by the watch, which was there first.
Result<void> Service::connect_or_wait() {
  retry_at_.reset();
  auto connected = connect_and_apply();
  if (!connected && connected.error().exit == ExitCode::ModuleAbsent) {
    wait_for_module();
    return {};
  }
  return connected;
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
  exporter_.forget_module();
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
  if (const auto connected = connect_or_wait(); !connected) {
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

// What the events would have told is asked for: policy and filter rules in force, and the counts.
void Service::resynchronise(bool lost) {
  if (const auto looked = look_for_deviation(); !looked) {
    if (looked.error().exit != ExitCode::ModuleAbsent) {  // else the watch tells
      log_.warn("{}", looked.error().message);
    }
    return;
  }
  if (!lost) {
    return;
  }
  const auto stats = client_->stats();
  if (!stats) {
    log_.warn("{}", stats.error().message);
    return;
  }
  log_.info(
      "as it stands: {} processes, {} hints active; since the module was loaded {} applied, {} "
      "restored, {} yielded, {} gone with their process, {} events unsent",
      stats->processes, stats->hints_active, stats->hints_changed, stats->hints_restored,
      stats->hints_yielded, stats->hints_gone, stats->events_lost);
}

Result<void> Service::look_for_deviation() {
  const auto policy = client_->policy();
  if (!policy) {
    return policy.error();
  }
  const auto filters = client_->filters();
  if (!filters) {
    return filters.error();
  }
  std::string deviation = to_text(policy_difference(configuration_.policy, *policy));
  for (const std::string& part : filter_difference(configuration_.filters, filters->items)) {
    deviation += (deviation.empty() ? "" : ", ") + part;
  }
  if (deviation == deviation_) {
    return {};
  }
  if (deviation.empty()) {
    log_.info("the policy in force is that of the files again");
  } else {
    log_.info("the policy was changed by hand, until the next reload: {}", deviation);
  }
  deviation_ = std::move(deviation);
  return {};
}

void Service::show_state() {
  if (!client_) {
    ports_.notifier.status("waiting for the kernel module");
    return;
  }
  ports_.notifier.status(fmt::format("{}, {} filter rules", state_of(configuration_.policy),
                                     configuration_.filters.size()));
}

}  // namespace smadv
