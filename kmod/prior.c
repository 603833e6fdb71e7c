// SPDX-License-Identifier: GPL-2.0
#include "prior.h"

#include <linux/errno.h>

static int slot_of(const struct smadv_priors *priors, u64 file)
{
	int i;

	for (i = 0; i < SMADV_PRIORS; i++)
		if (priors->file[i] == file)
			return i;
	return -ENOSPC;
}

/**
 * smadv_prior_set() - say what is known of a hint on a file
 * @priors: priors of the process
 * @file: identity of the file, not 0
 * @hint: enum smart_madvise_hint
 * @price_pct: what a trial has to be worth, in percent of its price
 *
 * Return: 0, or -ENOSPC when as many other files are known.
 */
int smadv_prior_set(struct smadv_priors *priors, u64 file, u32 hint, u32 price_pct)
{
	int slot = slot_of(priors, file);

	if (slot < 0)
		slot = slot_of(priors, 0);
	if (slot < 0)
		return slot;
	priors->file[slot] = file;
	priors->price_pct[slot][hint] = price_pct;
	return 0;
}

/**
 * smadv_prior_apply() - let a range know what is known of its file
 * @priors: priors of the process
 * @range: range, about to be judged
 */
void smadv_prior_apply(const struct smadv_priors *priors, struct smadv_range *range)
{
	int slot = range->memory.file ? slot_of(priors, range->memory.file) : -ENOSPC;
	u32 hint;

	for (hint = 0; hint < SMADV_EFFECT_HINTS; hint++)
		range->effect.prior_pct[hint] = slot < 0 ? 0 : priors->price_pct[slot][hint];
}
