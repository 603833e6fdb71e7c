// SPDX-License-Identifier: GPL-2.0
/// @file
/// What a call that can fail hands back, and how a failure ends a program.
#pragma once

#include <string>
#include <utility>
#include <variant>

namespace smadv {

/// How a program ends. Documented in `--help` of both programs, so never renumber.
enum class ExitCode : int {
  Ok = 0,            ///< Done.
  Failed = 1,        ///< The operation failed or was refused.
  Usage = 2,         ///< The command line, or a value on it, is wrong.
  ModuleAbsent = 3,  ///< The kernel module is not loaded.
  NoPrivilege = 4,   ///< The kernel wants CAP_SYS_ADMIN for this.
  NotFound = 5,      ///< No such process or rule.
  Incompatible = 6,  ///< The loaded module speaks another version of the interface.
};

/// What went wrong.
struct Error {
  ExitCode exit = ExitCode::Failed;  ///< How a program that fails of it ends.
  int code = 0;                      ///< errno, 0 when no system call is to blame.
  std::string message;               ///< One line for a person, without a final full stop.
};

/// A value, or the reason why there is none.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  [[nodiscard]] bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  /// The value. Only when ok().
  T& operator*() & { return *std::get_if<0>(&state_); }
  const T& operator*() const& { return *std::get_if<0>(&state_); }
  T&& operator*() && { return std::move(*std::get_if<0>(&state_)); }
  T* operator->() { return std::get_if<0>(&state_); }
  const T* operator->() const { return std::get_if<0>(&state_); }

  /// The reason. Only when not ok().
  [[nodiscard]] const Error& error() const { return *std::get_if<1>(&state_); }

 private:
  std::variant<T, Error> state_;
};

/// Success without a value, or the reason of the failure.
template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  [[nodiscard]] bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  /// The reason. Only when not ok().
  [[nodiscard]] const Error& error() const { return *std::get_if<1>(&state_); }

 private:
  std::variant<std::monostate, Error> state_;
};

}  // namespace smadv
