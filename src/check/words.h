/*
 * Numbers as people read them, and the limits for loss that several checks share.
 */
#ifndef CHECK_WORDS_H
#define CHECK_WORDS_H

#include "check/check.h"

const char *words_time(struct arena *a, int64_t ns); /* "0.31 ms", "18.4 ms", "1.2 s"; "unknown" */
const char *words_age(struct arena *a, int64_t ns); /* "34 s", "12 min", "3 h", "2 days" */
const char *words_bytes(struct arena *a, int64_t n); /* "512 B", "64.0 KB", "1.2 MB" */
const char *words_end(enum end e); /* "near", "far" */
const char *words_addr(struct arena *a, const struct ip_addr *addr); /* "10.0.0.1"; "none" */
const char *words_net(struct arena *a, const struct cidr *c); /* "10.0.0.0/24" */
const char *words_key(struct arena *a, const struct public_key *k); /* "AbCd…9w=" */

/* As one word of a shell's command line: quoted where it has to be. */
const char *words_shell(struct arena *a, const char *s);

/*
 * What the run was given beside what it is about, as it is typed, with a blank before each; but for
 * those options (NULL-terminated; NULL: all).
 */
const char *words_options(struct arena *a, const struct facts *f, const char *const *but);
/* The command that does the run again, but for those options; a fault of the lab is made anew. */
const char *words_again(struct arena *a, const struct facts *f, const char *const *but);
/* Before a command that is about the tunnel's host: "", or "ip netns exec NAME ". */
const char *words_inside(struct arena *a, const struct facts *f);

/* RFC 792, RFC 1812, RFC 4443: "host unreachable"; of others "an ICMP error" */
const char *words_icmp(const struct ip_addr *from, uint8_t type, uint8_t code);

/* k of n as a share for people: "6.2 %", with as many places as tell it from 0 and 100. */
const char *words_share(struct arena *a, int64_t k, int64_t n);

/*
 * PASS for no loss. FAIL when the lower end of the 95 % Wilson interval is above the limit of
 * the run or nothing at all arrived; else WARN.
 */
enum state loss_state(const struct facts *facts, int64_t lost, int64_t sent);
/* The same of errors, for which nobody sets a limit: 1 %. */
enum state errors_state(int64_t errors, int64_t of);
/*
 * The worse of two answers that one row has for its parts; not known is worse than good,
 * and better than a fault. SKIP and NA add nothing.
 *
 * ERROR (the check itself broke) stands between WARN and FAIL, and never becomes FAIL: a part
 * that did fail is evidence, and what broke beside it takes nothing away from it; but beside
 * a WARN, which means "it works", a part that was not tried leaves the row undecided.
 */
enum state state_worse(enum state a, enum state b);

#endif
