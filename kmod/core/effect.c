// SPDX-License-Identifier: GPL-2.0
#include "effect.h"

/* Misses whose gain is remembered: a hint that ceases to pay is found out after as many. */
#define CREDIT_MISSES	8
/* What a wait has beyond so many misses has another cause: reclaim, or the device's others. */
#define OUTLIER_MISSES	4
/* Windows of a stream, or misses, until readahead has found its step after a change. */
#define SETTLE_WINDOWS	4
#define SETTLE_MISSES	SMADV_TRIAL_MISSES
#define SHARE		10000U
/* Windows are told apart by so many numbers, from one on. */
#define WINDOWS		0xffffffffULL

/**
 * smadv_waits_enter() - note that a fault entered
 * @waits: waits of the process
 * @page: where
 * @clock: when, in SMADV_CLOCK_NS, modulo 2^16
 * @waited: it says that it waited for the device
 *
 * A fault that waits for the device enters twice, and does not always say so. An
 * entry in between, of another thread at the same page, is taken for the second one.
 * Two entries without a pause are an attempt that was repeated under another lock.
 *
 * Return: ns since the first entry when this is the second one, else 0.
 */
u64 smadv_waits_enter(struct smadv_waits *waits, u64 page, u16 clock, bool waited)
{
	u32 slot = (u32)(page % SMADV_WAITS);
	u16 since = (u16)(clock - waits->clock[slot]);

	if (waits->page[slot] == page) {
		if (since)
			waits->page[slot] = 0;
		return (u64)since * SMADV_CLOCK_NS;
	}
	if (!waited) {
		waits->page[slot] = page;
		waits->clock[slot] = clock;
	}
	return 0;
}

/**
 * smadv_waits_forget() - no fault is known to wait
 * @waits: waits of the process
 */
void smadv_waits_forget(struct smadv_waits *waits)
{
	u32 i;

	for (i = 0; i < SMADV_WAITS; i++)
		waits->page[i] = 0;
}

/**
 * smadv_effect_init() - nothing is known yet
 * @effect: effect
 * @plain: enum smart_madvise_hint of the application
 */
void smadv_effect_init(struct smadv_effect *effect, u32 plain)
{
	*effect = (struct smadv_effect){ .plain = plain, .weight = 1 };
}

/**
 * smadv_effect_advised() - the application advised otherwise
 * @effect: effect
 * @plain: enum smart_madvise_hint that it set
 *
 * What was waited for, and what trials cost of it, stays.
 */
void smadv_effect_advised(struct smadv_effect *effect, u32 plain)
{
	*effect = (struct smadv_effect){
		.plain = plain,
		.weight = effect->weight,
		.stake_ns = effect->stake_ns,
		.lost_ns = effect->lost_ns,
		.others = effect->others,
		.told = effect->told,
	};
}

static void halve(struct smadv_account *account)
{
	account->faults /= 2;
	account->misses /= 2;
	account->waited_ns /= 2;
	account->pages /= 2;
}

/* Windows that are worth remembering: those before them would have been evicted. */
static u32 ghosts_max(const struct smadv_memory *memory)
{
	u64 held = smadv_effect_held_windows(memory);

	return held < 1 ? 1 : held < SMADV_GHOSTS ? (u32)held : SMADV_GHOSTS;
}

static bool is_ghost(const struct smadv_effect *effect, u32 window,
		     const struct smadv_memory *memory)
{
	u32 i, most = ghosts_max(memory);

	for (i = 0; i < most; i++)
		if (effect->ghost[i] == window)
			return true;
	return false;
}

/* Pages of the windows that are remembered. */
static u64 ghost_pages(const struct smadv_effect *effect, const struct smadv_memory *memory)
{
	u32 most = ghosts_max(memory);
	u32 ghosts = effect->ghost[most - 1] || effect->hand >= most ? most : effect->hand;

	return (u64)ghosts * memory->window_pages;
}

/* Share in 1/10000 of pages that memory has no room for, 0 when it holds all. */
static u64 absent_share(const struct smadv_memory *memory)
{
	u64 reach = smadv_effect_reach(memory);

	return smadv_effect_pressed(memory) ? (reach - memory->most_pages) * SHARE / reach : 0;
}

