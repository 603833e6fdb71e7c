// SPDX-License-Identifier: GPL-2.0
#include "daemon/netlink/codec.h"

#include <limits>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "datagram.h"
#include "fake_kernel.h"

namespace smadv::netlink {
namespace {

using test::attributes_of;
using test::AttributeWriter;
using test::Buffer;
using testing::HasSubstr;

// A different value for each member, so that no two can be taken for each other.
template <class M>
void fill(M& member, std::uint32_t& next) {
  if constexpr (std::is_same_v<M, std::string>) {
    member = "text " + std::to_string(next++);
  } else {
    member = static_cast<M>(next++);
  }
}

template <class M>
void fill(std::optional<M>& member, std::uint32_t& next) {
  fill(member.emplace(), next);
}

template <Described T>
T filled() {
  T object;
  std::uint32_t next = 1;
  for_each_field<T>([&](const auto& field) { fill(object.*field.member, next); });
  return object;
}

template <class T>
Result<T> decode_bytes(const Buffer& bytes) {
  const auto attributes = Attributes::parse(bytes);
  return attributes ? decode<T>(*attributes) : attributes.error();
}

template <class T>
class CodecOf : public testing::Test {};

using Types = testing::Types<Info, Process, Range, Task, Filter, RestoreOutcome, Event>;
TYPED_TEST_SUITE(CodecOf, Types);

TYPED_TEST(CodecOf, ComesBackAsItWasSent) {
  const auto object = filled<TypeParam>();
  const auto decoded = decode_bytes<TypeParam>(attributes_of(object).bytes());
  ASSERT_TRUE(decoded) << decoded.error().message;
  EXPECT_EQ(*decoded, object);
}

TYPED_TEST(CodecOf, AnyMissingAttributeIsNamedOrAbsent) {
  const auto object = filled<TypeParam>();
  for_each_field<TypeParam>([&](const auto& left_out) {
    AttributeWriter writer;
    for_each_field<TypeParam>([&](const auto& field) {
      if (field.attribute != left_out.attribute) {
        writer.put(field.attribute, object.*field.member);
      }
    });
    const auto decoded = decode_bytes<TypeParam>(writer.bytes());
    if constexpr (requires(TypeParam any) { (any.*left_out.member).reset(); }) {
      auto expected = object;
      (expected.*left_out.member).reset();
      ASSERT_TRUE(decoded) << decoded.error().message;
      EXPECT_EQ(*decoded, expected) << left_out.name;
    } else {
      ASSERT_FALSE(decoded) << left_out.name;
      EXPECT_THAT(decoded.error().message, HasSubstr("'" + std::string(left_out.name) + "'"));
      EXPECT_EQ(decoded.error().exit, ExitCode::Incompatible);
    }
  });
}

TYPED_TEST(CodecOf, UnknownAttributesArePassedOver) {
  const auto object = filled<TypeParam>();
  auto writer = attributes_of(object);
  writer.put(900, std::string("from the future")).put(901, std::uint64_t{1});
  const auto decoded = decode_bytes<TypeParam>(writer.bytes());
  ASSERT_TRUE(decoded) << decoded.error().message;
  EXPECT_EQ(*decoded, object);
}

TYPED_TEST(CodecOf, CutOffAnywhereIsAnErrorAndNoCrash) {
  const Buffer whole = attributes_of(filled<TypeParam>()).bytes();
  std::size_t refused = 0;
  for (std::size_t length = 0; length < whole.size(); ++length) {
    const Buffer cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length));
    refused += decode_bytes<TypeParam>(cut) ? 0 : 1;
  }
  // Only what is cut between optional attributes, or in the padding of the last one, may pass.
  if constexpr (std::is_same_v<TypeParam, Event>) {
    EXPECT_GT(refused, whole.size() / 2);
  } else {
    EXPECT_GE(refused, whole.size() - 3);
  }
}

TEST(Codec, PolicyComesBackAsItWasSent) {
  Policy policy;
  std::uint32_t next = 1;
  for (const PolicyKey& key : policy_keys()) {
    policy.*key.member = next++;
  }
  const auto decoded = decode_bytes<Policy>(attributes_of(policy).bytes());
  ASSERT_TRUE(decoded) << decoded.error().message;
  EXPECT_EQ(*decoded, policy);
}

