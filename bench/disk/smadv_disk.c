// SPDX-License-Identifier: GPL-2.0
/*
 * smadv_disk - a RAM-backed disk with modelled times, for tests and benches.
 *
 * A request that arrives at `now` is done at
 *
 *	max(now + latency, bus_free) + seek + max(bytes / bandwidth, 1 / iops)
 *
 * and that instant is the next bus_free: latencies overlap, transfers do not.
 * The seek is paid by a request that does not start where the one before ended, but
 * for one a little farther on: there the arm stays, and what lies in between passes
 * under it at the bandwidth. A spinning disk is a latency of 0 with a seek. In virtual
 * time (QEMU -icount) the results are reproducible.
 */
#include <linux/blk-mq.h>
#include <linux/highmem.h>
#include <linux/module.h>
#include <linux/xarray.h>

#include "compat.h"

#define DISK_NAME "smadv_disk"
#define QUEUE_DEPTH 256
/* Larger than any readahead, as on NVMe: a readahead of 128 KiB is one request. */
#define MAX_REQUEST_SECTORS (1280 * 1024 >> SECTOR_SHIFT)

/**
 * struct disk_profile - the numbers of one kind of device
 * @name: what the parameter `profile` says
 * @latency_us: from arrival to the start of the transfer, overlapping
 * @bandwidth_mb: 10^6 bytes per second of the shared bus
 * @iops: requests per second of the shared bus, 0 = no such limit
 * @seek_us: at most, for a request that does not continue the one before
 */
struct disk_profile {
	const char *name;
	int latency_us;
	int bandwidth_mb;
	int iops;
	int seek_us;
};

static const struct disk_profile profiles[] = {
	{ .name = "nvme", .latency_us = 80, .bandwidth_mb = 2000, .iops = 500000 },
	{ .name = "ssd", .latency_us = 150, .bandwidth_mb = 500, .iops = 90000 },
	{ .name = "net", .latency_us = 1000, .bandwidth_mb = 147, .iops = 10000 },
	{ .name = "hdd", .bandwidth_mb = 147, .seek_us = 8000 },
};

static char *profile = "nvme";
module_param(profile, charp, 0444);
MODULE_PARM_DESC(profile, "kind of device: nvme (default), ssd, net, hdd");

static unsigned int size_mb = 1024;
module_param(size_mb, uint, 0444);
MODULE_PARM_DESC(size_mb, "size in MiB (1024); memory is taken as it is written");

static int latency_us = -1;
module_param(latency_us, int, 0644);
MODULE_PARM_DESC(latency_us, "latency in us (-1 at load: the profile's)");

static int bandwidth_mb = -1;
module_param(bandwidth_mb, int, 0644);
MODULE_PARM_DESC(bandwidth_mb, "bandwidth in 10^6 bytes/s, 0 = no limit (-1 at load: the profile's)");

static int iops = -1;
module_param(iops, int, 0644);
MODULE_PARM_DESC(iops, "requests per second, 0 = no limit (-1 at load: the profile's)");

static int seek_us = -1;
module_param(seek_us, int, 0644);
MODULE_PARM_DESC(seek_us, "seek in us (-1 at load: the profile's)");

static unsigned int time_scale = 1;
module_param(time_scale, uint, 0644);
MODULE_PARM_DESC(time_scale, "factor on all times (1); N stands for a CPU that is N times as fast");

static bool model = true;
module_param(model, bool, 0644);
MODULE_PARM_DESC(model, "N: requests are done at once, to lay down files quickly");

/**
 * struct disk - the one device
 * @set: its tag set
 * @gendisk: its block device
 * @pages: page index -> struct page of what was written; a hole reads as zero.
 *	   Pages stay until the module goes, so a page that was found may be used
 *	   without a lock.
 * @lock: @bus_free_ns and @next_sector; innermost, taken in task context
 * @bus_free_ns: when the transfer that was accepted last ends (CLOCK_MONOTONIC)
 * @next_sector: where the request that was accepted last ended
 */
struct disk {
	struct blk_mq_tag_set set;
	struct gendisk *gendisk;
	struct xarray pages;
	spinlock_t lock; /* of the two below */
	u64 bus_free_ns;
	sector_t next_sector;
};

static struct disk disk;

/* Beside each request: ends it when its modelled time has come. */
struct disk_command {
	struct hrtimer timer;
};

