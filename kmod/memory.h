/* SPDX-License-Identifier: GPL-2.0 */
/* Memory: how much of it an address space may fill. */
#ifndef SMADV_MEMORY_H
#define SMADV_MEMORY_H

#include <linux/mm_types.h>

u64 smadv_memory_most_pages(struct mm_struct *mm);

#endif /* SMADV_MEMORY_H */
