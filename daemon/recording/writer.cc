// SPDX-License-Identifier: GPL-2.0
#include "daemon/recording/writer.h"

#include <fcntl.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <new>
#include <string_view>
#include <utility>
#include <zstd.h>

#include <fmt/format.h>

#include "daemon/recording/format.h"

namespace smadv::recording {
namespace {

// Entries are gathered before they are compressed.
constexpr std::size_t kChunkBytes = 65536;

}  // namespace

struct Writer::Compressor {
  struct Free {
    void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
  };
  std::unique_ptr<ZSTD_CCtx, Free> context{ZSTD_createCCtx()};
  std::string out = std::string(ZSTD_CStreamOutSize(), '\0');
};

Writer::Writer(std::filesystem::path path, UniqueFd fd)
    : path_(std::move(path)), fd_(std::move(fd)), compressor_(std::make_unique<Compressor>()) {
  if (!compressor_->context) {
    throw std::bad_alloc();  // GCOVR_EXCL_LINE: zstd got no memory
  }
}

Writer::Writer(Writer&& other) noexcept = default;
Writer::~Writer() = default;

Result<Writer> Writer::create(const std::filesystem::path& path, const std::string& header) {
  UniqueFd fd(open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!fd.valid()) {
    const int code = errno;
    return Error{ExitCode::Failed, code,
                 fmt::format("cannot write {}: {}", path.string(), std::strerror(code))};
  }
  Writer writer(path, std::move(fd));
  if (auto written = writer.write(head(header)); !written) {
    return written.error();
  }
  return writer;
}

std::uint64_t Writer::bytes() const {
  return written_ + unflushed_;
}

Result<void> Writer::add(const Entry& entry) {
  const std::size_t before = pending_.size();
  encode(entry, pending_);
  unflushed_ += pending_.size() - before;
  return pending_.size() < kChunkBytes ? Result<void>() : compress(Extent::Some);
}

Result<void> Writer::flush() {
  auto done = compress(Extent::All);
  unflushed_ = 0;
  return done;
}

Result<void> Writer::finish(const End& end) {
  if (auto added = add(end); !added) {
    return added;  // GCOVR_EXCL_LINE: as any other entry, tested by those
  }
  auto done = compress(Extent::End);
  unflushed_ = 0;
  return done;
}

Result<void> Writer::compress(Extent extent) {
  constexpr std::array kDirectives = {ZSTD_e_continue, ZSTD_e_flush, ZSTD_e_end};
  ZSTD_inBuffer in{pending_.data(), pending_.size(), 0};
  std::size_t left = 0;
  do {
    std::string& buffer = compressor_->out;
    ZSTD_outBuffer out{buffer.data(), buffer.size(), 0};
    left = ZSTD_compressStream2(compressor_->context.get(), &out, &in,
                                kDirectives.at(static_cast<std::size_t>(extent)));
    if (ZSTD_isError(left) != 0) {
      // GCOVR_EXCL_START: zstd fails only without memory
      return Error{ExitCode::Failed, ENOMEM,
                   fmt::format("cannot compress: {}", ZSTD_getErrorName(left))};
      // GCOVR_EXCL_STOP
    }
    if (auto written = write({buffer.data(), out.pos}); !written) {
      return written;
    }
  } while (in.pos < in.size || (extent != Extent::Some && left != 0));
  pending_.clear();
  return {};
}

Result<void> Writer::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t done = ::write(fd_.get(), bytes.data(), bytes.size());
    if (done < 0 && errno == EINTR) {
      continue;  // GCOVR_EXCL_LINE: a signal that is not held back, at that moment
    }
    if (done < 0) {
      const int code = errno;
      return Error{ExitCode::Failed, code,
                   fmt::format("cannot write {}: {}", path_.string(), std::strerror(code))};
    }
    bytes.remove_prefix(static_cast<std::size_t>(done));
    written_ += static_cast<std::uint64_t>(done);
  }
  return {};
}

}  // namespace smadv::recording
