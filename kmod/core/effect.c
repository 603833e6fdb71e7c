// SPDX-License-Identifier: GPL-2.0
#include "effect.h"

/* Misses whose gain is remembered: a hint that ceases to pay is found out after as many. */
#define CREDIT_MISSES	8
/* What a wait has beyond so many misses has another cause: reclaim, or the device's others. */
#define OUTLIER_MISSES	4
/* Windows of a stream, or misses, until readahead has found its step after a change. */
#define SETTLE_WINDOWS	4
#define SETTLE_MISSES	SMADV_TRIAL_MISSES
#define SHARE		SMADV_SHARE
/* Windows, and pages, are told apart by so many numbers, from one on. */
#define NUMBERS		0xffffffffULL
/* Revisits without which it is taken that there are none. */
#define REVISITS_DOUBT	2
/* What passed beside when no epoch of memory has begun */
#define NO_EPOCH	(~0ULL)
/* An epoch of misses lasts so many times as long as pages stay. */
#define EPOCH_STAYS	16

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

	/*@
	 * loop invariant i <= SMADV_WAITS;
	 * loop assigns i, waits->page[0 .. SMADV_WAITS - 1];
	 * loop variant SMADV_WAITS - i;
	 */
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
	*effect = (struct smadv_effect){
		.plain = plain,
		.weight = 1,
		.passed_then = NO_EPOCH,
	};
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
		.passed_then = NO_EPOCH,
		.others = effect->others,
		.told = effect->told,
	};
}

/*@
 * requires \valid(account) && smadv_account_valid(account);
 * assigns account->faults, account->misses, account->waited_ns, account->pages;
 * ensures smadv_account_valid(account);
 * ensures account->faults < SMADV_RECENT_FAULTS && account->misses < SMADV_RECENT_FAULTS;
 */
static void halve(struct smadv_account *account)
{
	account->faults /= 2;
	account->misses /= 2;
	account->waited_ns /= 2;
	account->pages /= 2;
}

/* Nothing is known of @hint any more. */
/*@
 * requires \valid(effect) && smadv_effect_valid(effect) && smadv_is_borne(hint);
 * assigns effect->account[hint].faults, effect->account[hint].misses,
 *	effect->account[hint].waited_ns, effect->account[hint].pages;
 * ensures smadv_effect_valid(effect);
 */
static void restart(struct smadv_effect *effect, u32 hint)
{
	struct smadv_account *account = &effect->account[hint];

	account->faults = 0;
	account->misses = 0;
	account->waited_ns = 0;
	account->pages = 0;
}

/* One more fault under @hint, @pages ahead of the one before. */
/*@
 * requires \valid(effect) && smadv_effect_valid(effect) && smadv_is_borne(hint);
 * requires pages <= SMADV_WINDOW_MAX;
 * assigns effect->account[hint].faults, effect->account[hint].misses,
 *	effect->account[hint].waited_ns, effect->account[hint].pages;
 * ensures smadv_effect_valid(effect);
 */
static void count_fault(struct smadv_effect *effect, u32 hint, u64 pages)
{
	struct smadv_account *account = &effect->account[hint];

	if (account->faults >= SMADV_RECENT_FAULTS)
		halve(account);
	account->faults++;
	account->pages += pages;
}

/* One more miss under @hint. */
/*@
 * requires \valid(effect) && smadv_effect_valid(effect) && smadv_is_borne(hint);
 * requires waited_ns <= SMADV_WAIT_MAX_NS;
 * assigns effect->account[hint].faults, effect->account[hint].misses,
 *	effect->account[hint].waited_ns, effect->account[hint].pages;
 * ensures smadv_effect_valid(effect);
 */
static void count_miss(struct smadv_effect *effect, u32 hint, u64 waited_ns)
{
	struct smadv_account *account = &effect->account[hint];

	if (account->misses >= SMADV_RECENT_FAULTS)
		halve(account);
	account->misses++;
	account->waited_ns += waited_ns;
}

/* Windows that are worth remembering: those before them would have been evicted. */
/*@
 * requires \valid_read(memory) && smadv_memory_valid(memory);
 * assigns \nothing;
 * ensures 1 <= \result <= SMADV_GHOSTS;
 */
