/*
 * What the kernel's engine said of the near interface in its debug lines (--kernel-debug). Of the
 * peer that is looked at they are that engine's log of this run as well: engine_facts.log_says.
 */
#ifndef CHECK_KERNEL_LINES_H
#define CHECK_KERNEL_LINES_H

#include "check/check.h"

/* They were read, and are of this interface. */
bool kernel_lines_are_read(const struct facts *f);
/* engine_log_says(), but what the kernel says of a response has more reasons than one. */
const char *kernel_lines_says(enum engine_log_class class);
/*
 * Did any data come back, or go both ways? What its peer sends besides is then no fault of it.
 */
bool kernel_lines_tunnel_works(const struct facts *f);
/*
 * What a line of that class is worth that is worth s in the log of an engine made for the test:
 * FAIL only where something was asked and nothing works. f: of the end that asks.
 */
enum state kernel_lines_weight(const struct facts *f, enum engine_log_class class, enum state s);
/*
 * Messages of the peer that were authentic and held no IP: the lines, of which the kernel holds
 * back; or all that its device counted where nothing else was that makes it count. 0: no line.
 */
int64_t kernel_lines_not_ip(const struct facts *f);
/* What the far end recorded, where its kernel's lines were read and this end is the peer that it
 * looked at; NULL.
 */
const struct facts *kernel_lines_far(const struct facts *f);
/* A piece of evidence for each class and address. peer: "this peer", or whose they are there. */
void kernel_lines_because(const struct facts *f, const char *peer, struct findings *out,
			  struct finding *row);

#endif
