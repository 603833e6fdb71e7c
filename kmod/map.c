// SPDX-License-Identifier: GPL-2.0
#include "map.h"

#include <linux/cred.h>
#include <linux/ktime.h>
#include <linux/rculist.h>
#include <linux/sched/mm.h>
#include <linux/sched/task.h>
#include <linux/slab.h>

#include "analyzer.h"
#include "clock.h"
#include "control.h"
#include "filter.h"
#include "mapping.h"
#include "memory.h"
#include "newborn.h"
#include "pagecache.h"
#include "pool.h"
#include "recording.h"
#include "restore.h"

#define REQUEST_SLOTS	64
/* Rounds for which a fault that is about to be stored is waited for. */
#define EMPTY_LOOKS	16

/* Records, and all that the analyzer works with: map.h says what. */
DEFINE_MUTEX(smadv_lock);

static DEFINE_HASHTABLE(table, SMADV_MAP_BITS);
LIST_HEAD(smadv_map_records);
static u64 last_id;
static struct workqueue_struct *removals;

/* What hook and observers read of the policy. */
static unsigned long min_bytes __read_mostly;
static u64 max_memory_bytes __read_mostly;
static bool adopting __read_mostly;
static bool measuring __read_mostly;

/* Address spaces that want to be adopted: a reference of one of their tasks. */
static struct task_struct *requests[REQUEST_SLOTS];
static LLIST_HEAD(dirty_list);

/*
 * A fault in one word: page number, then its time in SMADV_CLOCK_NS, if anybody
 * measures, then SMADV_FAULT_*. Never 0, for page 0 is not mapped. Addresses of users have 56 bits
 * at most.
 */
#define WORD_FLAG_BITS	4
#define WORD_CLOCK_BITS	16
#define WORD_PAGE_SHIFT	(WORD_FLAG_BITS + WORD_CLOCK_BITS)

static __always_inline u64 pack_fault(unsigned long address, unsigned int flags,
				      vm_flags_t vm_flags)
{
	u64 word = (u64)(address >> PAGE_SHIFT) << WORD_PAGE_SHIFT;

	BUILD_BUG_ON(56 - PAGE_SHIFT + WORD_PAGE_SHIFT > 64);
	BUILD_BUG_ON(SMADV_FAULT_RAND_READ >= 1 << WORD_FLAG_BITS);
	BUILD_BUG_ON(VM_RAND_READ / VM_SEQ_READ != 2);
	BUILD_BUG_ON(SMADV_FAULT_RAND_READ / SMADV_FAULT_SEQ_READ != 2);

	if (READ_ONCE(measuring))
		word |= (smadv_clock() & GENMASK(WORD_CLOCK_BITS - 1, 0)) << WORD_FLAG_BITS;
	word |= flags & FAULT_FLAG_WRITE ? SMADV_FAULT_WRITE : 0;
	word |= flags & FAULT_FLAG_TRIED ? SMADV_FAULT_TRIED : 0;
	return word | (vm_flags & (VM_SEQ_READ | VM_RAND_READ)) /
			      (VM_SEQ_READ / SMADV_FAULT_SEQ_READ);
}

/*
 * Ask for adoption. One slot per hash of the address space, so that a process
 * that faults on while its request is open does not fill every slot.
 */
static noinline notrace void request_adoption(const struct mm_struct *mm)
{
	struct task_struct **slot = &requests[hash_ptr(mm, ilog2(REQUEST_SLOTS))];

	this_cpu_inc(smadv_stats_untracked);
	if (!READ_ONCE(adopting) || READ_ONCE(*slot))
		return;
	get_task_struct(current);
	if (cmpxchg(slot, NULL, current))
		put_task_struct(current); /* never the last: it is running */
	else
		smadv_analyzer_wake();
}

static noinline notrace void announce(struct smadv_record *record)
{
	if (test_bit(SMADV_RECORD_DIRTY, &record->flags))
		return;
	smadv_map_mark_dirty(record);
	smadv_analyzer_wake();
}

/**
 * smadv_map_fault() - record one page fault
 * @vma: mapping that faulted, stable for the time of the call
 * @address: faulting address
 * @flags: FAULT_FLAG_*
 *
 * The fault path: no lock, no allocation, no sleep, no loop but the hash chain.
 * Old faults are overwritten when the analyzer does not keep up, which then
 * counts them. Anonymous mappings pay for the first test only.
 *
 * Context: any in which a fault is handled, preemptible or not.
 */
