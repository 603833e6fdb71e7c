// SPDX-License-Identifier: GPL-2.0
#include "sketch.h"

/* Bits set from which an epoch ends: above 70 % too much rests on too few zeros. */
#define FULL		(SMADV_SKETCH_BITS * 7 / 10)
/* An epoch ends at this many sampled faults too, so that the past is forgotten. */
#define EPOCH_FAULTS	(SMADV_SKETCH_BITS * 16)
/* Fixed point of the estimates. */
#define ONE		256
/* The hash has 22 bits beside those that choose the bit: up to 2^32 blocks fit a level. */
#define LEVEL_MAX	22
/* Bound of the sums, far above what one epoch reaches, so that no product overflows. */
#define SUM_MAX		(1U << 24)

/* The 32-bit finalizer of MurmurHash3 (Appleby, public domain). */
/*@
 * assigns \nothing;
 */
static u32 hash(u64 block)
{
	u32 x = (u32)(block ^ block >> 32);

	x = (u32)((x ^ x >> 16) * 0x85ebca6bULL);
	x = (u32)((x ^ x >> 13) * 0xc2b2ae35ULL);
	return x ^ x >> 16;
}

/* Start an epoch that samples one block in 2^@level. */
/*@
 * requires \valid(sketch);
 * assigns sketch->word[0 .. SMADV_SKETCH_WORDS - 1], sketch->used, sketch->now;
 * ensures sketch->used == 0 && sketch->now.faults == 0 && sketch->now.blocks == 0;
 * ensures sketch->now.level == level;
 */
static void clear(struct smadv_sketch *sketch, u32 level)
{
	u32 i;

	/*@
	 * loop invariant i <= SMADV_SKETCH_WORDS;
	 * loop assigns i, sketch->word[0 .. SMADV_SKETCH_WORDS - 1];
	 * loop variant SMADV_SKETCH_WORDS - i;
	 */
	for (i = 0; i < SMADV_SKETCH_WORDS; i++)
		sketch->word[i] = 0;
	sketch->used = 0;
	sketch->now.faults = 0;
	sketch->now.blocks = 0;
	sketch->now.level = level;
}

/*
 * While a range is read further and further, a coarser sample makes room; at
 * the top level all of the range fits.
 */
/*@
 * requires \valid(sketch) && sketch->top_level <= 22 && sketch->now.level <= 22;
 * requires smadv_sketch_sum_valid(&sketch->now);
 * assigns *sketch;
 * ensures smadv_sketch_valid(sketch);
 */
static void restart(struct smadv_sketch *sketch)
{
	u32 level = sketch->now.level;

	sketch->last = sketch->now;
	if (sketch->used >= FULL && level < sketch->top_level)
		level++;
	clear(sketch, level);
}

/*@
 * requires \valid(sketch);
 * assigns sketch->top_level;
 * ensures sketch->top_level <= 22;
 */
static void set_top_level(struct smadv_sketch *sketch, u64 blocks)
{
	u32 level;

	/*@
	 * loop invariant level <= LEVEL_MAX;
	 * loop assigns level, blocks;
	 * loop variant LEVEL_MAX - level;
	 */
	for (level = 0; level < LEVEL_MAX && blocks > SMADV_SKETCH_BITS; level++)
		blocks /= 2;
	sketch->top_level = level;
}

/* Faults that stand behind a sum, those on blocks that were not sampled included. */
/*@
 * requires \valid_read(sum) && smadv_sketch_sum_valid(sum);
 * assigns \nothing;
 * ensures \result <= 1 << 46;
 */
static u64 all_faults(const struct smadv_sketch_sum *sum)
{
	return (u64)sum->faults << sum->level;
}

/*@
 * requires \valid_read(sum) && smadv_sketch_sum_valid(sum);
 * assigns \nothing;
 * ensures \result <= 1 << 38;
 */
static u64 all_blocks(const struct smadv_sketch_sum *sum)
{
	return ((u64)sum->blocks << sum->level) / ONE;
}

/* This epoch's sums, once it has seen as much as the last one, else the last one's. */
/*@
 * requires \valid_read(sketch) && smadv_sketch_valid(sketch);
 * assigns \nothing;
 * ensures \result == &sketch->now || \result == &sketch->last;
 * ensures smadv_sketch_sum_valid(\result);
 */
static const struct smadv_sketch_sum *settled(const struct smadv_sketch *sketch)
{
	return all_faults(&sketch->now) >= all_faults(&sketch->last) ? &sketch->now :
								       &sketch->last;
}

/**
 * smadv_sketch_init() - start empty
 * @sketch: sketch
 * @blocks: blocks of the range
 */
void smadv_sketch_init(struct smadv_sketch *sketch, u64 blocks)
{
	set_top_level(sketch, blocks);
	clear(sketch, 0);
	sketch->last = sketch->now;
}

