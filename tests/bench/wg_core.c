/*
 * What the protocol core costs beyond its crypto: two cores back to back, in batches,
 * against bare seal and open of the same bytes in the same run. The ratio is what to
 * watch; packets per second depend on the machine.
 */
#include <assert.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "wg/device.h"
#include "wire/ip.h"

enum {
	BATCH = 64,
	SLOT_LEN = 2048,
	ROUNDS = 40,
	BATCHES_PER_ROUND = 100,
	/* so that the sealed packet may be received in place */
	OFF = WG_PKT_HEADROOM + WG_DATA_HEADER_LEN,
};

struct end {
	struct wg_device *dev;
	struct secret_key private_key;
	struct public_key public_key;
	struct endpoint at;
	struct wg_pkt out[BATCH]; /* what it sent */
	size_t n_out;
	uint64_t delivered;
};

static void env_random(void *ctx, void *out, size_t len)
{
	(void)ctx;
	randombytes_buf(out, len);
}

static int64_t now_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * NS_PER_S + ts.tv_nsec;
}

static int64_t env_wall(void *ctx)
{
	(void)ctx;
	return now_ns(CLOCK_REALTIME);
}

static void env_send(void *ctx, struct wg_peer *p, const struct endpoint *to,
		     const struct wg_pkt *pkts, size_t n)
{
	struct end *e = ctx;

	(void)p;
	(void)to;
	assert(e->n_out + n <= BATCH);
	memcpy(e->out + e->n_out, pkts, n * sizeof(*pkts));
	e->n_out += n;
}

static void env_deliver(void *ctx, struct wg_peer *p, const struct wg_pkt *pkts, size_t n)
{
	struct end *e = ctx;

	(void)p;
	(void)pkts;
	e->delivered += n;
}

static void end_init(struct end *e, uint8_t number)
{
	struct wg_env env = {
		.ctx = e,
		.random = env_random,
		.wall_ns = env_wall,
		.send = env_send,
		.deliver = env_deliver,
	};

	*e = (struct end){ .at = { .addr = { FAMILY_IP4, { 192, 0, 2, number } }, .port = 51820 } };
	randombytes_buf(&e->private_key, sizeof(e->private_key));
	e->dev = wg_device_new(&env, NULL);
	wg_device_set_mtu(e->dev, 1420);
	wg_device_set_private_key(e->dev, &e->private_key, now_ns(CLOCK_MONOTONIC));
	wg_device_public_key(e->dev, &e->public_key);
	wg_device_set_up(e->dev, true, now_ns(CLOCK_MONOTONIC));
}

static void know(struct end *a, const struct end *b)
{
	struct cidr inner = { { FAMILY_IP4, { 10, 0, 0, b->at.addr.b[3] } }, 32 };
	struct wg_peer *p = wg_device_peer_add(a->dev, &b->public_key, 0);

	wg_peer_allow(p, &inner);
	wg_peer_set_endpoint(p, &b->at);
}

static void packet(uint8_t *b, size_t len)
{
	memset(b, 0, len);
	b[0] = 0x45;
	b[2] = (uint8_t)(len >> 8);
	b[3] = (uint8_t)len;
	b[8] = 64;
	b[9] = IP_PROTO_UDP;
	memcpy(b + 12, (uint8_t[8]){ 10, 0, 0, 1, 10, 0, 0, 2 }, 8);
}

/* What a sent goes to b, in a copy where the slot is not big enough to be received in place. */
static void carry(struct end *a, struct end *b)
{
	static uint8_t mem[BATCH][SLOT_LEN];
	size_t n = a->n_out;

	for (size_t i = 0; i < n; i++) {
		struct wg_pkt *p = &a->out[i];

		p->from = &a->at;
		if (p->off >= WG_PKT_HEADROOM && p->cap == SLOT_LEN)
			continue;
		memcpy(mem[i] + WG_PKT_HEADROOM, wg_pkt_bytes(p), p->len);
		*p = (struct wg_pkt){ .mem = mem[i],
				      .cap = SLOT_LEN,
				      .off = WG_PKT_HEADROOM,
				      .len = p->len,
				      .from = &a->at };
	}
	a->n_out = 0;
	wg_device_receive(b->dev, a->out, n, now_ns(CLOCK_MONOTONIC));
}

