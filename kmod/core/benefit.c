// SPDX-License-Identifier: GPL-2.0
#include "benefit.h"

#include "range.h"

/* Windows that a stream passes before it is told what SEQUENTIAL does to it. */
#define TRIAL_WINDOWS	4
/* And before one that wins nothing is given up; misses before RANDOM is. */
#define PATIENT_WINDOWS	16
#define PATIENT_MISSES	(4 * SMADV_TRIAL_MISSES)
/* Least part of the price of a trial that is asked for, however little it seems to risk */
#define PRICE_SHARE	3
/* A hint that spares less than one part in so many is none. */
#define GAIN_SHARE	50
/* Close to where the kernel gives up reading around */
#define ALARM_MISSES	(SMADV_GIVE_UP_MISSES * 3 / 4)
/* A window is taken to cost so many single pages, as long as it was not measured. */
#define WINDOW_MISSES	2
/*
 * And that many, where that makes RANDOM worth a trial: 243 us to 87 us for random access
 * on nvme, Linux 6.1, where memory is full, so that a window costs its reclaim too.
 */
#define WINDOW_SINGLES	3

/*@
 * assigns \nothing;
 * ensures \result.hint == hint && \result.reason == reason;
 */
static struct smadv_verdict verdict(u32 hint, u32 reason)
{
	return (struct smadv_verdict){ hint, reason };
}

/* Streams that readahead can serve: one at a time, for a file has one window. */
/*@
 * requires \valid_read(range) && smadv_range_measured(range);
 * assigns \nothing;
 */
static bool is_stream(const struct smadv_range *range)
{
	switch (range->pattern.kind) {
	case SMART_MADVISE_PATTERN_SEQUENTIAL:
		return smadv_evidence_streams(&range->evidence) <= 1;
	case SMART_MADVISE_PATTERN_STRIDED:
		return range->pattern.pages <= range->memory.window_pages;
	case SMART_MADVISE_PATTERN_RUNS:
		return 2 * (u64)range->pattern.pages >= range->memory.window_pages;
	default:
		return false;
	}
}

/* Single pages, of which none comes near another one before long. */
/*@
 * requires \valid_read(range) && smadv_range_measured(range);
 * assigns \nothing;
 */
static bool is_scattered(const struct smadv_range *range)
{
	switch (range->pattern.kind) {
	case SMART_MADVISE_PATTERN_RANDOM:
		return true;
	case SMART_MADVISE_PATTERN_STRIDED:
		return range->pattern.pages > range->memory.window_pages;
	default:
		return false;
	}
}

/*
 * Of so many trials of the hint that failed, those that say something of the next one: none
 * if a page of a stream costs more than twice by now what it cost in the last one here, and
 * not the last one of RANDOM if it came too @early, while memory was filling that is full now.
 */
/*@
 * requires \valid_read(range) && smadv_range_measured(range);
 * requires smadv_is_borne(hint);
 * assigns \nothing;
 * ensures \result <= failed;
 */
static u32 still_valid(const struct smadv_range *range, u32 hint, u32 failed, bool early)
{
	const struct smadv_effect *effect = &range->effect;
	u64 then = smadv_effect_page_q4(effect, hint);
	u64 now = smadv_effect_page_q4(effect, SMART_MADVISE_HINT_NONE);

	if (hint == SMART_MADVISE_HINT_SEQUENTIAL && then && then < now / 2)
		return 0;
	if (failed && hint == SMART_MADVISE_HINT_RANDOM && early &&
	    smadv_effect_full(effect, &range->memory))
		return failed - 1;
	return failed;
}

/* Trials of the hint that failed here. */
/*@
 * requires \valid_read(range) && smadv_range_measured(range);
 * requires smadv_is_borne(hint);
 * assigns \nothing;
 * ensures \result <= SMADV_FAILURES_MAX;
 */
static u32 failures_here(const struct smadv_range *range, u32 hint)
{
	return still_valid(range, hint, range->effect.failures[hint], range->effect.early);
}

