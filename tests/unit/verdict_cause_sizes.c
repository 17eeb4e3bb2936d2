/* The rows about sizes, loss and time: what names them, which side and direction, what they leave. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "verdict/conclude.h"

static const struct check rows[] = {
	{ .id = "loss.up", .title = "loss, me → peer" },
	{ .id = "loss.down", .title = "loss, peer → me" },
	{ .id = "ping.sizes", .title = "ping sizes" },
	{ .id = "tun.mtu", .title = "tunnel MTU" },
	{ .id = "underlay.back", .title = "wire, peer → me" },
	{ .id = "handshake.complete", .title = "handshake complete" },
};

struct row {
	const char *id;
	enum state state;
	sign_set signs;
};

enum { ROWS_MAX = 4 };

struct named {
	const char *name;
	struct row rows[ROWS_MAX];
	const char *cause; /* NULL: none */
	enum side side;
	enum direction direction;
	size_t n_candidates;
};

#define UP SIGN_BIT(SIGN_LOST_ON_THE_WAY_UP)
#define DOWN SIGN_BIT(SIGN_LOST_ON_THE_WAY_DOWN)
#define BEHIND SIGN_BIT(SIGN_LOST_TO_A_HOST_BEHIND)
#define BY_SIZE SIGN_BIT(SIGN_LOST_BY_SIZE)
#define NARROW SIGN_BIT(SIGN_LINK_TOO_NARROW)
#define CLOSED SIGN_BIT(SIGN_PEERS_PORT_CLOSED)
#define FIRST SIGN_BIT(SIGN_FIRST_WAS_LOST)
#define IDLE SIGN_BIT(SIGN_WAS_IDLE)

static const struct named all_named[] = {
	{ "up", { { "loss.up", STATE_FAIL, UP } }, "underlay-loss", SIDE_PATH, DIRECTION_UP, 1 },
	{ "down",
	  { { "loss.down", STATE_FAIL, DOWN } },
	  "underlay-loss",
	  SIDE_PATH,
	  DIRECTION_DOWN,
	  1 },
	{ "both ways",
	  { { "loss.up", STATE_FAIL, UP }, { "loss.down", STATE_FAIL, DOWN } },
	  "underlay-loss",
	  SIDE_PATH,
	  DIRECTION_BOTH,
	  1 },
	{ "of a host behind",
	  { { "loss.up", STATE_FAIL, BEHIND } },
	  "underlay-loss",
	  SIDE_UNKNOWN,
	  DIRECTION_UP,
	  1 },
	{ "of a host behind, and messages to us are lost",
	  { { "loss.up", STATE_FAIL, BEHIND }, { "loss.down", STATE_FAIL, DOWN } },
	  "underlay-loss",
	  SIDE_PATH,
	  DIRECTION_DOWN,
	  1 },
	{ "loss without its sign",
	  { { "loss.up", STATE_FAIL, 0 } },
	  NULL,
	  SIDE_NONE,
	  DIRECTION_NONE,
	  0 },
	{ "sizes",
	  { { "ping.sizes", STATE_FAIL, BY_SIZE } },
	  "pmtu-blackhole",
	  SIDE_PATH,
	  DIRECTION_NONE,
	  1 },
	{ "sizes, by choice",
	  { { "ping.sizes", STATE_WARN, BY_SIZE } },
	  NULL,
	  SIDE_NONE,
	  DIRECTION_NONE,
	  0 },
	{ "sizes, and our own link",
	  { { "tun.mtu", STATE_FAIL, NARROW }, { "ping.sizes", STATE_FAIL, BY_SIZE } },
	  "pmtu-blackhole",
	  SIDE_LOCAL,
	  DIRECTION_NONE,
	  1 },
	{ "a port closed",
	  { { "underlay.back", STATE_FAIL, CLOSED } },
	  "nat-mapping-expired",
	  SIDE_FAR,
	  DIRECTION_UP,
	  1 },
	{ "the first lost",
	  { { "handshake.complete", STATE_WARN, FIRST } },
	  "first-packets-lost",
	  SIDE_NONE,
	  DIRECTION_NONE,
	  1 },
	{ "not only the first",
	  { { "handshake.complete", STATE_WARN, FIRST }, { "loss.up", STATE_WARN, 0 } },
	  NULL,
	  SIDE_NONE,
	  DIRECTION_NONE,
	  0 },
	{ "the first lost, and a fault",
	  { { "handshake.complete", STATE_WARN, FIRST }, { "loss.up", STATE_FAIL, UP } },
	  "underlay-loss",
	  SIDE_PATH,
	  DIRECTION_UP,
	  1 },
	{ "idle, and nothing is bad",
	  { { "handshake.complete", STATE_PASS, IDLE } },
	  "idle-not-broken",
	  SIDE_NONE,
	  DIRECTION_NONE,
	  1 },
	{ "good, and nothing to tell",
	  { { "handshake.complete", STATE_PASS, 0 } },
	  NULL,
	  SIDE_NONE,
	  DIRECTION_NONE,
	  0 },
	{ "idle, and a fault",
	  { { "handshake.complete", STATE_PASS, IDLE }, { "ping.sizes", STATE_FAIL, BY_SIZE } },
	  "pmtu-blackhole",
	  SIDE_PATH,
	  DIRECTION_NONE,
	  1 },
};

static const struct check *row_check(const char *id)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(rows); i++)
		if (strcmp(rows[i].id, id) == 0)
			return &rows[i];
	return NULL;
}

static void each(void **state)
{
	size_t i, k;

	(void)state;
	for (i = 0; i < ARRAY_LEN(all_named); i++) {
		const struct named *n = &all_named[i];
		struct verdict v = { .state = STATE_FAIL };
		struct inference in;
		struct findings all;
		struct facts f;
		struct arena a;

		print_message("# %s\n", n->name);
		arena_init(&a);
		findings_init(&all, &a);
		facts_init(&f);
		for (k = 0; k < ROWS_MAX && n->rows[k].id; k++) {
			struct finding *row = finding_add(&all, n->rows[k].state, "x");

			row->check = row_check(n->rows[k].id);
			row->signs = n->rows[k].signs;
		}
		infer(causes, n_causes, &all, &in);
		conclude(&in, &f, &all, &v);
		assert_string_equal(v.cause ? v.cause : "-", n->cause ? n->cause : "-");
		assert_int_equal(v.n_candidates, n->n_candidates);
		assert_int_equal(v.side, n->side);
		assert_int_equal(v.direction, n->direction);
		arena_done(&a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each),
	};

	return cmocka_run_group_tests_name("verdict/cause_sizes", tests, NULL, NULL);
}
