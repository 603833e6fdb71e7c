// SPDX-License-Identifier: GPL-2.0
/// @file
/// From attributes to the structures of model.h, by the tables of fields.h, policy.h and stats.h.
/// Attributes that this program does not know are passed over, so that a newer module of the same
/// interface version can be talked to. A missing one, or one of the wrong size, is an error that
/// names it.
#pragma once

#include "daemon/model.h"
#include "daemon/netlink/attributes.h"
#include "daemon/result.h"

namespace smadv::netlink {

/// Defined for Info, Policy, Stats, Process, Range, Task, Filter, RestoreOutcome, Event and
/// RecordingNote.
template <class T>
[[nodiscard]] Result<T> decode(const Attributes& attributes);

template <>
Result<Policy> decode<Policy>(const Attributes& attributes);
template <>
Result<Stats> decode<Stats>(const Attributes& attributes);

extern template Result<Info> decode<Info>(const Attributes&);
extern template Result<Process> decode<Process>(const Attributes&);
extern template Result<Range> decode<Range>(const Attributes&);
extern template Result<Task> decode<Task>(const Attributes&);
extern template Result<Filter> decode<Filter>(const Attributes&);
extern template Result<RestoreOutcome> decode<RestoreOutcome>(const Attributes&);
extern template Result<Event> decode<Event>(const Attributes&);
extern template Result<RecordingNote> decode<RecordingNote>(const Attributes&);

}  // namespace smadv::netlink