/* Trials of the hint that failed here, or for other ranges of the file lately. */
/*@
 * requires \valid_read(range) && smadv_range_measured(range);
 * requires smadv_is_borne(hint);
 * assigns \nothing;
 * ensures \result <= SMADV_FAILURES_MAX;
 */
static u32 failures(const struct smadv_range *range, u32 hint)
{
	const struct smadv_others *others = &range->effect.others;
	u32 here = failures_here(range, hint);
	u32 beside = still_valid(range, hint, others->failures[hint], others->early);

	return here > beside ? here : beside;
}

/*
 * Of as many faults under RANDOM as a trial takes, that part which would miss without it,
 * too, and no more cheaply: of those before so many missed. Where runs are longer than a
 * page each page of them will.
 */
/*@
 * requires \valid_read(range) && smadv_range_measured(range);
 * requires price_ns <= SMADV_TRIAL_MISSES * SMADV_MISS_MAX_NS;
 * assigns \nothing;
 */
static u64 missed_anyway(const struct smadv_range *range, u64 price_ns)
{
	const struct smadv_account *plain = &range->effect.account[SMART_MADVISE_HINT_NONE];
	u64 pages = (u64)plain->faults * smadv_evidence_run_q4(&range->evidence) / 16;

	return plain->misses >= SMADV_TRIAL_MISSES && pages ? price_ns * plain->misses / pages : 0;
}

/* Windows that are read now may be of use later: memory has room, and accesses may come there. */
/*@
 * requires \valid_read(range) && smadv_range_measured(range);
 * assigns \nothing;
 */
static bool is_investment(const struct smadv_range *range)
{
	return range->pattern.kind != SMART_MADVISE_PATTERN_STRIDED &&
	       !smadv_effect_full(&range->effect, &range->memory);
}

/**
 * smadv_benefit_price_ns() - what a trial may cost
 * @range: range
 * @hint: enum smart_madvise_hint
 *
 * As much as smadv_effect_price_ns() says, and for RANDOM, once memory is full, no more
 * than the misses that reading around may spare; a part of the price in any case, for they
 * are an estimate.
 *
 * Return: ns, 0 when nothing missed yet.
 */
u64 smadv_benefit_price_ns(const struct smadv_range *range, u32 hint)
{
	u64 price_ns = smadv_effect_price_ns(&range->effect);
	u64 least_ns = price_ns / PRICE_SHARE;
	u64 anyway_ns;

	if (hint != SMART_MADVISE_HINT_RANDOM || is_investment(range))
		return price_ns;
	anyway_ns = missed_anyway(range, price_ns);
	return anyway_ns < price_ns - least_ns ? price_ns - anyway_ns : least_ns;
}

/* What a trial has to be worth: dearer or cheaper by what is known of former runs. */
/*@
 * requires \valid_read(range) && smadv_range_measured(range);
 * requires smadv_is_borne(hint);
 * assigns \nothing;
 */
static u64 asked_ns(const struct smadv_range *range, u32 hint)
{
	u64 price_ns = smadv_benefit_price_ns(range, hint);
	u32 prior_pct = range->effect.prior_pct[hint];

	/* They count for nothing once the hint fails here. */
	if (!prior_pct || (prior_pct < 100 && failures_here(range, hint)))
		return price_ns;
	return price_ns / 100 * prior_pct;
}

/* What a trial of the standing hint may cost: also what its price was cut by. */
/*@
 * requires \valid_read(range) && smadv_range_measured(range);
 * requires smadv_is_borne(range->hint);
 * assigns \nothing;
 */
static u64 risk_ns(const struct smadv_range *range)
{
	u64 price_ns = smadv_benefit_price_ns(range, range->hint);
	u64 asked = asked_ns(range, range->hint);

	return smadv_effect_allowance_ns(&range->effect) +
	       (price_ns > asked ? price_ns - asked : 0);
}

