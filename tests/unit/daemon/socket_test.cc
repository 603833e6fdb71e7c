// SPDX-License-Identifier: GPL-2.0
// Real sockets, and what they make of trouble.
#include "daemon/netlink/socket.h"

#include <fcntl.h>
#include <linux/genetlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/unique_fd.h"
#include "no_more_files.h"

namespace smadv::netlink {
namespace {

using testing::StartsWith;

std::unique_ptr<Transport> requests() {
  auto socket = Socket::open_for_requests();
  EXPECT_TRUE(socket) << socket.error().message;
  return *std::move(socket);
}

TEST(Socket, CannotBeOpened) {
  const test::NoMoreFiles limit;
  for (const auto& socket :
       {&Socket::open_for_requests, +[] { return Socket::open_for_events({}); }}) {
    const auto opened = socket();
    ASSERT_FALSE(opened);
    EXPECT_THAT(opened.error().message, StartsWith("cannot open a netlink socket: "));
  }
}

TEST(Socket, GroupThatDoesNotExist) {
  const auto joined = requests()->join(0x7fffffff);
  ASSERT_FALSE(joined);
  EXPECT_THAT(joined.error().message, StartsWith("cannot join a netlink group: "));
}

TEST(Socket, NothingIsLostAtFirst) {
  auto events = Socket::open_for_events({});
  ASSERT_TRUE(events);
  EXPECT_EQ((*events)->dropped(), 0U);
  EXPECT_EQ((*events)->receive().error().code, EAGAIN);
}

TEST(Socket, ThatIsNoneAnyMore) {
  const auto socket = requests();
  const UniqueFd null(open("/dev/null", O_RDWR | O_CLOEXEC));
  ASSERT_EQ(dup2(null.get(), socket->fd()), socket->fd());
  EXPECT_EQ(socket->send(Message(GENL_ID_CTRL, CTRL_CMD_GETFAMILY)).error().message,
            "cannot send to the kernel: Socket operation on non-socket");
  EXPECT_EQ(socket->receive().error().message,
            "no answer from the kernel: Socket operation on non-socket");
  EXPECT_EQ(socket->join(1).error().message,
            "cannot join a netlink group: Socket operation on non-socket");
  EXPECT_EQ(socket->dropped(), 0U);
}

TEST(Socket, AnswerBeyondTheBuffer) {
  const auto socket = requests();
  std::array<int, 2> ends{};
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends.data()), 0);
  const UniqueFd far(ends[0]);
  const UniqueFd near(ends[1]);
  ASSERT_EQ(dup2(near.get(), socket->fd()), socket->fd());
  const std::vector<char> datagram(70000);
  ASSERT_EQ(send(far.get(), datagram.data(), datagram.size(), 0), 70000);
  EXPECT_EQ(socket->receive().error().message, "the kernel's answer of 70000 bytes is too long");
}

}  // namespace
}  // namespace smadv::netlink
