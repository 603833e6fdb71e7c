/* SPDX-License-Identifier: GPL-2.0 */
/* Effect: what the faults of one range wait for, hint by hint, and what it is worth. */
#ifndef SMADV_CORE_EFFECT_H
#define SMADV_CORE_EFFECT_H

#include <linux/smart_madvise.h>

#include "cursor.h"
#include "shim.h"

/* Time stamps of faults: units of so many ns, which wrap around at 16 bits. */
#define SMADV_CLOCK_NS		4096
/* They measure no longer wait. */
#define SMADV_WAIT_MAX_NS	(0xffffULL * SMADV_CLOCK_NS)
/* Faults of one process that are remembered, because they may be waiting. */
#define SMADV_WAITS		64
/* Misses that a trial is measured by. */
#define SMADV_TRIAL_MISSES	8
/* An extent that no memory holds. */
#define SMADV_EXTENT_MAX	(1ULL << 48)
/* No readahead window has more pages: 4 GiB. */
#define SMADV_WINDOW_MAX	0x100000U
/* Faults from which an account is halved, so that it speaks of the recent past. */
#define SMADV_RECENT_FAULTS	512
/* Trials of a hint that failed in a row are counted so far. */
#define SMADV_FAILURES_MAX	32
/* No balance shows a greater debt. */
#define SMADV_DEBT_MAX_NS	(1LL << 62)
/* No mean wait of a miss is longer: halving rounds their number down. */
#define SMADV_MISS_MAX_NS	(2 * SMADV_WAIT_MAX_NS)
/* Trials may cost one part in so many of what was waited for. */
#define SMADV_LOSS_SHARE	50
/* Windows that are remembered as read around lately, were there no RANDOM. */
#define SMADV_GHOSTS		64
/* Of the pages that missed without a hint so many are remembered. */
#define SMADV_REVISITS		128
/*
 * So many misses of a file more than hits, and the kernel reads single pages there instead
 * of windows: mm/filemap.c's MMAP_LOTSAMISS; and so many, that it will for long.
 */
#define SMADV_GIVE_UP_MISSES	100
#define SMADV_STUCK_MISSES	(2 * SMADV_GIVE_UP_MISSES)
/* From so many misses on, what was counted of them is halved. */
#define SMADV_PROBES_MAX	(1U << 20)
/* Shares are in parts of so many. */
#define SMADV_SHARE		10000U
/* What mappings bear, NONE, SEQUENTIAL and RANDOM: enum smart_madvise_hint */
#define SMADV_EFFECT_HINTS	3

/*@
 * predicate smadv_is_borne(integer hint) = hint == SMART_MADVISE_HINT_NONE ||
 *	hint == SMART_MADVISE_HINT_SEQUENTIAL || hint == SMART_MADVISE_HINT_RANDOM;
 *
 * predicate smadv_is_hint(integer hint) =
 *	smadv_is_borne(hint) || hint == SMART_MADVISE_HINT_NORMAL;
 */

/* What a mapping bears while @hint stands. */
/*@
 * requires smadv_is_hint(hint);
 * assigns \nothing;
 * ensures smadv_is_borne(\result);
 * ensures hint != SMART_MADVISE_HINT_NORMAL ==> \result == hint;
 */
static inline u32 smadv_hint_borne(u32 hint)
{
	if (hint == SMART_MADVISE_HINT_NORMAL)
		return SMART_MADVISE_HINT_NONE;
	return hint;
}

/* @a + @b, or the largest number. */
/*@
 * assigns \nothing;
 * ensures \result == \min(a + b, 0xffffffffffffffff);
 */
static inline u64 smadv_sum(u64 a, u64 b)
{
	return a <= ~0ULL - b ? a + b : ~0ULL;
}

/* @a * @b, or the largest number. */
/*@
 * assigns \nothing;
 * ensures \result == \min(a * b, 0xffffffffffffffff);
 */
static inline u64 smadv_product(u64 a, u64 b)
{
	return !b || a <= ~0ULL / b ? a * b : ~0ULL;
}

