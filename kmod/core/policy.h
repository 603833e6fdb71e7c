/* SPDX-License-Identifier: GPL-2.0 */
/* The policy: every threshold and limit, with its default and allowed range. */
#ifndef SMADV_CORE_POLICY_H
#define SMADV_CORE_POLICY_H

#include <linux/smart_madvise.h>

#include "shim.h"

/**
 * struct smadv_policy - one consistent set of thresholds and limits
 * @enabled: 1 watches faults, 0 does not
 * @governor: enum smart_madvise_governor
 * @sequential_pct: share of long forward steps that makes a range sequential
 * @random_pct: share of jumps that makes a range random
 * @hysteresis_pct: how far below its threshold a pattern is left
 * @min_faults: faults of a range before its pattern is judged
 * @window_faults: faults after which counters are halved
 * @hold_ms: least time between two hint changes of one range
 * @idle_ms: time without a fault after which a range is idle
 * @min_mapping_kb: smallest mapping watched
 * @max_processes: most processes tracked
 * @max_ranges: most ranges per process
 * @max_splits: most mappings added by hints per process
 * @max_memory_kb: most memory that records, ranges, journals and tasks take
 * @hints_per_second: most hints applied per second
 * @analyzer_cpu_bp: share of one CPU in 1/10,000 that what can wait may take
 * @application_hints: enum smart_madvise_application_hints
 *
 * Every field is a u32 and stands in the order of the policy attribute set of
 * include/spec/smart_madvise.yaml, which explains each at length:
 * field i belongs to attribute i + 1.
 */
struct smadv_policy {
	u32 enabled;
	u32 governor;
	u32 sequential_pct;
	u32 random_pct;
	u32 hysteresis_pct;
	u32 min_faults;
	u32 window_faults;
	u32 hold_ms;
	u32 idle_ms;
	u32 min_mapping_kb;
	u32 max_processes;
	u32 max_ranges;
	u32 max_splits;
	u32 max_memory_kb;
	u32 hints_per_second;
	u32 analyzer_cpu_bp;
	u32 application_hints;
};

#define SMADV_POLICY_FIELDS (sizeof(struct smadv_policy) / sizeof(u32))

/**
 * struct smadv_policy_field - what one field of the policy may be
 * @name: attribute name as in the netlink spec
 * @min: smallest allowed value
 * @max: largest allowed value
 * @def: default
 */
struct smadv_policy_field {
	const char *name;
	u32 min;
	u32 max;
	u32 def;
};

/*@
 * predicate smadv_policy_valid(struct smadv_policy *policy) =
 *	policy->enabled <= 1 && policy->governor <= 2 &&
 *	50 <= policy->sequential_pct <= 100 && 50 <= policy->random_pct <= 100 &&
 *	policy->hysteresis_pct <= 40 && 8 <= policy->min_faults <= 1024 &&
 *	16 <= policy->window_faults <= 1024 && policy->hold_ms <= 60000 &&
 *	100 <= policy->idle_ms <= 3600000 && 64 <= policy->min_mapping_kb <= 1073741824 &&
 *	1 <= policy->max_processes <= 65536 && 1 <= policy->max_ranges <= 256 &&
 *	policy->max_splits <= 1024 && 64 <= policy->max_memory_kb <= 1048576 &&
 *	1 <= policy->hints_per_second <= 100000 && 1 <= policy->analyzer_cpu_bp <= 10000 &&
 *	policy->application_hints <= 2;
 */
extern const struct smadv_policy_field smadv_policy_fields[SMADV_POLICY_FIELDS];

/* Fill @policy with the defaults. */
/*@
 * requires \valid(policy);
 * assigns *policy;
 * ensures smadv_policy_valid(policy);
 */
void smadv_policy_defaults(struct smadv_policy *policy);

/*
 * Index of the first field of @policy outside its range, or
 * SMADV_POLICY_FIELDS when every field is within. Relations between fields
 * are not looked at, see smadv_policy_consistent().
 */
/*@
 * requires \valid_read(policy);
 * assigns \nothing;
 * ensures \result <= SMADV_POLICY_FIELDS;
 * ensures \result == SMADV_POLICY_FIELDS <==> smadv_policy_valid(policy);
 */
u32 smadv_policy_check(const struct smadv_policy *policy);

/* False when min_faults exceeds window_faults, so that no range would ever be judged. */
/*@
 * requires \valid_read(policy);
 * assigns \nothing;
 * ensures \result <==> policy->min_faults <= policy->window_faults;
 */
bool smadv_policy_consistent(const struct smadv_policy *policy);

/* Are hints of the application judged by their effect? */
/*@
 * requires \valid_read(policy);
 * assigns \nothing;
 * ensures \result <==> policy->governor == SMART_MADVISE_GOVERNOR_BENEFIT &&
 *	policy->application_hints != SMART_MADVISE_APPLICATION_HINTS_HONOUR;
 */
bool smadv_policy_weighs(const struct smadv_policy *policy);

/* May the application's hints be replaced where they cost? */
/*@
 * requires \valid_read(policy);
 * assigns \nothing;
 * ensures \result <==> policy->governor == SMART_MADVISE_GOVERNOR_BENEFIT &&
 *	policy->application_hints == SMART_MADVISE_APPLICATION_HINTS_OVERRIDE;
 */
bool smadv_policy_overrides(const struct smadv_policy *policy);

#endif /* SMADV_CORE_POLICY_H */