static u32 ghosts_max(const struct smadv_memory *memory)
{
	u64 held = smadv_effect_held_windows(memory);

	return held < 1 ? 1 : held < SMADV_GHOSTS ? (u32)held : SMADV_GHOSTS;
}

/*@
 * requires \valid_read(effect) && \valid_read(memory) && smadv_memory_valid(memory);
 * assigns \nothing;
 */
static bool is_ghost(const struct smadv_effect *effect, u32 window,
		     const struct smadv_memory *memory)
{
	u32 i, most = ghosts_max(memory);

	/*@
	 * loop invariant i <= most;
	 * loop assigns i;
	 * loop variant most - i;
	 */
	for (i = 0; i < most; i++)
		if (effect->ghost[i] == window)
			return true;
	return false;
}

/* Pages of the windows that are remembered. */
/*@
 * requires \valid_read(effect) && smadv_effect_valid(effect);
 * requires \valid_read(memory) && smadv_memory_valid(memory);
 * assigns \nothing;
 * ensures \result <= SMADV_GHOSTS * SMADV_WINDOW_MAX;
 */
static u64 ghost_pages(const struct smadv_effect *effect, const struct smadv_memory *memory)
{
	u32 most = ghosts_max(memory);
	u32 ghosts = effect->ghost[most - 1] || effect->hand >= most ? most : effect->hand;

	return (u64)ghosts * memory->window_pages;
}

/* @part of @whole in 1/10000; of large numbers about so. */
/*@
 * requires part <= whole && whole > 0;
 * assigns \nothing;
 * ensures \result <= SHARE;
 */
static u64 share_of(u64 part, u64 whole)
{
	if (whole > ~0ULL / SHARE) {
		part /= SHARE;
		whole /= SHARE;
	}
	return part * SHARE / whole;
}

/*
 * Share in 1/10000 of pages that memory has no room for, 0 when it holds all: of memory,
 * random accesses have what streams beside leave them.
 */
/*@
 * requires \valid_read(effect) && smadv_effect_valid(effect) && \valid_read(memory);
 * assigns \nothing;
 * ensures \result <= SHARE;
 */
static u64 absent_share(const struct smadv_effect *effect, const struct smadv_memory *memory)
{
	u64 reach = smadv_effect_reach(memory), room = memory->most_pages;

	if (!smadv_effect_pressed(memory))
		return 0;
	room = room * (SHARE - effect->crowd) / SHARE;
	return share_of(reach - room, reach);
}

/* An epoch begins. */
/*@
 * requires \valid(effect) && smadv_effect_valid(effect);
 * assigns effect->missed[0 .. SMADV_REVISITS - 1], effect->missed_since;
 * ensures smadv_effect_valid(effect);
 */
static void forget_missed(struct smadv_effect *effect)
{
	u32 i;

	/*@
	 * loop invariant i <= SMADV_REVISITS;
	 * loop assigns i, effect->missed[0 .. SMADV_REVISITS - 1];
	 * loop variant SMADV_REVISITS - i;
	 */
	for (i = 0; i < SMADV_REVISITS; i++)
		effect->missed[i] = 0;
	effect->missed_since = 0;
}

/*@
 * requires \valid(effect) && smadv_effect_valid(effect);
 * assigns effect->probes, effect->revisits;
 * ensures smadv_effect_valid(effect) && effect->probes < SMADV_PROBES_MAX;
 */
static void age_probes(struct smadv_effect *effect)
{
	if (effect->probes >= SMADV_PROBES_MAX) {
		effect->probes /= 2;
		effect->revisits /= 2;
	}
}

/* The place that the page of @number is remembered in. */
/*@
 * assigns \nothing;
 * ensures \result < SMADV_REVISITS;
 */
static u32 place_of(u32 number)
{
	/* Fibonacci hashing (Knuth, The Art of Computer Programming 3, 6.4) */
	return (u32)(number * 0x9e3779b1ULL) / (~0U / SMADV_REVISITS + 1);
}

