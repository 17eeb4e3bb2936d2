/*
 * What a person may have meant who named a tunnel that is not there.
 */
#ifndef CMD_NAME_NEAR_H
#define CMD_NAME_NEAR_H

#include <stdbool.h>

#include "base/arena.h"

/*
 * The argument to type instead: of the interfaces here and, with files, of the *.conf files in the
 * current folder and in /etc/wireguard the one whose name is nearest. They are looked at by name
 * only. From the arena; NULL: none is near.
 */
const char *name_near(const char *name, bool files, struct arena *a);

#endif
