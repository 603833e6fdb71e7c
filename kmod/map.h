/* SPDX-License-Identifier: GPL-2.0 */
/* The map: one record per watched address space, found by the hook under RCU. */
#ifndef SMADV_MAP_H
#define SMADV_MAP_H

#include <linux/hashtable.h>
#include <linux/llist.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/refcount.h>
#include <linux/workqueue.h>

#include "core/ranges.h"
#include "journal.h"
#include "notes.h"
#include "prior.h"
#include "stats.h"

/* Faults that a record keeps until the analyzer looks; older ones are overwritten. */
#define SMADV_RING_SLOTS	256
/* The analyzer is woken at every so many faults of one address space, a power of two. */
#define SMADV_WAKE_FAULTS	32
/* While a hint is on trial there. */
#define SMADV_WAKE_FAULTS_TRIAL	8
#define SMADV_MAP_BITS		12

/*
 * smadv_lock - the one sleeping lock of the module.
 *
 * Protects every record but its hot part, the Task Map, the journals, the
 * filters, and changes of the policy. The analyzer holds it for a round,
 * netlink and sysfs for a request or one message of a dump. Taken in process
 * context only, before any mmap lock, and never from the hook or an observer.
 */
extern struct mutex smadv_lock;

#define SMADV_RECORD_DIRTY	0	/* on the dirty list, which holds a reference */

/**
 * struct smadv_record - one address space under watch
 * @node: chain in the hash table, written under smadv_lock, read under RCU
 * @mm: the address space, held by mmgrab(), so that the pointer is not re-used
 * @ring: where the hook records, @slots or NULL for an address space that a
 *	filter excludes
 * @head: faults recorded so far, the hook's write position
 * @wake_mask: the analyzer is woken at faults whose number has none of these bits
 * @flags: SMADV_RECORD_*
 * @dirty: link of the dirty list
 * @notes: what the application did and nobody looked at yet
 * @overridden: hints of the application were replaced here, or may be
 * @settling: the module advises: also what bears no hint is followed where it moves
 * @advising: the task that is in do_madvise() on behalf of the module
 * @read_pages: pages of watched files that it brought into the page cache, written by
 *	whoever reads them
 * @refs: one of the map until a grace period after removal, one of the dirty list
 * @rwork: removal after a grace period
 * @link: all records, in order of @id; from here on under smadv_lock
 * @id: never re-used number
 * @pid: thread group of the first task seen in this address space
 * @uid: its real user id
 * @viewer: user who may see its addresses; nobody's for a set-user-ID program,
 *	whose layout is not for the one who started it
 * @removed: no longer in the map
 * @excluded: a filter rule keeps it from being watched
 * @slots: SMADV_RING_SLOTS packed faults, each written by the hook and taken
 *	(zeroed) by the analyzer; NULL until the record was not excluded once
 * @exe: path of the executable, once somebody asked for it
 * @tail: the analyzer's read position
 * @empty_looks: looks in a row at which the fault there was not stored yet
 * @calm: looks in a row at which nothing was new
 * @queued: link of the analyzer's queue of those that can wait
 * @adopted_ms: time of adoption
 * @faults: faults taken into account, lost ones included
 * @lost: faults overwritten before they were seen
 * @majors: major faults
 * @touched_pages: pages that its faults touched, at least
 * @saved_pages: pages that hints spared it reading
 * @hints_changed: journal entries made
 * @waits: faults that may be waiting
 * @most_pages: memory that it may fill
 * @unsettled_ms: time before which no unknown mapping is looked up again, set
 *	when the ranges are at their limit
 * @priors: what former runs taught of its files
 * @ranges: ranges
 * @journal: what was changed, and how to take it back
 * @past: hints about to be applied, or given up a moment ago, as they came: a
 *	child whose fork was under way then may have inherited them
 */
struct smadv_record {
	struct hlist_node node;
	struct mm_struct *mm;
	u64 *ring;
	atomic_t head;
	u32 wake_mask;
	unsigned long flags;
	struct llist_node dirty;

	struct smadv_notes notes;
	bool overridden;
	bool settling;
	struct task_struct *advising;
	atomic64_t read_pages;

	refcount_t refs;
	struct rcu_work rwork;

	struct list_head link;
	u64 id;
	struct pid *pid;
	kuid_t uid;
	kuid_t viewer;
	bool removed;
	bool excluded;
	u64 *slots;
	char *exe;
	u32 tail;
	u32 empty_looks;
	u32 calm;
	struct list_head queued;
	u64 adopted_ms;
	u64 faults;
	u64 lost;
	u64 majors;
	u64 touched_pages;
	u64 saved_pages;
	u64 hints_changed;
	struct smadv_waits waits;
	u64 most_pages;
	u64 unsettled_ms;
	struct smadv_priors priors;
	struct smadv_ranges ranges;
	struct smadv_journal journal;
	struct smadv_journal past;
};

/* Called by the hook for every page fault, see map.c. */
void smadv_map_fault(struct vm_area_struct *vma, unsigned long address, unsigned int flags);

/* The record of @mm, under RCU or smadv_lock, or NULL. */
struct smadv_record *smadv_map_lookup(const struct mm_struct *mm);

/* Records in order of id; smadv_lock held. */
struct smadv_record *smadv_map_next(u64 after_id);
struct smadv_record *smadv_map_find_pid(pid_t pid);
extern struct list_head smadv_map_records;

struct smadv_record *smadv_map_adopt(struct task_struct *task, struct mm_struct *mm, bool forced);
void smadv_map_publish(struct smadv_record *record);
void smadv_map_remove(struct smadv_record *record);
int smadv_map_reserve_range(struct smadv_record *record);
void smadv_map_exclude(struct smadv_record *record, bool excluded);
void smadv_map_drop_range(struct smadv_record *record, u32 index);
void smadv_map_put(struct smadv_record *record);

/* Take what the hook left behind; analyzer only. */
struct task_struct *smadv_map_next_request(void);
struct llist_node *smadv_map_take_dirty(void);
void smadv_map_mark_dirty(struct smadv_record *record);
bool smadv_map_take_fault(struct smadv_record *record, struct smadv_fault *fault, u32 *lost);
u32 smadv_map_skip_faults(struct smadv_record *record, u32 rest);

void smadv_map_set_limits(const struct smadv_policy *policy);
u64 smadv_map_bytes(const struct smadv_record *record);
const char *smadv_map_exe(struct smadv_record *record);
void smadv_map_comm(const struct smadv_record *record, char *comm);

int smadv_map_charge(u64 bytes, bool forced);
void smadv_map_uncharge(u64 bytes);

int smadv_map_init(void);
void smadv_map_exit(void);

#endif /* SMADV_MAP_H */
