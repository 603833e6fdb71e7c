/* SPDX-License-Identifier: GPL-2.0 */
/* Sketch: how many different blocks faulted, in 128 bytes. */
#ifndef SMADV_CORE_SKETCH_H
#define SMADV_CORE_SKETCH_H

#include "shim.h"

#define SMADV_SKETCH_WORDS	16
#define SMADV_SKETCH_BITS	(SMADV_SKETCH_WORDS * 64)

/**
 * struct smadv_sketch_sum - what one epoch of the sketch came to
 * @faults: faults on sampled blocks
 * @blocks: estimated number of different sampled blocks, in 1/256
 * @level: one block in 2^@level is sampled
 */
struct smadv_sketch_sum {
	u32 faults;
	u32 blocks;
	u32 level;
};

/**
 * struct smadv_sketch - linear counting of different blocks, in epochs
 * @word: one bit per hash value of a sampled block that faulted in this epoch
 * @used: bits set
 * @top_level: level at which a fully covered range stays below a restart
 * @now: this epoch
 * @last: the epoch before, which speaks as long as this one has seen less
 */
struct smadv_sketch {
	u64 word[SMADV_SKETCH_WORDS];
	u32 used;
	u32 top_level;
	struct smadv_sketch_sum now;
	struct smadv_sketch_sum last;
};

/*@
 * predicate smadv_sketch_sum_valid(struct smadv_sketch_sum *sum) =
 *	sum->faults <= 1 << 24 && sum->blocks <= 1 << 24 && sum->level <= 22;
 *
 * predicate smadv_sketch_valid(struct smadv_sketch *sketch) =
 *	sketch->used < SMADV_SKETCH_BITS * 7 / 10 && sketch->top_level <= 22 &&
 *	sketch->now.faults < SMADV_SKETCH_BITS * 16 &&
 *	sketch->now.blocks <= 852 * sketch->used && sketch->now.level <= 22 &&
 *	smadv_sketch_sum_valid(&sketch->last);
 */

/* Start empty, for a range of @blocks blocks. */
/*@
 * requires \valid(sketch);
 * assigns *sketch;
 * ensures smadv_sketch_valid(sketch);
 */
void smadv_sketch_init(struct smadv_sketch *sketch, u64 blocks);

/* One fault on block number @block. */
/*@
 * requires \valid(sketch) && smadv_sketch_valid(sketch);
 * assigns *sketch;
 * ensures smadv_sketch_valid(sketch);
 */
void smadv_sketch_add(struct smadv_sketch *sketch, u64 block);

/* Estimated number of different blocks that faulted. */
/*@
 * requires \valid_read(sketch) && smadv_sketch_valid(sketch);
 * assigns \nothing;
 * ensures \result <= 1 << 38;
 */
u64 smadv_sketch_blocks(const struct smadv_sketch *sketch);

/* Share of the faults that hit a block that had faulted before, in 1/10000. */
/*@
 * requires \valid_read(sketch) && smadv_sketch_valid(sketch);
 * assigns \nothing;
 * ensures \result <= 10000;
 */
u32 smadv_sketch_reuse_bp(const struct smadv_sketch *sketch);

/* Restart as one of two parts of a range; this part has @part of @whole blocks. */
/*@
 * requires \valid(sketch) && smadv_sketch_valid(sketch) && part <= 0x10000000000000;
 * assigns *sketch;
 * ensures smadv_sketch_valid(sketch);
 */
void smadv_sketch_divide(struct smadv_sketch *sketch, u64 part, u64 whole);

/* Restart for a range of @blocks blocks that takes in the range of @other. */
/*@
 * requires \valid(sketch) && \valid_read(other) && \separated(sketch, other);
 * requires smadv_sketch_valid(sketch) && smadv_sketch_valid(other);
 * assigns *sketch;
 * ensures smadv_sketch_valid(sketch);
 */
void smadv_sketch_merge(struct smadv_sketch *sketch, const struct smadv_sketch *other, u64 blocks);

#endif /* SMADV_CORE_SKETCH_H */
