/*
 * Addresses as sockets want them.
 */
#ifndef PROBE_SOCKADDR_H
#define PROBE_SOCKADDR_H

#include <sys/socket.h>

#include "model/endpoint.h"

/* Returns its length. a must be IPv4 or IPv6. */
socklen_t sockaddr_from(const struct ip_addr *a, uint16_t port, struct sockaddr_storage *out);
uint16_t sockaddr_port(const struct sockaddr_storage *sa);
/* FAMILY_NONE when it is neither IPv4 nor IPv6. */
void sockaddr_addr(const struct sockaddr_storage *sa, struct ip_addr *out);

#endif
