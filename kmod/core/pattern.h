/* SPDX-License-Identifier: GPL-2.0 */
/* Pattern: the name that the evidence of a range deserves. */
#ifndef SMADV_CORE_PATTERN_H
#define SMADV_CORE_PATTERN_H

#include "evidence.h"
#include "policy.h"
#include "shim.h"

/**
 * struct smadv_pattern - what the evidence says
 * @kind: enum smart_madvise_pattern
 * @pages: stride (negative direction included as magnitude) or mean run
 *	length in pages, 0 for other kinds
 * @confidence_pct: 0..100
 * @share_pct: share of the window's faults that speaks for @kind, 0..100
 */
struct smadv_pattern {
	u32 kind;
	u32 pages;
	u32 confidence_pct;
	u32 share_pct;
};

/* Nothing known yet. */
/*@
 * requires \valid(pattern);
 * assigns *pattern;
 * ensures pattern->kind == 0 && pattern->pages == 0;
 * ensures pattern->confidence_pct == 0 && pattern->share_pct == 0;
 */
void smadv_pattern_init(struct smadv_pattern *pattern);

/* Share in percent from which a range is of @kind. */
/*@
 * requires \valid_read(policy);
 * assigns \nothing;
 */
u32 smadv_pattern_threshold(u32 kind, const struct smadv_policy *policy);

/* Judge @evidence. @pattern holds the last pattern, and has the new one afterwards. */
/*@
 * requires \valid(pattern) && \valid_read(evidence) && \valid_read(policy);
 * requires \separated(pattern, evidence) && \separated(pattern, policy);
 * requires smadv_policy_valid(policy) && smadv_streams_valid(&evidence->streams);
 * assigns *pattern;
 * ensures pattern->confidence_pct <= 100 && pattern->share_pct <= 100;
 */
void smadv_pattern_judge(struct smadv_pattern *pattern, const struct smadv_evidence *evidence,
			 const struct smadv_policy *policy);

#endif /* SMADV_CORE_PATTERN_H */
