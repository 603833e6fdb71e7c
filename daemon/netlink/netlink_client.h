// SPDX-License-Identifier: GPL-2.0
/// @file
/// The kernel module over generic netlink.
#pragma once

#include <functional>
#include <initializer_list>
#include <memory>

#include "daemon/kernel_client.h"
#include "daemon/module_watch.h"
#include "daemon/netlink/family.h"
#include "daemon/netlink/transport.h"

namespace smadv::netlink {

/// Makes the transports that a client needs: one for requests, one for each event stream.
struct Transports {
  std::function<Result<std::unique_ptr<Transport>>()> requests;
  std::function<Result<std::unique_ptr<Transport>>()> events;
};

/// KernelClient over a transport.
class NetlinkClient final : public KernelClient {
 public:
  /// Look the family up. ExitCode::ModuleAbsent when it is not there. Does not check the version of
  /// the interface, see check_abi().
  [[nodiscard]] static Result<std::unique_ptr<KernelClient>> connect(Transports transports);

  [[nodiscard]] Result<Info> info() override;
  [[nodiscard]] Result<Policy> policy() override;
  [[nodiscard]] Result<void> set_policy(std::span<const PolicyChange> changes) override;
  [[nodiscard]] Result<Stats> stats() override;
  [[nodiscard]] Result<Listing<Process>> processes() override;
  [[nodiscard]] Result<Process> process(std::uint32_t pid) override;
  [[nodiscard]] Result<Listing<Range>> ranges(std::optional<std::uint32_t> pid) override;
  [[nodiscard]] Result<Listing<Task>> tasks(std::optional<std::uint32_t> pid) override;
  [[nodiscard]] Result<RestoreOutcome> forget(std::uint32_t pid) override;
  [[nodiscard]] Result<RestoreOutcome> restore(std::optional<std::uint32_t> pid) override;
  [[nodiscard]] Result<void> set_prior(const Prior& prior) override;
  [[nodiscard]] Result<Listing<Filter>> filters() override;
  [[nodiscard]] Result<std::uint32_t> add_filter(const FilterRule& rule) override;
  [[nodiscard]] Result<void> delete_filter(std::optional<std::uint32_t> id) override;
  [[nodiscard]] Result<std::unique_ptr<EventStream>> events() override;
  [[nodiscard]] Result<std::unique_ptr<RecordingStream>> recording() override;

 private:
  NetlinkClient(Transports transports, std::unique_ptr<Transport> requests, Family family);

  [[nodiscard]] Result<bool> request(const Message& message, const Reply::Sink& sink,
                                     std::string_view what);
  [[nodiscard]] bool still_there();
  [[nodiscard]] Result<std::unique_ptr<Transport>> listen(
      std::initializer_list<std::uint32_t> groups);
  template <class T>
  [[nodiscard]] Result<T> get(const Message& message, std::string_view what);
  template <class T>
  [[nodiscard]] Result<Listing<T>> dump(std::uint8_t command, std::uint16_t pid_attribute,
                                        std::optional<std::uint32_t> pid, std::string_view what);

  Transports transports_;
  std::unique_ptr<Transport> requests_;
  Family family_;
};

/// Watch for the module being loaded and unloaded.
[[nodiscard]] Result<std::unique_ptr<ModuleWatch>> watch_module(const Transports& transports);

}  // namespace smadv::netlink