/*
 * Share in 1/10000 of misses under RANDOM, in windows that are not remembered, that would
 * miss without it. While memory fills, windows bring in what will be hit later; once it is
 * full, as much of the range is resident whichever way it is read. The windows remembered
 * are among those that would be resident, so that of the others more would be absent.
 */
static u64 miss_share(const struct smadv_effect *effect, const struct smadv_memory *memory)
{
	const struct smadv_account *plain = &effect->account[SMART_MADVISE_HINT_NONE];
	u64 reach = smadv_effect_reach(memory), ghosts = ghost_pages(effect, memory);
	u64 missed, absent = absent_share(memory);

	if (!smadv_effect_pressed(memory))
		return 0;
	if (smadv_effect_full(effect, memory))
		return SHARE;
	missed = plain->faults ? (u64)plain->misses * SHARE / plain->faults : SHARE;
	if (missed < absent)
		absent = missed;
	if (ghosts >= reach || absent * reach >= (reach - ghosts) * SHARE)
		return SHARE;
	return absent * reach / (reach - ghosts);
}

/* Is the window of @page none of the last ones? It is from now on. */
static bool is_new_window(struct smadv_effect *effect, u64 page, const struct smadv_memory *memory)
{
	u32 window = (u32)(page / memory->window_pages % WINDOWS) + 1;

	if (is_ghost(effect, window, memory))
		return false;
	if (effect->hand >= ghosts_max(memory))
		effect->hand = 0;
	effect->ghost[effect->hand++] = window;
	return true;
}

/*
 * The chance in 1/10000 that a miss under RANDOM had been one without it: none where a
 * page nearby missed before, for both would have been read at once; else one, unless
 * the window had still been there.
 */
static u64 plain_share(struct smadv_effect *effect, u64 page, const struct smadv_memory *memory)
{
	return is_new_window(effect, page, memory) ? miss_share(effect, memory) : 0;
}

/* What of a wait a miss under @hint may explain. */
static u64 typical_ns(const struct smadv_effect *effect, u32 hint, u64 waited_ns)
{
	u64 most_ns = smadv_effect_miss_ns(effect, hint) * OUTLIER_MISSES;

	return waited_ns < most_ns ? waited_ns : most_ns;
}

static void credit(struct smadv_effect *effect, u64 ns)
{
	s64 most = (s64)smadv_effect_miss_ns(effect, effect->plain) * CREDIT_MISSES;

	effect->balance_ns += (s64)ns;
	if (effect->balance_ns > most)
		effect->balance_ns = most;
}

static void debit(struct smadv_effect *effect, u64 ns)
{
	effect->balance_ns -= (s64)ns;
	if (effect->balance_ns < -SMADV_DEBT_MAX_NS)
		effect->balance_ns = -SMADV_DEBT_MAX_NS;
}

/*
 * A miss under RANDOM has read one page, and @pages would have been read without it, of
 * each fault that it stands for. What it cost is made up for first, so that the sum never
 * falls.
 */
static void save(struct smadv_effect *effect, u64 pages)
{
	u64 owed = smadv_sum(effect->owed_pages, effect->weight);

	pages *= effect->weight;
	effect->owed_pages = owed > pages ? owed - pages : 0;
	effect->saved_pages = smadv_sum(effect->saved_pages, pages > owed ? pages - owed : 0);
}

/* A miss under RANDOM at @page: what it spared. Pages that are there are not read again. */
static void spare(struct smadv_effect *effect, u64 page, const struct smadv_memory *memory)
{
	u64 share = plain_share(effect, page, memory);

	credit(effect, smadv_effect_miss_ns(effect, SMART_MADVISE_HINT_NONE) * share / SHARE);
	save(effect, memory->window_pages * share / SHARE * absent_share(memory) / SHARE);
}

/* Pages by which @page lies ahead of the last fault. */
static u64 distance(const struct smadv_effect *effect, u64 page)
{
	return page > effect->last ? page - effect->last : 0;
}

