// SPDX-License-Identifier: GPL-2.0
// Entries of a recording are refused with a reason, or come back from their own bytes. So are whole
// files, of which each input is one, too.
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>

#include "daemon/recording/format.h"
#include "daemon/recording/header.h"
#include "daemon/recording/reader.h"
#include "fuzz.h"

using namespace smadv;             // NOLINT(google-build-using-namespace)
using namespace smadv::recording;  // NOLINT(google-build-using-namespace)

namespace {

void check_entries(const std::string& text) {
  std::string_view bytes(text);
  for (;;) {
    const std::size_t before = bytes.size();
    const auto entry = decode(bytes);
    if (!entry || !*entry) {
      fuzz::require(entry.ok() || !entry.error().message.empty(), "an error has words");
      return;
    }
    fuzz::require(bytes.size() < before, "an entry has bytes");
    std::string again;
    encode(**entry, again);
    std::string_view view(again);
    const auto same = decode(view);
    fuzz::require(same.ok() && *same && **same == **entry && view.empty(), "an entry comes back");
  }
}

void check_file(const std::string& bytes) {
  auto reader = Reader::read(std::make_unique<std::istringstream>(bytes), "input");
  if (!reader) {
    fuzz::require(!reader.error().message.empty(), "an error has words");
    return;
  }
  static_cast<void>(parse_header(reader->header()));
  while (reader->next()) {
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text = fuzz::Input(data, size).text();
  check_entries(text);
  check_file(text);
  check_file(head("{}") + text);
  return 0;
}
