// SPDX-License-Identifier: GPL-2.0
#include "daemon/netlink/streams.h"

#include <linux/smart_madvise.h>

#include <cerrno>
#include <memory>
#include <string>
#include <variant>

#include <gtest/gtest.h>

#include "datagram.h"
#include "fake_transport.h"

namespace smadv::netlink {
namespace {

using test::attributes_of;
using test::AttributeWriter;
using test::Datagram;
using test::FakeTransport;
using test::kFamily;
using test::Wire;

/// What arrives without being asked for.
class StreamsTest : public testing::Test {
 protected:
  void arrive(const Datagram& datagram) { wire_.incoming.emplace_back(datagram.bytes()); }
  void lose(std::uint32_t datagrams = 1) {
    wire_.dropped += datagrams;
    wire_.incoming.emplace_back(Error{ExitCode::Failed, ENOBUFS, "lost"});
  }

  static Datagram event(EventKind kind) {
    Event event;
    event.kind = kind;
    return Datagram(0).command(kFamily, SMART_MADVISE_CMD_EVENT_NTF, attributes_of(event));
  }

  static Datagram family(std::uint8_t command, const std::string& name) {
    return Datagram(0).command(GENL_ID_CTRL, command,
                               AttributeWriter().put(CTRL_ATTR_FAMILY_NAME, name));
  }

  Wire wire_;
  static Datagram note(const RecordingNote& note) {
    return Datagram(0).command(kFamily, SMART_MADVISE_CMD_RECORDING_NTF, attributes_of(note));
  }

