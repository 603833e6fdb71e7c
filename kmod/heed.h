/* SPDX-License-Identifier: GPL-2.0 */
/* Heed: gives way to what applications do to hinted mappings themselves. */
#ifndef SMADV_HEED_H
#define SMADV_HEED_H

#include "map.h"
#include "mapping.h"

/* All with smadv_lock held, in process context; they sleep. */
bool smadv_heed(struct smadv_record *record);
bool smadv_heed_onto(struct smadv_record *record, u64 start, u64 end);
bool smadv_heed_settle(struct smadv_record *record, const struct smadv_entry *put, u64 start,
		       u64 end);
void smadv_heed_review(struct smadv_record *record, u64 start, u64 end);
bool smadv_heed_claim(struct smadv_record *record, const struct smadv_range *range,
		      const struct smadv_mapping *mapping);
void smadv_heed_clear_hints(struct smadv_record *record, u64 start, u64 end);

#endif /* SMADV_HEED_H */
