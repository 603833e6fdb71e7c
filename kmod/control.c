// SPDX-License-Identifier: GPL-2.0
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include "control.h"

#include <linux/rcupdate.h>

#include "event.h"
#include "filter.h"
#include "hook.h"
#include "inherit.h"
#include "restore.h"
#include "taskmap.h"

static struct smadv_policy policy;

const struct smadv_policy *smadv_control_policy(void)
{
	return &policy;
}

static void drop_all(void)
{
	struct smadv_record *record, *next;

	list_for_each_entry_safe(record, next, &smadv_map_records, link)
		smadv_restore_forget(record);
}

/* May a process, or a fork of one under way, bear hints? */
static bool any_hinted(void)
{
	struct smadv_record *record;

	list_for_each_entry(record, &smadv_map_records, link)
		if (!smadv_restore_spent(record))
			return true;
	return false;
}

/*
 * Restore every process, and what forks under way meanwhile took along: until none
 * came with a hint during a whole tasks-RCU grace period.
 */
static int restore_for_good(u32 reason)
{
	u64 changed;
	int err = 0;

	smadv_inherit();
	smadv_taskmap_cancel(NULL, reason);
	if (!any_hinted())
		return 0;
	do {
		changed = smadv_stats_read(SMART_MADVISE_A_STATS_HINTS_CHANGED);
		err = smadv_restore_all(reason, NULL);
		synchronize_rcu_tasks();
		smadv_inherit();
	} while (!err && changed != smadv_stats_read(SMART_MADVISE_A_STATS_HINTS_CHANGED));
	return err;
}

static int enable(void)
{
	int err = smadv_hook_start();

	if (err)
		pr_err("page faults cannot be hooked: %d\n", err);
	return err;
}

/* The hook goes first: what it does not see is not adopted behind our back. */
static int disable(u32 reason)
{
	int err;

	smadv_hook_stop();
	err = restore_for_good(reason);
	if (err)
		smadv_hook_start();
	else
		drop_all();
	return err;
}

/**
 * smadv_control_set_policy() - put a policy into force, whole or not at all
 * @new: checked policy
 *
 * Return: 0, the errno of a hook that cannot be set, or -EINTR when the caller
 * was killed while hints were restored; the old policy then stays in force.
 */
int smadv_control_set_policy(const struct smadv_policy *new)
{
	u32 reason = SMART_MADVISE_REASON_POLICY_CHANGED;
	int err = 0;

	lockdep_assert_held(&smadv_lock);
	if (new->enabled != policy.enabled) {
		err = new->enabled ? enable() : disable(reason);
	} else if ((new->governor != policy.governor &&
		    new->governor == SMART_MADVISE_GOVERNOR_OBSERVE) ||
		   (smadv_policy_overrides(&policy) && !smadv_policy_overrides(new))) {
		smadv_taskmap_cancel(NULL, reason);
		err = smadv_restore_all(reason, NULL);
	}
	if (err)
		return err;
	policy = *new;
	smadv_map_set_limits(&policy);
	smadv_event_policy();
	return 0;
}

/**
 * smadv_control_restore() - restore one process or all
 * @record: process, NULL for all
 * @outcome: raised by what was done
 *
 * Return: 0 or a negative errno, with the rest still in the journal.
 */
int smadv_control_restore(struct smadv_record *record, struct smadv_outcome *outcome)
{
	u32 reason = SMART_MADVISE_REASON_REQUEST;

	lockdep_assert_held(&smadv_lock);
	smadv_taskmap_cancel(record, reason);
	if (!record)
		return smadv_restore_all(reason, outcome);
	return smadv_restore(record, 0, U64_MAX, reason, outcome);
}

int smadv_control_forget(struct smadv_record *record, struct smadv_outcome *outcome)
{
	int err = smadv_control_restore(record, outcome);

	if (err)
		return err;
	/* A fork of it under way finds it until it is done. */
	if (!smadv_restore_spent(record)) {
		synchronize_rcu_tasks();
		smadv_inherit();
	}
	smadv_restore_forget(record);
	return 0;
}

/* A filter excludes a process from now on: what was changed in it is restored. */
void smadv_control_exclude(struct smadv_record *record)
{
	u32 reason = SMART_MADVISE_REASON_FILTERED;

	lockdep_assert_held(&smadv_lock);
	smadv_taskmap_cancel(record, reason);
	if (!smadv_restore(record, 0, U64_MAX, reason, NULL))
		smadv_map_exclude(record, true);
}

/* The rules changed: judge every process anew. */
void smadv_control_apply_filters(void)
{
	struct smadv_record *record;
	bool excluded;

	lockdep_assert_held(&smadv_lock);
	list_for_each_entry(record, &smadv_map_records, link) {
		excluded = smadv_filter_excludes(record);
		if (excluded && !record->excluded)
			smadv_control_exclude(record);
		else if (!excluded && record->excluded)
			smadv_map_exclude(record, false);
	}
	smadv_event_policy();
}

void smadv_control_init(void)
{
	smadv_policy_defaults(&policy);
	policy.enabled = 0; /* until main has set up all that the hook needs */
}

/**
 * smadv_control_leave() - watch nothing and restore all, for good
 *
 * The module leaves. Forks that were under way while their parent was restored
 * are followed until none came with a hint during a whole tasks-RCU grace period.
 * After this the observers may go, and then smadv_control_forget_all() drops what is
 * known.
 */
void smadv_control_leave(void)
{
	mutex_lock(&smadv_lock);
	smadv_hook_stop();
	policy.enabled = 0;
	policy.governor = SMART_MADVISE_GOVERNOR_OBSERVE;
	smadv_map_set_limits(&policy);
	restore_for_good(SMART_MADVISE_REASON_UNLOAD);
	mutex_unlock(&smadv_lock);
}

/* For good: what cannot be restored now stays, but nothing of the module does. */
void smadv_control_forget_all(void)
{
	int err;

	mutex_lock(&smadv_lock);
	err = smadv_restore_all(SMART_MADVISE_REASON_UNLOAD, NULL);
	if (err)
		pr_warn("some hints could not be taken back: %d\n", err);
	drop_all();
	mutex_unlock(&smadv_lock);
}
