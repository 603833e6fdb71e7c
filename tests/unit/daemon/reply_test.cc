// SPDX-License-Identifier: GPL-2.0
#include "daemon/netlink/reply.h"

#include <cerrno>
#include <random>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "datagram.h"

namespace smadv::netlink {
namespace {

using test::AttributeWriter;
using test::Buffer;
using test::Datagram;
using test::kFamily;
using testing::ElementsAre;

constexpr std::uint32_t kSequence = 77;

class ReplyTest : public testing::Test {
 protected:
  std::vector<int> commands_;
  Result<void> verdict_;
  Reply reply_{kSequence, [this](const Command& command) {
                 commands_.push_back(command.command);
                 return verdict_;
               }};
};

TEST_F(ReplyTest, AnswerThenAcknowledgement) {
  reply_.feed(Datagram(kSequence).command(kFamily, 5, {}).bytes());
  EXPECT_FALSE(reply_.done());
  reply_.feed(Datagram(kSequence).error(0).bytes());
  EXPECT_TRUE(reply_.done());
  EXPECT_THAT(commands_, ElementsAre(5));
  EXPECT_FALSE(reply_.refusal());
  EXPECT_FALSE(reply_.trouble());
  EXPECT_FALSE(reply_.torn());
}

TEST_F(ReplyTest, RefusalWithItsSentence) {
  reply_.feed(Datagram(kSequence).error(ERANGE, "random-pct: must be 50..100").bytes());
  ASSERT_TRUE(reply_.done());
  ASSERT_TRUE(reply_.refusal());
  EXPECT_EQ(reply_.refusal()->code, ERANGE);
  EXPECT_EQ(reply_.refusal()->sentence, "random-pct: must be 50..100");
}

TEST_F(ReplyTest, SentenceBehindTheRequestIsFound) {
  const Buffer request(12, std::byte{0xff});  // nothing that reads as attributes
  reply_.feed(Datagram(kSequence).error_with_request(EINVAL, request, "sentence").bytes());
  ASSERT_TRUE(reply_.refusal());
  EXPECT_EQ(reply_.refusal()->sentence, "sentence");
}

TEST_F(ReplyTest, RefusalWithoutSentence) {
  reply_.feed(Datagram(kSequence).error(EPERM).bytes());
  ASSERT_TRUE(reply_.refusal());
  EXPECT_EQ(reply_.refusal()->code, EPERM);
  EXPECT_EQ(reply_.refusal()->sentence, "");
}

TEST_F(ReplyTest, RequestLengthThatLiesDoesNotLeadOutOfTheDatagram) {
  for (const std::uint32_t lie : {0U, 1U, 15U, 4096U, 0xfffffff0U, 0xffffffffU}) {
    Buffer bytes = Datagram(kSequence).error_with_request(EINVAL, {}, "sentence").bytes();
    std::memcpy(bytes.data() + NLMSG_HDRLEN + sizeof(int), &lie, sizeof(lie));
    Reply reply(kSequence, [](const Command&) { return Result<void>(); });
    reply.feed(bytes);
    ASSERT_TRUE(reply.refusal());
    EXPECT_EQ(reply.refusal()->code, EINVAL);
  }
}

TEST_F(ReplyTest, DumpOfSeveralDatagrams) {
  reply_.feed(Datagram(kSequence)
                  .command(kFamily, 1, {}, NLM_F_MULTI)
                  .command(kFamily, 2, {}, NLM_F_MULTI)
                  .bytes());
  reply_.feed(Datagram(kSequence).command(kFamily, 3, {}, NLM_F_MULTI).done().bytes());
  EXPECT_TRUE(reply_.done());
  EXPECT_THAT(commands_, ElementsAre(1, 2, 3));
  EXPECT_FALSE(reply_.torn());
}

TEST_F(ReplyTest, TornDumpIsNoticedOnEntriesAndOnTheEnd) {
  reply_.feed(Datagram(kSequence).command(kFamily, 1, {}, NLM_F_MULTI | NLM_F_DUMP_INTR).bytes());
  reply_.feed(Datagram(kSequence).done().bytes());
  EXPECT_TRUE(reply_.torn());

  Reply second(kSequence, [](const Command&) { return Result<void>(); });
  second.feed(Datagram(kSequence).done(0, {}, NLM_F_MULTI | NLM_F_DUMP_INTR).bytes());
  EXPECT_TRUE(second.torn());
}

TEST_F(ReplyTest, DumpThatFailsAtItsEndTellsWhy) {
  reply_.feed(Datagram(kSequence).done(-EPERM, "not for you").bytes());
  ASSERT_TRUE(reply_.done());
  ASSERT_TRUE(reply_.refusal());
  EXPECT_EQ(reply_.refusal()->code, EPERM);
  EXPECT_EQ(reply_.refusal()->sentence, "not for you");
}

TEST_F(ReplyTest, DoneWithoutStatusIsTheEnd) {
  reply_.feed(Datagram(kSequence).message(NLMSG_DONE, 0, {}).bytes());
  EXPECT_TRUE(reply_.done());
  EXPECT_FALSE(reply_.refusal());
}

TEST_F(ReplyTest, DoneWithPositiveStatusIsNoRefusal) {
  reply_.feed(Datagram(kSequence).done(5).bytes());
  EXPECT_TRUE(reply_.done());
  EXPECT_FALSE(reply_.refusal());
}

TEST_F(ReplyTest, OtherRequestsAnswersArePassedOver) {
  reply_.feed(Datagram(kSequence - 1).command(kFamily, 1, {}).error(EPERM).bytes());
  EXPECT_FALSE(reply_.done());
  EXPECT_TRUE(commands_.empty());
}

TEST_F(ReplyTest, WhatFollowsTheEndIsPassedOver) {
  reply_.feed(Datagram(kSequence).error(0).command(kFamily, 1, {}).error(EPERM).bytes());
  EXPECT_FALSE(reply_.refusal());
  EXPECT_TRUE(commands_.empty());
}

TEST_F(ReplyTest, TroubleWithAnEntryIsKeptAndTheDumpReadToItsEnd) {
  verdict_ = Error{ExitCode::Failed, 1, "first"};
  reply_.feed(Datagram(kSequence).command(kFamily, 1, {}, NLM_F_MULTI).bytes());
  EXPECT_FALSE(reply_.done());
  verdict_ = Error{ExitCode::Failed, 2, "second"};
  reply_.feed(Datagram(kSequence).command(kFamily, 2, {}, NLM_F_MULTI).done().bytes());
  EXPECT_TRUE(reply_.done());
  ASSERT_TRUE(reply_.trouble());
  EXPECT_EQ(reply_.trouble()->message, "first");
}

TEST_F(ReplyTest, CutOffAnywhereEndsInTroubleOrWaits) {
  const Buffer whole =
      Datagram(kSequence)
          .command(kFamily, 1, AttributeWriter().put(1, std::string("abcdefgh")), NLM_F_MULTI)
          .error(EPERM, "a sentence of some length")
          .bytes();
  for (std::size_t length = 1; length < whole.size(); ++length) {
    Reply reply(kSequence, [](const Command&) { return Result<void>(); });
    reply.feed(Bytes(whole).first(length));
    EXPECT_EQ(reply.done(), reply.trouble().has_value() || reply.refusal().has_value()) << length;
  }
}

TEST_F(ReplyTest, MessageTooShortForItsHeaderIsTrouble) {
  reply_.feed(Datagram(kSequence).message(kFamily, 0, Buffer(2)).error(0).bytes());
  EXPECT_TRUE(reply_.done());
  EXPECT_TRUE(reply_.trouble());
}

TEST_F(ReplyTest, NoiseIsSurvived) {
  std::mt19937 random(1);  // NOLINT(cert-msc51-cpp): the same noise each time
  const Buffer whole = Datagram(kSequence)
                           .command(kFamily, 1, AttributeWriter().put(1, std::string("abcd")))
                           .done(-EPERM, "sentence")
                           .bytes();
  int done = 0;
  for (int round = 0; round < 20000; ++round) {
    Buffer noisy = whole;
    for (int i = 0; i < 4; ++i) {
      noisy[random() % noisy.size()] = static_cast<std::byte>(random());
    }
    Reply reply(kSequence, [](const Command&) { return Result<void>(); });
    reply.feed(noisy);
    done += reply.done() ? 1 : 0;
  }
  EXPECT_GT(done, 1000);
  EXPECT_LT(done, 20000);
}

}  // namespace
}  // namespace smadv::netlink
