// SPDX-License-Identifier: GPL-2.0
#include "gather.h"

#include "control.h"
#include "event.h"
#include "heed.h"
#include "map.h"
#include "mapping.h"
#include "memory.h"
#include "pagecache.h"
#include "pool.h"
#include "recording.h"
#include "taskmap.h"
#include "trace.h"

/* No lookup of unknown mappings for this long after the ranges hit their limit. */
#define UNSETTLED_MS	1000
/* Looks in a row at which nothing was new, after which the next one can wait. */
#define CALM_LOOKS	8

static u32 standing_hint(const struct smadv_range *range)
{
	return range->hint != SMART_MADVISE_HINT_NONE ? smadv_hint_borne(range->hint) :
							range->application_hint;
}

static u32 hint_at_fault(const struct smadv_fault *fault)
{
	if (fault->flags & SMADV_FAULT_SEQ_READ)
		return SMART_MADVISE_HINT_SEQUENTIAL;
	if (fault->flags & SMADV_FAULT_RAND_READ)
		return SMART_MADVISE_HINT_RANDOM;
	return SMART_MADVISE_HINT_NONE;
}

/*
 * How much memory there is for the file changes from look to look. Limits and sizes are
 * estimates: as long as nothing is evicted there is room for more than what is there.
 */
static u64 most_pages(const struct smadv_record *record, u64 file)
{
	u64 room = smadv_pagecache_room(file);

	if (room != U64_MAX)
		return min(record->most_pages, room);
	return max(record->most_pages, smadv_pagecache_resident(file) + 1);
}

static void note_memory(const struct smadv_record *record, struct smadv_range *range,
			const struct smadv_mapping *mapping)
{
	if (!mapping->memory_backed)
		smadv_pagecache_look(mapping->file, mapping->resident_pages);
	range->memory.file = mapping->file;
	range->memory.window_pages = mapping->window_pages;
	range->memory.most_pages = most_pages(record, mapping->file);
}

/* Take over from the mapping whose hint stands on the range. */
static void adopt_hint(struct smadv_record *record, struct smadv_range *range,
		       const struct smadv_mapping *mapping)
{
	struct smadv_entry *entry = smadv_journal_find(&record->journal, range->start);

	if (!entry && smadv_heed_claim(record, range, mapping))
		entry = smadv_journal_find(&record->journal, range->start);
	if (entry && smadv_hint_borne(entry->hint) == mapping->hint &&
	    entry->file == mapping->file) {
		range->hint = entry->hint;
		smadv_range_advised(range, entry->original);
	} else {
		range->hint = SMART_MADVISE_HINT_NONE;
		smadv_range_advised(range, mapping->hint);
	}
}

/*
 * A fault saw another hint than the range knows of. Either it is older than the
 * last change, or somebody changed the mapping: the mapping tells. It may be
 * behind itself, as advice is noted before it takes effect: who learns of another
 * hint of the application looks again.
 *
 * Return: true when the mapping could be asked, and told nothing of that kind.
 */
static bool verify(struct smadv_record *record, struct smadv_range *range)
{
	struct smadv_mapping mapping;
	int err = smadv_mapping_at(record->mm, range->start, &mapping);
	u32 advised = range->application_hint;

	if (err == -EAGAIN || err == -ESRCH)
		return false;
	if (err || mapping.id != range->mapping) {
		smadv_heed_review(record, range->start, range->end);
		smadv_range_reset(range);
		range->hint = SMART_MADVISE_HINT_NONE;
		smadv_range_advised(range, err ? SMART_MADVISE_HINT_NONE : mapping.hint);
		range->mapping = err ? 0 : mapping.id;
		if (!err)
			note_memory(record, range, &mapping);
		return range->application_hint == advised;
	}
	note_memory(record, range, &mapping);
	if (range->hint != SMART_MADVISE_HINT_NONE && smadv_hint_borne(range->hint) != mapping.hint)
		smadv_heed_review(record, range->start, range->end);
	adopt_hint(record, range, &mapping);
	return range->application_hint == advised;
}

/* A fault outside of all ranges: make one of its mapping, as far as no other range has it. */
static struct smadv_range *watch(struct smadv_record *record, u64 page, u64 now_ms)
{
	struct smadv_ranges *set = &record->ranges;
	struct smadv_mapping mapping;
	struct smadv_range *range;
	u64 start, end;
	u32 i;

	if (now_ms < record->unsettled_ms)
		return NULL;
	if (smadv_mapping_at(record->mm, page, &mapping))
		return NULL;
	if (smadv_map_reserve_range(record)) {
		record->unsettled_ms = now_ms + UNSETTLED_MS;
		return NULL;
	}
	i = smadv_ranges_lower(set, page);
	start = i ? max(mapping.start, set->item[i - 1]->end) : mapping.start;
	end = i < set->count ? min(mapping.end, set->item[i]->start) : mapping.end;
	range = smadv_ranges_insert(set, start, end, mapping.id);
	if (!range)
		return NULL;
	range->memory_backed = mapping.memory_backed;
	note_memory(record, range, &mapping);
	adopt_hint(record, range, &mapping);
	smadv_stats_inc(RANGES);
	smadv_recording_range(record, range);
	return range;
}