notrace void smadv_map_fault(struct vm_area_struct *vma, unsigned long address,
			     unsigned int flags)
{
	const struct mm_struct *mm;
	struct smadv_record *record;
	u32 position;
	u64 *ring;

	if (!vma->vm_file)
		return;
	if (vma->vm_flags & SMADV_VM_UNWATCHED || flags & FAULT_FLAG_REMOTE)
		return;
	if (vma->vm_end - vma->vm_start < READ_ONCE(min_bytes))
		return;

	mm = vma->vm_mm;
	preempt_disable_notrace(); /* an RCU reader: removal waits for it */
	hash_for_each_possible_rcu_notrace(table, record, node, (unsigned long)mm) {
		if (record->mm != mm)
			continue;
		ring = READ_ONCE(record->ring);
		if (!ring)
			goto out;
		position = atomic_fetch_inc(&record->head);
		WRITE_ONCE(ring[position % SMADV_RING_SLOTS],
			   pack_fault(address, flags, vma->vm_flags));
		if (!(position & READ_ONCE(record->wake_mask)))
			announce(record);
		goto out;
	}
	request_adoption(mm);
out:
	preempt_enable_notrace();
}

struct smadv_record *smadv_map_lookup(const struct mm_struct *mm)
{
	struct smadv_record *record;

	hash_for_each_possible_rcu_notrace(table, record, node, (unsigned long)mm)
		if (record->mm == mm)
			return record;
	return NULL;
}

/* From now on the hook and the observers find @record. */
void smadv_map_publish(struct smadv_record *record)
{
	hash_add_rcu(table, &record->node, (unsigned long)record->mm);
	smadv_pagecache_renew();
}

/* The dirty list holds a reference; the map's own one is alive in every caller. */
notrace void smadv_map_mark_dirty(struct smadv_record *record)
{
	if (test_and_set_bit(SMADV_RECORD_DIRTY, &record->flags))
		return;
	refcount_inc(&record->refs);
	llist_add(&record->dirty, &dirty_list);
}

struct llist_node *smadv_map_take_dirty(void)
{
	return llist_del_all(&dirty_list);
}

/**
 * smadv_map_next_request() - take one request for adoption
 *
 * Return: a task, which the caller puts, or NULL when no request is open.
 */
struct task_struct *smadv_map_next_request(void)
{
	struct task_struct *task;
	int i;

	for (i = 0; i < REQUEST_SLOTS; i++) {
		if (!READ_ONCE(requests[i]))
			continue;
		task = xchg(&requests[i], NULL);
		if (task)
			return task;
	}
	return NULL;
}

/**
 * smadv_map_take_fault() - take the oldest recorded fault
 * @record: record, smadv_lock held
 * @fault: filled in
 * @lost: raised by the faults overwritten before this one
 *
 * A slot that is still empty belongs to a fault whose writer is about to store it, but
 * for a virtual CPU that lost its turn: the faults from it on are left for the next
 * looks. In the end it counts as lost, and comes as a late fault one lap of the ring later.
 *
 * Return: false when there is none; @lost may have been raised all the same.
 */
bool smadv_map_take_fault(struct smadv_record *record, struct smadv_fault *fault, u32 *lost)
{
	u64 word;
	u32 head;
	u16 clock;

	lockdep_assert_held(&smadv_lock);

	for (;;) {
		head = atomic_read(&record->head);
		if (record->tail == head)
			return false;
		if (head - record->tail > SMADV_RING_SLOTS) {
			*lost += head - record->tail - SMADV_RING_SLOTS;
			record->tail = head - SMADV_RING_SLOTS;
		}
		word = xchg(&record->slots[record->tail % SMADV_RING_SLOTS], 0);
		if (!word && record->empty_looks++ < EMPTY_LOOKS)
			return false;
		record->empty_looks = 0;
		record->tail++;
		if (word)
			break;
		++*lost;
	}
	fault->page = word >> WORD_PAGE_SHIFT;
	fault->flags = word & GENMASK(WORD_FLAG_BITS - 1, 0);
	clock = (u16)(word >> WORD_FLAG_BITS);
	fault->waited_ns = 0;
	if (clock) /* when nobody measures there is none */
		fault->waited_ns = smadv_waits_enter(&record->waits, fault->page, clock,
						     fault->flags & SMADV_FAULT_TRIED);
	return true;
}

