/* SPDX-License-Identifier: GPL-2.0 */
/* Prior: what former runs of a program taught of hints on its files, told by user space. */
#ifndef SMADV_PRIOR_H
#define SMADV_PRIOR_H

#include "core/range.h"

/* Files of one process of which something may be known. */
#define SMADV_PRIORS		16
/* Most that a trial may have to be worth, in percent of its price. */
#define SMADV_PRIOR_MAX_PCT	1600

/**
 * struct smadv_priors - what is known of the files of one process
 * @file: their identities, see mapping.h; 0 when the slot is free
 * @price_pct: what a trial has to be worth, by file and enum smart_madvise_hint;
 *	0 when nothing is known
 *
 * Protected by smadv_lock.
 */
struct smadv_priors {
	u64 file[SMADV_PRIORS];
	u16 price_pct[SMADV_PRIORS][SMADV_EFFECT_HINTS];
};

int smadv_prior_set(struct smadv_priors *priors, u64 file, u32 hint, u32 price_pct);
void smadv_prior_apply(const struct smadv_priors *priors, struct smadv_range *range);

#endif /* SMADV_PRIOR_H */
