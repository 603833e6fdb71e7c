// SPDX-License-Identifier: GPL-2.0
#include "symbol.h"

#include <linux/kprobes.h>

/* From a kprobe that is never enabled. */
unsigned long smadv_symbol_address(const char *name)
{
	unsigned long address = 0;
#ifdef CONFIG_KPROBES
	struct kprobe probe = { .symbol_name = name, .flags = KPROBE_FLAG_DISABLED };

	if (!register_kprobe(&probe)) {
		address = (unsigned long)probe.addr;
		unregister_kprobe(&probe);
	}
#endif
	return address;
}