/**
 * smadv_map_skip_faults() - pass over the oldest recorded faults
 * @record: record, smadv_lock held
 * @rest: how many are to be left
 *
 * Return: number of those that were passed over.
 */
u32 smadv_map_skip_faults(struct smadv_record *record, u32 rest)
{
	u32 waiting = (u32)atomic_read(&record->head) - record->tail;

	lockdep_assert_held(&smadv_lock);
	if (waiting <= rest)
		return 0;
	record->tail += waiting - rest;
	return waiting - rest;
}

/**
 * smadv_map_charge() - account for memory about to be taken
 * @bytes: how much
 * @forced: beyond max-memory-kb too
 *
 * Context: any.
 * Return: 0, or -ENOSPC when max-memory-kb would be exceeded; that it would is
 * counted, forced or not.
 */
int smadv_map_charge(u64 bytes, bool forced)
{
	if (smadv_stats_read(SMART_MADVISE_A_STATS_MEMORY_BYTES) + bytes >
	    READ_ONCE(max_memory_bytes)) {
		smadv_stats_inc(MEMORY_LIMIT_HITS);
		if (!forced)
			return -ENOSPC;
	}
	smadv_stats_add(MEMORY_BYTES, bytes);
	return 0;
}

void smadv_map_uncharge(u64 bytes)
{
	smadv_stats_sub(MEMORY_BYTES, bytes);
}

/* A range, and the pointer to it. */
#define RANGE_BYTES	(sizeof(struct smadv_range) + sizeof(struct smadv_range *))

/* Memory of a record in bytes, as charged. */
u64 smadv_map_bytes(const struct smadv_record *record)
{
	return sizeof(*record) +
	       (record->slots ? SMADV_RING_SLOTS * sizeof(*record->slots) : 0) +
	       record->ranges.capacity * RANGE_BYTES +
	       smadv_notes_bytes(&record->notes) +
	       smadv_journal_bytes(&record->journal) + smadv_journal_bytes(&record->past);
}

static int slots_alloc(struct smadv_record *record)
{
	u64 bytes = SMADV_RING_SLOTS * sizeof(*record->slots);
	int err = smadv_map_charge(bytes, false);

	if (err)
		return err;
	record->slots = kzalloc(bytes, GFP_KERNEL);
	if (record->slots)
		return 0;
	smadv_map_uncharge(bytes);
	return -ENOMEM;
}

static bool is_full(const struct smadv_policy *policy)
{
	return smadv_stats_read(SMART_MADVISE_A_STATS_PROCESSES) >= policy->max_processes;
}

/*
 * A record that may go to make room for another, or NULL. An excluded one is only
 * there to tell the hook so, unless a fork under way may have taken hints along.
 */
static struct smadv_record *find_spare(void)
{
	struct smadv_record *record;

	list_for_each_entry(record, &smadv_map_records, link)
		if (record->excluded && smadv_restore_spent(record))
			return record;
	return NULL;
}

static bool make_room(void)
{
	struct smadv_record *spare = find_spare();

	if (spare)
		smadv_map_remove(spare);
	return spare;
}

static void note_owner(struct smadv_record *record, struct task_struct *task)
{
	const struct cred *cred = get_task_cred(task);

	record->uid = cred->uid;
	record->viewer = uid_eq(cred->uid, cred->euid) && uid_eq(cred->uid, cred->suid) ?
				 cred->uid : INVALID_UID;
	put_cred(cred);
}

/**
 * smadv_map_adopt() - take an address space under watch
 * @task: a task that lives in it
 * @mm: the address space, alive (mm_users held by the caller)
 * @forced: beyond the limits too, for a child that carries our hints
 *
 * Context: process, smadv_lock held, may sleep.
 * Return: the record, new or already there, or NULL when a limit or lack of
 * memory forbids it, which is counted.
 */
struct smadv_record *smadv_map_adopt(struct task_struct *task, struct mm_struct *mm, bool forced)
{
	const struct smadv_policy *policy = smadv_control_policy();
	struct smadv_record *record = smadv_map_lookup(mm);

	lockdep_assert_held(&smadv_lock);
	if (record)
		return record;
	if (!policy->enabled && !forced)
		return NULL;

	if (smadv_map_charge(sizeof(*record), forced))
		goto refused;
	record = kzalloc(sizeof(*record), forced ? GFP_KERNEL | __GFP_NOFAIL : GFP_KERNEL);
	if (!record)
		goto uncharge;

