/* SPDX-License-Identifier: GPL-2.0 */
/* /sys/kernel/smart_madvise: one value per file. */
#ifndef SMADV_SYSFS_H
#define SMADV_SYSFS_H

int smadv_sysfs_init(void);
void smadv_sysfs_exit(void);

#endif /* SMADV_SYSFS_H */