/* Pages by which a fault at @page comes ahead. */
static u64 progress(struct smadv_effect *effect, u64 page, const struct smadv_memory *memory)
{
	u64 ahead = distance(effect, page);

	/* Single pages or windows, in any order: comparable by the windows that come. */
	if (effect->plain != SMART_MADVISE_HINT_NONE)
		return is_new_window(effect, page, memory) ? memory->window_pages : 0;
	return ahead <= memory->window_pages ? ahead : 0;
}

/* The first misses after a change tell of the change. */
static void settle(struct smadv_effect *effect, const struct smadv_memory *memory)
{
	struct smadv_account *plain = &effect->account[effect->plain];

	if (!effect->settling ||
	    (plain->misses < SETTLE_MISSES &&
	     plain->pages < (u64)SETTLE_WINDOWS * memory->window_pages))
		return;
	*plain = (struct smadv_account){ 0 };
	effect->settling = false;
}

/**
 * smadv_effect_fault() - a fault entered for the first time
 * @effect: effect
 * @page: where
 * @hint: enum smart_madvise_hint that its mapping bears
 * @memory: memory
 */
void smadv_effect_fault(struct smadv_effect *effect, u64 page, u32 hint,
			const struct smadv_memory *memory)
{
	struct smadv_account *account = &effect->account[hint];
	u64 pages = progress(effect, page, memory);
	u64 ahead = distance(effect, page);

	if (hint == effect->plain)
		settle(effect, memory);
	if (account->faults >= SMADV_RECENT_FAULTS)
		halve(account);
	account->faults++;
	/* Fault-around maps the pages that a stream passes without a fault. */
	effect->touched_pages = smadv_sum(effect->touched_pages,
					  ahead && ahead <= SMADV_FAULT_AROUND_PAGES ? ahead : 1);
	account->pages += pages;
	if (hint != effect->plain && hint != SMART_MADVISE_HINT_RANDOM)
		credit(effect, pages * smadv_effect_page_q4(effect, effect->plain) / 16);
	effect->last = page;
}

/**
 * smadv_effect_wait() - a fault has waited for the device
 * @effect: effect
 * @page: where
 * @hint: enum smart_madvise_hint that its mapping bears
 * @waited_ns: how long
 * @memory: memory
 */
void smadv_effect_wait(struct smadv_effect *effect, u64 page, u32 hint, u64 waited_ns,
		       const struct smadv_memory *memory)
{
	struct smadv_account *account = &effect->account[hint];
	u64 pages = hint == SMART_MADVISE_HINT_RANDOM ? 1 : memory->window_pages;

	effect->stake_ns = smadv_sum(effect->stake_ns, waited_ns * effect->weight);
	effect->since_ns = smadv_sum(effect->since_ns, waited_ns * effect->weight);
	if (account->misses >= SMADV_TRIAL_MISSES)
		waited_ns = typical_ns(effect, hint, waited_ns);
	if (account->misses >= SMADV_RECENT_FAULTS)
		halve(account);
	account->misses++;
	account->waited_ns = smadv_sum(account->waited_ns, waited_ns);
	effect->filled_pages = smadv_sum(effect->filled_pages, effect->weight * pages);
	if (hint == effect->plain)
		return;
	if (hint == SMART_MADVISE_HINT_RANDOM)
		spare(effect, page, memory);
	debit(effect, typical_ns(effect, effect->plain, waited_ns));
}

/**
 * smadv_effect_look() - note what is new of memory
 * @effect: effect
 * @memory: memory
 *
 * Return: true when the kernel has begun to read single pages at misses, or windows again.
 */
bool smadv_effect_look(struct smadv_effect *effect, const struct smadv_memory *memory)
{
	bool single = memory->misses >=
		      (effect->single ? SMADV_GIVE_UP_MISSES : SMADV_STUCK_MISSES);
	bool changed = single != effect->single;

	effect->full = smadv_effect_full(effect, memory);
	effect->single = single;
	return changed;
}

/**
 * smadv_effect_renew() - forget what it costs to keep away
 * @effect: effect of a range whose pattern changed, or what the kernel makes of it
 */
