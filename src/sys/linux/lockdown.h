/*
 * Whether the kernel is locked down: what root may not do then.
 */
#ifndef SYS_LINUX_LOCKDOWN_H
#define SYS_LINUX_LOCKDOWN_H

#include <stdbool.h>

bool lockdown_is_on(void); /* of whatever kind */
bool lockdown_is_confidential(void);

#endif
