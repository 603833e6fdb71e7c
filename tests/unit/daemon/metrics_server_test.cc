// SPDX-License-Identifier: GPL-2.0
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <netinet/in.h>
#include <string>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/metrics/address.h"
#include "daemon/metrics/server.h"
#include "no_more_files.h"
#include "temp_dir.h"

namespace smadv::metrics {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

TEST(Address, What) {
  EXPECT_EQ(parse_address("127.0.0.1:9973")->storage.ss_family, AF_INET);
  EXPECT_EQ(parse_address("[::1]:9973")->storage.ss_family, AF_INET6);
  const auto socket = parse_address("/run/smart-madvise/metrics");
  EXPECT_EQ(socket->storage.ss_family, AF_UNIX);
  EXPECT_EQ(socket->path, "/run/smart-madvise/metrics");
}

TEST(Address, WhatNot) {
  for (const auto* text :
       {"", "9973", ":9973", "127.0.0.1", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:65536",
        "127.0.0.1:1x", "::1:9973", "[::1]", "[::g]:1", "[]:1", "host:1", "run/metrics"}) {
    const auto address = parse_address(text);
    ASSERT_FALSE(address) << text;
    EXPECT_THAT(address.error().message, HasSubstr("allowed: 127.0.0.1:PORT"));
  }
  const auto address = parse_address("/" + std::string(200, 'x'));
  ASSERT_FALSE(address);
  EXPECT_EQ(address.error().message, "the path of a socket has at most 107 bytes");
}

class ServerTest : public testing::Test {
 protected:
  // A port that nobody has.
  static std::string free_address(int family) {
    const UniqueFd fd(socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in6 name{};
    name.sin6_family = static_cast<sa_family_t>(family);
    socklen_t length = sizeof(name);
    EXPECT_EQ(bind(fd.get(), reinterpret_cast<sockaddr*>(&name),
                   family == AF_INET ? sizeof(sockaddr_in) : length),
              0);
    getsockname(fd.get(), reinterpret_cast<sockaddr*>(&name), &length);
    return fmt::format("{}:{}", family == AF_INET ? "127.0.0.1" : "[::1]",
                       ntohs(name.sin6_port));  // where an IPv4 name has it, too
  }

  void start(const std::string& where) {
    auto server = serve_metrics(where, [this](Format format) {
      ++pages_;
      return std::string(format == Format::OpenMetrics ? "# EOF\n" : "page\n");
    });
    ASSERT_TRUE(server) << server.error().message;
    server_ = *std::move(server);
    where_ = where;
  }

  // What the server answers until it closes the connection.
  std::string answer_to(const std::string& request) {
    const auto address = parse_address(where_);
    const UniqueFd fd(socket(address->storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    EXPECT_EQ(
        connect(fd.get(), reinterpret_cast<const sockaddr*>(&address->storage), address->length),
        0);
    EXPECT_EQ(send(fd.get(), request.data(), request.size(), 0), std::ssize(request));
    std::string answer;
    while (true) {
      std::array<pollfd, 2> polled{{{fd.get(), POLLIN, 0}, {server_->fd(), POLLIN, 0}}};
      poll(polled.data(), polled.size(),
           static_cast<int>(server_->timeout().value_or(std::chrono::milliseconds(1000)).count()));
      server_->serve();
      std::array<char, 4096> buffer{};
      const auto bytes = recv(fd.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
      if (bytes == 0) {
        return answer;
      }
      answer.append(buffer.data(), bytes > 0 ? static_cast<std::size_t>(bytes) : 0);
    }
  }

  std::string get(const std::string& path) {
    return answer_to("GET " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  }

  test::TempDir dir_;
  std::unique_ptr<Server> server_;
  std::string where_;
  int pages_ = 0;
};

TEST_F(ServerTest, ServesThePage) {
  for (const int family : {AF_INET, AF_INET6}) {
    start(free_address(family));
    EXPECT_THAT(get("/metrics"),
                AllOf(StartsWith("HTTP/1.1 200 OK\r\n"),
                      HasSubstr("Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"),
                      EndsWith("\r\n\r\npage\n")));
  }
  EXPECT_EQ(pages_, 2);
}

TEST_F(ServerTest, TheFormatThatIsAskedFor) {
  start(free_address(AF_INET));
  EXPECT_THAT(
      answer_to("GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                "Accept: application/openmetrics-text;version=1.0.0,text/plain;q=0.5\r\n\r\n"),
      AllOf(StartsWith("HTTP/1.1 200 OK\r\n"), HasSubstr("Vary: Accept\r\n"),
            HasSubstr("Content-Type: application/openmetrics-text; version=1.0.0; "
                      "charset=utf-8\r\n"),
            EndsWith("\r\n\r\n# EOF\n")));
}

TEST_F(ServerTest, OtherRequests) {
  start(free_address(AF_INET));
  EXPECT_THAT(get("/"), AllOf(StartsWith("HTTP/1.1 404 "), HasSubstr("/metrics")));
  EXPECT_THAT(answer_to("POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n"
                        "Connection: close\r\n\r\nabc"),
              AllOf(StartsWith("HTTP/1.1 405 "), HasSubstr("Allow: GET, HEAD\r\n")));
  EXPECT_THAT(answer_to("nonsense\r\n\r\n"), Not(HasSubstr("page")));
  EXPECT_EQ(pages_, 0);
  EXPECT_THAT(answer_to("HEAD /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
              AllOf(StartsWith("HTTP/1.1 200 "), Not(HasSubstr("page\n"))));
}

TEST_F(ServerTest, SocketInTheFileSystem) {
  const std::string path = (dir_.path() / "metrics").string();
  start(path);
  EXPECT_THAT(get("/metrics"), HasSubstr("page\n"));
  const auto second = serve_metrics(path, [](Format) { return std::string(); });
  ASSERT_FALSE(second) << "somebody listens there";
  EXPECT_EQ(second.error().message,
            "cannot listen for metrics at " + path + ": Address already in use");
  server_.reset();
  EXPECT_FALSE(std::filesystem::exists(path)) << "left behind";
}

TEST_F(ServerTest, SocketThatWasLeftBehindIsReplaced) {
  const std::string path = (dir_.path() / "metrics").string();
  static_cast<void>(listen_at(*parse_address(path)));  // closed at once, the file stays
  ASSERT_TRUE(std::filesystem::exists(path));
  start(path);
  EXPECT_THAT(get("/metrics"), HasSubstr("page\n"));
}

TEST_F(ServerTest, FileThatIsNoSocketStays) {
  const std::string path = dir_.write("metrics", "mine").string();
  const auto server = serve_metrics(path, [](Format) { return std::string(); });
  ASSERT_FALSE(server);
  EXPECT_EQ(server.error().code, EADDRINUSE);
  EXPECT_EQ(std::filesystem::file_size(path), 4U);
}

TEST_F(ServerTest, WhereNobodyMayListen) {
  const auto taken = serve_metrics((dir_.path() / "no" / "metrics").string(), {});
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, ENOENT);
  EXPECT_FALSE(serve_metrics("nowhere", {}));
}

TEST_F(ServerTest, WithoutAFileToSpare) {
  const std::string where = free_address(AF_INET);
  const test::NoMoreFiles none;
  const auto server = serve_metrics(where, {});
  ASSERT_FALSE(server);
  EXPECT_EQ(server.error().code, EMFILE);
}

}  // namespace
}  // namespace smadv::metrics