/* The page of @number missed: is it remembered, or is what it comes upon to be counted? */
/*@
 * requires \valid(effect) && smadv_effect_valid(effect) && effect->probes < SMADV_PROBES_MAX;
 * assigns effect->missed[0 .. SMADV_REVISITS - 1], effect->probes, effect->revisits;
 * ensures smadv_effect_valid(effect);
 */
static void probe(struct smadv_effect *effect, u32 number, bool late)
{
	u32 place = place_of(number);

	if (!effect->missed[place]) {
		effect->missed[place] = number;
	} else if (late) {
		effect->probes++;
		effect->revisits += effect->missed[place] == number;
	}
}

/*
 * A miss without a hint at @page. The first ones of an epoch are remembered, one in each
 * place, which takes about twice as many misses as there are places. They stay in memory
 * until as many windows came as it holds, and only then can a miss show that they are wanted
 * again. That is looked for a while, then an epoch begins with other pages.
 */
/*@
 * requires \valid(effect) && smadv_effect_valid(effect);
 * requires \valid_read(memory) && smadv_memory_valid(memory) && \separated(effect, memory);
 * assigns effect->missed[0 .. SMADV_REVISITS - 1], effect->missed_since,
 *	effect->probes, effect->revisits;
 * ensures smadv_effect_valid(effect);
 */
static void remember(struct smadv_effect *effect, u64 page, const struct smadv_memory *memory)
{
	u64 stay = smadv_sum(smadv_effect_held_windows(memory), 2 * SMADV_REVISITS);

	if (effect->missed_since / EPOCH_STAYS >= stay)
		forget_missed(effect);
	age_probes(effect);
	probe(effect, (u32)(page % NUMBERS) + 1, effect->missed_since >= stay);
	effect->missed_since = smadv_sum(effect->missed_since, effect->weight);
}

/*
 * Share in 1/10000 of pages that are touched again as soon as any other one of the range,
 * estimated by those of the misses: of n pages in random order, one in n / SMADV_REVISITS
 * finds itself.
 */
/*@
 * requires \valid_read(effect) && smadv_effect_valid(effect) && \valid_read(memory);
 * assigns \nothing;
 * ensures \result <= SHARE;
 */
static u64 revisit_share(const struct smadv_effect *effect, const struct smadv_memory *memory)
{
	u64 pages = memory->extent_pages ? memory->extent_pages : 1;
	u64 expected = (u64)effect->probes * SMADV_REVISITS * SHARE / pages;
	u64 share = (u64)effect->revisits * SHARE * SHARE /
		    (expected + (u64)REVISITS_DOUBT * SHARE);

	return share < SHARE ? share : SHARE;
}

/*
 * Misses without a hint in 1/10000 of those under RANDOM, once memory is full and @replaced
 * of 10000 of its pages came singly. As much of the range is resident whichever way it is
 * read. Of use is what was read around, and what was touched only if it is touched again.
 */
/*@
 * requires \valid_read(effect) && smadv_effect_valid(effect) && \valid_read(memory);
 * requires replaced <= SHARE;
 * assigns \nothing;
 * ensures \result <= SHARE;
 */
static u64 full_share(const struct smadv_effect *effect, const struct smadv_memory *memory,
		      u64 replaced)
{
	u64 absent = absent_share(effect, memory);
	u64 useless = (SHARE - absent) * (SHARE - revisit_share(effect, memory)) / SHARE *
		      replaced / SHARE;

	return absent ? absent * SHARE / (absent + useless) : 0;
}

/* Share in 1/10000 of memory's pages that came singly, since RANDOM stands. */
/*@
 * requires \valid_read(effect) && \valid_read(memory);
 * assigns \nothing;
 * ensures \result <= SHARE;
 */
static u64 replaced_share(const struct smadv_effect *effect, const struct smadv_memory *memory)
{
	if (effect->single_pages >= memory->most_pages)
		return SHARE;
	return share_of(effect->single_pages, memory->most_pages);
}

/* What @pages in 10000 are of @whole, a share at most. */
/*@
 * requires whole <= SMADV_EXTENT_MAX;
 * assigns \nothing;
 * ensures \result <= SHARE;
 */