  NetlinkEventStream stream_{Notifications(std::make_unique<FakeTransport>(wire_), kFamily)};
  NetlinkRecordingStream recording_{Notifications(std::make_unique<FakeTransport>(wire_), kFamily)};
  NetlinkModuleWatch watch_{std::make_unique<FakeTransport>(wire_)};
};

TEST_F(StreamsTest, EventsInOrder) {
  arrive(event(EventKind::Adopted));
  arrive(event(EventKind::Applied));
  const auto batch = stream_.read();
  ASSERT_TRUE(batch) << batch.error().message;
  ASSERT_EQ(batch->events.size(), 2U);
  EXPECT_EQ(batch->events[0].kind, EventKind::Adopted);
  EXPECT_EQ(batch->events[1].kind, EventKind::Applied);
  EXPECT_EQ(batch->lost, 0U);
}

TEST_F(StreamsTest, NothingThereIsAnEmptyBatch) {
  const auto batch = stream_.read();
  ASSERT_TRUE(batch);
  EXPECT_TRUE(batch->events.empty());
}

TEST_F(StreamsTest, LossIsToldAfterWhatWasQueuedBeforeIt) {
  lose(12);
  arrive(event(EventKind::Adopted));
  arrive(event(EventKind::Gone));
  const auto batch = stream_.read();
  ASSERT_TRUE(batch) << batch.error().message;
  EXPECT_EQ(batch->lost, 12U);
  EXPECT_EQ(batch->events.size(), 2U);
  const auto next = stream_.read();
  ASSERT_TRUE(next);
  EXPECT_EQ(next->lost, 0U) << "told twice";
}

TEST_F(StreamsTest, EachLossIsCountedForItself) {
  lose(12);
  ASSERT_EQ(stream_.read()->lost, 12U);
  lose(3);
  lose(4);
  EXPECT_EQ(stream_.read()->lost, 7U);
}

TEST_F(StreamsTest, CountOfLossesMayWrapAround) {
  lose(4'294'967'295U);
  ASSERT_EQ(stream_.read()->lost, 4'294'967'295U);
  lose(6);
  EXPECT_EQ(stream_.read()->lost, 6U);
}

TEST_F(StreamsTest, LossIsTrueThoughItsCountIsUnknown) {
  lose(0);
  EXPECT_EQ(stream_.read()->lost, 1U);
}

TEST_F(StreamsTest, FullQueueIsReadToItsEndBeforeTheLossIsTold) {
  // As many datagrams as the largest buffer holds.
  lose();
  constexpr std::size_t kQueued = 16000;
  for (std::size_t i = 0; i < kQueued; ++i) {
    arrive(event(EventKind::Adopted));
  }
  const auto batch = stream_.read();
  ASSERT_TRUE(batch);
  EXPECT_EQ(batch->events.size(), kQueued);
  EXPECT_EQ(batch->lost, 1U);
}

TEST_F(StreamsTest, LossOfTheLastWordIsTold) {
  lose();
  arrive(family(CTRL_CMD_DELFAMILY, SMART_MADVISE_FAMILY_NAME));
  const auto batch = stream_.read();
  ASSERT_TRUE(batch);
  EXPECT_EQ(batch->lost, 1U);
  EXPECT_FALSE(stream_.read());
}

TEST_F(StreamsTest, UnloadedModuleEndsTheStreamAfterItsLastEvents) {
  arrive(event(EventKind::Restored));
  arrive(family(CTRL_CMD_DELFAMILY, SMART_MADVISE_FAMILY_NAME));
  const auto batch = stream_.read();
  ASSERT_TRUE(batch);
  EXPECT_EQ(batch->events.size(), 1U);
  const auto end = stream_.read();
  ASSERT_FALSE(end);
  EXPECT_EQ(end.error().exit, ExitCode::ModuleAbsent);
}

TEST_F(StreamsTest, OtherFamiliesAndCommandsArePassedOver) {
  arrive(family(CTRL_CMD_DELFAMILY, "other"));
  arrive(Datagram(0).command(kFamily + 1, SMART_MADVISE_CMD_EVENT_NTF, {}));
  arrive(Datagram(0).command(kFamily, SMART_MADVISE_CMD_INFO_GET, {}));
  const auto batch = stream_.read();
  ASSERT_TRUE(batch) << batch.error().message;
  EXPECT_TRUE(batch->events.empty());
}

TEST_F(StreamsTest, EventWithoutItsKindIsAnError) {
  arrive(Datagram(0).command(kFamily, SMART_MADVISE_CMD_EVENT_NTF, {}));
  EXPECT_FALSE(stream_.read());
}

TEST_F(StreamsTest, RecordingHasNotesAndEventsInOrder) {
  RecordingNote judged;
  judged.kind = RecordingKind::Judged;
  judged.sequence = 7;
  judged.faults = {{0x7f0000000, RecordedFault::kWrite, 0},
                   {3, RecordedFault::kLost, 0},
                   {0x7f0000001, RecordedFault::kTried, 81920}};
  arrive(event(EventKind::Verdict));
  arrive(note(judged));
  arrive(Datagram(0).command(kFamily, SMART_MADVISE_CMD_INFO_GET, {}));
  const auto batch = recording_.read();
  ASSERT_TRUE(batch) << batch.error().message;
  ASSERT_EQ(batch->items.size(), 2U);
  EXPECT_EQ(std::get<Event>(batch->items[0]).kind, EventKind::Verdict);
  EXPECT_EQ(std::get<RecordingNote>(batch->items[1]), judged);
  EXPECT_EQ(batch->lost, 0U);
}

TEST_F(StreamsTest, RecordingTellsLossesAndItsEnd) {
  lose(4);
  EXPECT_EQ(recording_.read()->lost, 4U);
  arrive(family(CTRL_CMD_DELFAMILY, SMART_MADVISE_FAMILY_NAME));
  EXPECT_EQ(recording_.read().error().exit, ExitCode::ModuleAbsent);
}

TEST_F(StreamsTest, RecordingWithFaultsCutOffIsAnError) {
  AttributeWriter attributes = attributes_of(RecordingNote());
  attributes.put(SMART_MADVISE_A_RECORDING_FAULTS, std::uint64_t{1});
  arrive(Datagram(0).command(kFamily, SMART_MADVISE_CMD_RECORDING_NTF, attributes));
  EXPECT_FALSE(recording_.read());
}

TEST_F(StreamsTest, OtherReceiveErrorsEndTheStream) {
  wire_.incoming.emplace_back(Error{ExitCode::Failed, EBADF, "broken"});
  const auto batch = stream_.read();
  ASSERT_FALSE(batch);
  EXPECT_EQ(batch.error().code, EBADF);
}

TEST_F(StreamsTest, CutOffDatagramsEndTheStream) {
  for (const auto& datagram : {Datagram(0).message(kFamily, 0, {}).bytes(), test::Buffer(3)}) {
    wire_.incoming.emplace_back(datagram);
    const auto batch = stream_.read();
    ASSERT_FALSE(batch);
    EXPECT_EQ(batch.error().code, EBADMSG);
  }
}

TEST_F(StreamsTest, BothWaitForTheTransport) {
  EXPECT_EQ(stream_.fd(), FakeTransport(wire_).fd());
  EXPECT_EQ(watch_.fd(), FakeTransport(wire_).fd());
}

TEST_F(StreamsTest, ReceiveErrorsAndCutOffDatagramsEndTheWatch) {
  wire_.incoming.emplace_back(Error{ExitCode::Failed, EBADF, "broken"});
  EXPECT_EQ(watch_.read().error().code, EBADF);
  wire_.incoming.emplace_back(test::Buffer(3));
  EXPECT_EQ(watch_.read().error().code, EBADMSG);
}

TEST_F(StreamsTest, NewsOfTheControllerThatIsNoneIsPassedOver) {
  arrive(Datagram(0).message(GENL_ID_CTRL, 0, {}));
  const auto news = watch_.read();
  ASSERT_TRUE(news);
  EXPECT_FALSE(news->appeared || news->vanished || news->lost);
}

TEST_F(StreamsTest, WatchTellsComingAndGoing) {
  arrive(family(CTRL_CMD_NEWFAMILY, SMART_MADVISE_FAMILY_NAME));
  auto news = watch_.read();
  ASSERT_TRUE(news);
  EXPECT_TRUE(news->appeared);
  EXPECT_FALSE(news->vanished);

  arrive(family(CTRL_CMD_DELFAMILY, SMART_MADVISE_FAMILY_NAME));
  news = watch_.read();
  ASSERT_TRUE(news);
  EXPECT_FALSE(news->appeared);
  EXPECT_TRUE(news->vanished);

  news = watch_.read();
  ASSERT_TRUE(news);
  EXPECT_FALSE(news->appeared || news->vanished || news->lost);
}

TEST_F(StreamsTest, WatchKeepsTheOrderOfAReload) {
  arrive(family(CTRL_CMD_DELFAMILY, SMART_MADVISE_FAMILY_NAME));
  arrive(family(CTRL_CMD_NEWFAMILY, SMART_MADVISE_FAMILY_NAME));
  auto news = watch_.read();
  ASSERT_TRUE(news);
  EXPECT_TRUE(news->vanished && news->appeared);

  arrive(family(CTRL_CMD_NEWFAMILY, SMART_MADVISE_FAMILY_NAME));
  arrive(family(CTRL_CMD_DELFAMILY, SMART_MADVISE_FAMILY_NAME));
  news = watch_.read();
  ASSERT_TRUE(news);
  EXPECT_TRUE(news->vanished);
  EXPECT_FALSE(news->appeared);
}

TEST_F(StreamsTest, WatchTellsLossAndPassesOverOthers) {
  lose();
  arrive(family(CTRL_CMD_NEWFAMILY, "other"));
  arrive(family(CTRL_CMD_NEWOPS, SMART_MADVISE_FAMILY_NAME));
  const auto news = watch_.read();
  ASSERT_TRUE(news);
  EXPECT_TRUE(news->lost);
  EXPECT_FALSE(news->appeared || news->vanished);
}

}  // namespace
}  // namespace smadv::netlink
