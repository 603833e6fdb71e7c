// SPDX-License-Identifier: GPL-2.0
#include "newborn.h"

#include <linux/sched/mm.h>
#include <linux/sched/task.h>

#include "analyzer.h"

#define NEWBORN_SLOTS	256
#define CALL_SLOTS	256

/*
 * Those who were not followed yet, oldest first, and what they called since, in
 * order. The lock is taken with interrupts on or off, outside of the lock of a
 * record's notes.
 */
static DEFINE_RAW_SPINLOCK(lock);
static struct smadv_newborn newborns[NEWBORN_SLOTS];
static u32 newborn_count;
static struct call {
	const struct mm_struct *mm;
	struct smadv_note note;
} calls[CALL_SLOTS];
static u32 call_count;

static struct smadv_newborn *find(const struct mm_struct *mm)
{
	u32 i;

	lockdep_assert_held(&lock);
	for (i = 0; i < newborn_count; i++)
		if (newborns[i].mm == mm)
			return &newborns[i];
	return NULL;
}

/*
 * Is nobody waiting to be followed? Then those who were have their records, in the
 * table from before they stopped to wait.
 */
static bool none(void)
{
	/* Pairs with the releases of whoever changes it. */
	return !smp_load_acquire(&newborn_count);
}

/* May it bear what stands in place of an application's hint? */
static bool is_overridden(const struct smadv_newborn *newborn)
{
	return !newborn->parent || READ_ONCE(newborn->parent->overridden);
}

static void add(struct smadv_record *parent, const struct mm_struct *parent_mm, u64 noted,
		struct task_struct *child)
{
	lockdep_assert_held(&lock);
	if (newborn_count == NEWBORN_SLOTS) {
		smadv_stats_inc(FORKS_LOST);
		return;
	}
	get_task_struct(child);
	mmgrab(child->mm);
	if (parent)
		refcount_inc(&parent->refs);
	newborns[newborn_count] = (struct smadv_newborn){
		.child = child, .mm = child->mm, .parent = parent, .parent_mm = parent_mm,
		.noted = noted,
	};
	/* Pairs with none(): what it looks at next is not older. */
	smp_store_release(&newborn_count, newborn_count + 1);
	smadv_analyzer_wake();
}

static bool has_hinted(const struct smadv_record *record)
{
	return smadv_journal_peek(&record->journal) || smadv_journal_peek(&record->past);
}

/**
 * smadv_newborn_birth() - a child is born
 * @parent_mm: address space of its parent
 * @child: the child, which has not run yet
 *
 * It counts if its parent bears hints, or may bear some: a newborn itself.
 */
void smadv_newborn_birth(const struct mm_struct *parent_mm, struct task_struct *child)
{
	bool alone = none(); /* before the look for the parent's record */
	struct smadv_record *parent = smadv_map_lookup(parent_mm);
	struct smadv_newborn *pending;
	unsigned long flags;

	if (alone && !(parent && has_hinted(parent)))
		return;
	raw_spin_lock_irqsave(&lock, flags);
	parent = smadv_map_lookup(parent_mm);
	pending = find(parent_mm);
	if (parent && (pending || has_hinted(parent)))
		add(parent, parent_mm, READ_ONCE(parent->notes.noted), child);
	else if (pending)
		add(NULL, parent_mm, pending->calls, child);
	raw_spin_unlock_irqrestore(&lock, flags);
}

/**
 * smadv_newborn_note() - note a call in an address space without a record
 * @mm: address space
 * @note: the call
 *
 * It counts if that is a newborn's.
 *
 * Return: its record, if it has just got one, to be noted there, or NULL.
 */
struct smadv_record *smadv_newborn_note(const struct mm_struct *mm, const struct smadv_note *note)
{
	struct smadv_newborn *newborn;
	struct smadv_record *record;
	unsigned long flags;

