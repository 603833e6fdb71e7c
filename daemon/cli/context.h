// SPDX-License-Identifier: GPL-2.0
/// @file
/// What a command works with.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <string_view>

#include "daemon/cli/json.h"
#include "daemon/cli/style.h"
#include "daemon/kernel_client.h"
#include "daemon/netlink/connect.h"
#include "daemon/result.h"

namespace smadv::cli {

/// The machine around the command. Tests put their own in its place.
struct Machine {
  /// Connects with the loaded module.
  std::function<Result<std::unique_ptr<KernelClient>>(netlink::EventBuffer)> connect;
  /// Name of a user, its number when it has none.
  std::function<std::string(std::uint32_t uid)> user_name;
  /// What stands before /proc, /sys, /boot and /lib.
  std::string root;
  /// Where the output goes, to notice that its reader left. -1 when that does not matter.
  int out_fd = -1;
  bool out_is_terminal = false;
  /// How many columns the terminal has, 0 when it does not matter.
  std::size_t out_columns = 0;
  bool err_is_terminal = false;
  /// Values of the environment variables NO_COLOR and TERM, null when unset.
  const char* no_color = nullptr;
  const char* term = nullptr;
};

/// Machine with the real kernel, users and file system.
[[nodiscard]] Machine real_machine();

/// One run of the command line.
class Context {
 public:
  Context(const Machine& machine, std::ostream& out, std::ostream& err)
      : machine_(machine), out_(out), err_(err) {}

  /// The module, connected at the first call and known to speak our version of the interface.
  [[nodiscard]] Result<KernelClient*> client();
  /// Connect anew at the next call of client().
  void disconnect() { client_.reset(); }
  /// The policy in force.
  [[nodiscard]] Result<Policy> policy();

  [[nodiscard]] const Machine& machine() const { return machine_; }
  [[nodiscard]] std::ostream& out() { return out_; }
  [[nodiscard]] const Palette& palette() const { return palette_; }
  [[nodiscard]] bool json() const { return json_; }

  void set_palette(Palette palette) { palette_ = palette; }
  void set_json(bool json) { json_ = json; }
  void set_event_buffer(netlink::EventBuffer buffer) { event_buffer_ = buffer; }

  void print(const Table& table) { out_ << table.render(palette_, machine_.out_columns); }
  void print(const Json& json) { out_ << json.document(); }

  /// A line for the person, apart from the output.
  void note(std::string_view text);

  /// The line on a terminal that tells how far it is, in place of the last one; none if it is
  /// empty.
  void progress(std::string_view text);

  /// Progress of a recording that is read. Nothing of what is read at once.
  [[nodiscard]] std::function<void(unsigned percent)> reading();

  /// A listing, as JSON or as the table that @p table_of makes of it.
  template <class T, class TableOf>
  void print(const Listing<T>& listing, const TableOf& table_of) {
    if (json_) {
      print(Json(listing.items));
    } else {
      print(table_of(listing.items));
    }
    note_torn(listing);
  }

  /// Say so if a listing was torn.
  template <class T>
  void note_torn(const Listing<T>& listing) {
    if (listing.torn) {
      note("note: the list changed while it was read, entries may be missing or doubled");
    }
  }

  /// Whether there is a process @p pid, tracked or not.
  [[nodiscard]] bool process_exists(std::uint32_t pid) const;

  /// The complaint about a process that is not tracked, which tells whether it exists at all.
  [[nodiscard]] Error not_tracked(std::uint32_t pid) const;

 private:
  const Machine& machine_;
  std::ostream& out_;
  std::ostream& err_;
  Palette palette_;
  bool json_ = false;
  bool progress_shown_ = false;
  netlink::EventBuffer event_buffer_;
  std::unique_ptr<KernelClient> client_;
};

}  // namespace smadv::cli
