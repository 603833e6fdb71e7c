/* SPDX-License-Identifier: GPL-2.0 */
/* Page cache: what is read of watched files, and evicted again. */
#ifndef SMADV_PAGECACHE_H
#define SMADV_PAGECACHE_H

#include <linux/types.h>

/* A look at @file found @resident pages of it; smadv_lock held. */
void smadv_pagecache_look(u64 file, u64 resident);

/* Pages of @file that are there now, 0 unless it is watched; smadv_lock held. */
u64 smadv_pagecache_resident(u64 file);

/* Pages of @file that memory has room for, U64_MAX unless it evicts them; smadv_lock held. */
u64 smadv_pagecache_room(u64 file);

/* Pages of watched files that came in, and that were reclaimed. */
struct smadv_pagecache_pages {
	u64 read;
	u64 evicted;
};

struct smadv_pagecache_pages smadv_pagecache_pages(void);

/* The map has changed; smadv_lock held. */
void smadv_pagecache_renew(void);

int smadv_pagecache_init(void);
void smadv_pagecache_exit(void);

#endif /* SMADV_PAGECACHE_H */
