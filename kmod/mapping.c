// SPDX-License-Identifier: GPL-2.0
#include "mapping.h"

#include <linux/file.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <linux/sched/mm.h>
#include <linux/smart_madvise.h>

#include "compat/compat.h"
#include "core/effect.h"

/* Read @word, which the kernel writes without marking it as shared. */
#define racy(word)	data_race(READ_ONCE(word))

bool smadv_mapping_watched(const struct vm_area_struct *vma)
{
	return vma->vm_file && !(vma->vm_flags & SMADV_VM_UNWATCHED);
}

u32 smadv_mapping_hint(const struct vm_area_struct *vma)
{
	if (vma->vm_flags & VM_SEQ_READ)
		return SMART_MADVISE_HINT_SEQUENTIAL;
	if (vma->vm_flags & VM_RAND_READ)
		return SMART_MADVISE_HINT_RANDOM;
	return SMART_MADVISE_HINT_NONE;
}

static bool is_memory_backed(const struct inode *inode)
{
	switch (inode->i_sb->s_magic) {
	case TMPFS_MAGIC: /* shmem too */
	case RAMFS_MAGIC:
	case HUGETLBFS_MAGIC:
		return true;
	}
	return IS_DAX(inode);
}

void smadv_mapping_read(const struct vm_area_struct *vma, struct smadv_mapping *mapping)
{
	const struct inode *inode = file_inode(vma->vm_file);

	mapping->start = vma->vm_start >> PAGE_SHIFT;
	mapping->end = vma->vm_end >> PAGE_SHIFT;
	mapping->offset = vma->vm_pgoff;
	mapping->file = smadv_mapping_file(inode);
	mapping->id = smadv_mapping_mix(mapping->file, mapping->start - vma->vm_pgoff);
	mapping->window_pages = clamp(racy(vma->vm_file->f_ra.ra_pages), 1U,
				      SMADV_WINDOW_MAX);
	mapping->misses = READ_ONCE(vma->vm_file->f_ra.mmap_miss);
	mapping->resident_pages = racy(vma->vm_file->f_mapping->nrpages);
	mapping->hint = smadv_mapping_hint(vma);
	mapping->memory_backed = is_memory_backed(inode);
}

/**
 * smadv_mapping_at() - the watched mapping that holds a page
 * @mm: address space, mm_count held
 * @page: page number
 * @mapping: filled in
 *
 * Does not wait for the mmap lock. Context: process, may sleep.
 * Return: 0, -ESRCH when the address space is gone, -EAGAIN when it is locked
 * for writing, -ENOENT when nothing watched is mapped there.
 */
int smadv_mapping_at(struct mm_struct *mm, u64 page, struct smadv_mapping *mapping)
{
	struct vm_area_struct *vma;
	int err = -EAGAIN;

	if (!mmget_not_zero(mm))
		return -ESRCH;
	if (mmap_read_trylock(mm)) {
		vma = vma_lookup(mm, page << PAGE_SHIFT);
		err = -ENOENT;
		if (vma && smadv_mapping_watched(vma)) {
			smadv_mapping_read(vma, mapping);
			err = 0;
		}
		mmap_read_unlock(mm);
	}
	mmput_async(mm);
	return err;
}

/**
 * smadv_mapping_path() - path of the file mapped at a page
 * @mm: address space, mm_count held
 * @page: page number
 * @buffer: room for the path
 * @bytes: its size
 *
 * Return: the path, somewhere in @buffer, or NULL when nothing is mapped there
 * or the address space is busy.
 */
char *smadv_mapping_path(struct mm_struct *mm, u64 page, char *buffer, int bytes)
{
	struct vm_area_struct *vma;
	char *path = NULL;

	if (!mmget_not_zero(mm))
		return NULL;
	if (mmap_read_trylock(mm)) {
		vma = vma_lookup(mm, page << PAGE_SHIFT);
		if (vma && vma->vm_file)
			path = file_path(vma->vm_file, buffer, bytes);
		mmap_read_unlock(mm);
	}
	mmput_async(mm);
	return IS_ERR(path) ? NULL : path;
}

/**
 * smadv_mapping_exe() - path of the executable of an address space
 * @mm: address space, mm_count held
 * @buffer: room for the path
 * @bytes: its size
 *
 * By a reference of the file and not under the mmap lock, which a process that faults
 * holds most of the time.
 *
 * Return: the path, somewhere in @buffer, or NULL when the process has ended, or the path
 * does not fit.
 */
char *smadv_mapping_exe(struct mm_struct *mm, char *buffer, int bytes)
{
	struct file *exe;
	char *path;

	rcu_read_lock();
	exe = smadv_get_file_rcu(&mm->exe_file);
	rcu_read_unlock();
	if (!exe)
		return NULL;
	path = file_path(exe, buffer, bytes);
	fput(exe);
	return IS_ERR(path) ? NULL : path;
}