/* Is what was waited for so far worth a trial, which may cost some of it? */
/*@
 * requires \valid_read(range) && smadv_range_measured(range);
 * requires smadv_is_borne(hint);
 * assigns \nothing;
 */
static bool affords(const struct smadv_range *range, u32 hint)
{
	const struct smadv_effect *effect = &range->effect;
	u64 price_ns = smadv_effect_price_ns(effect);
	u32 failed = failures(range, hint);

	if (!price_ns || (effect->others.pays[hint] && !failed))
		return price_ns;
	/* What comes of it tells more than another trial at the same time would. */
	if (effect->others.tries[hint])
		return false;
	return asked_ns(range, hint) <= smadv_effect_retry_ns(effect, failed);
}

/* Why no trial of the hint, which may pay, begins: affords() said so. */
/*@
 * requires \valid_read(range) && smadv_range_measured(range);
 * requires smadv_is_borne(hint);
 * assigns \nothing;
 */
static u32 why_not(const struct smadv_range *range, u32 hint)
{
	if (range->effect.others.tries[hint])
		return SMART_MADVISE_REASON_TRIED_BESIDE;
	if (range->effect.failures[hint] || range->effect.others.failures[hint])
		return SMART_MADVISE_REASON_DOES_NOT_PAY;
	return SMART_MADVISE_REASON_LITTLE_AT_STAKE;
}

/* Is it known what a miss costs without a hint? */
/*@
 * requires \valid_read(range) && smadv_range_measured(range);
 * assigns \nothing;
 */
static bool has_missed(const struct smadv_range *range)
{
	return range->effect.account[SMART_MADVISE_HINT_NONE].misses >= SMADV_TRIAL_MISSES;
}

/* Is it known what a page of the stream costs without a hint? */
/*@
 * requires \valid_read(range) && smadv_range_measured(range);
 * assigns \nothing;
 */
static bool is_priced(const struct smadv_range *range)
{
	return !range->effect.settling && has_missed(range) &&
	       range->effect.account[SMART_MADVISE_HINT_NONE].pages >= range->memory.window_pages;
}

/*
 * Does memory hold enough windows to tell what reading around is worth? Of fewer, those
 * that would be evicted next hold much that was touched, which memory would keep.
 */
/*@
 * requires \valid_read(memory) && smadv_memory_valid(memory);
 * assigns \nothing;
 */
static bool is_measurable(const struct smadv_memory *memory)
{
	return smadv_effect_held_windows(memory) >= SMADV_GHOSTS;
}

/* Faults of the window that are steps of long streams, if any of these is going on. */
/*@
 * requires \valid_read(range) && smadv_range_measured(range);
 * assigns \nothing;
 * ensures \result < 1ULL << 33;
 */
static u64 stream_faults(const struct smadv_range *range)
{
	const struct smadv_evidence *evidence = &range->evidence;

	return smadv_evidence_streams(evidence) ? (u64)evidence->forward + evidence->backward : 0;
}

/*
 * Will RANDOM spare more than it costs once its pages have taken the place of windows?
 * A single page costs what it did in the last trial. Where a stream goes through the range
 * beside, which may prove to have a part of its own, fault-around has mapped so many pages
 * at each fault: each of them will miss, that windows would have brought.
 */
/*@
 * requires \valid_read(range) && smadv_range_measured(range);
 * assigns \nothing;
 */
static bool is_lasting(const struct smadv_range *range)
{
	const struct smadv_effect *effect = &range->effect;
	const struct smadv_evidence *evidence = &range->evidence;
	u64 miss_ns = smadv_effect_miss_ns(effect, SMART_MADVISE_HINT_NONE);
	u64 pages = stream_faults(range) * SMADV_FAULT_AROUND_PAGES;
	u64 others = (u64)evidence->jumps + evidence->near + evidence->strided;
	u64 windows_ns = smadv_product(pages, miss_ns) / range->memory.window_pages;
	u64 others_ns = smadv_product(others, smadv_effect_lasting_ns(effect, &range->memory));
	u64 single_ns = miss_ns / WINDOW_SINGLES;

	if (effect->account[SMART_MADVISE_HINT_RANDOM].misses >= SMADV_TRIAL_MISSES)
		single_ns = smadv_effect_miss_ns(effect, SMART_MADVISE_HINT_RANDOM);
	return smadv_sum(others_ns, windows_ns) >= smadv_product(others + pages, single_ns);
}

