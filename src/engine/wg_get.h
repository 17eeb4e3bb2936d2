/* PLACEHOLDER until the branch i5k is merged. */
#ifndef ENGINE_WG_GET_H
#define ENGINE_WG_GET_H
enum wg_via { WG_VIA_NONE, WG_VIA_KERNEL, WG_VIA_SOCKET };
#endif