static void fill(struct wg_pkt pkts[BATCH], uint8_t mem[BATCH][SLOT_LEN], size_t len)
{
	for (size_t i = 0; i < BATCH; i++)
		pkts[i] = (struct wg_pkt){
			.mem = mem[i], .cap = SLOT_LEN, .off = OFF, .len = (uint32_t)len
		};
}

static int64_t time_core(struct end *a, struct end *b, uint8_t mem[BATCH][SLOT_LEN], size_t len)
{
	int64_t from_ns = now_ns(CLOCK_MONOTONIC);

	for (int n = 0; n < BATCHES_PER_ROUND; n++) {
		struct wg_pkt pkts[BATCH];

		fill(pkts, mem, len);
		wg_device_transmit(a->dev, pkts, BATCH, now_ns(CLOCK_MONOTONIC));
		carry(a, b);
	}
	return now_ns(CLOCK_MONOTONIC) - from_ns;
}

static int64_t time_crypto(uint8_t mem[BATCH][SLOT_LEN], size_t len)
{
	static const uint8_t key[32] = { 1 };
	size_t padded = (len + 15) / 16 * 16 > 1420 ? 1420 : (len + 15) / 16 * 16;
	int64_t from_ns = now_ns(CLOCK_MONOTONIC);

	for (int n = 0; n < BATCHES_PER_ROUND; n++) {
		for (size_t i = 0; i < BATCH; i++)
			wg_crypto_composed.seal(mem[i] + OFF, padded, (uint64_t)n, key);
		for (size_t i = 0; i < BATCH; i++)
			if (!wg_crypto_composed.open(mem[i] + OFF, padded + WG_TAG_LEN, (uint64_t)n,
						     key))
				abort();
	}
	return now_ns(CLOCK_MONOTONIC) - from_ns;
}

static void run(struct end *a, struct end *b, size_t len)
{
	static uint8_t mem[BATCH][SLOT_LEN];
	int64_t core_ns = INT64_MAX, crypto_ns = INT64_MAX;
	uint64_t before = b->delivered;
	double packets = BATCH * BATCHES_PER_ROUND;

	for (size_t i = 0; i < BATCH; i++)
		packet(mem[i] + OFF, len);
	for (int round = 0; round < ROUNDS; round++) {
		/* By turns, and the best of each: a noisy neighbour hits both alike. */
		int64_t core = time_core(a, b, mem, len), crypto = time_crypto(mem, len);

		core_ns = MIN(core_ns, core);
		crypto_ns = MIN(crypto_ns, crypto);
	}
	assert(b->delivered - before == (uint64_t)ROUNDS * BATCHES_PER_ROUND * BATCH);
	printf("%5zu bytes: %9.0f packets/s through both ends, %5.2f Gbit/s; crypto alone %9.0f; "
	       "core takes %.2f times the crypto\n",
	       len, packets / (double)core_ns * 1e9, packets * (double)len * 8 / (double)core_ns,
	       packets / (double)crypto_ns * 1e9, (double)core_ns / (double)crypto_ns);
}

int main(void)
{
	static const size_t lens[] = { 64, 84, 576, 1280, 1420 };
	static struct end a, b;
	uint8_t mem[SLOT_LEN];
	struct wg_pkt first = { .mem = mem, .cap = sizeof(mem), .off = OFF, .len = 64 };

	if (sodium_init() < 0)
		return 1;
	end_init(&a, 1);
	end_init(&b, 2);
	know(&a, &b);
	know(&b, &a);
	packet(mem + OFF, 64);
	wg_device_transmit(a.dev, &first, 1, now_ns(CLOCK_MONOTONIC));
	carry(&a, &b); /* initiation */
	carry(&b, &a); /* response */
	carry(&a, &b); /* data */
	assert(b.delivered == 1);
	for (size_t i = 0; i < ARRAY_LEN(lens); i++)
		run(&a, &b, lens[i]);
	wg_device_free(a.dev);
	wg_device_free(b.dev);
	return 0;
}
