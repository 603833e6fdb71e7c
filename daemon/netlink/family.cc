// SPDX-License-Identifier: GPL-2.0
#include "daemon/netlink/family.h"

#include <linux/genetlink.h>
#include <linux/smart_madvise.h>

#include <cerrno>
#include <cstring>
#include <string>

#include <fmt/format.h>

namespace smadv::netlink {
namespace {

ExitCode exit_of(int code) {
  switch (code) {
    case EPERM:
    case EACCES:
      return ExitCode::NoPrivilege;
    case ENOENT:
    case ESRCH:
      return ExitCode::NotFound;
    case EOPNOTSUPP:
      return ExitCode::Incompatible;
    default:
      return ExitCode::Failed;
  }
}

Error refused(const Refusal& refusal, std::string_view what) {
  ExitCode exit = exit_of(refusal.code);
  std::string why = refusal.sentence;
  if (exit == ExitCode::NoPrivilege) {
    why = (why.empty() ? "needs CAP_SYS_ADMIN" : why) + " (run it as root)";
  } else if (exit == ExitCode::Incompatible && !why.empty()) {
    exit = ExitCode::Failed;  // known to the module, impossible on this kernel
  } else if (exit == ExitCode::Incompatible) {
    why = "the loaded module does not know this request, it is older than this program";
  } else if (why.empty()) {
    why = std::strerror(refusal.code);
  }
  return {exit, refusal.code, fmt::format("{}: {}", what, why)};
}

// The number of the group called @p name in a CTRL_ATTR_MCAST_GROUPS.
std::optional<std::uint32_t> find_group(Bytes groups, std::string_view name) {
  const auto list = Attributes::parse(groups);
  if (!list) {
    return std::nullopt;
  }
  for (const Bytes item : list->all()) {
    const auto group = Attributes::parse(item);
    if (!group) {
      continue;
    }
    const auto group_name = group->find(CTRL_ATTR_MCAST_GRP_NAME);
    const auto group_id = group->find(CTRL_ATTR_MCAST_GRP_ID);
    std::string text;
    std::uint32_t id = 0;
    if (group_name && group_id && read_value(*group_name, text) && text == name &&
        read_value(*group_id, id)) {
      return id;
    }
  }
  return std::nullopt;
}

}  // namespace

Error module_absent() {
  return {ExitCode::ModuleAbsent, ENOENT,
          "the kernel module smart_madvise is not loaded (modprobe smart_madvise loads it, smadv "
          "probe tells whether this kernel can)"};
}

Result<bool> transact(Transport& transport, const Message& message, const Reply::Sink& sink,
                      std::string_view what) {
  if (!message.complete()) {
    return Error{ExitCode::Failed, EMSGSIZE, fmt::format("{}: the request is too long", what)};
  }
  const auto sequence = transport.send(message);
  if (!sequence) {
    return sequence.error();
  }
  Reply reply(*sequence, sink);
  while (!reply.done()) {
    const auto datagram = transport.receive();
    if (!datagram) {
      return datagram.error();
    }
    reply.feed(*datagram);
  }
  if (const auto& refusal = reply.refusal()) {
    return refused(*refusal, what);
  }
  if (const auto& trouble = reply.trouble()) {
    return *trouble;
  }
  return reply.torn();
}

Result<Family> find_family(Transport& transport, const char* name, std::string_view group) {
  Family family;
  Message request(GENL_ID_CTRL, CTRL_CMD_GETFAMILY);
  request.put(CTRL_ATTR_FAMILY_NAME, std::string(name));
  const auto found = transact(
      transport, request,
      [&](const Command& command) -> Result<void> {
        const auto id = command.attributes.find(CTRL_ATTR_FAMILY_ID);
        if (!id || !read_value(*id, family.id)) {
          return Error{ExitCode::Failed, EBADMSG, "the kernel gives the family no number"};
        }
        if (const auto groups = command.attributes.find(CTRL_ATTR_MCAST_GROUPS)) {
          family.group = find_group(*groups, group);
        }
        return {};
      },
      "cannot look for the kernel module");
  if (!found) {
    return found.error().exit == ExitCode::NotFound ? module_absent() : found.error();
  }
  return family;
}

FamilyNews family_news(const Received& message, std::string_view name) {
  if (message.type != GENL_ID_CTRL) {
    return FamilyNews::None;
  }
  const auto command = parse_command(message.payload);
  if (!command) {
    return FamilyNews::None;
  }
  const auto content = command->attributes.find(CTRL_ATTR_FAMILY_NAME);
  std::string family;
  if (!content || !read_value(*content, family) || family != name) {
    return FamilyNews::None;
  }
  switch (command->command) {
    case CTRL_CMD_NEWFAMILY:
      return FamilyNews::Appeared;
    case CTRL_CMD_DELFAMILY:
      return FamilyNews::Vanished;
    default:
      return FamilyNews::None;
  }
}

Result<void> join_family_news(Transport& news, Transport& requests) {
  const auto controller = find_family(requests, "nlctrl", "notify");
  if (!controller) {
    return controller.error();
  }
  const auto group = controller->group;
  if (!group) {
    return Error{ExitCode::Failed, ENOENT, "the kernel does not tell of modules that come and go"};
  }
  return news.join(*group);
}

}  // namespace smadv::netlink
