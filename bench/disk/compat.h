/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What differs between kernel versions, by the compile-time probes of Kbuild.
 */
#ifndef SMADV_DISK_COMPAT_H
#define SMADV_DISK_COMPAT_H

#include <linux/blk-mq.h>
#include <linux/hrtimer.h>

/* 9377b95cda73 ("block: remove BLK_MQ_F_SHOULD_MERGE"), 6.14: merging became the rule */
#ifdef HAVE_BLK_MQ_F_SHOULD_MERGE
#define compat_tag_set_flags BLK_MQ_F_SHOULD_MERGE
#else
#define compat_tag_set_flags 0
#endif

/**
 * compat_alloc_disk() - allocate a disk and its queue with limits
 * @set: the tag set
 * @lim: the limits; only the fields that compat_alloc_disk() copies count on older kernels
 * @rotational: whether the device is a spinning disk
 *
 * Return: the disk or an ERR_PTR.
 *
 * 27e32cd23fed ("block: pass a queue_limits argument to blk_mq_alloc_disk"), 6.9;
 * bd4a633b6f7c ("block: move the nonrot flag to queue_limits"), 6.11
 */
static inline struct gendisk *compat_alloc_disk(struct blk_mq_tag_set *set,
						struct queue_limits *lim, bool rotational)
{
	struct gendisk *disk;

#ifdef HAVE_BLK_FEAT_ROTATIONAL
	if (rotational)
		lim->features |= BLK_FEAT_ROTATIONAL;
#endif
#ifdef HAVE_QUEUE_LIMITS_ARGUMENT
	disk = blk_mq_alloc_disk(set, lim, NULL);
	if (IS_ERR(disk))
		return disk;
#else
	disk = blk_mq_alloc_disk(set, NULL);
	if (IS_ERR(disk))
		return disk;
	blk_queue_logical_block_size(disk->queue, lim->logical_block_size);
	blk_queue_physical_block_size(disk->queue, lim->physical_block_size);
	blk_queue_max_hw_sectors(disk->queue, lim->max_hw_sectors);
	blk_queue_max_segments(disk->queue, lim->max_segments);
	blk_queue_max_segment_size(disk->queue, lim->max_segment_size);
#endif
#ifndef HAVE_BLK_FEAT_ROTATIONAL
	if (!rotational)
		blk_queue_flag_set(QUEUE_FLAG_NONROT, disk->queue);
	blk_queue_flag_clear(QUEUE_FLAG_ADD_RANDOM, disk->queue);
#endif
	return disk;
}

/*
 * The node of blk_mq_ops.init_request().
 * b040a1a4523d ("block: switch numa_node to int in blk_mq_hw_ctx and init_request"), 7.2
 */
#ifdef HAVE_SIGNED_NUMA_NODE
#define compat_numa_node_t int
#else
#define compat_numa_node_t unsigned int
#endif

/* 908a1d775422 ("hrtimers: Introduce hrtimer_setup() to replace hrtimer_init()"), 6.13 */
#ifndef HAVE_HRTIMER_SETUP
static inline void hrtimer_setup(struct hrtimer *timer,
				 enum hrtimer_restart (*function)(struct hrtimer *),
				 clockid_t clock, enum hrtimer_mode mode)
{
	hrtimer_init(timer, clock, mode);
	timer->function = function;
}
#endif

#endif
