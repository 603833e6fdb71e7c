// SPDX-License-Identifier: GPL-2.0
#include "daemon/report/report.h"

#include <fmt/format.h>

#include "daemon/text.h"

namespace smadv::report {

std::string text_of(const Value& value, Unit unit) {
  const auto* number = std::get_if<std::uint64_t>(&value);
  if (number == nullptr) {
    return printable(std::get<std::string>(value));
  }
  switch (unit) {
    case Unit::Bytes:
      return format_bytes(*number);
    case Unit::Ns:
      return *number == 0 ? "0" : format_duration_ns(*number);
    case Unit::TimeMs:
      return fmt::format("{}.{:03}", *number / 1000, *number % 1000);
    case Unit::BasisPoints:
      return format_basis_points(static_cast<std::uint32_t>(*number));
    case Unit::Text:
    case Unit::Count:
      break;
  }
  return std::to_string(*number);
}

}  // namespace smadv::report
