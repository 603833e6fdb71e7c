/* SPDX-License-Identifier: GPL-2.0 */
/* Benefit: the governor that tries a hint, measures it, and keeps what pays. */
#ifndef SMADV_CORE_BENEFIT_H
#define SMADV_CORE_BENEFIT_H

#include "verdict.h"

/* The hint that may pay for @range, whose pattern has been judged, pays, or does not. */
/*@
 * requires \valid_read(range);
 * assigns \nothing;
 */
struct smadv_verdict smadv_benefit_decide(const struct smadv_range *range);

#endif /* SMADV_CORE_BENEFIT_H */
