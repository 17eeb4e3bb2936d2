/*
 * Addresses as sockets want them.
 */
#ifndef SYS_SOCKADDR_H
#define SYS_SOCKADDR_H

#include <stdbool.h>
#include <sys/socket.h>

#include "model/endpoint.h"

/* Returns its length. a must be IPv4 or IPv6. */
socklen_t sockaddr_from(const struct ip_addr *a, uint16_t port, struct sockaddr_storage *out);
/* With the scope of an IPv6 one. */
socklen_t sockaddr_from_endpoint(const struct endpoint *at, struct sockaddr_storage *out);
/* sa may be aligned anyhow. false, and *out is of FAMILY_NONE: not IPv4 or IPv6, or cut off. */
bool sockaddr_endpoint(const void *sa, size_t len, struct endpoint *out);
uint16_t sockaddr_port(const struct sockaddr_storage *sa);
/* FAMILY_NONE when it is neither IPv4 nor IPv6. */
void sockaddr_addr(const struct sockaddr_storage *sa, struct ip_addr *out);

#endif
