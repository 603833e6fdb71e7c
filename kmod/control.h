/* SPDX-License-Identifier: GPL-2.0 */
/* Control: the policy in force, and what follows from changing it. */
#ifndef SMADV_CONTROL_H
#define SMADV_CONTROL_H

#include "core/policy.h"
#include "map.h"
#include "restore.h"

/* The policy in force; smadv_lock held. */
const struct smadv_policy *smadv_control_policy(void);

/* All with smadv_lock held, in process context; they sleep. */
int smadv_control_set_policy(const struct smadv_policy *policy);
int smadv_control_forget(struct smadv_record *record, struct smadv_outcome *outcome);
int smadv_control_restore(struct smadv_record *record, struct smadv_outcome *outcome);
void smadv_control_exclude(struct smadv_record *record);
void smadv_control_apply_filters(void);

void smadv_control_init(void);
void smadv_control_leave(void);
void smadv_control_forget_all(void);

#endif /* SMADV_CONTROL_H */
