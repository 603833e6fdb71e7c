/* SPDX-License-Identifier: GPL-2.0 */
/* What applications do to our hints: their own madvise() calls, mremap() and fork(). */
#ifndef SMADV_OBSERVER_H
#define SMADV_OBSERVER_H

#include "map.h"

/**
 * struct smadv_fork - a child born to a hinted process
 * @child: the child, a reference
 * @parent: record of the parent, a reference
 * @mm: address space it was born with, to compare with only
 * @noted: notes of the parent before
 */
struct smadv_fork {
	struct task_struct *child;
	struct smadv_record *parent;
	const struct mm_struct *mm;
	u64 noted;
};

int smadv_observer_init(unsigned long do_madvise_address);
void smadv_observer_exit(void);
bool smadv_observer_sees_advice(void);
bool smadv_observer_sees_forks(void);

/* Take one child; the caller puts both references. False when there is none. */
bool smadv_observer_next_fork(struct smadv_fork *fork);

/* Take all pending notes of a record, oldest first. */
u32 smadv_observer_take(struct smadv_record *record, struct smadv_note notes[SMADV_NOTES_TAKEN]);

#endif /* SMADV_OBSERVER_H */