static u64 share_beside(u64 pages, u64 whole)
{
	return pages < whole * SHARE ? pages / whole : SHARE;
}

/*
 * Share in 1/10000 of misses under RANDOM, in windows that are not remembered, that would
 * miss without it. While memory fills, windows bring in what will be hit later. The windows
 * remembered are among those that would be resident, so that of the others more would be
 * absent.
 */
/*@
 * requires \valid_read(effect) && smadv_effect_valid(effect);
 * requires \valid_read(memory) && smadv_memory_valid(memory);
 * assigns \nothing;
 * ensures \result <= SHARE;
 */
static u64 miss_share(const struct smadv_effect *effect, const struct smadv_memory *memory)
{
	const struct smadv_account *plain = &effect->account[SMART_MADVISE_HINT_NONE];
	u64 reach = smadv_effect_reach(memory), ghosts = ghost_pages(effect, memory);
	u64 missed, absent = absent_share(effect, memory);

	if (!smadv_effect_pressed(memory))
		return 0;
	if (smadv_effect_full(effect, memory))
		return full_share(effect, memory, replaced_share(effect, memory));
	missed = plain->faults ? (u64)plain->misses * SHARE / plain->faults : SHARE;
	if (missed < absent)
		absent = missed;
	return share_beside(absent * reach, ghosts < reach ? reach - ghosts : 0);
}

/* Is the window of @page none of the last ones? It is from now on. */
/*@
 * requires \valid(effect) && smadv_effect_valid(effect);
 * requires \valid_read(memory) && smadv_memory_valid(memory) && \separated(effect, memory);
 * assigns effect->ghost[0 .. SMADV_GHOSTS - 1], effect->hand;
 * ensures smadv_effect_valid(effect);
 */
static bool is_new_window(struct smadv_effect *effect, u64 page, const struct smadv_memory *memory)
{
	u32 window = (u32)(page / memory->window_pages % NUMBERS) + 1;

	if (is_ghost(effect, window, memory))
		return false;
	if (effect->hand >= ghosts_max(memory))
		effect->hand = 0;
	effect->ghost[effect->hand++] = window;
	return true;
}

/* None was read around lately. */
/*@
 * requires \valid(effect) && smadv_effect_valid(effect);
 * assigns effect->ghost[0 .. SMADV_GHOSTS - 1], effect->hand;
 * ensures smadv_effect_valid(effect);
 */
static void forget_windows(struct smadv_effect *effect)
{
	u32 i;

	/*@
	 * loop invariant i <= SMADV_GHOSTS;
	 * loop assigns i, effect->ghost[0 .. SMADV_GHOSTS - 1];
	 * loop variant SMADV_GHOSTS - i;
	 */
	for (i = 0; i < SMADV_GHOSTS; i++)
		effect->ghost[i] = 0;
	effect->hand = 0;
}

/*
 * The chance in 1/10000 that a miss under RANDOM had been one without it: none where a
 * page nearby missed before, for both would have been read at once; else one, unless
 * the window had still been there.
 */
/*@
 * requires \valid(effect) && smadv_effect_valid(effect);
 * requires \valid_read(memory) && smadv_memory_valid(memory) && \separated(effect, memory);
 * assigns effect->ghost[0 .. SMADV_GHOSTS - 1], effect->hand;
 * ensures smadv_effect_valid(effect) && \result <= SHARE;
 */
static u64 plain_share(struct smadv_effect *effect, u64 page, const struct smadv_memory *memory)
{
	return is_new_window(effect, page, memory) ? miss_share(effect, memory) : 0;
}

/* What of a wait a miss under @hint may explain. */
/*@
 * requires \valid_read(effect) && smadv_effect_valid(effect) && smadv_is_borne(hint);
 * assigns \nothing;
 * ensures \result <= waited_ns;
 */
static u64 typical_ns(const struct smadv_effect *effect, u32 hint, u64 waited_ns)
{
	u64 most_ns = smadv_effect_miss_ns(effect, hint) * OUTLIER_MISSES;

	return waited_ns < most_ns ? waited_ns : most_ns;
}

