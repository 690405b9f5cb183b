/* SPDX-License-Identifier: Apache-2.0 */
/* TCP: addresses, listening, connecting. Nothing here waits; every socket is non-blocking and closed by exec. */
#ifndef QUOTIENT_CORE_TCP_H
#define QUOTIENT_CORE_TCP_H

#include <quotient/status.h>

struct addrinfo;

/* "host:port", "[::1]:port"; an empty host is every interface (to listen) or this machine (to connect). The caller
 * frees with freeaddrinfo(). QUO_USAGE: it is none, or the host has no address. */
quo_status quo_tcp_resolve(const char *address, bool to_listen, struct addrinfo **out,
			   quo_err *err);
/* A listening socket on an address of this machine. */
quo_status quo_tcp_listen(const char *address, int *fd, quo_err *err);
/* Begin to connect to one address: a socket, or -1 and errno. When poll() says that it can be written to,
 * quo_tcp_connected() says how it went: 0 or an error number. */
int quo_tcp_connect(const struct addrinfo *to);
int quo_tcp_connected(int fd);
/* The peer's address in figures, "10.0.0.5:4711"; "an unknown address" where there is none. */
void quo_tcp_peer(int fd, char *out, size_t size);

#endif
