/*
 * Does data cross a tunnel that is set up in this way? Found out by starting its engines and
 * sending datagrams there and back, since no version string tells it.
 */
#ifndef LAB_TRIAL_H
#define LAB_TRIAL_H

#include "lab/self_tunnel.h"

/*
 * On a tunnel that was built and is not started, and is left so. -errno: there was no trial,
 * since an engine did not start or no session came about.
 */
int trial_passes(struct self_tunnel *t, const struct self_conf *c, bool *passes, struct err *e);

#endif