static u64 transfer_ns(unsigned int bytes)
{
	int bandwidth = READ_ONCE(bandwidth_mb), rate = READ_ONCE(iops);
	u64 by_bytes = bandwidth > 0 ? div_u64((u64)bytes * 1000, bandwidth) : 0;
	u64 by_count = rate > 0 ? NSEC_PER_SEC / rate : 0;

	return max(by_bytes, by_count);
}

static u64 scaled_us(int us)
{
	return us > 0 ? (u64)us * NSEC_PER_USEC * READ_ONCE(time_scale) : 0;
}

/* From the end of the request that was accepted last to @sector. */
static u64 seek_ns(sector_t sector)
{
	u64 seek = scaled_us(READ_ONCE(seek_us));
	int bandwidth = READ_ONCE(bandwidth_mb);
	u64 gap;

	if (sector < disk.next_sector || bandwidth <= 0)
		return sector == disk.next_sector ? 0 : seek;
	gap = sector - disk.next_sector;
	return min(seek, div_u64((gap << SECTOR_SHIFT) * 1000, bandwidth) *
			 READ_ONCE(time_scale));
}

/* The instant at which a request that arrives at @now_ns is done. */
static u64 finish_ns(struct request *rq, u64 now_ns)
{
	u64 transfer = transfer_ns(blk_rq_bytes(rq)) * READ_ONCE(time_scale);
	u64 finish;

	spin_lock(&disk.lock);
	finish = max(now_ns + scaled_us(READ_ONCE(latency_us)), disk.bus_free_ns);
	finish += seek_ns(blk_rq_pos(rq)) + transfer;
	disk.bus_free_ns = finish;
	disk.next_sector = blk_rq_pos(rq) + blk_rq_sectors(rq);
	spin_unlock(&disk.lock);
	return finish;
}

/* The page at @index, made if it is not there; NULL without memory. May sleep. */
static struct page *get_page_for_write(pgoff_t index)
{
	struct page *page = xa_load(&disk.pages, index), *old;

	if (page)
		return page;
	page = alloc_page(GFP_NOIO | __GFP_ZERO | __GFP_HIGHMEM);
	if (!page)
		return NULL;
	old = xa_cmpxchg(&disk.pages, index, NULL, page, GFP_NOIO);
	if (!old)
		return page;
	__free_page(page);
	return xa_is_err(old) ? NULL : old;
}

/* Copy one segment, which lies within a page of memory, at byte @at of the disk. May sleep. */
static int copy_segment(loff_t at, struct bio_vec *segment, bool write)
{
	unsigned int done, bytes;

	for (done = 0; done < segment->bv_len; done += bytes, at += bytes) {
		size_t offset = segment->bv_offset + done;
		struct page *page;

		bytes = min_t(unsigned int, segment->bv_len - done,
			      PAGE_SIZE - offset_in_page(at));
		if (write) {
			page = get_page_for_write(at >> PAGE_SHIFT);
			if (!page)
				return -ENOMEM;
			memcpy_page(page, offset_in_page(at), segment->bv_page, offset, bytes);
			continue;
		}
		page = xa_load(&disk.pages, at >> PAGE_SHIFT);
		if (page)
			memcpy_page(segment->bv_page, offset, page, offset_in_page(at), bytes);
		else
			memzero_page(segment->bv_page, offset, bytes);
	}
	return 0;
}

static int copy_request(struct request *rq)
{
	loff_t at = blk_rq_pos(rq) << SECTOR_SHIFT;
	struct req_iterator iter;
	struct bio_vec segment;
	int err;

	rq_for_each_segment(segment, rq, iter) {
		err = copy_segment(at, &segment, op_is_write(req_op(rq)));
		if (err)
			return err;
		at += segment.bv_len;
	}
	return 0;
}

/* Called where it may sleep (BLK_MQ_F_BLOCKING), for the pages. */
static blk_status_t queue_request(struct blk_mq_hw_ctx *hctx,
				  const struct blk_mq_queue_data *data)
{
	struct request *rq = data->rq;
	struct disk_command *command = blk_mq_rq_to_pdu(rq);
	u64 finish = 0;

	if (req_op(rq) != REQ_OP_READ && req_op(rq) != REQ_OP_WRITE)
		return BLK_STS_NOTSUPP;
	blk_mq_start_request(rq);
	/* The time is taken before the copy, which no real device charges to the CPU. */
	if (READ_ONCE(model))
		finish = finish_ns(rq, ktime_get_ns());
	if (copy_request(rq)) {
		blk_mq_end_request(rq, BLK_STS_RESOURCE);
		return BLK_STS_OK;
	}
	if (finish)
		hrtimer_start(&command->timer, ns_to_ktime(finish), HRTIMER_MODE_ABS_PINNED);
	else
		blk_mq_complete_request(rq);
	return BLK_STS_OK;
}

