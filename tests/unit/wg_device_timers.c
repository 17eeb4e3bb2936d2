/*
 * The clever heap of deadlines against a plain look at all of them; and the three
 * sessions of a peer against the table of their moves.
 */
#include "sim_test.h"
#include "wg/device_priv.h"

/* --- deadlines --- */

static int64_t nearest(struct wg_device *d)
{
	int64_t due_ns = INT64_MAX;

	for (struct wg_peer *p = NULL; (p = wg_device_next_peer(d, p));)
		for (int t = 0; t < TIMER_COUNT; t++)
			due_ns = MIN(due_ns, p->timers.due_ns[t]);
	return due_ns;
}

static void check_heap(const struct timer_heap *h)
{
	for (size_t i = 0; i < h->n; i++) {
		assert_int_equal(h->v[i]->timers.heap_at, i);
		if (i)
			assert_true(h->v[(i - 1) / 2]->timers.heap_due_ns <=
				    h->v[i]->timers.heap_due_ns);
		for (int t = 0; t < TIMER_COUNT; t++)
			assert_true(h->v[i]->timers.heap_due_ns <= h->v[i]->timers.due_ns[t]);
	}
}

static struct wg_peer *random_peer(struct sim *s, struct wg_device *d)
{
	return d->heap.n ? d->heap.v[sim_random(s) % d->heap.n] : NULL;
}

static void random_step(struct sim *s, struct wg_device *d)
{
	struct wg_peer *p = random_peer(s, d);
	struct public_key k;

	switch (sim_random(s) % 10) {
	case 0:
		seed_bytes(&s->seed, &k, sizeof(k));
		p = wg_device_peer_add(d, &k, s->now_ns);
		p->keepalive_s = (uint16_t)(sim_random(s) % 100);
		return;
	case 1:
		if (p && d->heap.n > 50)
			wg_device_peer_remove(d, p);
		return;
	case 2:
		s->now_ns += (int64_t)(sim_random(s) % (4 * NS_PER_S));
		wg_device_tick(d, s->now_ns);
		assert_true(nearest(d) > s->now_ns);
		assert_true(wg_device_next_due(d) > s->now_ns);
		return;
	}
	if (!p)
		return;
	switch (sim_random(s) % 8) {
	case 0:
		timers_data_sent(p, s->now_ns);
		break;
	case 1:
		timers_data_received(p, s->now_ns, 1);
		break;
	case 2:
		timers_any_sent(p);
		break;
	case 3:
		timers_any_received(p);
		break;
	case 4:
		timers_traversal(p, s->now_ns);
		break;
	case 5:
		timers_initiated(p, s->now_ns);
		break;
	case 6:
		timers_complete(p);
		break;
	case 7:
		timers_derived(p, s->now_ns);
		break;
	}
}

static void next_due_is_never_late(void **state)
{
	struct sim *s = sim_new();
	struct sim_node *a = sim_add(s);

	(void)state;
	for (int i = 0; i < 50000; i++) {
		random_step(s, a->dev);
		assert_true(wg_device_next_due(a->dev) <= nearest(a->dev));
		if (i % 100 == 0)
			check_heap(&a->dev->heap);
	}
	/* And it comes to an end: what is due at last is done by ticks alone. */
	for (int i = 0; i < 100000 && wg_device_next_due(a->dev) != INT64_MAX; i++) {
		s->now_ns = wg_device_next_due(a->dev);
		wg_device_tick(a->dev, s->now_ns);
		assert_true(wg_device_next_due(a->dev) > s->now_ns);
	}
	assert_true(nearest(a->dev) == INT64_MAX);
	sim_free(s);
}

/* --- sessions --- */

struct made {
	struct table indices;
	struct sessions ss;
	struct wg_peer *peer;
};

/* A session whose born_ns is its name. */
static struct session *make(struct made *m, bool initiator, int name)
{
	struct noise_handshake hs = { .state = initiator ? NOISE_RESPONSE_RECEIVED :
							   NOISE_RESPONSE_SENT };
	struct local_index index = { .peer = m->peer };

	assert_true(local_index_take(&m->indices, &index, (uint32_t)name));
	return session_new(&m->indices, &index, &hs, name);
}

static int name_of(const struct session *s)
{
	return s ? (int)s->born_ns : 0;
}

