/* SPDX-License-Identifier: GPL-2.0 */
/* Mappings of another address space, read only. */
#ifndef SMADV_MAPPING_H
#define SMADV_MAPPING_H

#include <linux/fs.h>
#include <linux/hash.h>
#include <linux/mm.h>

#include "core/shim.h"

/*
 * Mappings that hints are not for: executable ones are read by the kernel's own
 * rules, the others do not go through the page cache's readahead.
 */
#define SMADV_VM_UNWATCHED (VM_EXEC | VM_HUGETLB | VM_PFNMAP | VM_MIXEDMAP | VM_IO)

/**
 * struct smadv_mapping - what a range needs to know of the mapping it lies in
 * @start: first page number
 * @end: first page number behind
 * @offset: page offset of @start in the file
 * @file: identity of the file: device, inode and generation, hashed
 * @id: identity of file and place: equal for all parts of one mmap(), also
 *	after they were split, and different once another file, or another part
 *	of the file, is mapped there
 * @resident_pages: pages of the file in the page cache
 * @window_pages: readahead window of the open file, 1..SMADV_WINDOW_MAX
 * @hint: enum smart_madvise_hint that its flags say
 * @misses: by which misses of the open file are ahead of hits, as the kernel counts them
 * @memory_backed: the file has no device behind it
 */
struct smadv_mapping {
	u64 start;
	u64 end;
	u64 offset;
	u64 file;
	u64 id;
	u64 resident_pages;
	u32 window_pages;
	u32 misses;
	u32 hint;
	bool memory_backed;
};

/* mmap lock of the mapping's address space held. */
void smadv_mapping_read(const struct vm_area_struct *vma, struct smadv_mapping *mapping);
bool smadv_mapping_watched(const struct vm_area_struct *vma);
u32 smadv_mapping_hint(const struct vm_area_struct *vma);

static inline u64 smadv_mapping_mix(u64 hash, u64 word)
{
	return hash_64(hash ^ word, 64) + word;
}

/* Identity of a file. Any context. */
static inline u64 smadv_mapping_file(const struct inode *inode)
{
	return smadv_mapping_mix(smadv_mapping_mix(inode->i_sb->s_dev, inode->i_ino),
				 inode->i_generation);
}

int smadv_mapping_at(struct mm_struct *mm, u64 page, struct smadv_mapping *mapping);
char *smadv_mapping_path(struct mm_struct *mm, u64 page, char *buffer, int bytes);
char *smadv_mapping_exe(struct mm_struct *mm, char *buffer, int bytes);

#endif /* SMADV_MAPPING_H */
