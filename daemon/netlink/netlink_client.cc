// SPDX-License-Identifier: GPL-2.0
#include "daemon/netlink/netlink_client.h"

#include <linux/smart_madvise.h>

#include <cerrno>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "daemon/netlink/codec.h"
#include "daemon/netlink/streams.h"

namespace smadv::netlink {
namespace {

// A dump that other changes tear is asked for again this often before it is shown as it is.
constexpr int kDumpAttempts = 8;

Result<void> ignore(const Command& /*command*/) {
  return {};
}

}  // namespace

NetlinkClient::NetlinkClient(Transports transports, std::unique_ptr<Transport> requests,
                             Family family)
    : transports_(std::move(transports)), requests_(std::move(requests)), family_(family) {}

Result<std::unique_ptr<KernelClient>> NetlinkClient::connect(Transports transports) {
  auto requests = transports.requests();
  if (!requests) {
    return requests.error();
  }
  const auto family =
      find_family(**requests, SMART_MADVISE_FAMILY_NAME, SMART_MADVISE_MCGRP_EVENTS);
  if (!family) {
    return family.error();
  }
  return std::unique_ptr<KernelClient>(
      new NetlinkClient(std::move(transports), *std::move(requests), *family));
}

Result<bool> NetlinkClient::request(const Message& message, const Reply::Sink& sink,
                                    std::string_view what) {
  auto answer = transact(*requests_, message, sink, what);
  if (!answer && answer.error().code == ENOENT) {
    // A rule that does not exist, or a family that no longer does?
    return still_there() ? answer : module_absent();
  }
  return answer;
}

// A module that was loaded again has another number.
bool NetlinkClient::still_there() {
  const auto family = find_family(*requests_, SMART_MADVISE_FAMILY_NAME, {});
  return family && family->id == family_.id;
}

template <class T>
Result<T> NetlinkClient::get(const Message& message, std::string_view what) {
  std::optional<T> object;
  const auto answer = request(
      message,
      [&object](const Command& command) -> Result<void> {
        auto decoded = decode<T>(command.attributes);
        if (!decoded) {
          return decoded.error();
        }
        object = *std::move(decoded);
        return {};
      },
      what);
  if (!answer) {
    return answer.error();
  }
  if (!object) {
    return Error{ExitCode::Failed, EBADMSG, fmt::format("{}: the kernel's answer is empty", what)};
  }
  return *std::move(object);
}

template <class T>
Result<Listing<T>> NetlinkClient::dump(std::uint8_t command, std::uint16_t pid_attribute,
                                       std::optional<std::uint32_t> pid, std::string_view what) {
  Listing<T> listing;
  for (int attempt = 0; attempt < kDumpAttempts; ++attempt) {
    Message message(family_.id, command, NLM_F_DUMP);
    if (pid) {
      message.put(pid_attribute, *pid);
    }
    listing.items.clear();
    const auto torn = request(
        message,
        [&listing](const Command& entry) -> Result<void> {
          auto decoded = decode<T>(entry.attributes);
          if (!decoded) {
            return decoded.error();
          }
          listing.items.push_back(*std::move(decoded));
          return {};
        },
        what);
    if (!torn) {
      return torn.error();
    }
    listing.torn = *torn;
    if (!listing.torn) {
      break;
    }
  }
  return listing;
}

Result<Info> NetlinkClient::info() {
  return get<Info>(Message(family_.id, SMART_MADVISE_CMD_INFO_GET), "cannot ask for the module");
}

Result<Policy> NetlinkClient::policy() {
  return get<Policy>(Message(family_.id, SMART_MADVISE_CMD_POLICY_GET), "cannot read the policy");
}

Result<void> NetlinkClient::set_policy(std::span<const PolicyChange> changes) {
  Message message(family_.id, SMART_MADVISE_CMD_POLICY_SET);
  for (const PolicyChange& change : changes) {
    message.put(change.key->attribute, change.value);
  }
  const auto answer = request(message, ignore, "cannot set the policy");
  return answer ? Result<void>() : answer.error();
}

Result<Stats> NetlinkClient::stats() {
  return get<Stats>(Message(family_.id, SMART_MADVISE_CMD_STATS_GET), "cannot read the counters");
}

Result<Listing<Process>> NetlinkClient::processes() {
  return dump<Process>(SMART_MADVISE_CMD_PROCESS_GET, SMART_MADVISE_A_PROCESS_PID, {},
                       "cannot list the processes");
}

Result<Process> NetlinkClient::process(std::uint32_t pid) {
  Message message(family_.id, SMART_MADVISE_CMD_PROCESS_GET);
  message.put(SMART_MADVISE_A_PROCESS_PID, pid);
  return get<Process>(message, fmt::format("process {}", pid));
}

Result<Listing<Range>> NetlinkClient::ranges(std::optional<std::uint32_t> pid) {
  return dump<Range>(SMART_MADVISE_CMD_RANGE_GET, SMART_MADVISE_A_RANGE_PID, pid,
                     "cannot list the ranges");
}

Result<Listing<Task>> NetlinkClient::tasks(std::optional<std::uint32_t> pid) {
  return dump<Task>(SMART_MADVISE_CMD_TASK_GET, SMART_MADVISE_A_TASK_PID, pid,
                    "cannot list the tasks");
}

Result<RestoreOutcome> NetlinkClient::forget(std::uint32_t pid) {
  Message message(family_.id, SMART_MADVISE_CMD_PROCESS_FORGET);
  message.put(SMART_MADVISE_A_RESTORE_PID, pid);
  return get<RestoreOutcome>(message, fmt::format("cannot forget process {}", pid));
}

Result<RestoreOutcome> NetlinkClient::restore(std::optional<std::uint32_t> pid) {
  Message message(family_.id, SMART_MADVISE_CMD_RESTORE);
  if (!pid) {
    return get<RestoreOutcome>(message, "cannot restore");
  }
  message.put(SMART_MADVISE_A_RESTORE_PID, *pid);
  return get<RestoreOutcome>(message, fmt::format("cannot restore process {}", *pid));
}

Result<Listing<Filter>> NetlinkClient::filters() {
  return dump<Filter>(SMART_MADVISE_CMD_FILTER_GET, 0, {}, "cannot list the filter rules");
}

Result<void> NetlinkClient::set_prior(const Prior& prior) {
  Message message(family_.id, SMART_MADVISE_CMD_PRIOR_SET);
  message.put(SMART_MADVISE_A_PRIOR_PID, prior.pid)
      .put(SMART_MADVISE_A_PRIOR_FILE_ID, prior.file_id)
      .put(SMART_MADVISE_A_PRIOR_HINT, static_cast<std::uint32_t>(prior.hint))
      .put(SMART_MADVISE_A_PRIOR_PRICE_PCT, prior.price_pct);
  const auto answer =
      request(message, ignore, fmt::format("cannot set a prior of process {}", prior.pid));
  return answer ? Result<void>() : answer.error();
}

Result<std::uint32_t> NetlinkClient::add_filter(const FilterRule& rule) {
  Message message(family_.id, SMART_MADVISE_CMD_FILTER_ADD);
  message.put(SMART_MADVISE_A_FILTER_ACTION, static_cast<std::uint32_t>(rule.action))
      .put(SMART_MADVISE_A_FILTER_KIND, static_cast<std::uint32_t>(rule.kind))
      .put(SMART_MADVISE_A_FILTER_VALUE, rule.value);
  std::uint32_t id = 0;
  const auto answer = request(
      message,
      [&id](const Command& command) -> Result<void> {
        const auto content = command.attributes.find(SMART_MADVISE_A_FILTER_ID);
        if (!content || !read_value(*content, id)) {
          return Error{ExitCode::Failed, EBADMSG, "the kernel gives the rule no number"};
        }
        return {};
      },
      "cannot add the filter rule");
  if (!answer) {
    return answer.error();
  }
  return id;
}

Result<void> NetlinkClient::delete_filter(std::optional<std::uint32_t> id) {
  Message message(family_.id, SMART_MADVISE_CMD_FILTER_DEL);
  if (id) {
    message.put(SMART_MADVISE_A_FILTER_ID, *id);
  }
  const auto answer =
      request(message, ignore,
              id ? fmt::format("cannot remove filter rule {}", *id) : "cannot remove the rules");
  return answer ? Result<void>() : answer.error();
}

Result<std::unique_ptr<Transport>> NetlinkClient::listen(
    std::initializer_list<std::uint32_t> groups) {
  auto transport = transports_.events();
  if (!transport) {
    return transport.error();
  }
  // The controller's news first: a module that leaves during what follows is seen to leave, and one
  // that had left before, whose group may be another family's by now, is found missing.
  if (auto joined = join_family_news(**transport, *requests_); !joined) {
    return joined.error();
  }
  for (const std::uint32_t group : groups) {
    if (const auto joined = (*transport)->join(group); !joined) {
      if (joined.error().code == EPERM) {
        return Error{ExitCode::NoPrivilege, EPERM,
                     "cannot watch events: needs CAP_SYS_ADMIN (run it as root)"};
      }
      return still_there() ? joined.error() : module_absent();
    }
  }
  if (!still_there()) {
    return module_absent();
  }
  return transport;
}

Result<std::unique_ptr<EventStream>> NetlinkClient::events() {
  if (!family_.group) {
    return Error{ExitCode::Incompatible, ENOENT, "the loaded module sends no events"};
  }
  auto transport = listen({*family_.group});
  if (!transport) {
    return transport.error();
  }
  return std::unique_ptr<EventStream>(
      std::make_unique<NetlinkEventStream>(Notifications(*std::move(transport), family_.id)));
}

Result<std::unique_ptr<RecordingStream>> NetlinkClient::recording() {
  const auto family =
      find_family(*requests_, SMART_MADVISE_FAMILY_NAME, SMART_MADVISE_MCGRP_RECORDING);
  if (!family) {
    return family.error();
  }
  const std::optional<std::uint32_t>& group = family->group;
  if (!group || !family_.group) {
    return Error{ExitCode::Incompatible, ENOENT,
                 "the loaded module cannot be recorded, it is older than this program"};
  }
  auto transport = listen({*family_.group, *group});
  if (!transport) {
    return transport.error();
  }
  return std::unique_ptr<RecordingStream>(
      std::make_unique<NetlinkRecordingStream>(Notifications(*std::move(transport), family_.id)));
}

Result<std::unique_ptr<ModuleWatch>> watch_module(const Transports& transports) {
  const auto requests = transports.requests();
  if (!requests) {
    return requests.error();
  }
  auto news = transports.events();
  if (!news) {
    return news.error();
  }
  if (auto joined = join_family_news(**news, **requests); !joined) {
    return joined.error();
  }
  return std::unique_ptr<ModuleWatch>(std::make_unique<NetlinkModuleWatch>(*std::move(news)));
}

}  // namespace smadv::netlink