static void assert_sessions(const struct made *m, int previous, int current, int next)
{
	assert_int_equal(name_of(m->ss.previous), previous);
	assert_int_equal(name_of(m->ss.current), current);
	assert_int_equal(name_of(m->ss.next), next);
	assert_int_equal(m->indices.n, !!previous + !!current + !!next);
}

static void install(struct made *m, bool initiator, int name)
{
	sessions_install(&m->ss, &m->indices, make(m, initiator, name));
	assert_non_null(local_index_find(&m->indices, (uint32_t)name));
}

static void sessions_move_up(void **state)
{
	struct made m = { .peer = NULL };

	(void)state;
	table_init(&m.indices);
	install(&m, true, 1);
	assert_sessions(&m, 0, 1, 0);
	install(&m, true, 2);
	assert_sessions(&m, 1, 2, 0);
	install(&m, true, 3);
	assert_sessions(&m, 2, 3, 0);
	/* As responder: next, and the previous goes. */
	install(&m, false, 4);
	assert_sessions(&m, 0, 3, 4);
	install(&m, false, 5);
	assert_sessions(&m, 0, 3, 5);
	/* Not confirmed by what comes with the current one ... */
	assert_false(sessions_confirm(&m.ss, &m.indices, m.ss.current));
	assert_sessions(&m, 0, 3, 5);
	/* ... but by its own first message. */
	assert_true(sessions_confirm(&m.ss, &m.indices, m.ss.next));
	assert_sessions(&m, 3, 5, 0);
	assert_false(sessions_confirm(&m.ss, &m.indices, m.ss.current));
	/* As initiator with a next one that nobody confirmed: it becomes the previous. */
	install(&m, false, 6);
	assert_sessions(&m, 0, 5, 6);
	install(&m, true, 7);
	assert_sessions(&m, 6, 7, 0);
	sessions_expire(&m.ss);
	assert_false(m.ss.current->send_valid);
	assert_true(m.ss.current->receive_valid);
	assert_true(sessions_clear(&m.ss, &m.indices));
	assert_sessions(&m, 0, 0, 0);
	assert_false(sessions_clear(&m.ss, &m.indices));
	table_done(&m.indices);
}

static void counters_are_reserved(void **state)
{
	struct session s = { .send_valid = true, .born_ns = 0 };
	uint64_t first = 99;

	(void)state;
	assert_false(session_reserve(NULL, 1, 0, &first));
	assert_int_equal(first, 99);
	assert_true(session_reserve(&s, 64, 0, &first));
	assert_int_equal(first, 0);
	assert_true(session_reserve(&s, 1, 180 * NS_PER_S - 1, &first));
	assert_int_equal(first, 64);
	assert_false(session_reserve(&s, 1, 180 * NS_PER_S, &first));
	assert_false(session_reserve(&s, 1, 0, &first)); /* once useless, always useless */
	s = (struct session){ .send_valid = true, .send_counter = REJECT_AFTER_MESSAGES - 2 };
	assert_true(session_reserve(&s, 2, 0, &first));
	assert_false(session_reserve(&s, 1, 0, &first));
	s = (struct session){ .send_valid = true, .send_counter = REJECT_AFTER_MESSAGES - 2 };
	assert_false(session_reserve(&s, 3, 0, &first));
	s = (struct session){ .send_valid = true, .send_counter = UINT64_MAX };
	assert_false(session_reserve(&s, 1, 0, &first));
}

static void indices_are_unique(void **state)
{
	enum { N = 3000 };
	static struct local_index ix[N];
	struct table t;

	(void)state;
	table_init(&t);
	assert_null(local_index_find(&t, 1));
	assert_false(local_index_take(&t, &ix[0], 0));
	for (uint32_t i = 0; i < N; i++)
		assert_true(local_index_take(&t, &ix[i], i * 2654435761u + 1));
	for (uint32_t i = 0; i < N; i++) {
		assert_ptr_equal(local_index_find(&t, i * 2654435761u + 1), &ix[i]);
		assert_false(local_index_take(&t, &ix[0], i * 2654435761u + 1));
	}
	for (uint32_t i = 0; i < N; i++)
		local_index_drop(&t, &ix[i]);
	local_index_drop(&t, &ix[0]);
	assert_int_equal(t.n, 0);
	table_done(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(next_due_is_never_late),
		cmocka_unit_test(sessions_move_up),
		cmocka_unit_test(counters_are_reserved),
		cmocka_unit_test(indices_are_unique),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