/*@
 * requires \valid(effect) && smadv_effect_valid(effect) && ns < SMADV_DEBT_MAX_NS;
 * assigns effect->balance_ns;
 * ensures smadv_effect_valid(effect);
 */
static void credit(struct smadv_effect *effect, u64 ns)
{
	s64 most = (s64)smadv_effect_miss_ns(effect, effect->plain) * CREDIT_MISSES;

	effect->balance_ns += (s64)ns;
	if (effect->balance_ns > most)
		effect->balance_ns = most;
}

/*@
 * requires \valid(effect) && smadv_effect_valid(effect) && ns <= SMADV_WAIT_MAX_NS;
 * assigns effect->balance_ns;
 * ensures smadv_effect_valid(effect);
 */
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
/*@
 * requires \valid(effect) && smadv_effect_valid(effect) && pages <= SMADV_WINDOW_MAX;
 * assigns effect->owed_pages, effect->saved_pages;
 * ensures smadv_effect_valid(effect);
 * ensures effect->saved_pages >= \old(effect->saved_pages);
 */
static void save(struct smadv_effect *effect, u64 pages)
{
	u64 owed = smadv_sum(effect->owed_pages, effect->weight);

	pages *= effect->weight;
	effect->owed_pages = owed > pages ? owed - pages : 0;
	effect->saved_pages = smadv_sum(effect->saved_pages, pages > owed ? pages - owed : 0);
}

/* @share in 1/10000 of @whole. */
/*@
 * requires whole <= SMADV_MISS_MAX_NS && share <= SHARE;
 * assigns \nothing;
 * ensures \result <= whole;
 */
static u64 part(u64 whole, u64 share)
{
	return whole * share / SHARE;
}

/* A miss under RANDOM at @page: what it spared. Pages that are there are not read again. */
/*@
 * requires \valid(effect) && smadv_effect_valid(effect);
 * requires \valid_read(memory) && smadv_memory_valid(memory) && \separated(effect, memory);
 * assigns effect->ghost[0 .. SMADV_GHOSTS - 1], effect->hand, effect->balance_ns,
 *	effect->owed_pages, effect->saved_pages, effect->single_pages;
 * ensures smadv_effect_valid(effect);
 */
static void spare(struct smadv_effect *effect, u64 page, const struct smadv_memory *memory)
{
	u64 share = plain_share(effect, page, memory);

	credit(effect, part(smadv_effect_miss_ns(effect, SMART_MADVISE_HINT_NONE), share));
	save(effect, part(part(memory->window_pages, share), absent_share(effect, memory)));
	effect->single_pages = smadv_sum(effect->single_pages, effect->weight);
}

/* Pages by which @page lies ahead of the last fault. */
/*@
 * requires \valid_read(effect);
 * assigns \nothing;
 */
static u64 distance(const struct smadv_effect *effect, u64 page)
{
	return page > effect->last ? page - effect->last : 0;
}

/* Pages by which a fault at @page comes ahead. */
/*@
 * requires \valid(effect) && smadv_effect_valid(effect);
 * requires \valid_read(memory) && smadv_memory_valid(memory) && \separated(effect, memory);
 * assigns effect->ghost[0 .. SMADV_GHOSTS - 1], effect->hand;
 * ensures smadv_effect_valid(effect) && \result <= SMADV_WINDOW_MAX;
 */
static u64 progress(struct smadv_effect *effect, u64 page, const struct smadv_memory *memory)
{
	u64 ahead = distance(effect, page);

	/* Single pages or windows, in any order: comparable by the windows that come. */
	if (effect->plain != SMART_MADVISE_HINT_NONE)
		return is_new_window(effect, page, memory) ? memory->window_pages : 0;
	/* How many faults a run takes depends on how it is read: comparable by their number. */
	if (effect->runs)
		return !ahead || ahead > memory->window_pages ? memory->window_pages : 0;
	return ahead <= memory->window_pages ? ahead : 0;
}