static void note_loss(struct smadv_record *record, u32 lost)
{
	u32 i;

	if (!lost)
		return;
	smadv_recording_lost(lost);
	record->lost += lost;
	record->faults += lost;
	smadv_stats_add(FAULTS, lost);
	smadv_stats_add(FAULTS_LOST, lost);
	smadv_waits_forget(&record->waits);
	for (i = 0; i < record->ranges.count; i++)
		smadv_range_gap(record->ranges.item[i], lost);
}

/* Of a record that had to wait a window's worth of faults is looked at, the last ones. */
static void skip(struct smadv_record *record, bool sample)
{
	u32 i, seen = smadv_control_policy()->window_faults;
	u32 skipped = sample ? smadv_map_skip_faults(record, seen) : 0;

	for (i = 0; i < record->ranges.count; i++)
		smadv_range_skip(record->ranges.item[i], skipped, seen);
	if (!skipped)
		return;
	record->faults += skipped;
	record->touched_pages += skipped;
	smadv_stats_add(FAULTS, skipped);
	smadv_stats_add(PAGES_TOUCHED, skipped);
	smadv_stats_add(FAULTS_SKIPPED, skipped);
	smadv_waits_forget(&record->waits);
}

/* Turn the recorded faults into evidence. At most a ring's worth a round. */
static void gather(struct smadv_record *record, u64 now_ms)
{
	const struct smadv_policy *policy = smadv_control_policy();
	struct smadv_range *range = NULL;
	struct smadv_fault fault;
	u32 faults = 0, lost = 0;
	u64 touched = 0, saved = 0;

	while (faults < SMADV_RING_SLOTS && smadv_map_take_fault(record, &fault, &lost)) {
		faults++;
		note_loss(record, lost);
		lost = 0;
		if (fault.flags & SMADV_FAULT_TRIED) {
			record->majors++;
			smadv_stats_inc(MAJORS);
		}
		if (!range || fault.page < range->start || fault.page >= range->end)
			range = smadv_ranges_find(&record->ranges, fault.page);
		/* The second entry of a fault makes no range: the first one did, if seen. */
		if (!range && !(fault.flags & SMADV_FAULT_TRIED))
			range = watch(record, fault.page, now_ms);
		smadv_recording_fault(&fault);
		if (!range)
			continue;
		if (hint_at_fault(&fault) != standing_hint(range))
			range->doubtful = true;
		if (range->memory_backed) { /* nothing can come of its pattern */
			range->faults++;
			range->last_fault_ms = now_ms;
			continue;
		}
		touched -= range->effect.touched_pages;
		saved -= range->effect.saved_pages;
		smadv_range_fault(range, &fault, policy, now_ms);
		touched += range->effect.touched_pages;
		saved += range->effect.saved_pages;
	}
	note_loss(record, lost);
	record->faults += faults;
	record->touched_pages += touched;
	record->saved_pages += saved;
	smadv_stats_add(FAULTS, faults);
	smadv_stats_add(PAGES_TOUCHED, touched);
	smadv_stats_add(SAVED_BYTES, saved << PAGE_SHIFT);
}

/* Split a range along a pattern border; each part is judged from the next round on. */
static void split(struct smadv_record *record, u32 index, u64 border)
{
	struct smadv_ranges *set = &record->ranges;

	if (smadv_map_reserve_range(record))
		return;
	if (!smadv_ranges_split(set, index, border))
		return;
	smadv_stats_inc(RANGES);
	smadv_stats_inc(RANGE_SPLITS);
}

/* Said once of each hint that stands, for whoever remembers it. */
static bool begins_to_pay(struct smadv_range *range)
{
	u32 former = range->effect.told.pays;

	if (range->verdict.reason == SMART_MADVISE_REASON_PAYS || !range->hint)
		range->effect.told.pays = range->hint;
	return range->effect.told.pays && range->effect.told.pays != former;
}

/* What the kernel counts of the open file; as before, where nobody asks or can tell now. */
static u32 misses(const struct smadv_record *record, const struct smadv_range *range)
{
	struct smadv_mapping mapping;

	if (smadv_control_policy()->governor != SMART_MADVISE_GOVERNOR_BENEFIT)
		return range->memory.misses;
	if (smadv_mapping_at(record->mm, range->start, &mapping))
		return range->memory.misses;
	return mapping.misses;
}

/* How much memory there is for the file, and for this range of it. */
static void look_at_memory(const struct smadv_record *record, struct smadv_range *range)
{
	struct smadv_memory *memory = &range->memory;
	u64 most = most_pages(record, memory->file);

	memory->resident_pages = smadv_pagecache_resident(memory->file);
	memory->misses = misses(record, range);
	if (most == memory->most_pages)
		return;
	memory->most_pages = most;
	smadv_recording_range(record, range);
}