void smadv_effect_renew(struct smadv_effect *effect)
{
	effect->account[effect->plain] = (struct smadv_account){ 0 };
	effect->settling = true;
}

/**
 * smadv_effect_begin() - a hint stands from now on
 * @effect: effect
 * @hint: enum smart_madvise_hint, NONE for the application's
 */
void smadv_effect_begin(struct smadv_effect *effect, u32 hint)
{
	u32 borne = hint == SMART_MADVISE_HINT_NONE ? effect->plain : smadv_hint_borne(hint);
	u32 i;

	effect->balance_ns = 0;
	effect->leaving = false;
	effect->settling = hint == SMART_MADVISE_HINT_NONE;
	/* What it cost before was in another state of memory and of readahead. */
	effect->account[borne] = (struct smadv_account){ 0 };
	if (effect->plain != SMART_MADVISE_HINT_NONE)
		effect->filled_pages = 0;
	for (i = 0; i < SMADV_GHOSTS; i++)
		effect->ghost[i] = 0;
	effect->hand = 0;
}

/**
 * smadv_effect_end() - the standing hint is to be taken back
 * @effect: effect
 * @hint: enum smart_madvise_hint
 * @failed: it did not pay; else it paid while the pattern called for it
 * @memory: memory
 *
 * While memory fills, windows bring in what will be hit later: that RANDOM does not pay
 * then says nothing of later.
 */
void smadv_effect_end(struct smadv_effect *effect, u32 hint, bool failed,
		      const struct smadv_memory *memory)
{
	u8 *failures = &effect->failures[smadv_hint_borne(hint)];

	if (effect->balance_ns < 0)
		effect->lost_ns = smadv_sum(effect->lost_ns, (u64)-effect->balance_ns);
	effect->leaving = true;
	effect->early = failed && hint == SMART_MADVISE_HINT_RANDOM &&
			!smadv_effect_full(effect, memory);
	if (!failed) {
		*failures = 0;
		return;
	}
	effect->since_ns = 0;
	if (*failures < SMADV_FAILURES_MAX)
		++*failures;
}

/**
 * smadv_effect_split() - divide what trials may cost
 * @left: effect of the whole, becomes that of the left part
 * @right: becomes that of the right part
 *
 * Which part waited for more is not known, so that each gets half.
 */
void smadv_effect_split(struct smadv_effect *left, struct smadv_effect *right)
{
	left->stake_ns /= 2;
	left->since_ns /= 2;
	left->lost_ns /= 2;
	left->owed_pages /= 2;
	left->reserved_ns = 0;
	left->told.stake_ns /= 2;
	left->told.lost_ns /= 2;
	*right = *left;
}

/**
 * smadv_effect_merge() - add the account of the right neighbour
 * @effect: effect of the left range, becomes that of the union
 * @right: effect of the right one
 *
 * What both wait for goes on to be told by the one that waited more.
 */
void smadv_effect_merge(struct smadv_effect *effect, const struct smadv_effect *right)
{
	u64 stake_ns = smadv_sum(effect->stake_ns, right->stake_ns);
	u64 lost_ns = smadv_sum(effect->lost_ns, right->lost_ns);
	u64 since_ns = smadv_sum(effect->since_ns, right->since_ns);
	struct smadv_told told = effect->told;

	if (right->stake_ns > effect->stake_ns)
		*effect = *right;
	effect->stake_ns = stake_ns;
	effect->lost_ns = lost_ns;
	effect->since_ns = since_ns;
	if (told.generation == right->told.generation) {
		told.stake_ns = smadv_sum(told.stake_ns, right->told.stake_ns);
		told.lost_ns = smadv_sum(told.lost_ns, right->told.lost_ns);
	}
	effect->told = told;
}

/**
 * smadv_effect_miss_ns() - what a miss costs
 * @effect: effect
 * @hint: enum smart_madvise_hint
 *
 * Return: mean wait in ns, 0 without a miss.
 */
u64 smadv_effect_miss_ns(const struct smadv_effect *effect, u32 hint)
{
	const struct smadv_account *account = &effect->account[hint];

	return account->misses ? account->waited_ns / account->misses : 0;
}

