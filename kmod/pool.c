// SPDX-License-Identifier: GPL-2.0
#include "pool.h"

#include <linux/hash.h>
#include <linux/smart_madvise.h>

#include "map.h"

#define POOL_BITS	8
/* What came of a trial of one range speaks for the others, and they wait for it, so long. */
#define LATELY_MS	1000

/**
 * struct trials - one hint on one file
 * @range: whose turn it is to try it, or was when nothing came of it in time; an identity only
 * @since_ms: since when
 * @paid_ms: when it paid last
 * @failed_ms: when it was tried in vain last
 * @failures: how often in a row
 * @early: the last time while memory was filling
 */
struct trials {
	const void *range;
	u64 since_ms;
	u64 paid_ms;
	u64 failed_ms;
	u8 failures;
	bool early;
};

/**
 * struct slot - one file
 * @file: its identity
 * @generation: counts the files that had this slot
 * @stake_ns: what its ranges waited for
 * @lost_ns: what trials cost them, or may cost that are under way
 * @trials: of each hint, by what mappings bear
 */
struct slot {
	u64 file;
	u32 generation;
	u64 stake_ns;
	u64 lost_ns;
	struct trials trials[SMADV_EFFECT_HINTS];
};

/* Of two files that meet here the later one stays. Under smadv_lock. */
static struct slot slots[1 << POOL_BITS];

static struct slot *slot_of(u64 file)
{
	struct slot *slot = &slots[hash_64(file, POOL_BITS)];

	if (slot->file != file)
		*slot = (struct slot){ .file = file, .generation = slot->generation + 1 };
	return slot;
}

static bool is_lately(u64 then_ms, u64 now_ms)
{
	return then_ms && now_ms - then_ms < LATELY_MS;
}

static bool is_under_way(const struct trials *trials, u64 now_ms)
{
	return trials->range && is_lately(trials->since_ms, now_ms);
}

static u32 failures(const struct trials *trials, u64 now_ms)
{
	return is_lately(trials->failed_ms, now_ms) ? trials->failures : 0;
}

/* It wants to try the hint: who had a turn without an end has no other one before others had. */
static void take_turn(struct trials *trials, const struct smadv_range *range, u64 now_ms)
{
	if (is_under_way(trials, now_ms) || trials->range == range ||
	    range->hint != SMART_MADVISE_HINT_NONE)
		return;
	trials->range = range;
	trials->since_ms = now_ms;
}

/* What @range tells of @hint. */
static void tell(struct trials *trials, const struct smadv_range *range, u32 hint, u64 now_ms)
{
	u32 reason = smadv_hint_borne(range->verdict.hint) == hint ? range->verdict.reason :
								     SMART_MADVISE_REASON_NONE;

	if (reason == SMART_MADVISE_REASON_PAYS) {
		trials->paid_ms = now_ms;
		trials->failures = 0;
	}
	if (reason == SMART_MADVISE_REASON_TRIAL) {
		take_turn(trials, range, now_ms);
		return;
	}
	if (trials->range != range)
		return;
	trials->range = NULL;
	if (range->verdict.reason != SMART_MADVISE_REASON_DOES_NOT_PAY)
		return;
	trials->failures = min(failures(trials, now_ms) + 1, (u32)SMADV_FAILURES_MAX);
	trials->failed_ms = now_ms;
	trials->early = range->effect.early;
}

/* What is told to @range of @hint. */
static void hear(const struct trials *trials, struct smadv_range *range, u32 hint, u64 now_ms)
{
	struct smadv_others *others = &range->effect.others;

	others->pays[hint] = is_lately(trials->paid_ms, now_ms);
	others->tries[hint] = trials->range != range && is_under_way(trials, now_ms);
	others->failures[hint] = failures(trials, now_ms);
	if (hint == SMART_MADVISE_HINT_RANDOM)
		others->early = trials->early;
}

/* What trials cost a range, and the one under way has cost so far, or may cost. */
static u64 lost_ns(const struct smadv_effect *effect)
{
	u64 debt_ns = effect->balance_ns < 0 ? (u64)-effect->balance_ns : 0;

	if (effect->leaving) /* the debt has been counted */
		debt_ns = 0;
	return effect->lost_ns + max(debt_ns, effect->reserved_ns);
}

/* The file of a range, which was told nothing yet if it is another one. */
static struct slot *slot_for(struct smadv_range *range)
{
	struct slot *slot = slot_of(range->memory.file);
	struct smadv_told *told = &range->effect.told;

	lockdep_assert_held(&smadv_lock);
	if (told->generation != slot->generation)
		*told = (struct smadv_told){ .generation = slot->generation };
	return slot;
}

/**
 * smadv_pool_hear() - hear the others of a file, before a range is judged
 * @range: range
 * @now_ms: time in ms
 *
 * Processes that read one file together have together what a trial costs. One of them
 * tries a hint at a time: what comes of it tells whether the others are to follow.
 */
void smadv_pool_hear(struct smadv_range *range, u64 now_ms)
{
	const struct slot *slot = slot_for(range);
	struct smadv_effect *effect = &range->effect;
	u32 hint;

	effect->others.stake_ns = slot->stake_ns - effect->told.stake_ns;
	effect->others.lost_ns = slot->lost_ns - effect->told.lost_ns;
	for (hint = 0; hint < SMADV_EFFECT_HINTS; hint++)
		hear(&slot->trials[hint], range, hint, now_ms);
}

/**
 * smadv_pool_tell() - tell the others of a file what a range waits for, once it is judged
 * @range: range
 * @now_ms: time in ms
 */
void smadv_pool_tell(struct smadv_range *range, u64 now_ms)
{
	struct slot *slot = slot_for(range);
	struct smadv_effect *effect = &range->effect;
	u64 lost = lost_ns(effect);
	u32 hint;

	slot->stake_ns += effect->stake_ns - effect->told.stake_ns;
	slot->lost_ns += lost - effect->told.lost_ns;
	effect->told.stake_ns = effect->stake_ns;
	effect->told.lost_ns = lost;
	for (hint = 0; hint < SMADV_EFFECT_HINTS; hint++)
		tell(&slot->trials[hint], range, hint, now_ms);
}

/**
 * smadv_pool_leave() - a range goes
 * @range: range, of use to nobody after this
 *
 * What its trial under way might still have cost is not lost any more, and another range may
 * have its turn. What it waited for and lost stays with the file.
 */
void smadv_pool_leave(struct smadv_range *range)
{
	const struct slot *slot = &slots[hash_64(range->memory.file, POOL_BITS)];

	lockdep_assert_held(&smadv_lock);
	if (slot->file != range->memory.file ||
	    slot->generation != range->effect.told.generation)
		return; /* it told nothing that is still known */
	range->verdict.hint = SMART_MADVISE_HINT_NONE;
	range->verdict.reason = SMART_MADVISE_REASON_NONE;
	range->effect.reserved_ns = 0;
	smadv_pool_tell(range, 0);
}