/* The first misses after a change tell of the change. */
/*@
 * requires \valid(effect) && smadv_effect_valid(effect);
 * requires \valid_read(memory) && smadv_memory_valid(memory) && \separated(effect, memory);
 * assigns effect->account[0 .. SMADV_EFFECT_HINTS - 1], effect->settling;
 * ensures smadv_effect_valid(effect);
 */
static void settle(struct smadv_effect *effect, const struct smadv_memory *memory)
{
	struct smadv_account *plain = &effect->account[effect->plain];

	if (!effect->settling ||
	    (plain->misses < SETTLE_MISSES &&
	     plain->pages < (u64)SETTLE_WINDOWS * memory->window_pages))
		return;
	restart(effect, effect->plain);
	effect->settling = false;
}

/* The last fault was at @page. */
/*@
 * requires \valid(effect) && smadv_effect_valid(effect);
 * assigns effect->touched_pages, effect->last;
 * ensures smadv_effect_valid(effect);
 * ensures effect->touched_pages >= \old(effect->touched_pages);
 */
static void move(struct smadv_effect *effect, u64 page)
{
	u64 ahead = distance(effect, page);

	/* Fault-around maps the pages that a stream passes without a fault. */
	effect->touched_pages = smadv_sum(effect->touched_pages,
					  ahead && ahead <= SMADV_FAULT_AROUND_PAGES ? ahead : 1);
	effect->last = page;
}

/* What @pages of a stream would have been waited for without a hint. */
/*@
 * requires \valid_read(effect) && smadv_effect_valid(effect) && pages <= SMADV_WINDOW_MAX;
 * assigns \nothing;
 * ensures \result < SMADV_DEBT_MAX_NS;
 */
static u64 stream_ns(const struct smadv_effect *effect, u64 pages)
{
	return pages * smadv_effect_page_q4(effect, effect->plain) / 16;
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
	u64 pages = progress(effect, page, memory);

	if (hint == effect->plain)
		settle(effect, memory);
	count_fault(effect, hint, pages);
	if (hint != effect->plain && hint != SMART_MADVISE_HINT_RANDOM)
		credit(effect, stream_ns(effect, pages));
	move(effect, page);
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
	count_miss(effect, hint, waited_ns);
	effect->filled_pages = smadv_sum(effect->filled_pages, effect->weight * pages);
	if (hint == SMART_MADVISE_HINT_NONE)
		remember(effect, page, memory);
	if (hint == effect->plain)
		return;
	if (hint == SMART_MADVISE_HINT_RANDOM)
		spare(effect, page, memory);
	debit(effect, typical_ns(effect, effect->plain, waited_ns));
}

/* What comes into memory from now on is counted. */
/*@
 * requires \valid(effect) && smadv_effect_valid(effect) && \valid_read(memory);
 * requires \separated(effect, memory);
 * assigns effect->filled_then, effect->passed_then;
 * ensures smadv_effect_valid(effect);
 * ensures effect->filled_then == effect->filled_pages;
 * ensures effect->passed_then == memory->passed_pages;
 */
static void begin_epoch(struct smadv_effect *effect, const struct smadv_memory *memory)
{
	effect->filled_then = effect->filled_pages;
	effect->passed_then = memory->passed_pages;
}

/* What has no pattern for a while is counted as before. */
/*@
 * requires \valid_read(effect);
 * assigns \nothing;
 */
static bool counts_runs(const struct smadv_effect *effect, u32 kind)
{
	if (kind == SMART_MADVISE_PATTERN_UNKNOWN || kind == SMART_MADVISE_PATTERN_IDLE)
		return effect->runs;
	return kind == SMART_MADVISE_PATTERN_RUNS;
}

/**
 * smadv_effect_look() - note what is new of memory
 * @effect: effect
 * @memory: memory
 * @kind: enum smart_madvise_pattern
 *
 * Return: true when what misses cost says nothing of now: the kernel has begun to read single
 * pages, or windows again; the range is part of another one; runs are counted, or no longer;
 * or it is a stream, and memory is full from now on, so that its pages cost their reclaim.
 */