	record->mm = mm;
	record->pid = data_race(get_task_pid(task, PIDTYPE_TGID)); /* whose end is not marked */
	note_owner(record, task);
	record->adopted_ms = ktime_to_ms(ktime_get());
	record->wake_mask = SMADV_WAKE_FAULTS - 1;
	record->most_pages = smadv_memory_most_pages(mm);
	refcount_set(&record->refs, 1);
	INIT_LIST_HEAD(&record->queued);
	smadv_notes_init(&record->notes);
	record->excluded = smadv_filter_excludes(record);
	if (is_full(policy) && !forced && (record->excluded || !make_room()))
		goto free;
	if (!record->excluded && slots_alloc(record)) {
		if (!forced)
			goto free;
		record->excluded = true;
	}
	record->ring = record->excluded ? NULL : record->slots;

	mmgrab(mm);
	record->id = ++last_id;
	list_add_tail(&record->link, &smadv_map_records);
	smadv_newborn_publish(record);
	smadv_stats_inc(PROCESSES);
	smadv_stats_inc(PROCESSES_ADOPTED);
	return record;

free:
	put_pid(record->pid);
	kfree(record->exe);
	kfree(record);
uncharge:
	smadv_map_uncharge(sizeof(*record));
refused:
	WRITE_ONCE(adopting, false); /* until the next sweep */
	smadv_stats_inc(PROCESSES_REFUSED);
	return NULL;
}

void smadv_map_drop_range(struct smadv_record *record, u32 index)
{
	struct smadv_range *range = record->ranges.item[index];

	smadv_recording_gone(record, range);
	smadv_pool_leave(range);
	smadv_ranges_cut(&record->ranges, range->start, range->end);
	smadv_stats_dec(RANGES);
}

/**
 * smadv_map_exclude() - stop or begin to watch a record that stays in the map
 * @record: process, restored before when it is excluded
 * @excluded: stop to watch
 */
void smadv_map_exclude(struct smadv_record *record, bool excluded)
{
	lockdep_assert_held(&smadv_lock);

	if (!excluded && !record->slots && slots_alloc(record))
		return; /* stays excluded, judged again at the next sweep */
	while (excluded && record->ranges.count)
		smadv_map_drop_range(record, record->ranges.count - 1);
	record->excluded = excluded;
	/* Slots that are new are zeroed before the hook sees them. */
	smp_store_release(&record->ring, excluded ? NULL : record->slots);
}

static void free_ranges(struct smadv_ranges *set)
{
	while (set->capacity)
		kfree(set->item[--set->capacity]);
	kfree(set->item);
}

void smadv_map_put(struct smadv_record *record)
{
	if (!refcount_dec_and_test(&record->refs))
		return;
	smadv_notes_free(&record->notes);
	smadv_map_uncharge(smadv_map_bytes(record));
	smadv_journal_free(&record->journal);
	smadv_journal_free(&record->past);
	free_ranges(&record->ranges);
	kfree(record->slots);
	kfree(record->exe);
	put_pid(record->pid);
	mmdrop(record->mm);
	kfree(record);
}

static void remove_work(struct work_struct *work)
{
	smadv_map_put(container_of(to_rcu_work(work), struct smadv_record, rwork));
}

/**
 * smadv_map_remove() - stop watching an address space
 * @record: record, without active journal entries that still need a restore
 *
 * The hook may see the record until a grace period has passed; it is freed
 * after that. Context: process, smadv_lock held.
 */
void smadv_map_remove(struct smadv_record *record)
{
	u32 i;

	lockdep_assert_held(&smadv_lock);

	for (i = 0; i < record->ranges.count; i++)
		smadv_pool_leave(record->ranges.item[i]);
	record->removed = true;
	hash_del_rcu(&record->node);
	smadv_pagecache_renew();
	list_del(&record->link);
	smadv_stats_sub(RANGES, record->ranges.count);
	smadv_stats_dec(PROCESSES);
	smadv_stats_inc(PROCESSES_GONE);
	INIT_RCU_WORK(&record->rwork, remove_work);
	queue_rcu_work(removals, &record->rwork);
}

struct smadv_record *smadv_map_next(u64 after_id)
{
	struct smadv_record *record;

