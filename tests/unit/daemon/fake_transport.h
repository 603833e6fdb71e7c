// SPDX-License-Identifier: GPL-2.0
/// @file
/// The kernel's side of a netlink socket, played by a script.
#pragma once

#include <cerrno>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "daemon/netlink/netlink_client.h"
#include "daemon/netlink/transport.h"
#include "datagram.h"

namespace smadv::test {

/// A request as it was sent.
struct Sent {
  std::uint16_t family;
  std::uint16_t flags;
  std::uint8_t command;
  Buffer attributes;
};

/// What both ends of the pretended wire share.
struct Wire {
  /// Answers a request with datagrams that bear its sequence number.
  std::function<std::vector<Buffer>(const Sent& request, std::uint32_t sequence)> answer;
  std::vector<Sent> sent;
  std::deque<Result<Buffer>> incoming;
  std::vector<std::uint32_t> groups;
  std::uint32_t sequence = 100;
  /// Called when a group is joined; the errno with which that fails, or 0.
  std::function<int(std::uint32_t group)> on_join = [](std::uint32_t) { return 0; };
  std::uint32_t dropped = 0;
  /// The errno with which sending fails, or 0.
  int send_fails = 0;
};

/// One end of a Wire.
class FakeTransport final : public netlink::Transport {
 public:
  explicit FakeTransport(Wire& wire) : wire_(wire) {}

  [[nodiscard]] Result<std::uint32_t> send(const netlink::Message& message) override {
    if (wire_.send_fails != 0) {
      return Error{ExitCode::Failed, wire_.send_fails, "cannot send"};
    }
    const netlink::Bytes bytes = message.bytes();
    Sent sent{};
    sent.family = message.header()->nlmsg_type;
    sent.flags = message.header()->nlmsg_flags;
    sent.command = static_cast<std::uint8_t>(bytes[NLMSG_HDRLEN]);
    sent.attributes.assign(bytes.begin() + NLMSG_HDRLEN + GENL_HDRLEN, bytes.end());
    wire_.sent.push_back(sent);
    ++wire_.sequence;
    if (wire_.answer) {
      for (auto& datagram : wire_.answer(sent, wire_.sequence)) {
        wire_.incoming.emplace_back(std::move(datagram));
      }
    }
    return wire_.sequence;
  }

  [[nodiscard]] Result<netlink::Bytes> receive() override {
    if (wire_.incoming.empty()) {
      return Error{ExitCode::Failed, EAGAIN, "nothing there"};
    }
    auto next = std::move(wire_.incoming.front());
    wire_.incoming.pop_front();
    if (!next) {
      return next.error();
    }
    current_ = *std::move(next);
    return netlink::Bytes(current_);
  }

  [[nodiscard]] Result<void> join(std::uint32_t group) override {
    if (const int code = wire_.on_join(group); code != 0) {
      return Error{ExitCode::Failed, code, "cannot join"};
    }
    wire_.groups.push_back(group);
    return {};
  }

  [[nodiscard]] std::uint32_t dropped() const override { return wire_.dropped; }

  [[nodiscard]] int fd() const override { return -1; }

 private:
  Wire& wire_;
  Buffer current_;
};

}  // namespace smadv::test