/*
 * A stream under SEQUENTIAL does not speak for readahead any more where the kernel counts
 * misses against hits. Is it about to give up reading around random accesses beside, with
 * which it is filling memory that holds them?
 */
/*@
 * requires \valid_read(range) && smadv_range_measured(range);
 * assigns \nothing;
 */
static bool would_starve_others(const struct smadv_range *range)
{
	const struct smadv_memory *memory = &range->memory;

	return memory->misses >= ALARM_MISSES && memory->beside_pages &&
	       !smadv_effect_pressed(memory) && !smadv_effect_full(&range->effect, memory);
}

/*@
 * requires \valid_read(range) && smadv_range_measured(range);
 * assigns \nothing;
 * ensures smadv_is_borne(\result.hint);
 */
static struct smadv_verdict choose(const struct smadv_range *range)
{
	bool stream = is_stream(range), scattered = is_scattered(range);
	u32 hint = SMART_MADVISE_HINT_NONE;

	if (stream && !range->effect.single && would_starve_others(range))
		return verdict(hint, SMART_MADVISE_REASON_FITS_MEMORY);
	if (stream && is_priced(range))
		hint = SMART_MADVISE_HINT_SEQUENTIAL;
	else if (scattered && !smadv_effect_pressed(&range->memory))
		return verdict(hint, SMART_MADVISE_REASON_FITS_MEMORY);
	else if (scattered && !range->effect.single && is_measurable(&range->memory))
		hint = SMART_MADVISE_HINT_RANDOM;
	else if (stream)
		return verdict(hint, SMART_MADVISE_REASON_LITTLE_AT_STAKE);
	else
		return verdict(hint, SMART_MADVISE_REASON_PATTERN_UNHINTED);
	if (hint == SMART_MADVISE_HINT_RANDOM && !is_lasting(range))
		return verdict(SMART_MADVISE_HINT_NONE, SMART_MADVISE_REASON_NO_REUSE);
	if (hint == SMART_MADVISE_HINT_RANDOM && !has_missed(range))
		return verdict(SMART_MADVISE_HINT_NONE, SMART_MADVISE_REASON_LITTLE_AT_STAKE);
	if (!affords(range, hint))
		return verdict(SMART_MADVISE_HINT_NONE, why_not(range, hint));
	return verdict(hint, SMART_MADVISE_REASON_TRIAL);
}

/*@
 * requires \valid_read(range) && smadv_range_measured(range);
 * requires smadv_is_borne(range->hint);
 * assigns \nothing;
 */
static bool in_debt(const struct smadv_range *range)
{
	const struct smadv_effect *effect = &range->effect;

	return effect->balance_ns < 0 &&
	       (u64)-effect->balance_ns > risk_ns(range);
}

/* Enough less to be worth a hint */
/*@
 * assigns \nothing;
 */
static bool is_less(u64 now, u64 before)
{
	return now < before - before / GAIN_SHARE;
}

/* Why RANDOM goes: of a part, what it cost the whole was what it cost the other part, too. */
/*@
 * requires \valid_read(effect);
 * assigns \nothing;
 */
static u32 why_failed(const struct smadv_effect *effect)
{
	return effect->mixed ? SMART_MADVISE_REASON_PATTERN_CHANGED :
			       SMART_MADVISE_REASON_DOES_NOT_PAY;
}

/*@
 * requires \valid_read(range) && smadv_range_measured(range);
 * requires smadv_is_borne(range->hint);
 * assigns \nothing;
 * ensures \result.hint == range->hint || \result.hint == SMART_MADVISE_HINT_NONE;
 */
