// SPDX-License-Identifier: GPL-2.0
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include "advise.h"

#include <linux/mman.h>
#include <linux/static_call.h>

#include "compat/compat.h"
#include "mapping.h"
#include "symbol.h"

/*
 * do_madvise() is not exported. It is called through a static call, for that is a
 * direct one: an indirect call would trap where indirect branches are tracked and
 * the function's landing pad is sealed.
 */
DEFINE_STATIC_CALL_NULL(smadv_do_madvise, do_madvise);
static unsigned long madvise_address;

static int behavior_of(u32 hint)
{
	switch (hint) {
	case SMART_MADVISE_HINT_SEQUENTIAL:
		return MADV_SEQUENTIAL;
	case SMART_MADVISE_HINT_RANDOM:
		return MADV_RANDOM;
	default:
		return MADV_NORMAL;
	}
}

static vm_flags_t flags_of(u32 hint)
{
	switch (hint) {
	case SMART_MADVISE_HINT_SEQUENTIAL:
		return VM_SEQ_READ;
	case SMART_MADVISE_HINT_RANDOM:
		return VM_RAND_READ;
	default:
		return 0;
	}
}

/**
 * smadv_advise() - advise pages of another address space
 * @record: address space, mm_users held, mmap lock not held
 * @start: first page number
 * @end: first page number behind
 * @hint: enum smart_madvise_hint
 *
 * Only where smadv_advise_kind() is MADVISE. A hole among the pages does not
 * keep the mapped ones from being advised. Context: process, sleeps.
 *
 * Return: 0, -ENOMEM for a hole or when a mapping cannot be split, -EINTR.
 */
int smadv_advise(struct smadv_record *record, u64 start, u64 end, u32 hint)
{
	int err;

	WRITE_ONCE(record->advising, current);
	err = static_call(smadv_do_madvise)(record->mm, start << PAGE_SHIFT,
					    (end - start) << PAGE_SHIFT, behavior_of(hint));
	WRITE_ONCE(record->advising, NULL);
	return err;
}

/**
 * smadv_advise_mappings() - change the hint of whole mappings by their flags
 * @mm: address space, mmap lock held for writing
 * @start: first page number, a border of mappings
 * @end: first page number behind, a border of mappings
 * @from: only mappings with this enum smart_madvise_hint
 * @to: enum smart_madvise_hint
 *
 * Exact where do_madvise() is out of reach.
 */
void smadv_advise_mappings(struct mm_struct *mm, u64 start, u64 end, u32 from, u32 to)
{
	VMA_ITERATOR(vmi, mm, start << PAGE_SHIFT);
	struct vm_area_struct *vma;

	for_each_vma_range(vmi, vma, end << PAGE_SHIFT)
		if (smadv_mapping_hint(vma) == from)
			smadv_vma_flags_mod(vma, flags_of(to),
					    (VM_SEQ_READ | VM_RAND_READ) & ~flags_of(to));
}

u32 smadv_advise_kind(void)
{
	return madvise_address ? SMART_MADVISE_EXECUTOR_KIND_MADVISE :
				 SMART_MADVISE_EXECUTOR_KIND_VMA_FLAGS;
}

unsigned long smadv_advise_madvise_address(void)
{
	return madvise_address;
}

/**
 * smadv_advise_init() - find out how hints can be applied
 * @mechanism: "auto", "madvise" or "vma-flags"
 *
 * Return: 0, -EINVAL for another word, -ENODEV when "madvise" is asked for and
 * do_madvise() cannot be found.
 */
int smadv_advise_init(const char *mechanism)
{
	bool automatic = !strcmp(mechanism, "auto");

	if (automatic || !strcmp(mechanism, "madvise"))
		madvise_address = smadv_symbol_address("do_madvise");
	else if (strcmp(mechanism, "vma-flags"))
		return -EINVAL;
	if (madvise_address) {
		static_call_update(smadv_do_madvise, (void *)madvise_address);
		return 0;
	}
	if (!automatic && strcmp(mechanism, "vma-flags"))
		return -ENODEV;
	pr_info("do_madvise() is out of reach, hints go to whole mappings\n");
	return 0;
}
