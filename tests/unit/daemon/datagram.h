// SPDX-License-Identifier: GPL-2.0
/// @file
/// Datagrams as the kernel sends them, built byte by byte.
#pragma once

#include <linux/genetlink.h>
#include <linux/netlink.h>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <vector>

#include "daemon/fields.h"
#include "daemon/netlink/attributes.h"
#include "daemon/policy.h"
#include "daemon/stats.h"

namespace smadv::test {

using Buffer = std::vector<std::byte>;

/// What the kernel is pretended to call the family.
constexpr std::uint16_t kFamily = 30;

/// Attributes one behind the other.
class AttributeWriter {
 public:
  AttributeWriter& put_bytes(std::uint16_t type, const void* data, std::size_t size) {
    const nlattr header{static_cast<std::uint16_t>(NLA_HDRLEN + size), type};
    append(&header, sizeof(header));
    append(data, size);
    bytes_.resize(NLA_ALIGN(bytes_.size()));
    return *this;
  }

  template <class T>
  requires std::integral<T> || std::is_enum_v<T> AttributeWriter& put(std::uint16_t type, T value) {
    return put_bytes(type, &value, sizeof(value));
  }

  AttributeWriter& put(std::uint16_t type, const std::string& value) {
    return put_bytes(type, value.c_str(), value.size() + 1);
  }

  AttributeWriter& put(std::uint16_t type, const std::vector<RecordedFault>& faults) {
    std::vector<std::uint64_t> words;
    for (const RecordedFault& fault : faults) {
      words.push_back(fault.page << 8U | fault.flags);
      words.push_back(fault.waited_ns);
    }
    return put_bytes(type, words.data(), words.size() * sizeof(words[0]));
  }

  template <class T>
  AttributeWriter& put(std::uint16_t type, const std::optional<T>& value) {
    return value ? put(type, *value) : *this;
  }

  AttributeWriter& put(std::uint16_t type, const AttributeWriter& nested) {
    return put_bytes(type, nested.bytes_.data(), nested.bytes_.size());
  }

  [[nodiscard]] const Buffer& bytes() const { return bytes_; }

 private:
  void append(const void* data, std::size_t size) {
    const auto* from = static_cast<const std::byte*>(data);
    bytes_.insert(bytes_.end(), from, from + size);
  }

  Buffer bytes_;
};

/// All attributes of an object, in the order of the spec.
template <Described T>
AttributeWriter attributes_of(const T& object) {
  AttributeWriter writer;
  for_each_field<T>([&](const auto& field) { writer.put(field.attribute, object.*field.member); });
  return writer;
}

inline AttributeWriter attributes_of(const Policy& policy) {
  AttributeWriter writer;
  for (const PolicyKey& key : policy_keys()) {
    writer.put(key.attribute, policy.*key.member);
  }
  return writer;
}

inline AttributeWriter attributes_of(const Stats& stats) {
  AttributeWriter writer;
  for (const StatsKey& key : stats_keys()) {
    writer.put(key.attribute, stats.*key.member);
  }
  return writer;
}

/// A datagram of one or more messages.
class Datagram {
 public:
  explicit Datagram(std::uint32_t sequence) : sequence_(sequence) {}

  Datagram& message(std::uint16_t type, std::uint16_t flags, const Buffer& payload) {
    const nlmsghdr header{static_cast<std::uint32_t>(NLMSG_HDRLEN + payload.size()), type, flags,
                          sequence_, 0};
    const auto* from = reinterpret_cast<const std::byte*>(&header);
    bytes_.insert(bytes_.end(), from, from + sizeof(header));
    bytes_.insert(bytes_.end(), payload.begin(), payload.end());
    bytes_.resize(NLMSG_ALIGN(bytes_.size()));
    return *this;
  }

  /// A generic netlink message.
  Datagram& command(std::uint16_t family, std::uint8_t command, const AttributeWriter& attributes,
                    std::uint16_t flags = 0) {
    const genlmsghdr header{command, 1, 0};
    Buffer payload(sizeof(header));
    std::memcpy(payload.data(), &header, sizeof(header));
    payload.insert(payload.end(), attributes.bytes().begin(), attributes.bytes().end());
    return message(family, flags, payload);
  }

  /// NLMSG_ERROR with the request left out, and a sentence unless it is empty. 0 acknowledges.
  Datagram& error(int code, const std::string& sentence = {}) {
    return error_after({}, NLM_F_CAPPED, code, sentence);
  }

  /// NLMSG_ERROR with the request's payload between the header and the sentence.
  Datagram& error_with_request(int code, const Buffer& request, const std::string& sentence) {
    return error_after(request, 0, code, sentence);
  }

  /// NLMSG_DONE.
  Datagram& done(std::int32_t status = 0, const std::string& sentence = {},
                 std::uint16_t flags = NLM_F_MULTI) {
    Buffer payload(sizeof(status));
    std::memcpy(payload.data(), &status, sizeof(status));
    return with_sentence(NLMSG_DONE, flags, payload, sentence);
  }

  [[nodiscard]] const Buffer& bytes() const { return bytes_; }

 private:
  Datagram& error_after(const Buffer& request, std::uint16_t flags, int code,
                        const std::string& sentence) {
    nlmsgerr error{};
    error.error = -code;
    error.msg.nlmsg_len = static_cast<std::uint32_t>(NLMSG_HDRLEN + request.size());
    Buffer payload(sizeof(error));
    std::memcpy(payload.data(), &error, sizeof(error));
    payload.insert(payload.end(), request.begin(), request.end());
    return with_sentence(NLMSG_ERROR, flags, payload, sentence);
  }

  Datagram& with_sentence(std::uint16_t type, std::uint16_t flags, Buffer payload,
                          const std::string& sentence) {
    if (sentence.empty()) {
      return message(type, flags, payload);
    }
    payload.resize(NLMSG_ALIGN(payload.size()));
    const AttributeWriter writer = AttributeWriter().put(NLMSGERR_ATTR_MSG, sentence);
    payload.insert(payload.end(), writer.bytes().begin(), writer.bytes().end());
    return message(type, flags | NLM_F_ACK_TLVS, payload);
  }

  std::uint32_t sequence_;
  Buffer bytes_;
};

}  // namespace smadv::test