static struct smadv_verdict keep_random(const struct smadv_range *range)
{
	const struct smadv_effect *effect = &range->effect;
	u32 misses = effect->account[SMART_MADVISE_HINT_RANDOM].misses;

	/* A miss that is not cheaper than before: nothing was read around it then. */
	if (in_debt(range) ||
	    (misses >= PATIENT_MISSES &&
	     !is_less(smadv_effect_miss_ns(effect, SMART_MADVISE_HINT_RANDOM),
		      smadv_effect_miss_ns(effect, SMART_MADVISE_HINT_NONE))))
		return verdict(SMART_MADVISE_HINT_NONE, why_failed(effect));
	switch (range->pattern.kind) {
	case SMART_MADVISE_PATTERN_SEQUENTIAL:
	case SMART_MADVISE_PATTERN_BACKWARD:
	case SMART_MADVISE_PATTERN_RUNS:
		return verdict(SMART_MADVISE_HINT_NONE, SMART_MADVISE_REASON_PATTERN_CHANGED);
	default:
		break;
	}
	return verdict(range->hint, misses >= SMADV_TRIAL_MISSES && effect->balance_ns > 0 ?
		       SMART_MADVISE_REASON_PAYS : SMART_MADVISE_REASON_TRIAL);
}

/* Did SEQUENTIAL make the kernel all but give up? */
/*@
 * requires \valid_read(range) && smadv_range_measured(range);
 * assigns \nothing;
 */
static bool starves_others(const struct smadv_range *range)
{
	return range->effect.misses < ALARM_MISSES && would_starve_others(range);
}

/*@
 * requires \valid_read(range) && smadv_range_measured(range);
 * requires smadv_is_borne(range->hint);
 * assigns \nothing;
 * ensures \result.hint == range->hint || \result.hint == SMART_MADVISE_HINT_NONE;
 */
static struct smadv_verdict keep_sequential(const struct smadv_range *range)
{
	const struct smadv_effect *effect = &range->effect;
	u64 pages = effect->account[SMART_MADVISE_HINT_SEQUENTIAL].pages;
	u64 before = smadv_effect_page_q4(effect, SMART_MADVISE_HINT_NONE);
	u64 now = smadv_effect_page_q4(effect, SMART_MADVISE_HINT_SEQUENTIAL);

	/* What it is compared with was without reclaim, or not of this stream alone. */
	if (effect->filling && effect->full)
		return verdict(SMART_MADVISE_HINT_NONE, SMART_MADVISE_REASON_MEMORY_FILLED);
	if (effect->mixed)
		return verdict(SMART_MADVISE_HINT_NONE, SMART_MADVISE_REASON_PATTERN_CHANGED);
	if (in_debt(range) || starves_others(range))
		return verdict(SMART_MADVISE_HINT_NONE, SMART_MADVISE_REASON_DOES_NOT_PAY);
	if (range->pattern.kind != SMART_MADVISE_PATTERN_UNKNOWN && !is_stream(range))
		return verdict(SMART_MADVISE_HINT_NONE, SMART_MADVISE_REASON_PATTERN_CHANGED);
	if (pages < (u64)TRIAL_WINDOWS * range->memory.window_pages)
		return verdict(range->hint, SMART_MADVISE_REASON_TRIAL);
	if (is_less(now, before))
		return verdict(range->hint, SMART_MADVISE_REASON_PAYS);
	if (pages < (u64)PATIENT_WINDOWS * range->memory.window_pages)
		return verdict(range->hint, SMART_MADVISE_REASON_TRIAL);
	return verdict(SMART_MADVISE_HINT_NONE, SMART_MADVISE_REASON_DOES_NOT_PAY);
}

/* Windows that hold all that accesses reach */
/*@
 * requires \valid_read(range) && smadv_range_measured(range);
 * assigns \nothing;
 * ensures \result <= SMADV_EXTENT_MAX;
 */
static u64 windows(const struct smadv_range *range)
{
	return smadv_effect_reach(&range->memory) / range->memory.window_pages;
}

