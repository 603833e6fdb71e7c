/* SPDX-License-Identifier: GPL-2.0 */
/* Events: what happens, told to the netlink group as it happens. */
#ifndef SMADV_EVENT_H
#define SMADV_EVENT_H

#include "journal.h"
#include "map.h"

struct smadv_task;

/* All with smadv_lock held. They cost next to nothing while nobody listens. */
void smadv_event_process(struct smadv_record *record, u32 kind);
void smadv_event_verdict(const struct smadv_record *record, const struct smadv_range *range);
void smadv_event_task(const struct smadv_task *task);
void smadv_event_entry(const struct smadv_record *record, u32 kind,
		       const struct smadv_entry *entry, u32 reason);
void smadv_event_policy(void);

#endif /* SMADV_EVENT_H */