/**
 * smadv_effect_page_q4() - what a stream waits for a page
 * @effect: effect
 * @hint: enum smart_madvise_hint
 *
 * Return: in 1/16 ns, 0 when no stream was seen.
 */
u64 smadv_effect_page_q4(const struct smadv_effect *effect, u32 hint)
{
	const struct smadv_account *account = &effect->account[hint];

	if (!account->pages)
		return 0;
	return account->waited_ns < 1ULL << 60 ? account->waited_ns * 16 / account->pages : 0;
}

/**
 * smadv_effect_price_ns() - what a trial may cost
 * @effect: effect
 *
 * As much as so many misses before, for no hint makes one dearer, and without the
 * application's one costs twice as much at most.
 *
 * Return: ns, 0 when nothing missed yet.
 */
u64 smadv_effect_price_ns(const struct smadv_effect *effect)
{
	return smadv_effect_miss_ns(effect, effect->plain) * SMADV_TRIAL_MISSES;
}

/**
 * smadv_effect_allowance_ns() - what trials may still cost
 * @effect: effect
 *
 * One part in 50 of all waits so far: whatever happens, the trials of a file cost
 * about 2 % of what it is waited for.
 *
 * Return: ns, 0 when it is used up.
 */
u64 smadv_effect_allowance_ns(const struct smadv_effect *effect)
{
	u64 allowed_ns = smadv_sum(effect->stake_ns, effect->others.stake_ns) / SMADV_LOSS_SHARE;
	u64 lost_ns = smadv_sum(effect->lost_ns, effect->others.lost_ns);

	return allowed_ns > lost_ns ? allowed_ns - lost_ns : 0;
}

/**
 * smadv_effect_retry_ns() - what another trial of a hint may cost
 * @effect: effect
 * @failures: trials of it that failed in a row, SMADV_FAILURES_MAX at most
 *
 * A failure tells what comes of the next trial too, unless something changes meanwhile.
 * It is paid by what was waited for since, half as much of that with each failure: what
 * trials in vain cost grows with the logarithm of the time only.
 *
 * Return: ns, the allowance at most.
 */
u64 smadv_effect_retry_ns(const struct smadv_effect *effect, u32 failures)
{
	u64 allowance_ns = smadv_effect_allowance_ns(effect);
	u64 saved_ns = effect->since_ns / SMADV_LOSS_SHARE >> failures;

	return failures && saved_ns < allowance_ns ? saved_ns : allowance_ns;
}

/**
 * smadv_effect_reach() - how far do random accesses to a file reach?
 * @memory: memory
 *
 * Ranges of one mapping have no page in common, and share the memory of their file.
 *
 * Return: pages.
 */
u64 smadv_effect_reach(const struct smadv_memory *memory)
{
	u64 reach = smadv_sum(memory->extent_pages, memory->beside_pages);

	return reach < SMADV_EXTENT_MAX ? reach : SMADV_EXTENT_MAX;
}

/**
 * smadv_effect_held_windows() - how many windows of a file does memory hold?
 * @memory: memory
 *
 * Return: windows, 0 when not one fits.
 */
u64 smadv_effect_held_windows(const struct smadv_memory *memory)
{
	return memory->most_pages / memory->window_pages;
}

/**
 * smadv_effect_full() - is the memory full that the file may have?
 * @effect: effect
 * @memory: memory
 *
 * Return: true when what is there of the file fills it, or has filled it before; where
 * that is not known, when the range's own misses would have.
 */
bool smadv_effect_full(const struct smadv_effect *effect, const struct smadv_memory *memory)
{
	u64 pages = memory->resident_pages ? memory->resident_pages : effect->filled_pages;

	return effect->full || pages >= memory->most_pages;
}

/**
 * smadv_effect_pressed() - do random accesses reach farther than memory?
 * @memory: memory
 *
 * Return: true when what is read around must be evicted some day.
 */
bool smadv_effect_pressed(const struct smadv_memory *memory)
{
	return smadv_effect_reach(memory) > memory->most_pages;
}
