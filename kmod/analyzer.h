/* SPDX-License-Identifier: GPL-2.0 */
/* The analyzer: a kernel thread that turns recorded faults into verdicts and tasks. */
#ifndef SMADV_ANALYZER_H
#define SMADV_ANALYZER_H

/* Any context, from the hook too. */
void smadv_analyzer_wake(void);

int smadv_analyzer_start(void);
void smadv_analyzer_stop(void);

#endif /* SMADV_ANALYZER_H */