bool smadv_effect_look(struct smadv_effect *effect, const struct smadv_memory *memory, u32 kind)
{
	bool full = smadv_effect_full(effect, memory);
	bool single = memory->misses >=
		      (effect->single ? SMADV_GIVE_UP_MISSES : SMADV_STUCK_MISSES);
	bool runs = counts_runs(effect, kind);
	bool changed;

	effect->mixed = effect->mixed || runs != effect->runs;
	changed = effect->mixed || single != effect->single ||
		  (kind == SMART_MADVISE_PATTERN_SEQUENTIAL && full != effect->full);
	effect->runs = runs;
	effect->full = full;
	effect->single = single;
	return changed;
}

/**
 * smadv_effect_weigh() - see how much of what comes is not this range's
 * @effect: effect of a range without a hint
 * @memory: memory
 *
 * What has come last is what is there: the ranges of a file share its memory as their pages
 * come. Streams need none of theirs again, and take it all the same.
 */
void smadv_effect_weigh(struct smadv_effect *effect, const struct smadv_memory *memory)
{
	u64 came, passed;

	if (effect->filled_pages < effect->filled_then ||
	    memory->passed_pages < effect->passed_then)
		begin_epoch(effect, memory);
	passed = memory->passed_pages - effect->passed_then;
	came = smadv_sum(effect->filled_pages - effect->filled_then, passed);
	if (!came || came < memory->most_pages)
		return;
	effect->crowd = (u32)share_of(passed, came);
	begin_epoch(effect, memory);
}

/**
 * smadv_effect_renew() - forget what it costs to keep away
 * @effect: effect of a range whose pattern changed, or what the kernel makes of it
 */
void smadv_effect_renew(struct smadv_effect *effect)
{
	restart(effect, effect->plain);
	effect->mixed = false;
	effect->settling = true;
	effect->passed_then = NO_EPOCH;
	effect->crowd = 0;
}

/**
 * smadv_effect_begin() - a hint stands from now on
 * @effect: effect
 * @hint: enum smart_madvise_hint, NONE for the application's
 * @memory: memory
 */
void smadv_effect_begin(struct smadv_effect *effect, u32 hint, const struct smadv_memory *memory)
{
	u32 borne = hint == SMART_MADVISE_HINT_NONE ? effect->plain : smadv_hint_borne(hint);

	effect->balance_ns = 0;
	effect->misses = memory->misses;
	effect->filling = !effect->full;
	effect->single_pages = 0;
	effect->leaving = false;
	effect->mixed = false;
	effect->settling = hint == SMART_MADVISE_HINT_NONE;
	/* What it cost before was in another state of memory and of readahead. */
	restart(effect, borne);
	if (effect->plain != SMART_MADVISE_HINT_NONE)
		effect->filled_pages = 0;
	begin_epoch(effect, memory);
	forget_windows(effect);
}

/**
 * smadv_effect_end() - the standing hint is to be taken back
 * @effect: effect
 * @hint: enum smart_madvise_hint
 * @failed: it did not pay; else it is not called for any more, and may have paid until then
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
		if (effect->balance_ns > 0)
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
 * Which part waited for more, and which one the standing hint cost more, is not known, so that
 * each gets half. What misses cost was that of two patterns, and says little of either.
 */
void smadv_effect_split(struct smadv_effect *left, struct smadv_effect *right)
{
	left->stake_ns /= 2;
	left->since_ns /= 2;
	left->lost_ns /= 2;
	left->balance_ns /= 2;
	left->owed_pages /= 2;
	left->reserved_ns = 0;
	left->told.stake_ns /= 2;
	left->told.lost_ns /= 2;
	left->passed_then = NO_EPOCH;
	left->mixed = true;
	/*@ assert smadv_effect_valid(left); */
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
 * smadv_effect_lasting_ns() - what a miss under RANDOM spares in the long run
 * @effect: effect
 * @memory: memory, which random accesses reach beyond
 *
 * Return: ns, 0 where a miss without a hint was not seen.
 */
u64 smadv_effect_lasting_ns(const struct smadv_effect *effect, const struct smadv_memory *memory)
{
	return smadv_effect_miss_ns(effect, SMART_MADVISE_HINT_NONE) *
	       full_share(effect, memory, SHARE) / SHARE;
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
