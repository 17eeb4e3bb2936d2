#include "sim_craft.h"

#include <assert.h>
#include <string.h>

#include "wg/noise.h"

struct endpoint sim_elsewhere(uint8_t host, uint16_t port)
{
	return (struct endpoint){
		.addr = { FAMILY_IP4, { 198, 51, 100, host } },
		.port = port,
	};
}

void craft_macs(struct sim *s, struct cookie_sender *cookies, uint8_t *msg, size_t len)
{
	cookie_sender_add_macs(cookies, msg, len, s->now_ns);
}

void craft_initiation(struct sim *s, const struct secret_key *key, const struct sim_node *to,
		      int64_t wall_ns, struct cookie_sender *cookies,
		      uint8_t out[WG_INITIATION_LEN])
{
	struct noise_identity id = { 0 };
	struct noise_remote remote = { .public_key = to->public_key };
	struct noise_handshake hs = { 0 };
	struct wg_msg_initiation m = { 0 };
	struct noise_start start;
	struct secret_key ephemeral;
	uint8_t timestamp[WG_TIMESTAMP_LEN];
	enum wg_drop why;

	noise_start_wireguard(&start);
	noise_identity_set(&id, key);
	noise_remote_precompute(&remote, &id);
	noise_timestamp(wall_ns, timestamp);
	seed_bytes(&s->seed, &ephemeral, sizeof(ephemeral));
	why = noise_create_initiation(&hs, &start, &id, &remote, &ephemeral,
				      (uint32_t)sim_random(s), timestamp, &m);
	assert(why == WG_DROP_NONE);
	wg_msg_write_initiation(&m, out);
	craft_macs(s, cookies, out, WG_INITIATION_LEN);
}

void craft_flood_message(struct sim *s, struct cookie_sender *cookies,
			 uint8_t out[WG_INITIATION_LEN])
{
	seed_bytes(&s->seed, out, WG_INITIATION_LEN);
	memcpy(out, (uint8_t[4]){ WG_MSG_INITIATION }, 4);
	craft_macs(s, cookies, out, WG_INITIATION_LEN);
}