/**
 * struct smadv_waits - faults of one process that may be waiting, by page number
 * @page: where, 0 when the slot is free
 * @clock: since when
 */
struct smadv_waits {
	u64 page[SMADV_WAITS];
	u16 clock[SMADV_WAITS];
};

/**
 * struct smadv_account - faults under one hint, of the recent past
 * @faults: how many
 * @misses: of these, those that waited for the device
 * @waited_ns: their waits together
 * @pages: by which faults were ahead of the one before, as far as readahead reaches;
 *	over a hint of the application those of each window that came anew
 */
struct smadv_account {
	u32 faults;
	u32 misses;
	u64 waited_ns;
	u64 pages;
};

/**
 * struct smadv_others - what other ranges of the same file know
 * @stake_ns: what they waited for
 * @lost_ns: what trials cost them, or may cost that are under way
 * @pays: hints that pay for one of them now
 * @tries: hints that one of them tries now
 * @failures: trials of each hint on the file that did not pay in a row, lately
 * @early: the last of RANDOM did not pay while memory was filling
 */
struct smadv_others {
	u64 stake_ns;
	u64 lost_ns;
	bool pays[SMADV_EFFECT_HINTS];
	bool tries[SMADV_EFFECT_HINTS];
	u8 failures[SMADV_EFFECT_HINTS];
	bool early;
};

/* What the others were told of a range, for their owner; the core does not look at it. */
struct smadv_told {
	u64 stake_ns;
	u64 lost_ns;
	u32 generation;
	u32 pays;	/* the hint that was said to pay */
};

/**
 * struct smadv_effect - the effect of hints on one range
 * @plain: enum smart_madvise_hint that mappings bear when the module keeps away: the
 *	application's
 * @account: by enum smart_madvise_hint
 * @weight: faults that each one stands for, where only a sample is looked at
 * @stake_ns: all waits since the range was made
 * @lost_ns: of these, what trials cost
 * @since_ns: waits since a trial failed last
 * @reserved_ns: what the trial under way may cost
 * @others: other ranges of the file
 * @prior_pct: what a trial of each hint has to be worth, in percent of its price, as
 *	former runs taught; 0 when they taught nothing
 * @told: what they know of this one
 * @balance_ns: what the standing hint spared, less what it cost, lately
 * @filled_pages: memory that its misses filled; over a hint of the application since
 *	the last change
 * @filled_then: @filled_pages when this epoch of memory began; it lasts as long as pages
 *	stay there, and is looked at while no hint stands
 * @passed_then: the same of what passed beside; more than ever does when none has begun
 * @crowd: of what came in the last whole epoch, the share that passed beside, in
 *	1/SMADV_SHARE
 * @touched_pages: pages that its faults touched, at least
 * @saved_pages: pages that RANDOM spared reading, net of what it cost before
 * @owed_pages: pages that it cost since, which are made up for first
 * @last: page of the last fault
 * @failures: trials of each hint that did not pay in a row
 * @early: the last trial of RANDOM did not pay while memory was filling
 * @full: memory has been full; what comes has driven out something since
 * @single: the kernel reads single pages at misses, whatever the hint
 * @leaving: the standing hint is to be taken back
 * @filling: memory was filling when the last hint was given or taken
 * @misses: of the open file when the last hint was given or taken, as in memory
 * @mixed: what misses cost without a hint is that of two ranges that were one, or was
 *	counted in another way
 * @runs: pages come in runs, which count as a window each
 * @settling: what misses cost without a hint is that of a change, not of what is now
 * @ghost: windows that would have been read without RANDOM, or that came, lately; 0
 *	when free
 * @hand: ghost replaced next
 * @single_pages: pages that came singly since RANDOM stands
 * @missed: pages that missed without a hint, the first of this epoch in each place that
 *	their numbers lead to; 0 when free
 * @missed_since: misses of this epoch
 * @probes: misses, late enough, whose place was taken
 * @revisits: of these, those that came to the same page again
 */
