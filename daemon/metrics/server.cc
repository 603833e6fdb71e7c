// SPDX-License-Identifier: GPL-2.0
#include "daemon/metrics/server.h"

#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <microhttpd.h>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "daemon/metrics/address.h"

namespace smadv::metrics {
namespace {

constexpr unsigned kMostConnections = 16;
constexpr unsigned kPatienceS = 10;  // with a client that stops in the middle

struct Answer {
  unsigned status;
  std::string text;
  Format format = Format::Text;
};

class HttpServer final : public Server {
 public:
  HttpServer(Address address, UniqueFd listener, Page page)
      : address_(std::move(address)), listener_(std::move(listener)), page_(std::move(page)) {
    daemon_ =
        MHD_start_daemon(MHD_USE_EPOLL, 0, nullptr, nullptr, answer, this, MHD_OPTION_LISTEN_SOCKET,
                         listener_.get(), MHD_OPTION_CONNECTION_LIMIT, kMostConnections,
                         MHD_OPTION_CONNECTION_TIMEOUT, kPatienceS, MHD_OPTION_END);
  }
  ~HttpServer() override {
    if (daemon_ != nullptr) {
      MHD_quiesce_daemon(daemon_);  // the listener is ours to close
      MHD_stop_daemon(daemon_);
    }
    if (!address_.path.empty()) {
      unlink(address_.path.c_str());
    }
  }
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  [[nodiscard]] bool started() const { return daemon_ != nullptr; }

  [[nodiscard]] int fd() const override {
    return MHD_get_daemon_info(daemon_, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
  }

  [[nodiscard]] std::optional<std::chrono::milliseconds> timeout() const override {
    MHD_UNSIGNED_LONG_LONG ms = 0;
    return MHD_get_timeout(daemon_, &ms) == MHD_YES ? std::optional(std::chrono::milliseconds(ms))
                                                    : std::nullopt;
  }

  void serve() override { MHD_run(daemon_); }

 private:
  [[nodiscard]] Answer answer_to(std::string_view method, std::string_view path,
                                 std::string_view accept) const {
    if (method != MHD_HTTP_METHOD_GET && method != MHD_HTTP_METHOD_HEAD) {
      return {MHD_HTTP_METHOD_NOT_ALLOWED, "Only GET and HEAD.\n"};
    }
    if (path == "/metrics") {
      const Format format = format_for(accept);
      return {MHD_HTTP_OK, page_(format), format};
    }
    return {MHD_HTTP_NOT_FOUND, "smart-madvise: the metrics are at /metrics\n"};
  }

  // Called with the header, again for each part of a body, and once more at its end.
  static MHD_Result answer(void* self, MHD_Connection* connection, const char* path,
                           const char* method, const char* /*version*/, const char* /*body*/,
                           std::size_t* body_bytes, void** request) {
    if (*request == nullptr) {
      *request = self;
      return MHD_YES;
    }
    if (*body_bytes != 0) {
      *body_bytes = 0;  // passed over
      return MHD_YES;
    }
    const char* accept =
        MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_ACCEPT);
    const auto [status, text, format] =
        static_cast<HttpServer*>(self)->answer_to(method, path, accept == nullptr ? "" : accept);
    MHD_Response* response = MHD_create_response_from_buffer(
        text.size(), const_cast<char*>(text.data()), MHD_RESPMEM_MUST_COPY);
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, content_type(format));
    MHD_add_response_header(response, MHD_HTTP_HEADER_VARY, MHD_HTTP_HEADER_ACCEPT);
    if (status == MHD_HTTP_METHOD_NOT_ALLOWED) {
      MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
    }
    const MHD_Result queued = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return queued;
  }

  Address address_;
  UniqueFd listener_;
  Page page_;
  MHD_Daemon* daemon_ = nullptr;
};

}  // namespace

Result<std::unique_ptr<Server>> serve_metrics(const std::string& where, Server::Page page) {
  auto address = parse_address(where);
  if (!address) {
    return address.error();
  }
  auto listener = listen_at(*address);
  if (!listener) {
    return Error{
        ExitCode::Failed, listener.error().code,
        fmt::format("cannot listen for metrics at {}: {}", where, listener.error().message)};
  }
  auto server =
      std::make_unique<HttpServer>(*std::move(address), *std::move(listener), std::move(page));
  if (!server->started()) {
    // GCOVR_EXCL_START: where nothing more may be opened
    return Error{ExitCode::Failed, errno, fmt::format("cannot serve metrics at {}", where)};
    // GCOVR_EXCL_STOP
  }
  return std::unique_ptr<Server>(std::move(server));
}

}  // namespace smadv::metrics