static enum hrtimer_restart command_timer(struct hrtimer *timer)
{
	struct disk_command *command = container_of(timer, struct disk_command, timer);

	blk_mq_complete_request(blk_mq_rq_from_pdu(command));
	return HRTIMER_NORESTART;
}

static void complete_request(struct request *rq)
{
	blk_mq_end_request(rq, BLK_STS_OK);
}

static int init_request(struct blk_mq_tag_set *set, struct request *rq,
			unsigned int hctx_idx, compat_numa_node_t numa_node)
{
	struct disk_command *command = blk_mq_rq_to_pdu(rq);

	hrtimer_setup(&command->timer, command_timer, CLOCK_MONOTONIC, HRTIMER_MODE_ABS_PINNED);
	return 0;
}

static const struct blk_mq_ops queue_ops = {
	.queue_rq = queue_request,
	.complete = complete_request,
	.init_request = init_request,
};

static const struct block_device_operations disk_ops = {
	.owner = THIS_MODULE,
};

static void fill_in(int *parameter, int value)
{
	if (*parameter < 0)
		*parameter = value;
}

static int read_profile(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(profiles); i++) {
		const struct disk_profile *p = &profiles[i];

		if (strcmp(profile, p->name))
			continue;
		fill_in(&latency_us, p->latency_us);
		fill_in(&bandwidth_mb, p->bandwidth_mb);
		fill_in(&iops, p->iops);
		fill_in(&seek_us, p->seek_us);
		return 0;
	}
	pr_err(DISK_NAME ": no profile '%s' (nvme, ssd, net, hdd)\n", profile);
	return -EINVAL;
}

static int add_gendisk(void)
{
	struct queue_limits limits = {
		.logical_block_size = SECTOR_SIZE,
		.physical_block_size = PAGE_SIZE,
		.max_hw_sectors = MAX_REQUEST_SECTORS,
		.max_segments = USHRT_MAX,
		.max_segment_size = UINT_MAX,
	};
	struct gendisk *gendisk;
	int err;

	gendisk = compat_alloc_disk(&disk.set, &limits, seek_us > 0);
	if (IS_ERR(gendisk))
		return PTR_ERR(gendisk);
	gendisk->fops = &disk_ops;
	gendisk->flags |= GENHD_FL_NO_PART;
	strscpy(gendisk->disk_name, DISK_NAME, DISK_NAME_LEN);
	set_capacity(gendisk, (sector_t)size_mb << (20 - SECTOR_SHIFT));
	err = add_disk(gendisk);
	if (err) {
		put_disk(gendisk);
		return err;
	}
	disk.gendisk = gendisk;
	return 0;
}

static int __init smadv_disk_init(void)
{
	int err = read_profile();

	if (err)
		return err;
	xa_init(&disk.pages);
	spin_lock_init(&disk.lock);
	disk.set = (struct blk_mq_tag_set) {
		.ops = &queue_ops,
		.nr_hw_queues = 1,
		.queue_depth = QUEUE_DEPTH,
		.numa_node = NUMA_NO_NODE,
		.cmd_size = sizeof(struct disk_command),
		.flags = compat_tag_set_flags | BLK_MQ_F_BLOCKING,
	};
	/* As the kernel does by itself: sorting pays for a seek, not for a flash device. */
	if (seek_us == 0)
		disk.set.flags |= BLK_MQ_F_NO_SCHED_BY_DEFAULT;
	err = blk_mq_alloc_tag_set(&disk.set);
	if (err)
		return err;
	err = add_gendisk();
	if (err)
		blk_mq_free_tag_set(&disk.set);
	return err;
}

static void __exit smadv_disk_exit(void)
{
	struct page *page;
	unsigned long index;

	del_gendisk(disk.gendisk);
	put_disk(disk.gendisk);
	blk_mq_free_tag_set(&disk.set);
	xa_for_each(&disk.pages, index, page)
		__free_page(page);
	xa_destroy(&disk.pages);
}

module_init(smadv_disk_init);
module_exit(smadv_disk_exit);
MODULE_DESCRIPTION("RAM-backed disk with modelled times, for tests");
MODULE_LICENSE("GPL");