/* Of the last misses under the application's hint, those that a window would have spared. */
/*@
 * requires \valid_read(range) && smadv_range_measured(range);
 * assigns \nothing;
 * ensures \result <= range->effect.account[range->effect.plain].misses;
 */
static u32 spared(const struct smadv_range *range)
{
	const struct smadv_account *account = &range->effect.account[range->effect.plain];
	u64 needed = WINDOW_MISSES * (account->pages / range->memory.window_pages);

	return account->misses > needed ? account->misses - (u32)needed : 0;
}

/**
 * smadv_benefit_regret_ns() - what the application's hint seems to have cost
 * @range: range under a hint of the application
 *
 * Two things tell: misses in windows of which another page missed shortly before, and,
 * where memory holds all that is accessed, misses beyond those that would have filled it,
 * which all ranges of the file do together.
 *
 * Return: ns of what was waited for since the range was made, an estimate.
 */
u64 smadv_benefit_regret_ns(const struct smadv_range *range)
{
	const struct smadv_effect *effect = &range->effect;
	u64 miss_ns = smadv_effect_miss_ns(effect, effect->plain);
	u64 all_ns = smadv_sum(effect->stake_ns, effect->others.stake_ns);
	u64 near_ns, fill_ns, fits_ns;

	if (!miss_ns || range->application_hint == SMART_MADVISE_HINT_NONE)
		return 0;
	near_ns = effect->stake_ns / effect->account[effect->plain].misses * spared(range);
	if (smadv_effect_pressed(&range->memory))
		return near_ns;
	fill_ns = smadv_product(WINDOW_MISSES * windows(range), miss_ns);
	fits_ns = all_ns > fill_ns ? all_ns - fill_ns : 0;
	if (fits_ns > effect->stake_ns)
		fits_ns = effect->stake_ns;
	return near_ns > fits_ns ? near_ns : fits_ns;
}

/* Is the application's hint worth a trial of none? */
/*@
 * requires \valid_read(range) && smadv_range_measured(range) && \valid_read(policy);
 * assigns \nothing;
 * ensures \result.hint == SMART_MADVISE_HINT_NORMAL ||
 *	\result.hint == SMART_MADVISE_HINT_NONE;
 */
static struct smadv_verdict weigh(const struct smadv_range *range,
				  const struct smadv_policy *policy)
{
	const struct smadv_effect *effect = &range->effect;

	if (effect->account[effect->plain].misses < SMADV_TRIAL_MISSES ||
	    !smadv_benefit_regret_ns(range))
		return verdict(SMART_MADVISE_HINT_NONE, SMART_MADVISE_REASON_APPLICATION_HINT);
	if (!smadv_policy_overrides(policy) || range->insists)
		return verdict(SMART_MADVISE_HINT_NONE,
			       SMART_MADVISE_REASON_APPLICATION_HINT_COSTS);
	if (!affords(range, SMART_MADVISE_HINT_NONE))
		return verdict(SMART_MADVISE_HINT_NONE, why_not(range, SMART_MADVISE_HINT_NONE));
	return verdict(SMART_MADVISE_HINT_NORMAL, SMART_MADVISE_REASON_TRIAL);
}

/*
 * What none may seem to cost at worst before it pays, while it fills memory with windows
 * of @miss_ns each. Of random accesses to n windows, of which m were read, one in
 * 1 - m / n misses; where single pages cost s, the debt is largest once that is s /
 * miss_ns, and then n * s * (r - 1 - ln r) with r = miss_ns / s, which is below
 * n * s * (r - 1)^2 / 2. It seems to be up to half as much again: accesses to pages that
 * fault-around has mapped are not seen, and windows overlap.
 */
/*@
 * requires \valid_read(range) && smadv_range_measured(range);
 * assigns \nothing;
 */
