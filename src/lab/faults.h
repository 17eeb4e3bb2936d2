/*
 * All faults of the lab, in the order of `wgdiag lab --list`. A new fault is its file and a row
 * here.
 */
#ifndef LAB_FAULTS_H
#define LAB_FAULTS_H

#include "lab/fault.h"

#define LAB_FAULTS(X) \
	X(fault_none) \
	X(fault_tun_framing)

#define LAB_FAULT_EXTERN(name) extern const struct lab_fault name;
LAB_FAULTS(LAB_FAULT_EXTERN)
#undef LAB_FAULT_EXTERN

#endif
