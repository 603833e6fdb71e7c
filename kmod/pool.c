// SPDX-License-Identifier: GPL-2.0
#include "pool.h"

#include <linux/hash.h>
#include <linux/smart_madvise.h>

#include "map.h"

#define POOL_BITS	8
/* A hint that paid for one range is worth a trial for the others for so long. */
#define PAID_MS		1000

/**
 * struct slot - one file
 * @file: its identity
 * @generation: counts the files that had this slot
 * @stake_ns: what its ranges waited for
 * @lost_ns: what trials cost them, or may cost that are under way
 * @paid_ms: when a hint paid last, by what mappings bore
 */
struct slot {
	u64 file;
	u32 generation;
	u64 stake_ns;
	u64 lost_ns;
	u64 paid_ms[SMADV_EFFECT_HINTS];
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

/**
 * smadv_pool_share() - tell the others of a file what a range waits for, and hear them
 * @range: range
 * @now_ms: time in ms
 *
 * Processes that read one file together have together what a trial costs.
 */
void smadv_pool_share(struct smadv_range *range, u64 now_ms)
{
	struct slot *slot = slot_of(range->memory.file);
	struct smadv_effect *effect = &range->effect;
	u64 lost_ns = effect->lost_ns + effect->reserved_ns;
	u32 hint;

	lockdep_assert_held(&smadv_lock);
	if (effect->told.generation != slot->generation)
		effect->told = (struct smadv_told){ .generation = slot->generation };
	slot->stake_ns += effect->stake_ns - effect->told.stake_ns;
	slot->lost_ns += lost_ns - effect->told.lost_ns;
	effect->told.stake_ns = effect->stake_ns;
	effect->told.lost_ns = lost_ns;
	if (range->verdict.reason == SMART_MADVISE_REASON_PAYS)
		slot->paid_ms[smadv_hint_borne(range->hint)] = now_ms;

	effect->others.stake_ns = slot->stake_ns - effect->stake_ns;
	effect->others.lost_ns = slot->lost_ns - lost_ns;
	for (hint = 0; hint < SMADV_EFFECT_HINTS; hint++)
		effect->others.pays[hint] = slot->paid_ms[hint] &&
					    now_ms - slot->paid_ms[hint] < PAID_MS;
}
