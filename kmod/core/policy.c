// SPDX-License-Identifier: GPL-2.0
#include "policy.h"

const struct smadv_policy_field smadv_policy_fields[SMADV_POLICY_FIELDS] = {
	{ "enabled",		0,	1,		1 },
	{ "governor",		0,	2,		SMART_MADVISE_GOVERNOR_BENEFIT },
	{ "sequential-pct",	50,	100,		70 },
	{ "random-pct",		50,	100,		70 },
	{ "hysteresis-pct",	0,	40,		20 },
	{ "min-faults",		8,	1024,		32 },
	{ "window-faults",	16,	1024,		64 },
	{ "hold-ms",		0,	60000,		100 },
	{ "idle-ms",		100,	3600000,	10000 },
	{ "min-mapping-kb",	64,	1073741824,	1024 },
	{ "max-processes",	1,	65536,		1024 },
	{ "max-ranges",		1,	256,		32 },
	{ "max-splits",		0,	1024,		16 },
	{ "max-memory-kb",	64,	1048576,	16384 },
	{ "hints-per-second",	1,	100000,		100 },
	{ "analyzer-cpu-bp",	1,	10000,		50 },
	{ "application-hints",	0,	2,		SMART_MADVISE_APPLICATION_HINTS_HONOUR },
};

/**
 * smadv_policy_defaults() - fill in the defaults
 * @policy: filled in
 */
void smadv_policy_defaults(struct smadv_policy *policy)
{
	policy->enabled = smadv_policy_fields[0].def;
	policy->governor = smadv_policy_fields[1].def;
	policy->sequential_pct = smadv_policy_fields[2].def;
	policy->random_pct = smadv_policy_fields[3].def;
	policy->hysteresis_pct = smadv_policy_fields[4].def;
	policy->min_faults = smadv_policy_fields[5].def;
	policy->window_faults = smadv_policy_fields[6].def;
	policy->hold_ms = smadv_policy_fields[7].def;
	policy->idle_ms = smadv_policy_fields[8].def;
	policy->min_mapping_kb = smadv_policy_fields[9].def;
	policy->max_processes = smadv_policy_fields[10].def;
	policy->max_ranges = smadv_policy_fields[11].def;
	policy->max_splits = smadv_policy_fields[12].def;
	policy->max_memory_kb = smadv_policy_fields[13].def;
	policy->hints_per_second = smadv_policy_fields[14].def;
	policy->analyzer_cpu_bp = smadv_policy_fields[15].def;
	policy->application_hints = smadv_policy_fields[16].def;
}

/**
 * smadv_policy_check() - look for a field outside of its range
 * @policy: policy
 *
 * Return: index of the first one, or SMADV_POLICY_FIELDS when all are within.
 */
u32 smadv_policy_check(const struct smadv_policy *policy)
{
	const u32 values[SMADV_POLICY_FIELDS] = {
		policy->enabled, policy->governor, policy->sequential_pct,
		policy->random_pct, policy->hysteresis_pct, policy->min_faults,
		policy->window_faults, policy->hold_ms, policy->idle_ms,
		policy->min_mapping_kb, policy->max_processes, policy->max_ranges,
		policy->max_splits, policy->max_memory_kb, policy->hints_per_second,
		policy->analyzer_cpu_bp, policy->application_hints,
	};
	u32 i;

	/*@
	 * loop invariant i <= SMADV_POLICY_FIELDS;
	 * loop invariant \forall integer k; 0 <= k < i ==>
	 *	smadv_policy_fields[k].min <= values[k] <= smadv_policy_fields[k].max;
	 * loop assigns i;
	 * loop variant SMADV_POLICY_FIELDS - i;
	 */
	for (i = 0; i < SMADV_POLICY_FIELDS; i++)
		if (values[i] < smadv_policy_fields[i].min ||
		    values[i] > smadv_policy_fields[i].max)
			return i;
	return SMADV_POLICY_FIELDS;
}

/**
 * smadv_policy_consistent() - look at what one field says of another
 * @policy: policy with every field in its range
 *
 * Return: false when min_faults exceeds window_faults, so that no range would
 * ever be judged.
 */
bool smadv_policy_consistent(const struct smadv_policy *policy)
{
	return policy->min_faults <= policy->window_faults;
}

/**
 * smadv_policy_weighs() - are hints of the application judged?
 * @policy: policy
 *
 * Return: true when what they cost is measured, with governor benefit only.
 */
bool smadv_policy_weighs(const struct smadv_policy *policy)
{
	return policy->governor == SMART_MADVISE_GOVERNOR_BENEFIT &&
	       policy->application_hints != SMART_MADVISE_APPLICATION_HINTS_HONOUR;
}

/**
 * smadv_policy_overrides() - may the application's hints be replaced?
 * @policy: policy
 *
 * Return: true when one that costs may give way to MADV_NORMAL.
 */
bool smadv_policy_overrides(const struct smadv_policy *policy)
{
	return policy->governor == SMART_MADVISE_GOVERNOR_BENEFIT &&
	       policy->application_hints == SMART_MADVISE_APPLICATION_HINTS_OVERRIDE;
}
