/*
 * What the lab tests of the engine need and a shell has not: a client of the raw
 * configuration protocol, crafted datagrams, a TCP transfer whose bytes are checked.
 * Compiled by tests/lib/lab/engine.sh; not part of the unit tests.
 */
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int die(const char *what)
{
	perror(what);
	return 1;
}

/* stdin is the request; the reply, to its empty line, goes to stdout. */
static int uapi(const char *ifname)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int s = socket(AF_UNIX, SOCK_STREAM, 0);
	char b[1 << 16], tail[2] = { 0, 0 };
	ssize_t n;

	snprintf(a.sun_path, sizeof(a.sun_path), "/var/run/wireguard/%s.sock", ifname);
	if (connect(s, (struct sockaddr *)&a, sizeof(a)) < 0)
		return die(a.sun_path);
	while ((n = read(0, b, sizeof(b))) > 0)
		if (write(s, b, (size_t)n) != n)
			return die("write");
	while ((n = read(s, b, sizeof(b))) > 0) {
		fwrite(b, 1, (size_t)n, stdout);
		tail[0] = n > 1 ? b[n - 2] : tail[1];
		tail[1] = b[n - 1];
		if (tail[0] == '\n' && tail[1] == '\n')
			return 0;
	}
	return die("no whole reply");
}

/*
 * inherit NAME raw|pi COMMAND...: runs it with a tun that is open already, with a header of 4 bytes before
 * each packet or without one, as programs do that open the device for an engine inside them.
 */
static int inherit(char **v)
{
	struct ifreq ifr = { .ifr_flags = strcmp(v[1], "pi") ? IFF_TUN | IFF_NO_PI : IFF_TUN };
	int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK);
	char number[16];

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", v[0]);
	if (fd < 0 || ioctl(fd, TUNSETIFF, &ifr) < 0)
		return die("open a tun");
	snprintf(number, sizeof(number), "%d", fd);
	setenv("WG_TUN_FD", number, 1);
	execvp(v[2], v + 2);
	return die(v[2]);
}

/* A socket as an engine leaves it that was killed: the file, and nobody who listens. */
static int stale(const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int s = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(a.sun_path, sizeof(a.sun_path), "%s", path);
	if (bind(s, (struct sockaddr *)&a, sizeof(a)) < 0 || listen(s, 1) < 0)
		return die(path);
	return 0;
}

static int open_socket(const char *addr, const char *port, int type, int (*use)(int, const struct sockaddr *, socklen_t))
{
	struct addrinfo hints = { .ai_socktype = type, .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV };
	struct addrinfo *ai;
	int s, one = 1;

	if (getaddrinfo(addr, port, &hints, &ai))
		return -1;
	s = socket(ai->ai_family, type, 0);
	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (use(s, ai->ai_addr, ai->ai_addrlen) < 0) {
		close(s);
		s = -1;
	}
	freeaddrinfo(ai);
	return s;
}

/* COUNT datagrams of LEN bytes to a place, the first byte being TYPE, the others zero. */
static int udp(char **v)
{
	int s = open_socket(v[0], v[1], SOCK_DGRAM, connect);
	int count = atoi(v[2]), len = atoi(v[3]);
	static char b[65536];

	if (s < 0)
		return die("udp");
	b[0] = (char)atoi(v[4]);
	for (int i = 0; i < count; i++)
		if (send(s, b, (size_t)len, 0) < 0)
			return die("send");
	return 0;
}

static unsigned char pattern(long long i)
{
	return (unsigned char)(i * 7 + (i >> 13));
}

/* Prints how many bytes came, and fails at the first wrong one. */
static int tcp_take(char **v)
{
	int l = open_socket(v[0], v[1], SOCK_STREAM, bind), s;
	static unsigned char b[1 << 16];
	long long at = 0;
	ssize_t n;

	if (l < 0 || listen(l, 1) < 0)
		return die("listen");
	s = accept(l, NULL, NULL);
	while ((n = read(s, b, sizeof(b))) > 0)
		for (ssize_t i = 0; i < n; i++, at++)
			if (b[i] != pattern(at))
				return fprintf(stderr, "byte %lld is wrong\n", at), 1;
	printf("%lld\n", at);
	return 0;
}

static int tcp_give(char **v)
{
	int s = open_socket(v[0], v[1], SOCK_STREAM, connect);
	long long at = 0, end = atoll(v[2]);
	static unsigned char b[1 << 16];

	if (s < 0)
		return die("connect");
	while (at < end) {
		size_t n = 0;

		for (; n < sizeof(b) && at + (long long)n < end; n++)
			b[n] = pattern(at + (long long)n);
		for (size_t done = 0; done < n;) {
			ssize_t put = write(s, b + done, n - done);

			if (put < 0)
				return die("write");
			done += (size_t)put;
		}
		at += (long long)n;
	}
	return 0;
}

int main(int c, char **v)
{
	if (c == 3 && !strcmp(v[1], "uapi"))
		return uapi(v[2]);
	if (c >= 5 && !strcmp(v[1], "inherit"))
		return inherit(v + 2);
	if (c == 3 && !strcmp(v[1], "stale"))
		return stale(v[2]);
	if (c == 7 && !strcmp(v[1], "udp"))
		return udp(v + 2);
	if (c == 4 && !strcmp(v[1], "tcp-take"))
		return tcp_take(v + 2);
	if (c == 5 && !strcmp(v[1], "tcp-give"))
		return tcp_give(v + 2);
	fprintf(stderr, "usage: engine_tool uapi IF | inherit NAME raw|pi COMMAND... | stale PATH | udp ADDR PORT COUNT LEN TYPE | tcp-take ADDR PORT | "
			"tcp-give ADDR PORT BYTES\n");
	return 2;
}
