/*
 * An engine's configuration socket that answers as a test wants it to: one connection,
 * in a thread, in a folder of its own.
 */
#ifndef TESTS_LIB_FAKE_UAPI_H
#define TESTS_LIB_FAKE_UAPI_H

#include <pthread.h>
#include <stdbool.h>

#include "base/buf.h"

struct fake_uapi {
	char dir[64], path[108];
	int listener;
	pthread_t thread;
	bool running;
	const char *reply;
	size_t reply_len;
	size_t piece; /* bytes per send; 0: all at once */
	bool hold; /* leaves the connection open, as wireguard-go does */
	bool forever; /* repeats the reply until the client hangs up */
	size_t read_only; /* reads that many bytes of the request; 0: up to its empty line */
	struct buf request;
};

void fake_uapi_dir(struct fake_uapi *f); /* only the folder; f->path is where the socket would be */
void fake_uapi_open(struct fake_uapi *f, int backlog); /* the socket, where nobody accepts */
/* Serves; what it is to do is set between. A reply_len of 0 is the length of the string. */
void fake_uapi_start(struct fake_uapi *f);
void fake_uapi_close(struct fake_uapi *f); /* waits for the thread, removes all */

#endif
