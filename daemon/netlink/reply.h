// SPDX-License-Identifier: GPL-2.0
/// @file
/// The kernel's answer to one request, datagram by datagram.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "daemon/netlink/attributes.h"
#include "daemon/result.h"

namespace smadv::netlink {

/// One message of a datagram.
struct Received {
  std::uint16_t type;  ///< nlmsg_type: the family, or an NLMSG_*.
  std::uint16_t flags;
  std::uint32_t sequence;
  Bytes payload;  ///< Behind the netlink header.
};

/// Call @p visit with each message of @p datagram. Fails when one is cut off.
[[nodiscard]] Result<void> for_each_message(Bytes datagram,
                                            const std::function<void(const Received&)>& visit);

/// A generic netlink message's command and attributes.
struct Command {
  std::uint8_t command;
  Attributes attributes;
};

/// Take the generic netlink header off @p payload.
[[nodiscard]] Result<Command> parse_command(Bytes payload);

/// What the kernel said no with.
struct Refusal {
  int code = 0;          ///< errno, positive.
  std::string sentence;  ///< The extended-ack sentence, empty when there is none.
};

/// Gathers the answer to one request.
class Reply {
 public:
  /// Takes one message of the answer.
  using Sink = std::function<Result<void>(const Command&)>;

  Reply(std::uint32_t sequence, Sink sink) : sequence_(sequence), sink_(std::move(sink)) {}

  /// Take one datagram. Messages that answer other requests are passed over.
  void feed(Bytes datagram);

  /// The answer is whole: acknowledged, refused, or the dump is at its end.
  [[nodiscard]] bool done() const { return done_; }

  /// The dump changed while it was made (NLM_F_DUMP_INTR).
  [[nodiscard]] bool torn() const { return torn_; }

  /// The kernel refused the request.
  [[nodiscard]] const std::optional<Refusal>& refusal() const { return refusal_; }

  /// The answer could not be understood. The first such trouble; the answer is read to its end
  /// nevertheless, for an unread dump would block the next one.
  [[nodiscard]] const std::optional<Error>& trouble() const { return trouble_; }

 private:
  void take(const Received& message);
  void take_error(const Received& message);
  void take_done(const Received& message);
  void note(Error error);

  std::uint32_t sequence_;
  Sink sink_;
  bool done_ = false;
  bool torn_ = false;
  std::optional<Refusal> refusal_;
  std::optional<Error> trouble_;
};

}  // namespace smadv::netlink
