/* SPDX-License-Identifier: GPL-2.0 */
/* What applications do to our hints: their own madvise() calls, mremap() and fork(). */
#ifndef SMADV_OBSERVER_H
#define SMADV_OBSERVER_H

#include <linux/types.h>

int smadv_observer_init(unsigned long do_madvise_address);
void smadv_observer_exit(void);
bool smadv_observer_sees_advice(void);
bool smadv_observer_sees_moves(void);
bool smadv_observer_sees_all(void);
bool smadv_observer_sees_forks(void);

#endif /* SMADV_OBSERVER_H */