struct smadv_effect {
	u32 plain;
	struct smadv_account account[SMADV_EFFECT_HINTS];
	u32 weight;
	u64 stake_ns;
	u64 lost_ns;
	u64 since_ns;
	u64 reserved_ns;
	struct smadv_others others;
	u32 prior_pct[SMADV_EFFECT_HINTS];
	struct smadv_told told;
	s64 balance_ns;
	u64 filled_pages;
	u64 filled_then;
	u64 passed_then;
	u32 crowd;
	u64 touched_pages;
	u64 saved_pages;
	u64 owed_pages;
	u64 last;
	u8 failures[SMADV_EFFECT_HINTS];
	bool early;
	bool full;
	bool single;
	bool leaving;
	u32 misses;
	bool filling;
	bool mixed;
	bool runs;
	bool settling;
	u32 ghost[SMADV_GHOSTS];
	u32 hand;
	u64 single_pages;
	u32 missed[SMADV_REVISITS];
	u64 missed_since;
	u32 probes;
	u32 revisits;
};

/**
 * struct smadv_memory - where a range lives
 * @file: identity of the file
 * @extent_pages: how much of it accesses reach, before they come back
 * @beside_pages: how much more they reach in other ranges of the file
 * @passed_pages: what other ranges of the file than random ones have brought in so far
 * @most_pages: memory that it may fill, by limits and by what is evicted
 * @resident_pages: how much of it is there, 0 when unknown
 * @window_pages: readahead window of the file, 1..SMADV_WINDOW_MAX
 * @misses: by which misses of the open file are ahead of hits, as the kernel counts them
 */
struct smadv_memory {
	u64 file;
	u64 extent_pages;
	u64 beside_pages;
	u64 passed_pages;
	u64 most_pages;
	u64 resident_pages;
	u32 window_pages;
	u32 misses;
};

/*@
 * predicate smadv_account_valid(struct smadv_account *account) =
 *	account->faults <= SMADV_RECENT_FAULTS && account->misses <= SMADV_RECENT_FAULTS &&
 *	account->waited_ns <= (account->misses + 1) * SMADV_WAIT_MAX_NS &&
 *	account->pages <= (account->faults + 1) * SMADV_WINDOW_MAX;
 *
 * predicate smadv_effect_valid(struct smadv_effect *effect) =
 *	smadv_is_borne(effect->plain) && effect->hand <= SMADV_GHOSTS &&
 *	effect->revisits <= effect->probes <= SMADV_PROBES_MAX && effect->crowd <= SMADV_SHARE &&
 *	-SMADV_DEBT_MAX_NS <= effect->balance_ns <= SMADV_DEBT_MAX_NS &&
 *	smadv_account_valid(&effect->account[0]) && smadv_account_valid(&effect->account[1]) &&
 *	smadv_account_valid(&effect->account[2]) &&
 *	effect->failures[0] <= SMADV_FAILURES_MAX &&
 *	effect->failures[1] <= SMADV_FAILURES_MAX &&
 *	effect->failures[2] <= SMADV_FAILURES_MAX &&
 *	effect->others.failures[0] <= SMADV_FAILURES_MAX &&
 *	effect->others.failures[1] <= SMADV_FAILURES_MAX &&
 *	effect->others.failures[2] <= SMADV_FAILURES_MAX &&
 *	(effect->early ==> 0 < effect->failures[SMART_MADVISE_HINT_RANDOM]);
 *
 * predicate smadv_memory_valid(struct smadv_memory *memory) =
 *	1 <= memory->window_pages <= SMADV_WINDOW_MAX;
 *
 * logic integer smadv_reach(struct smadv_memory *memory) =
 *	\min(memory->extent_pages + memory->beside_pages, SMADV_EXTENT_MAX);
 *
 * logic integer smadv_allowance(struct smadv_effect *effect) =
 *	\min(effect->stake_ns + effect->others.stake_ns, 0xffffffffffffffff) / SMADV_LOSS_SHARE;
 */

/*
 * A fault entered at @page at @clock, after it @waited or not. Returns for how long it
 * did, in ns, or 0 for a first entry.
 */