/**
 * smadv_sketch_add() - note one fault
 * @sketch: sketch
 * @block: block number that faulted
 *
 * A block that sets a new bit stands for as many blocks as, on average, had to
 * come until one of them met a zero: bits / zeros. The sum of these is an
 * unbiased estimate of the number of different blocks, and holds for the past
 * too (martingale or HIP estimator: Ting, "Streamed approximate counting of
 * distinct elements", KDD 2014; Cohen, "All-distances sketches, revisited",
 * PODS 2014).
 */
void smadv_sketch_add(struct smadv_sketch *sketch, u64 block)
{
	u32 hashed = hash(block);
	u32 index = hashed % SMADV_SKETCH_BITS;
	u64 bit = 1ULL << (index % 64);
	u64 *word = &sketch->word[index / 64];

	if ((hashed / SMADV_SKETCH_BITS) % (1U << sketch->now.level))
		return;
	sketch->now.faults++;
	if (!(*word & bit)) {
		*word |= bit;
		sketch->now.blocks += SMADV_SKETCH_BITS * ONE / (SMADV_SKETCH_BITS - sketch->used);
		sketch->used++;
	}
	if (sketch->used >= FULL || sketch->now.faults >= EPOCH_FAULTS)
		restart(sketch);
}

/**
 * smadv_sketch_blocks() - estimate how many different blocks faulted
 * @sketch: sketch
 *
 * Return: of this epoch, or of the last one as long as that is more and this
 * one has seen less.
 */
u64 smadv_sketch_blocks(const struct smadv_sketch *sketch)
{
	u64 now = all_blocks(&sketch->now);
	u64 then = all_blocks(settled(sketch));

	return now > then ? now : then;
}

/**
 * smadv_sketch_reuse_bp() - estimate how many faults hit a block once more
 * @sketch: sketch
 *
 * What is not a new block was there before: 1 - blocks / faults.
 *
 * Return: share of the faults in 1/10000, 0..10000.
 */
u32 smadv_sketch_reuse_bp(const struct smadv_sketch *sketch)
{
	const struct smadv_sketch_sum *sum = settled(sketch);
	u64 faults = all_faults(sum);
	u64 blocks = all_blocks(sum);

	if (blocks >= faults)
		return 0;
	return (u32)((faults - blocks) * 10000 / faults);
}

/*@
 * requires part <= 0x10000000000000;
 * assigns \nothing;
 * ensures \result <= sum;
 */
static u32 scale(u32 sum, u64 part, u64 whole)
{
	u64 ratio = whole ? part * 1024 / whole : 0;

	if (ratio > 1024)
		ratio = 1024;
	return (u32)(sum * ratio / 1024);
}

/**
 * smadv_sketch_divide() - restart as a part of a range
 * @sketch: copy of the whole range's sketch
 * @part: blocks of this part, at most 2^52
 * @whole: blocks of the whole
 *
 * The bits do not tell where a block lies: until the part has seen as much, it
 * shows the coverage and reuse of the whole.
 */
void smadv_sketch_divide(struct smadv_sketch *sketch, u64 part, u64 whole)
{
	struct smadv_sketch_sum sum = *settled(sketch);

	smadv_sketch_init(sketch, part);
	sketch->last.faults = scale(sum.faults, part, whole);
	sketch->last.blocks = scale(sum.blocks, part, whole);
	sketch->last.level = sum.level;
	if (sketch->top_level < sum.level)
		clear(sketch, sketch->top_level);
	else
		clear(sketch, sum.level);
}

/* Two sums at the same level, or the finer one brought to the coarser one's. */
/*@
 * requires fine <= 1 << 24 && coarse <= 1 << 24 && shift <= 22;
 * assigns \nothing;
 * ensures \result <= 1 << 24;
 */
static u32 add(u32 fine, u32 shift, u32 coarse)
{
	u32 sum = (fine >> shift) + coarse;

	return sum < SUM_MAX ? sum : SUM_MAX;
}

/**
 * smadv_sketch_merge() - restart as the union of two ranges
 * @sketch: sketch of the one
 * @other: sketch of the other, which shares no block with it
 * @blocks: blocks of the union
 */
void smadv_sketch_merge(struct smadv_sketch *sketch, const struct smadv_sketch *other, u64 blocks)
{
	struct smadv_sketch_sum fine = *settled(sketch);
	struct smadv_sketch_sum coarse = *settled(other);
	u32 shift;

	if (fine.level > coarse.level) {
		struct smadv_sketch_sum swap = fine;

		fine = coarse;
		coarse = swap;
	}
	shift = coarse.level - fine.level;
	smadv_sketch_init(sketch, blocks);
	sketch->last.faults = add(fine.faults, shift, coarse.faults);
	sketch->last.blocks = add(fine.blocks, shift, coarse.blocks);
	sketch->last.level = coarse.level;
	clear(sketch, sketch->top_level < coarse.level ? sketch->top_level : coarse.level);
}
