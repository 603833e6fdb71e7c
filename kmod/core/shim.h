/* SPDX-License-Identifier: GPL-2.0 */
/* The few words of kernel C that the pure core speaks, for user space. */
#ifndef SMADV_CORE_SHIM_H
#define SMADV_CORE_SHIM_H

#ifdef __KERNEL__
#include <linux/types.h>
#else
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int32_t s32;
typedef int64_t s64;

#define noinline __attribute__((noinline))
#endif

#endif /* SMADV_CORE_SHIM_H */