/*@
 * requires \valid(waits);
 * assigns *waits;
 * ensures \result <= SMADV_WAIT_MAX_NS;
 */
u64 smadv_waits_enter(struct smadv_waits *waits, u64 page, u16 clock, bool waited);

/* Faults went unseen: which ones of those that are remembered still wait is not known. */
/*@
 * requires \valid(waits);
 * assigns *waits;
 */
void smadv_waits_forget(struct smadv_waits *waits);

/*@
 * requires \valid(effect);
 * assigns *effect;
 */
void smadv_effect_init(struct smadv_effect *effect, u32 plain);

/* The application advised otherwise: @plain stands, and all that was measured is void. */
/*@
 * requires \valid(effect);
 * assigns *effect;
 */
void smadv_effect_advised(struct smadv_effect *effect, u32 plain);

/* A fault at @page, on a mapping that bears @hint, entered for the first time. */
/*@
 * requires \valid(effect) && smadv_effect_valid(effect) && smadv_is_borne(hint);
 * requires \valid_read(memory) && smadv_memory_valid(memory) && \separated(effect, memory);
 * assigns *effect;
 * ensures smadv_effect_valid(effect);
 * ensures effect->touched_pages >= \old(effect->touched_pages);
 */
void smadv_effect_fault(struct smadv_effect *effect, u64 page, u32 hint,
			const struct smadv_memory *memory);

/* A fault at @page has waited, for SMADV_WAIT_MAX_NS at most. */
/*@
 * requires \valid(effect) && smadv_effect_valid(effect) && smadv_is_borne(hint);
 * requires \valid_read(memory) && smadv_memory_valid(memory) && \separated(effect, memory);
 * requires waited_ns <= SMADV_WAIT_MAX_NS;
 * assigns *effect;
 * ensures smadv_effect_valid(effect);
 */
void smadv_effect_wait(struct smadv_effect *effect, u64 page, u32 hint, u64 waited_ns,
		       const struct smadv_memory *memory);

/* Note what is new of @memory. Is what misses cost another from now on, by a pattern of @kind? */
/*@
 * requires \valid(effect) && smadv_effect_valid(effect);
 * requires \valid_read(memory) && \separated(effect, memory);
 * assigns effect->full, effect->single, effect->mixed, effect->runs;
 * ensures smadv_effect_valid(effect);
 */
bool smadv_effect_look(struct smadv_effect *effect, const struct smadv_memory *memory,
		       u32 kind);

/* No hint stands: how much of what comes is not this range's? */
/*@
 * requires \valid(effect) && smadv_effect_valid(effect);
 * requires \valid_read(memory) && \separated(effect, memory);
 * assigns effect->filled_then, effect->passed_then, effect->crowd;
 * ensures smadv_effect_valid(effect);
 */
void smadv_effect_weigh(struct smadv_effect *effect, const struct smadv_memory *memory);

/* Forget what it costs to keep away: the pattern is another one, or what the kernel does. */
/*@
 * requires \valid(effect) && smadv_effect_valid(effect);
 * assigns effect->account[effect->plain], effect->mixed, effect->settling,
 *	effect->passed_then, effect->crowd;
 * ensures smadv_effect_valid(effect);
 */
void smadv_effect_renew(struct smadv_effect *effect);

/* @hint stands from now on, NONE too. */
/*@
 * requires \valid(effect) && smadv_effect_valid(effect) && smadv_is_hint(hint);
 * requires \valid_read(memory) && \separated(effect, memory);
 * assigns *effect;
 * ensures smadv_effect_valid(effect);
 */
void smadv_effect_begin(struct smadv_effect *effect, u32 hint, const struct smadv_memory *memory);

/* @hint is to be taken back; it @failed, or is not called for any more. */
/*@
 * requires \valid(effect) && smadv_effect_valid(effect) && smadv_is_hint(hint);
 * requires \valid_read(memory) && \separated(effect, memory);
 * assigns *effect;
 * ensures smadv_effect_valid(effect);
 */
