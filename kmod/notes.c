// SPDX-License-Identifier: GPL-2.0
#include "notes.h"

#include <linux/log2.h>
#include <linux/preempt.h>
#include <linux/slab.h>

#include "map.h"
#include "stats.h"

/* Room for so many is there from the first note on, beyond max-memory-kb too, and kept. */
#define FEWEST	16U
#define MOST	1024U

void smadv_notes_init(struct smadv_notes *notes)
{
	memset(notes, 0, sizeof(*notes));
	raw_spin_lock_init(&notes->lock);
}

u64 smadv_notes_bytes(const struct smadv_notes *notes)
{
	return READ_ONCE(notes->capacity) * sizeof(*notes->item);
}

/* Take @item in use, with room for @capacity, and let go of the old one. */
static void replace(struct smadv_notes *notes, struct smadv_note *item, u32 capacity)
{
	unsigned long flags;
	u32 old;

	raw_spin_lock_irqsave(&notes->lock, flags);
	/* Or more came by now. */
	if (notes->count <= capacity) {
		if (notes->count)
			memcpy(item, notes->item + notes->first, notes->count * sizeof(*item));
		swap(notes->item, item);
		old = notes->capacity;
		WRITE_ONCE(notes->capacity, capacity);
		capacity = old;
		notes->first = 0;
	}
	raw_spin_unlock_irqrestore(&notes->lock, flags);
	kfree(item);
	smadv_map_uncharge(capacity * sizeof(*item));
}

/* Nobody adds any more. */
void smadv_notes_free(struct smadv_notes *notes)
{
	smadv_map_uncharge(smadv_notes_bytes(notes));
	kfree(notes->item);
	notes->item = NULL;
	notes->capacity = 0;
}

/**
 * smadv_notes_make_room() - if there is memory
 * @notes: notes
 * @more: for so many more notes
 *
 * Context: the application's, about to change its mappings; does not sleep. On
 * PREEMPT_RT nothing can be allocated while preemption is off, as it is when
 * somebody else traces the same function.
 */
void smadv_notes_make_room(struct smadv_notes *notes, u32 more)
{
	u32 had = READ_ONCE(notes->capacity), wanted = READ_ONCE(notes->count) + more;
	u32 capacity = clamp((u32)roundup_pow_of_two(wanted), FEWEST, MOST);
	struct smadv_note *item;

	if (wanted <= had || wanted > MOST)
		return;
	if (IS_ENABLED(CONFIG_PREEMPT_RT) && !preemptible())
		return;
	if (smadv_map_charge(capacity * sizeof(*item), !had))
		return;
	item = kmalloc_array(capacity, sizeof(*item), GFP_NOWAIT | __GFP_NOWARN);
	if (item)
		replace(notes, item, capacity);
	else
		smadv_map_uncharge(capacity * sizeof(*item));
}

/* Where the same advice is pending, and nothing moved since, or the end. */
static u32 find(const struct smadv_notes *notes, const struct smadv_note *note)
{
	u32 end = notes->first + notes->count, i = end;

	while (!note->to && i-- > notes->first && !notes->item[i].to)
		if (notes->item[i].start == note->start && notes->item[i].end == note->end)
			return i;
	return end;
}

static bool summing(const struct smadv_notes *notes)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(notes->sum); i++)
		if (notes->sum[i].vague)
			return true;
	return false;
}

static void sum_up(struct smadv_notes *notes, const struct smadv_note *note)
{
	struct smadv_note *sum = &notes->sum[note->hint + (note->to ? SMADV_NOTE_HINTS : 0)];

	smadv_stats_inc(CALLS_LOST);
	if (!sum->vague)
		*sum = *note;
	sum->start = min(sum->start, note->start);
	sum->end = max(sum->end, note->end);
	sum->to = min(sum->to, note->to);
	sum->to_end = max(sum->to_end, note->to_end);
	sum->vague = true;
}

/* Append, or move to the end when it is pending already. */
static bool append(struct smadv_notes *notes, struct smadv_note *note)
{
	struct smadv_note *item = notes->item;
	u32 i, end = notes->first + notes->count;

	if (summing(notes))
		return false; /* what was summed up comes first */
	i = find(notes, note);
	if (i < end) {
		if (item[i].hint == note->hint)
			note->number = item[i].number; /* said for the first time then */
		memmove(&item[i], &item[i + 1], (end - 1 - i) * sizeof(*item));
		item[end - 1] = *note;
		return true;
	}
	if (notes->count == notes->capacity)
		return false;
	if (end == notes->capacity) {
		memmove(item, item + notes->first, notes->count * sizeof(*item));
		notes->first = 0;
	}
	item[notes->first + notes->count] = *note;
	WRITE_ONCE(notes->count, notes->count + 1);
	return true;
}

/**
 * smadv_notes_add() - note a call
 * @notes: notes
 * @call: what is called, but for its number
 *
 * What finds no room is summed up, hint by hint, and counted.
 */
void smadv_notes_add(struct smadv_notes *notes, const struct smadv_note *call)
{
	struct smadv_note note = *call;
	unsigned long flags;

	raw_spin_lock_irqsave(&notes->lock, flags);
	WRITE_ONCE(notes->noted, notes->noted + 1);
	note.number = notes->noted;
	if (!append(notes, &note))
		sum_up(notes, &note);
	raw_spin_unlock_irqrestore(&notes->lock, flags);
}

/* The one at @index from the oldest on, which stays. False when there are not so many. */
bool smadv_notes_peek(struct smadv_notes *notes, u32 index, struct smadv_note *note)
{
	bool there;

	lockdep_assert_held(&smadv_lock);
	raw_spin_lock_irq(&notes->lock);
	there = index < notes->count;
	if (there)
		*note = notes->item[notes->first + index];
	raw_spin_unlock_irq(&notes->lock);
	return there;
}

static bool take_oldest(struct smadv_notes *notes, struct smadv_note *note)
{
	u32 i;

	if (notes->count) {
		*note = notes->item[notes->first++];
		WRITE_ONCE(notes->count, notes->count - 1);
		notes->heeded = max(notes->heeded, note->number);
		return true;
	}
	notes->first = 0;
	for (i = 0; i < ARRAY_SIZE(notes->sum); i++) {
		if (!notes->sum[i].vague)
			continue;
		*note = notes->sum[i];
		notes->sum[i].vague = false;
		return true;
	}
	notes->heeded = notes->noted;
	return false;
}

/* Were all looked at? Until the next one, which may come at any moment. */
bool smadv_notes_heeded(const struct smadv_notes *notes)
{
	lockdep_assert_held(&smadv_lock);
	return READ_ONCE(notes->noted) == notes->heeded;
}

/* How many there are to take, at most, and at least those that were there before. */
u32 smadv_notes_pending(const struct smadv_notes *notes)
{
	return READ_ONCE(notes->count) + ARRAY_SIZE(notes->sum);
}

/**
 * smadv_notes_take() - take the oldest note
 * @notes: notes of a record, smadv_lock held
 * @note: filled in
 *
 * Return: false when there is none.
 */
bool smadv_notes_take(struct smadv_notes *notes, struct smadv_note *note)
{
	bool taken;

	lockdep_assert_held(&smadv_lock);
	if (smadv_notes_heeded(notes))
		return false;
	raw_spin_lock_irq(&notes->lock);
	taken = take_oldest(notes, note);
	raw_spin_unlock_irq(&notes->lock);
	if (!taken && READ_ONCE(notes->capacity) > FEWEST)
		replace(notes, NULL, 0);
	return taken;
}
