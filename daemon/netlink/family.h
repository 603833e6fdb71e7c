// SPDX-License-Identifier: GPL-2.0
/// @file
/// Requests with their answers, and what the kernel's controller tells of a family.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "daemon/netlink/reply.h"
#include "daemon/netlink/transport.h"
#include "daemon/result.h"

namespace smadv::netlink {

/// Send @p message and gather the answer. A refusal becomes an error that begins with @p what, the
/// attempt as in "cannot set the policy". On success tells whether a dump was torn.
[[nodiscard]] Result<bool> transact(Transport& transport, const Message& message,
                                    const Reply::Sink& sink, std::string_view what);

/// A family under its name of the moment. Numbers change when the module is loaded again.
struct Family {
  std::uint16_t id = 0;
  /// Multicast group asked for, unless the family has none of that name.
  std::optional<std::uint32_t> group;
};

/// Look @p name up. ExitCode::ModuleAbsent when there is no such family.
[[nodiscard]] Result<Family> find_family(Transport& transport, const char* name,
                                         std::string_view group);

/// What a controller message says of our family.
enum class FamilyNews { None, Appeared, Vanished };

/// Read one controller message (NEWFAMILY, DELFAMILY) for news of the family called @p name.
[[nodiscard]] FamilyNews family_news(const Received& message, std::string_view name);

/// Join the group in which the controller tells of families that come and go. Anybody may.
[[nodiscard]] Result<void> join_family_news(Transport& news, Transport& requests);

/// The error for a module that is not there.
[[nodiscard]] Error module_absent();

}  // namespace smadv::netlink