static u64 fill_debt_ns(const struct smadv_range *range)
{
	const struct smadv_effect *effect = &range->effect;
	u64 single_ns = smadv_effect_miss_ns(effect, effect->plain);
	u64 miss_ns = smadv_effect_miss_ns(effect, SMART_MADVISE_HINT_NONE);
	u64 more_ns = miss_ns > single_ns ? miss_ns - single_ns : 0;

	if (spared(range) || !single_ns)
		return 0;
	return smadv_product(smadv_product(3 * windows(range), more_ns) / (4 * single_ns),
			     more_ns);
}

/*@
 * requires \valid_read(range) && smadv_range_measured(range);
 * assigns \nothing;
 * ensures \result.hint == range->hint || \result.hint == SMART_MADVISE_HINT_NONE;
 */
static struct smadv_verdict keep_normal(const struct smadv_range *range)
{
	const struct smadv_effect *effect = &range->effect;
	const struct smadv_account *account = &effect->account[SMART_MADVISE_HINT_NONE];
	u64 allowance_ns = smadv_sum(smadv_effect_allowance_ns(effect), fill_debt_ns(range));
	u64 before = smadv_effect_page_q4(effect, effect->plain);
	u64 now = smadv_effect_page_q4(effect, SMART_MADVISE_HINT_NONE);
	u64 patience = spared(range) ? PATIENT_WINDOWS : WINDOW_MISSES * windows(range);

	if (is_scattered(range) && smadv_effect_pressed(&range->memory))
		return verdict(SMART_MADVISE_HINT_NONE, SMART_MADVISE_REASON_PATTERN_CHANGED);
	if (effect->balance_ns < 0 && (u64)-effect->balance_ns > allowance_ns)
		return verdict(SMART_MADVISE_HINT_NONE, SMART_MADVISE_REASON_DOES_NOT_PAY);
	if (account->pages >= (u64)TRIAL_WINDOWS * range->memory.window_pages &&
	    is_less(now, before))
		return verdict(range->hint, SMART_MADVISE_REASON_PAYS);
	if (effect->filled_pages / range->memory.window_pages >= patience)
		return verdict(SMART_MADVISE_HINT_NONE, SMART_MADVISE_REASON_DOES_NOT_PAY);
	return verdict(range->hint, SMART_MADVISE_REASON_TRIAL);
}

/**
 * smadv_benefit_decide() - choose the hint by its effect
 * @range: range, its pattern judged
 * @policy: policy
 *
 * A hint is tried when the pattern and the size of memory let expect that it pays,
 * and when what was waited for so far is worth it. It is kept while what it costs,
 * measured, is less than what the same faults would have cost without it: for
 * SEQUENTIAL what a page of a stream cost before, for RANDOM what reading around
 * each miss cost, where no miss nearby came first. Never costs more than the
 * allowance of smadv_effect_allowance_ns(), what a prior cut of the price of one trial,
 * and what is waited for between two looks.
 *
 * Where the application has advised itself, none is what may be tried: NORMAL, if the
 * policy lets it, and what was seen under its hint says that it costs.
 *
 * Return: the hint wanted and why.
 */
struct smadv_verdict smadv_benefit_decide(const struct smadv_range *range,
					  const struct smadv_policy *policy)
{
	if (range->effect.leaving)
		return verdict(SMART_MADVISE_HINT_NONE, range->verdict.reason);
	if (range->pattern.kind == SMART_MADVISE_PATTERN_IDLE)
		return verdict(range->hint, SMART_MADVISE_REASON_IDLE);
	switch (range->hint) {
	case SMART_MADVISE_HINT_RANDOM:
		return keep_random(range);
	case SMART_MADVISE_HINT_SEQUENTIAL:
		return keep_sequential(range);
	case SMART_MADVISE_HINT_NORMAL:
		return keep_normal(range);
	default:
		break;
	}
	if (range->application_hint != SMART_MADVISE_HINT_NONE)
		return weigh(range, policy);
	if (range->pattern.kind == SMART_MADVISE_PATTERN_UNKNOWN)
		return verdict(SMART_MADVISE_HINT_NONE, SMART_MADVISE_REASON_NO_MAJORITY);
	return choose(range);
}