/* Returns whether something is new, or not known well yet. */
static bool judge_range(struct smadv_record *record, u32 index, u64 now_ms)
{
	const struct smadv_policy *policy = smadv_control_policy();
	struct smadv_range *range = record->ranges.item[index];
	u32 kind = range->pattern.kind;
	u64 border;
	bool changed;

	smadv_pool_hear(range, now_ms);
	smadv_ranges_share(&record->ranges, index);
	look_at_memory(record, range);
	smadv_prior_apply(&record->priors, range);
	changed = smadv_range_judge(range, policy, now_ms);
	if (changed) {
		smadv_stats_inc(VERDICTS);
		trace_smadv_verdict(pid_nr(record->pid), range);
	}
	if (changed || begins_to_pay(range))
		smadv_event_verdict(record, range);
	trace_smadv_evidence(pid_nr(record->pid), range);
	trace_smadv_effect(pid_nr(record->pid), range);
	smadv_pool_tell(range, now_ms);
	border = smadv_range_border(range, policy);
	if (border)
		split(record, index, border);
	return changed || border || range->pattern.kind != kind ||
	       range->verdict.reason == SMART_MADVISE_REASON_TRIAL ||
	       range->evidence.seen < policy->window_faults;
}

/* May the module do anything about the range's hint? Else the application's stands. */
static bool is_ours(const struct smadv_range *range)
{
	return range->application_hint == SMART_MADVISE_HINT_NONE ||
	       range->hint == SMART_MADVISE_HINT_NORMAL ||
	       range->verdict.hint == SMART_MADVISE_HINT_NORMAL;
}

static void judge(struct smadv_record *record, u64 now_ms)
{
	const struct smadv_policy *policy = smadv_control_policy();
	struct smadv_ranges *set = &record->ranges;
	struct smadv_range *range;
	bool on_trial = false, news = false;
	u32 i;

	for (i = 0; i < set->count; i++) {
		if (set->item[i]->doubtful) {
			set->item[i]->doubtful = !verify(record, set->item[i]);
			smadv_recording_range(record, set->item[i]);
			news = true;
		}
		if (set->item[i]->last_fault_ms == now_ms)
			news |= judge_range(record, i, now_ms);
	}
	record->calm = news ? 0 : min(record->calm + 1, (u32)CALM_LOOKS);
	for (i = 0; i + 1 < set->count; ) {
		if (smadv_ranges_merge(set, i)) {
			smadv_stats_dec(RANGES);
			smadv_stats_inc(RANGE_MERGES);
		} else {
			i++;
		}
	}
	if (policy->governor == SMART_MADVISE_GOVERNOR_OBSERVE || record->excluded)
		return;
	for (i = 0; i < set->count; i++) {
		range = set->item[i];
		on_trial |= range->verdict.reason == SMART_MADVISE_REASON_TRIAL;
		if (range->last_fault_ms == now_ms && !range->memory_backed && is_ours(range))
			smadv_taskmap_want(record, range);
	}
	WRITE_ONCE(record->wake_mask,
		   (on_trial ? SMADV_WAKE_FAULTS_TRIAL : SMADV_WAKE_FAULTS) - 1);
}

/**
 * smadv_gather() - turn the recorded faults of a process into evidence, verdicts and tasks
 * @record: process, smadv_lock held
 * @now_ms: time in ms
 * @sample: of more than a window's worth of faults, the last ones will do
 */
void smadv_gather(struct smadv_record *record, u64 now_ms, bool sample)
{
	lockdep_assert_held(&smadv_lock);
	skip(record, sample && !smadv_recording_active());
	gather(record, now_ms);
	judge(record, now_ms);
	smadv_recording_judged(record);
}

/**
 * smadv_gather_is_calm() - can the next look at a process wait?
 * @record: process
 *
 * Return: true when nothing was new about it for some time, and no hint is on trial.
 */
bool smadv_gather_is_calm(const struct smadv_record *record)
{
	return record->calm >= CALM_LOOKS;
}

/* Drop ranges whose mapping is gone, and hints that went with theirs; look at memory anew. */
void smadv_gather_prune(struct smadv_record *record)
{
	struct smadv_ranges *set = &record->ranges;
	struct smadv_mapping mapping;
	u32 i = 0;
	int err;

	record->most_pages = smadv_memory_most_pages(record->mm);
	while (i < set->count) {
		err = smadv_mapping_at(record->mm, set->item[i]->start, &mapping);
		if (err == -ENOENT) {
			smadv_map_drop_range(record, i);
			continue;
		}
		if (!err)
			note_memory(record, set->item[i], &mapping);
		smadv_recording_range(record, set->item[i]);
		i++;
	}
	smadv_heed_review(record, 0, U64_MAX);
}

void smadv_gather_idle(struct smadv_record *record, u64 now_ms)
{
	const struct smadv_policy *policy = smadv_control_policy();
	struct smadv_range *range;
	u32 i;

	for (i = 0; i < record->ranges.count; i++) {
		range = record->ranges.item[i];
		if (range->pattern.kind != SMART_MADVISE_PATTERN_IDLE &&
		    now_ms - range->last_fault_ms >= policy->idle_ms)
			smadv_range_judge(range, policy, now_ms);
	}
	smadv_recording_idle(record);
}
