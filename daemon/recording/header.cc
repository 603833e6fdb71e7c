// SPDX-License-Identifier: GPL-2.0
#include "daemon/recording/header.h"

#include <cerrno>

#include <nlohmann/json.hpp>

#include "daemon/recording/entry.h"
#include "daemon/recording/format.h"

namespace smadv::recording {
namespace {

using Value = nlohmann::ordered_json;

template <class T>
void read(const Value& object, const char* key, T& member) {
  const auto found = object.find(key);
  if (found == object.end()) {
    return;
  }
  if constexpr (std::is_integral_v<T>) {
    if (found->is_number_unsigned()) {
      member = found->template get<T>();
    }
  } else if constexpr (std::is_same_v<T, std::string>) {
    if (found->is_string()) {
      member = found->template get<T>();
    }
  } else if (found->is_array()) {
    for (const Value& word : *found) {
      member.push_back(word.is_string() ? word.get<std::string>() : word.dump());
    }
  }
}

}  // namespace

std::string to_json(const Header& header) {
  const Value object = {
      {"format", "smart-madvise recording"},
      {"version", kVersion},
      {"created", header.created},
      {"host", header.host},
      {"kernel", header.kernel},
      {"module", header.module},
      {"page-bytes", header.page_bytes},
      {"pid", header.pid},
      {"command", header.command},
      {"entries", Value::parse(describe_entries())},
  };
  return object.dump(-1, ' ', false, Value::error_handler_t::replace) + '\n';
}

Result<Header> parse_header(std::string_view json) {
  const Value object = Value::parse(json, nullptr, false);
  if (!object.is_object()) {
    return Error{ExitCode::Failed, EBADMSG, "the header of the recording is damaged"};
  }
  Header header;
  read(object, "created", header.created);
  read(object, "host", header.host);
  read(object, "kernel", header.kernel);
  read(object, "module", header.module);
  read(object, "page-bytes", header.page_bytes);
  read(object, "pid", header.pid);
  read(object, "command", header.command);
  if (header.page_bytes == 0) {
    return Error{ExitCode::Failed, EBADMSG, "the header of the recording has no size of a page"};
  }
  return header;
}

}  // namespace smadv::recording
