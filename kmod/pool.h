/* SPDX-License-Identifier: GPL-2.0 */
/* Pool: what the ranges of one file, in all processes, know of its hints together. */
#ifndef SMADV_POOL_H
#define SMADV_POOL_H

#include "core/range.h"

void smadv_pool_hear(struct smadv_range *range, u64 now_ms);
void smadv_pool_tell(struct smadv_range *range, u64 now_ms);
void smadv_pool_leave(struct smadv_range *range);

#endif /* SMADV_POOL_H */
