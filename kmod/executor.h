/* SPDX-License-Identifier: GPL-2.0 */
/* The executor: carries out the tasks of the Task Map. */
#ifndef SMADV_EXECUTOR_H
#define SMADV_EXECUTOR_H

#include "core/shim.h"

void smadv_executor_init(void);

/* smadv_lock held, in process context; sleeps. */
u64 smadv_executor_run(u64 now_ms);

#endif /* SMADV_EXECUTOR_H */
