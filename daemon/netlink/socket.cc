// SPDX-License-Identifier: GPL-2.0
#include "daemon/netlink/socket.h"

#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netlink/errno.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <new>

#include <fmt/format.h>

namespace smadv::netlink {
namespace {

// The kernel fills dump datagrams up to 32 KiB.
constexpr std::size_t kDatagramBytes = 65536;
// Requests are answered before send() returns, so this limit only ends a wait for what never comes.
constexpr timeval kAnswerTimeout{.tv_sec = 10, .tv_usec = 0};

Error system_error(std::string_view what) {
  const int code = errno;
  return {ExitCode::Failed, code, fmt::format("{}: {}", what, std::strerror(code))};
}

template <class T>
void set_option(int fd, int level, int option, const T& value) {
  // What an old kernel does not know costs no more than a sentence or a check.
  static_cast<void>(setsockopt(fd, level, option, &value, sizeof(value)));
}

}  // namespace

Socket::Socket() : socket_(nl_socket_alloc()), buffer_(kDatagramBytes) {
  if (!socket_) {
    throw std::bad_alloc();  // GCOVR_EXCL_LINE: libnl got no memory
  }
}

Result<std::unique_ptr<Transport>> Socket::open_for_requests() {
  std::unique_ptr<Socket> socket(new Socket);
  if (auto connected = socket->connect(); !connected) {
    return connected.error();
  }
  set_option(socket->fd(), SOL_SOCKET, SO_RCVTIMEO, kAnswerTimeout);
  return std::unique_ptr<Transport>(std::move(socket));
}

Result<std::unique_ptr<Transport>> Socket::open_for_events(EventBuffer buffer) {
  std::unique_ptr<Socket> socket(new Socket);
  if (auto connected = socket->connect(); !connected) {
    return connected.error();
  }
  if (auto prepared = socket->prepare_for_events(buffer); !prepared) {
    return prepared.error();  // GCOVR_EXCL_LINE: of a fcntl() that does not fail
  }
  return std::unique_ptr<Transport>(std::move(socket));
}

Result<void> Socket::connect() {
  if (const int code = genl_connect(socket_.get()); code < 0) {
    return Error{ExitCode::Failed, 0,
                 fmt::format("cannot open a netlink socket: {}", nl_geterror(code))};
  }
  set_option(fd(), SOL_NETLINK, NETLINK_EXT_ACK, 1);
  set_option(fd(), SOL_NETLINK, NETLINK_CAP_ACK, 1);
  set_option(fd(), SOL_NETLINK, NETLINK_GET_STRICT_CHK, 1);
  return {};
}

Result<void> Socket::prepare_for_events(EventBuffer buffer) {
  const auto bytes = static_cast<int>(buffer.kib * 1024);
  set_option(fd(), SOL_SOCKET, SO_RCVBUF, bytes);
  set_option(fd(), SOL_SOCKET, SO_RCVBUFFORCE, bytes);
  if (nl_socket_set_nonblocking(socket_.get()) < 0) {
    return system_error("cannot set up a netlink socket");  // GCOVR_EXCL_LINE: likewise, never
  }
  return {};
}

Result<std::uint32_t> Socket::send(const Message& message) {
  nlmsghdr* header = message.header();
  header->nlmsg_pid = nl_socket_get_local_port(socket_.get());
  header->nlmsg_seq = nl_socket_use_seq(socket_.get());
  const Bytes bytes = message.bytes();
  if (nl_sendto(socket_.get(), const_cast<std::byte*>(bytes.data()), bytes.size()) < 0) {
    return system_error("cannot send to the kernel");
  }
  return header->nlmsg_seq;
}

Result<Bytes> Socket::receive() {
  ssize_t length = 0;
  do {
    length = recv(fd(), buffer_.data(), buffer_.size(), MSG_TRUNC);
  } while (length < 0 && errno == EINTR);
  if (length < 0) {
    return system_error("no answer from the kernel");
  }
  if (static_cast<std::size_t>(length) > buffer_.size()) {
    return Error{ExitCode::Failed, EMSGSIZE,
                 fmt::format("the kernel's answer of {} bytes is too long", length)};
  }
  return Bytes(buffer_).first(static_cast<std::size_t>(length));
}

Result<void> Socket::join(std::uint32_t group) {
  const auto number = static_cast<int>(group);
  if (setsockopt(fd(), SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &number, sizeof(number)) < 0) {
    return system_error("cannot join a netlink group");
  }
  return {};
}

std::uint32_t Socket::dropped() const {
  std::array<std::uint32_t, SK_MEMINFO_VARS> seen{};
  socklen_t length = sizeof(seen);
  if (getsockopt(fd(), SOL_SOCKET, SO_MEMINFO, seen.data(), &length) < 0) {
    return 0;
  }
  return seen[SK_MEMINFO_DROPS];
}

}  // namespace smadv::netlink