	lockdep_assert_held(&smadv_lock);
	list_for_each_entry(record, &smadv_map_records, link)
		if (record->id > after_id)
			return record;
	return NULL;
}

/* The newest record of process @pid (initial pid namespace), or NULL. */
struct smadv_record *smadv_map_find_pid(pid_t pid)
{
	struct smadv_record *record;

	lockdep_assert_held(&smadv_lock);
	list_for_each_entry_reverse(record, &smadv_map_records, link)
		if (pid_nr(record->pid) == pid)
			return record;
	return NULL;
}

/* Path of the executable, NULL when it cannot be told. May sleep. */
const char *smadv_map_exe(struct smadv_record *record)
{
	char *buffer, *path;

	lockdep_assert_held(&smadv_lock);
	if (record->exe)
		return record->exe;
	buffer = kmalloc(PATH_MAX, GFP_KERNEL);
	if (!buffer)
		return NULL;
	path = smadv_mapping_exe(record->mm, buffer, PATH_MAX);
	record->exe = path ? kstrdup(path, GFP_KERNEL) : NULL;
	kfree(buffer);
	return record->exe;
}

/* Command name of the thread group leader, TASK_COMM_LEN bytes, or "-" when it is gone. */
void smadv_map_comm(const struct smadv_record *record, char *comm)
{
	struct task_struct *task = get_pid_task(record->pid, PIDTYPE_TGID);
	char name[TASK_COMM_LEN] = "-";

	if (task) {
		get_task_comm(name, task);
		put_task_struct(task);
	}
	memcpy(comm, name, TASK_COMM_LEN);
}

/* Ranges stay where they are for as long as they live: only pointers move. */
static int add_spare(struct smadv_ranges *set)
{
	struct smadv_range **item;

	item = krealloc_array(set->item, set->capacity + 1, sizeof(*item), GFP_KERNEL);
	if (!item)
		return -ENOMEM;
	set->item = item;
	item[set->capacity] = kzalloc(sizeof(**item), GFP_KERNEL);
	if (!item[set->capacity])
		return -ENOMEM;
	set->capacity++;
	return 0;
}

/**
 * smadv_map_reserve_range() - make room for one more range
 * @record: record, smadv_lock held
 *
 * Return: 0, -ENOSPC at max-ranges or max-memory-kb (counted), or -ENOMEM.
 */
int smadv_map_reserve_range(struct smadv_record *record)
{
	struct smadv_ranges *set = &record->ranges;
	int err;

	lockdep_assert_held(&smadv_lock);
	if (set->count >= smadv_control_policy()->max_ranges) {
		smadv_stats_inc(RANGE_LIMIT_HITS);
		return -ENOSPC;
	}
	if (set->count < set->capacity)
		return 0;

	err = smadv_map_charge(RANGE_BYTES, false);
	if (err)
		return err;
	err = add_spare(set);
	if (err)
		smadv_map_uncharge(RANGE_BYTES);
	return err;
}

/**
 * smadv_map_set_limits() - take over what hook and observers need of the policy
 * @policy: new policy
 *
 * Also opens adoption again, which a refusal has closed, so that each sweep counts
 * one more while somebody is refused: called at every sweep, smadv_lock held.
 */
void smadv_map_set_limits(const struct smadv_policy *policy)
{
	bool benefit = policy->governor == SMART_MADVISE_GOVERNOR_BENEFIT;

	lockdep_assert_held(&smadv_lock);

	WRITE_ONCE(min_bytes, (unsigned long)policy->min_mapping_kb << 10);
	WRITE_ONCE(max_memory_bytes, (u64)policy->max_memory_kb << 10);
	WRITE_ONCE(adopting, policy->enabled);
	smadv_clock_check();
	WRITE_ONCE(measuring, benefit || smadv_recording_active());
}

int smadv_map_init(void)
{
	removals = alloc_workqueue("smadv_removals", WQ_UNBOUND | WQ_MEM_RECLAIM, 0);
	return removals ? 0 : -ENOMEM;
}

/* Hook, observers and analyzer are gone, every record is removed. */
void smadv_map_exit(void)
{
	struct task_struct *task;

	while ((task = smadv_map_next_request()))
		put_task_struct(task);
	rcu_barrier(); /* every queue_rcu_work() has queued its work */
	destroy_workqueue(removals);
	WARN_ON_ONCE(!list_empty(&smadv_map_records));
	WARN_ON_ONCE(!llist_empty(&dirty_list));
}