TEST(Codec, StatsComeBackAsTheyWereSent) {
  Stats stats;
  std::uint64_t next = std::numeric_limits<std::uint64_t>::max();
  for (const StatsKey& key : stats_keys()) {
    stats.*key.member = next--;
  }
  const auto decoded = decode_bytes<Stats>(attributes_of(stats).bytes());
  ASSERT_TRUE(decoded) << decoded.error().message;
  EXPECT_EQ(*decoded, stats);
}

TEST(Codec, StatsWithoutOneCounterNameIt) {
  AttributeWriter writer;
  for (const StatsKey& key : stats_keys()) {
    if (key.name != "events-lost") {
      writer.put(key.attribute, std::uint64_t{1});
    }
  }
  const auto decoded = decode_bytes<Stats>(writer.bytes());
  ASSERT_FALSE(decoded);
  EXPECT_THAT(decoded.error().message, HasSubstr("'events-lost'"));
}

TEST(Codec, WrongSizeIsNamed) {
  auto writer = attributes_of(filled<Process>());
  writer.put(SMART_MADVISE_A_PROCESS_PID, std::uint16_t{1});  // the last one counts
  const auto decoded = decode_bytes<Process>(writer.bytes());
  ASSERT_FALSE(decoded);
  EXPECT_THAT(decoded.error().message, HasSubstr("'pid' in 2 bytes"));
}

TEST(Codec, EnumOfWrongSizeIsNamed) {
  auto writer = attributes_of(filled<Process>());
  writer.put(SMART_MADVISE_A_PROCESS_PATTERN, std::uint64_t{1});
  const auto decoded = decode_bytes<Process>(writer.bytes());
  ASSERT_FALSE(decoded);
  EXPECT_THAT(decoded.error().message, HasSubstr("'pattern' in 8 bytes"));
}

TEST(Codec, StringWithoutNulEndsWithItsAttribute) {
  auto writer = attributes_of(filled<Process>());
  writer.put_bytes(SMART_MADVISE_A_PROCESS_COMM, "abcdef", 3);
  const auto decoded = decode_bytes<Process>(writer.bytes());
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->comm, "abc");
}

TEST(Codec, EmptyStringAttributeIsAnEmptyString) {
  auto writer = attributes_of(filled<Process>());
  writer.put_bytes(SMART_MADVISE_A_PROCESS_COMM, "", 0);
  const auto decoded = decode_bytes<Process>(writer.bytes());
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->comm, "");
}

TEST(Codec, ValueThatTheSpecDoesNotHaveIsGivenAsItsNumber) {
  auto writer = attributes_of(filled<Range>());
  writer.put(SMART_MADVISE_A_RANGE_REASON, std::uint32_t{4711});
  const auto decoded = decode_bytes<Range>(writer.bytes());
  ASSERT_TRUE(decoded);
  EXPECT_EQ(name_of(decoded->reason), "4711");
}

TEST(Codec, PaddingAttributesArePassedOver) {
  AttributeWriter writer;
  for (const StatsKey& key : stats_keys()) {
    writer.put_bytes(SMART_MADVISE_A_STATS_PAD, "", 0);
    writer.put(key.attribute, std::uint64_t{5});
  }
  const auto decoded = decode_bytes<Stats>(writer.bytes());
  ASSERT_TRUE(decoded) << decoded.error().message;
  EXPECT_EQ(decoded->analyzer_ns, 5U);
}

TEST(Attributes, LengthBelowItsHeaderIsAnError) {
  Buffer bytes = AttributeWriter().put(1, std::uint32_t{1}).bytes();
  bytes[0] = std::byte{3};  // shorter than the header itself: would loop for ever
  EXPECT_FALSE(Attributes::parse(bytes));
}

TEST(Attributes, NoBytesAreNoAttributes) {
  const auto attributes = Attributes::parse({});
  ASSERT_TRUE(attributes);
  EXPECT_FALSE(attributes->find(1));
}

}  // namespace
}  // namespace smadv::netlink
