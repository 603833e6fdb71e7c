/* SPDX-License-Identifier: GPL-2.0 */
/* Newborns: children of hinted processes, from their birth until they are followed. */
#ifndef SMADV_NEWBORN_H
#define SMADV_NEWBORN_H

#include "map.h"

/**
 * struct smadv_newborn - a child born to a hinted process
 * @child: the child, a reference
 * @mm: address space it was born with, mm_count held
 * @parent: record of the parent, a reference; NULL while the parent is a newborn
 *	itself that has none yet
 * @parent_mm: address space of the parent, to compare with only
 * @noted: notes of the parent before
 * @calls: calls of the child's own that were noted so far
 */
struct smadv_newborn {
	struct task_struct *child;
	struct mm_struct *mm;
	struct smadv_record *parent;
	const struct mm_struct *parent_mm;
	u64 noted;
	u64 calls;
};

/* Called by the observers, in the application's context, under RCU. */
void smadv_newborn_birth(const struct mm_struct *parent_mm, struct task_struct *child);
struct smadv_record *smadv_newborn_note(const struct mm_struct *mm, const struct smadv_note *note);

/* In process context, smadv_lock held. */
const struct smadv_newborn *smadv_newborn_first(void);
bool smadv_newborn_is_parent(const struct smadv_record *record);
void smadv_newborn_end(bool followed);
void smadv_newborn_publish(struct smadv_record *record);

#endif /* SMADV_NEWBORN_H */
