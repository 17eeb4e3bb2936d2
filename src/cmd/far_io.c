#include "cmd/far_io.h"

#include "cmd/input.h"
#include "model/far_seen.h"

enum { FAR_MAX = 16 << 20 };

int far_io_read(const char *path, struct arena *a, struct far_text *out, struct err *e)
{
	/* Wiped: somebody may have pasted a private key. */
	CLEANUP(buf_wipe_done) struct buf text = { 0 };
	int rc = input_read(path, FAR_MAX, &text, e);

	if (rc < 0)
		return rc;
	rc = far_parse(buf_str(&text), text.len, a, out, e);
	return rc < 0 ? err_prefix(e, "%s", input_name(path)) : 0;
}