	if (none())
		return smadv_map_lookup(mm);
	raw_spin_lock_irqsave(&lock, flags);
	record = smadv_map_lookup(mm);
	newborn = record ? NULL : find(mm);
	if (newborn && note->override_only && !is_overridden(newborn))
		newborn = NULL;
	if (newborn && call_count < CALL_SLOTS) {
		calls[call_count++] = (struct call){ mm, *note };
		newborn->calls++;
	} else if (newborn) {
		smadv_stats_inc(CALLS_LOST);
	}
	raw_spin_unlock_irqrestore(&lock, flags);
	return record;
}

/**
 * smadv_newborn_first() - the oldest one
 *
 * Return: that, until smadv_newborn_end(); its parent has a record by now. NULL
 * when there is none.
 */
const struct smadv_newborn *smadv_newborn_first(void)
{
	lockdep_assert_held(&smadv_lock);
	return none() ? NULL : &newborns[0];
}

/* Are there children of @record's among those who wait? */
bool smadv_newborn_is_parent(const struct smadv_record *record)
{
	bool found = false;
	u32 i;

	lockdep_assert_held(&smadv_lock);
	raw_spin_lock_irq(&lock);
	for (i = 0; i < newborn_count; i++)
		found |= newborns[i].parent == record;
	raw_spin_unlock_irq(&lock);
	return found;
}

/* Children of @mm's get @parent for their parent, unless they have one. */
static void give_parent(const struct mm_struct *mm, struct smadv_record *parent)
{
	struct smadv_newborn *child;

	lockdep_assert_held(&lock);
	for (child = newborns; child < newborns + newborn_count; child++) {
		if (child->parent || child->parent_mm != mm)
			continue;
		refcount_inc(&parent->refs);
		child->parent = parent;
	}
}

/* Children of @lost's, which nobody followed, have its parent for theirs. */
static void pass_on(const struct smadv_newborn *lost)
{
	struct smadv_newborn *child;

	lockdep_assert_held(&lock);
	for (child = newborns; child < newborns + newborn_count; child++) {
		if (child->parent_mm != lost->mm)
			continue;
		if (child->parent)
			refcount_dec(&child->parent->refs); /* not the last: it is in the table */
		refcount_inc(&lost->parent->refs);
		child->parent = lost->parent;
		child->noted = lost->noted;
	}
}

static void drop_calls(const struct mm_struct *mm)
{
	u32 i, kept = 0;

	lockdep_assert_held(&lock);
	for (i = 0; i < call_count; i++)
		if (calls[i].mm != mm)
			calls[kept++] = calls[i];
	call_count = kept;
}

/**
 * smadv_newborn_end() - the oldest one need not wait any more
 * @followed: it has a record with all that it inherited; else it has exited, and
 *	what its own children bear is looked for with its parent
 */
void smadv_newborn_end(bool followed)
{
	struct smadv_newborn first = newborns[0];

	lockdep_assert_held(&smadv_lock);
	raw_spin_lock_irq(&lock);
	memmove(&newborns[0], &newborns[1], (newborn_count - 1) * sizeof(first));
	/* Pairs with none(): the record of who was followed is in the table. */
	smp_store_release(&newborn_count, newborn_count - 1);
	if (!followed)
		pass_on(&first);
	drop_calls(first.mm);
	raw_spin_unlock_irq(&lock);
	put_task_struct(first.child);
	smadv_map_put(first.parent);
	mmdrop(first.mm);
}

/**
 * smadv_newborn_publish() - make a complete record known to hook and observers
 * @record: record
 *
 * If it is a newborn's, what that called before comes first in its notes, and its
 * children find their parent.
 */
void smadv_newborn_publish(struct smadv_record *record)
{
	u32 i, count = data_race(READ_ONCE(call_count)); /* about so many */
	const struct smadv_newborn *newborn;

	lockdep_assert_held(&smadv_lock);
	if (count)
		smadv_notes_make_room(&record->notes, count);
	raw_spin_lock_irq(&lock);
	for (i = 0; i < call_count; i++)
		if (calls[i].mm == record->mm)
			smadv_notes_add(&record->notes, &calls[i].note);
	drop_calls(record->mm);
	newborn = find(record->mm);
	record->overridden = newborn && is_overridden(newborn);
	give_parent(record->mm, record);
	smadv_map_publish(record);
	raw_spin_unlock_irq(&lock);
}
