// SPDX-License-Identifier: GPL-2.0
#include "daemon/metrics/address.h"

#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <netinet/in.h>
#include <optional>
#include <string_view>

#include <fmt/format.h>

namespace smadv::metrics {
namespace {

constexpr int kBacklog = 16;

template <class T>
Address address_of(const T& name) {
  Address address;
  std::memcpy(&address.storage, &name, sizeof(name));
  address.length = sizeof(name);
  return address;
}

std::optional<in_port_t> parse_port(std::string_view text) {
  in_port_t port = 0;
  const char* start = text.data();
  const char* end = start + text.size();
  const auto [stop, code] = std::from_chars(start, end, port);
  return code == std::errc{} && stop == end && port != 0 ? std::optional(htons(port))
                                                         : std::nullopt;
}

std::optional<Address> parse_ip(const std::string& text) {
  const auto colon = text.rfind(':');
  if (colon == std::string::npos) {
    return std::nullopt;
  }
  const auto port = parse_port(std::string_view(text).substr(colon + 1));
  std::string host = text.substr(0, colon);
  if (!port) {
    return std::nullopt;
  }
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    sockaddr_in6 name{};
    name.sin6_family = AF_INET6;
    name.sin6_port = *port;
    host = host.substr(1, host.size() - 2);
    return inet_pton(AF_INET6, host.c_str(), &name.sin6_addr) == 1 ? std::optional(address_of(name))
                                                                   : std::nullopt;
  }
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_port = *port;
  return inet_pton(AF_INET, host.c_str(), &name.sin_addr) == 1 ? std::optional(address_of(name))
                                                               : std::nullopt;
}

const sockaddr* name_of(const Address& address) {
  return reinterpret_cast<const sockaddr*>(&address.storage);
}

UniqueFd new_socket(const Address& address) {
  return UniqueFd(socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}

// A socket file of a program that is gone.
bool is_stale(const Address& address) {
  struct stat status {};
  const UniqueFd probe = new_socket(address);
  return lstat(address.path.c_str(), &status) == 0 && S_ISSOCK(status.st_mode) &&
         connect(probe.get(), name_of(address), address.length) != 0 && errno == ECONNREFUSED;
}

bool bind_to(int fd, const Address& address) {
  if (bind(fd, name_of(address), address.length) == 0) {
    return true;
  }
  const int code = errno;
  if (code != EADDRINUSE || !is_stale(address)) {
    errno = code;
    return false;
  }
  unlink(address.path.c_str());
  return bind(fd, name_of(address), address.length) == 0;
}

}  // namespace

Result<Address> parse_address(const std::string& text) {
  if (text.starts_with('/')) {
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    if (text.size() >= sizeof(name.sun_path)) {
      return Error{
          ExitCode::Failed, 0,
          fmt::format("the path of a socket has at most {} bytes", sizeof(name.sun_path) - 1)};
    }
    text.copy(name.sun_path, text.size());
    Address address = address_of(name);
    address.path = text;
    return address;
  }
  if (const auto address = parse_ip(text)) {
    return *address;
  }
  return Error{ExitCode::Failed, 0,
               fmt::format("'{}' is no place to listen at, allowed: 127.0.0.1:PORT, [::1]:PORT or "
                           "another address with a port, the absolute path of a socket, or \"\"",
                           text)};
}

Result<UniqueFd> listen_at(const Address& address) {
  UniqueFd fd = new_socket(address);
  const int on = 1;
  if (!fd.valid() || setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
      !bind_to(fd.get(), address) || listen(fd.get(), kBacklog) != 0) {
    const int code = errno;
    return Error{ExitCode::Failed, code, std::strerror(code)};
  }
  return fd;
}

}  // namespace smadv::metrics