void smadv_effect_end(struct smadv_effect *effect, u32 hint, bool failed,
		      const struct smadv_memory *memory);

/* Each of two parts gets half of what was waited for, and is to be measured anew. */
/*@
 * requires \valid(left) && smadv_effect_valid(left) && \valid(right);
 * requires \separated(left, right);
 * assigns *left, *right;
 */
void smadv_effect_split(struct smadv_effect *left, struct smadv_effect *right);

/* Add the account of the right neighbour. */
/*@
 * requires \valid(effect) && \valid_read(right) && \separated(effect, right);
 * assigns *effect;
 */
void smadv_effect_merge(struct smadv_effect *effect, const struct smadv_effect *right);

/* Mean wait of a miss under @hint in ns, 0 without one. */
/*@
 * requires \valid_read(effect) && smadv_effect_valid(effect) && smadv_is_borne(hint);
 * assigns \nothing;
 * ensures \result <= SMADV_MISS_MAX_NS;
 * ensures \result != 0 ==> effect->account[hint].misses != 0;
 */
u64 smadv_effect_miss_ns(const struct smadv_effect *effect, u32 hint);

/* Mean wait per page that a stream comes ahead under @hint in 1/16 ns, 0 when unknown. */
/*@
 * requires \valid_read(effect) && smadv_effect_valid(effect) && smadv_is_borne(hint);
 * assigns \nothing;
 * ensures \result <= 16 * (SMADV_RECENT_FAULTS + 1) * SMADV_WAIT_MAX_NS;
 */
u64 smadv_effect_page_q4(const struct smadv_effect *effect, u32 hint);

/* What a trial may cost, in ns, 0 when unknown. */
/*@
 * requires \valid_read(effect) && smadv_effect_valid(effect);
 * assigns \nothing;
 * ensures \result <= SMADV_TRIAL_MISSES * SMADV_MISS_MAX_NS;
 */
u64 smadv_effect_price_ns(const struct smadv_effect *effect);

/* What trials may still cost, in ns. */
/*@
 * requires \valid_read(effect);
 * assigns \nothing;
 * ensures \result <= smadv_allowance(effect);
 */
u64 smadv_effect_allowance_ns(const struct smadv_effect *effect);

/* What another trial of a hint may cost after so many @failures, in ns. */
/*@
 * requires \valid_read(effect) && failures <= SMADV_FAILURES_MAX;
 * assigns \nothing;
 * ensures \result <= smadv_allowance(effect);
 */
u64 smadv_effect_retry_ns(const struct smadv_effect *effect, u32 failures);

/* Pages that random accesses may reach, here and beside: SMADV_EXTENT_MAX at most. */
/*@
 * requires \valid_read(memory);
 * assigns \nothing;
 * ensures \result == smadv_reach(memory);
 */
u64 smadv_effect_reach(const struct smadv_memory *memory);

/* Windows that memory holds. */
/*@
 * requires \valid_read(memory) && smadv_memory_valid(memory);
 * assigns \nothing;
 */
u64 smadv_effect_held_windows(const struct smadv_memory *memory);

/* Nothing comes any more but what something else has to go for. */
/*@
 * requires \valid_read(effect) && \valid_read(memory);
 * assigns \nothing;
 */
bool smadv_effect_full(const struct smadv_effect *effect, const struct smadv_memory *memory);

/* What a miss under RANDOM spares once its pages have taken the place of windows, in ns. */
/*@
 * requires \valid_read(effect) && smadv_effect_valid(effect);
 * requires \valid_read(memory) && smadv_memory_valid(memory);
 * assigns \nothing;
 */
u64 smadv_effect_lasting_ns(const struct smadv_effect *effect, const struct smadv_memory *memory);

/* Memory cannot hold all that random accesses may reach. */
/*@
 * requires \valid_read(memory);
 * assigns \nothing;
 * ensures \result <==> smadv_reach(memory) > memory->most_pages;
 */
bool smadv_effect_pressed(const struct smadv_memory *memory);

#endif /* SMADV_CORE_EFFECT_H */
