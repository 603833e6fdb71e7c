// SPDX-License-Identifier: GPL-2.0
#include "daemon/netlink/codec.h"

#include <cerrno>
#include <optional>

#include <fmt/format.h>

#include "daemon/fields.h"
#include "daemon/policy.h"
#include "daemon/stats.h"

namespace smadv::netlink {

template <class E>
requires std::is_enum_v<E>
static bool read_value(Bytes content, E& value) {
  std::uint32_t number = 0;
  if (!read_value(content, number)) {
    return false;
  }
  value = static_cast<E>(number);
  return true;
}

// Pairs of u64, as the spec says.
static bool read_value(Bytes content, std::vector<RecordedFault>& faults) {
  constexpr std::size_t kWord = sizeof(std::uint64_t);
  if (content.size() % (2 * kWord) != 0) {
    return false;
  }
  for (; !content.empty(); content = content.subspan(2 * kWord)) {
    std::uint64_t what = 0;
    RecordedFault& fault = faults.emplace_back();
    static_cast<void>(read_value(content.first(kWord), what));
    static_cast<void>(read_value(content.subspan(kWord, kWord), fault.waited_ns));
    fault.page = what >> 8U;
    fault.flags = static_cast<std::uint8_t>(what);
  }
  return true;
}

namespace {

Error missing(std::string_view name) {
  return {ExitCode::Incompatible, EBADMSG,
          fmt::format("the kernel's answer lacks '{}': the loaded module is older than this "
                      "program",
                      name)};
}

Error malformed(std::string_view name, std::size_t bytes) {
  return {
      ExitCode::Incompatible, EBADMSG,
      fmt::format("the kernel's answer has '{}' in {} bytes, which is not its size", name, bytes)};
}

template <class M>
std::optional<Error> read_member(const Attributes& attributes, std::uint16_t attribute,
                                 std::string_view name, M& member) {
  const auto content = attributes.find(attribute);
  if (!content) {
    return missing(name);
  }
  if (!read_value(*content, member)) {
    return malformed(name, content->size());
  }
  return std::nullopt;
}

template <class M>
std::optional<Error> read_member(const Attributes& attributes, std::uint16_t attribute,
                                 std::string_view name, std::optional<M>& member) {
  if (!attributes.find(attribute)) {
    return std::nullopt;
  }
  return read_member(attributes, attribute, name, member.emplace());
}

template <class T, class Key>
Result<T> decode_by_keys(const Attributes& attributes, std::span<const Key> keys) {
  T object;
  for (const Key& key : keys) {
    if (auto error = read_member(attributes, key.attribute, key.name, object.*key.member)) {
      return *std::move(error);
    }
  }
  return object;
}

}  // namespace

template <class T>
Result<T> decode(const Attributes& attributes) {
  T object;
  std::optional<Error> error;
  for_each_field<T>([&](const auto& field) {
    if (!error) {
      error = read_member(attributes, field.attribute, field.name, object.*field.member);
    }
  });
  if (error) {
    return *std::move(error);
  }
  return object;
}

template <>
Result<Policy> decode<Policy>(const Attributes& attributes) {
  return decode_by_keys<Policy>(attributes, policy_keys());
}

template <>
Result<Stats> decode<Stats>(const Attributes& attributes) {
  return decode_by_keys<Stats>(attributes, stats_keys());
}

template Result<Info> decode<Info>(const Attributes&);
template Result<Process> decode<Process>(const Attributes&);
template Result<Range> decode<Range>(const Attributes&);
template Result<Task> decode<Task>(const Attributes&);
template Result<Filter> decode<Filter>(const Attributes&);
template Result<RestoreOutcome> decode<RestoreOutcome>(const Attributes&);
template Result<Event> decode<Event>(const Attributes&);
template Result<RecordingNote> decode<RecordingNote>(const Attributes&);

}  // namespace smadv::netlink
