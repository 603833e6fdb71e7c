// SPDX-License-Identifier: GPL-2.0
#include "daemon/recording/reader.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <new>
#include <string_view>
#include <system_error>
#include <utility>
#include <variant>
#include <zstd.h>

#include <fmt/format.h>

#include "daemon/recording/format.h"

namespace smadv::recording {
namespace {

std::string take(std::istream& stream, std::size_t length) {
  std::string bytes(length, '\0');
  stream.read(bytes.data(), static_cast<std::streamsize>(length));
  bytes.resize(static_cast<std::size_t>(stream.gcount()));
  return bytes;
}

Error no_recording(std::string_view name) {
  return {ExitCode::Failed, 0,
          fmt::format("{} is no recording of smart-madvise (smadv record makes one)", name)};
}

}  // namespace

struct Reader::Decompressor {
  struct Free {
    void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
  };
  std::unique_ptr<ZSTD_DCtx, Free> context{ZSTD_createDCtx()};
  std::string in;
  std::size_t used = 0;
  bool full = false;  ///< The output was filled: there may be more of it.
  std::string out = std::string(ZSTD_DStreamOutSize(), '\0');
};

Reader::Reader(std::unique_ptr<std::istream> stream, std::string header)
    : stream_(std::move(stream)),
      header_(std::move(header)),
      decompressor_(std::make_unique<Decompressor>()) {
  if (!decompressor_->context) {
    throw std::bad_alloc();  // GCOVR_EXCL_LINE: zstd got no memory
  }
}

Reader::Reader(Reader&& other) noexcept = default;
Reader::~Reader() = default;

Result<Reader> Reader::open(const std::filesystem::path& path, ReadProgress progress) {
  auto file = std::make_unique<std::ifstream>(path, std::ios::binary);
  if (!*file) {
    const int code = errno;
    return Error{ExitCode::Failed, code,
                 fmt::format("cannot read {}: {}", path.string(), std::strerror(code))};
  }
  auto reader = read(std::move(file), path.string());
  std::error_code code;
  const std::uintmax_t bytes = std::filesystem::file_size(path, code);
  if (reader && progress && !code && bytes > 0) {
    reader->progress_ = std::move(progress);
    reader->file_bytes_ = bytes;
    reader->read_bytes_ = static_cast<std::uintmax_t>(reader->stream_->tellg());
  }
  return reader;
}

Result<Reader> Reader::read(std::unique_ptr<std::istream> stream, std::string name) {
  const std::string start = take(*stream, kMagic.size() + 8);
  if (start.size() < kMagic.size() + 8 || !start.starts_with(kMagic)) {
    return no_recording(name);
  }
  const std::uint32_t version = get_u32(std::string_view(start).substr(kMagic.size()));
  const std::uint32_t length = get_u32(std::string_view(start).substr(kMagic.size() + 4));
  if (version > kVersion) {
    return Error{ExitCode::Failed, 0,
                 fmt::format("{} is of format {}, this program reads formats up to {}: a newer "
                             "smadv is needed",
                             name, version, kVersion)};
  }
  std::string header = length <= kLongestHeader ? take(*stream, length) : std::string();
  if (header.size() < length || version == 0) {
    return no_recording(name);
  }
  return Reader(std::move(stream), std::move(header));
}

std::optional<Entry> Reader::next() {
  while (!cut_off_) {
    std::string_view view(bytes_);
    view.remove_prefix(taken_);
    const std::size_t before = view.size();
    auto decoded = decode(view);
    taken_ += before - view.size();
    if (!decoded) {
      cut_off_ = fmt::format("it is damaged: {}", decoded.error().message);
    } else if (std::optional<Entry>& entry = *decoded) {
      ended_ = ended_ || std::holds_alternative<End>(*entry);
      return std::move(entry);
    } else if (!more()) {
      break;
    }
  }
  if (!cut_off_ && !ended_) {
    cut_off_ = "it ends in the middle, as after a crash or on a full disk";
  }
  return std::nullopt;
}

// A file that grows meanwhile is read to its end, too.
void Reader::tell_progress(std::size_t bytes) {
  read_bytes_ += bytes;
  if (progress_) {
    progress_(
        static_cast<unsigned>(std::min<std::uintmax_t>(read_bytes_ * 100 / file_bytes_, 100)));
  }
}

// Decompress some more. False at the end.
bool Reader::more() {
  bytes_.erase(0, taken_);
  taken_ = 0;
  for (;;) {
    Decompressor& zstd = *decompressor_;
    if (zstd.used == zstd.in.size() && !zstd.full) {
      zstd.in = take(*stream_, ZSTD_DStreamInSize());
      zstd.used = 0;
      if (zstd.in.empty()) {
        return false;
      }
      tell_progress(zstd.in.size());
    }
    ZSTD_inBuffer in{zstd.in.data(), zstd.in.size(), zstd.used};
    ZSTD_outBuffer out{zstd.out.data(), zstd.out.size(), 0};
    const std::size_t code = ZSTD_decompressStream(zstd.context.get(), &out, &in);
    if (ZSTD_isError(code) != 0) {
      cut_off_ = fmt::format("it is damaged: {}", ZSTD_getErrorName(code));
      return false;
    }
    zstd.used = in.pos;
    zstd.full = out.pos == out.size;
    bytes_.append(zstd.out.data(), out.pos);
    if (out.pos > 0) {
      return true;
    }
  }
}

}  // namespace smadv::recording
