/*
 * What `wgdiag lab` tells of itself: its help, and what it can make.
 */
#ifndef CMD_LAB_PAGES_H
#define CMD_LAB_PAGES_H

#include <stdio.h>

void lab_help(FILE *out);
/* To standard output: the faults with their variants. */
void lab_list(void);

#endif
