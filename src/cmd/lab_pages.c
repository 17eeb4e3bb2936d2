#include "cmd/lab_pages.h"

#include "base/buf.h"
#include "cmd/check_common.h"
#include "cmd/page.h"
#include "lab/fault.h"

/* What it has of wgdiag check. */
static void lab_help_of_check(FILE *out)
{
	fputs("      --json           one JSON object on standard output\n"
	      "  -c, --count N        pings to the peer (default 10)\n"
	      "  -i, --interval S     seconds between them (default 0.1)\n"
	      "  -s, --size N         bytes of data in each (default 56: packets of 84 bytes)\n"
	      "  -W, --timeout S      seconds to wait for each answer (default 1)\n"
	      "      --seed N         draw names, addresses and ports from N, to repeat a run\n"
	      "      --save-facts FILE  keep what was seen, for wgdiag check --facts FILE\n",
	      out);
	check_options_help(out);
	fputs("  -v, --verbose        all evidence, and what was made\n"
	      "      --color WHEN     auto (default), always, never\n"
	      "  -h, --help           this text\n"
	      "\n"
	      "Exit: that of the check inside, as for wgdiag check; so 1 for a fault that was\n"
	      "found, and 0 for none. 3 also when the fault cannot be made here.\n",
	      out);
}

void lab_help(FILE *out)
{
	fputs("usage: wgdiag lab [OPTIONS] FAULT\n"
	      "       wgdiag lab [OPTIONS] none\n"
	      "       wgdiag lab [OPTIONS] --all\n"
	      "       wgdiag lab --list\n"
	      "\n"
	      "Makes a fault in a private WireGuard tunnel on this machine, for real, and then\n"
	      "diagnoses it as wgdiag check does, which is told nothing. 'none' makes no fault:\n"
	      "the healthy control.\n"
	      "The network of this machine is not touched, and nothing is left behind. Where\n"
	      "packets are lost every probe is waited for: up to 10 seconds.\n"
	      "\n"
	      "      --list           the faults, and their variants; what a variant needs, and\n"
	      "                       what shows in one way only\n"
	      "      --variant NAME   another way to the same fault (default: the first one\n"
	      "                       that the engine allows)\n"
	      "      --and FAULT[/VARIANT]  a second fault at the same time\n"
	      "      --keep           look at nothing: leave it as it is until Ctrl-C, and say\n"
	      "                       how to get into each network\n"
	      "      --relay A,B,WAY  nothing but this: pass the frames of link A on by link B\n"
	      "                       and back, until Ctrl-C. WAY, of what there shall be:\n"
	      "                       delay=MS, jitter=MS, and in percent of all frames loss=,\n"
	      "                       duplicate=, reorder=, corrupt=; seed=N. Of WireGuard data\n"
	      "                       messages lost: burst=BEGIN:END (percent), large=BYTES:\n"
	      "                       PERCENT, rate=PER_SECOND:BUCKET, period=MS:MS,\n"
	      "                       idle=MS:COUNT, rekey=MS; from=LINK: nothing of the other\n"
	      "      --all            every fault and control, each graded against the truth\n"
	      "      --jobs N         of --all, so many at once (default 4)\n"
	      "      --seeds N        of --all, each so many times, from different seeds\n"
	      "      --pairs          of --all, two faults at once: neither hides the other\n"
	      "      --alternate      of --all, each by one engine of the list, in turn\n"
	      "      --engine-near NAME  the near end's engine: builtin, wireguard-go\n"
	      "                       (default: the one that the variant needs, else builtin);\n"
	      "                       of --all a list, as builtin,wireguard-go. Also --engine\n"
	      "      --engine-far NAME  the far end's (default builtin)\n"
	      "      --from END       who looks: near (default), or far, the other end. Without\n"
	      "                       this and --as, what shows in one way only is looked at so\n"
	      "      --far-file       the other end records meanwhile, as wgdiag serve --once\n"
	      "                       does, and what it saw is judged as well\n"
	      "      --as WHAT        looked at as: interface (default), which is up, or file,\n"
	      "                       a configuration that wgdiag brings up; of --all only\n"
	      "                       those that can be, or both, each way that can be, and\n"
	      "                       compared (default: in turn)\n",
	      out);
	lab_help_of_check(out);
}

static void list_variant(struct page *page, const struct lab_variant *v)
{
	CLEANUP(buf_done) struct buf says = { 0 };
	char first[64];

	snprintf(first, sizeof(first), "  --variant %-17s  ", v->name);
	buf_puts(&says, v->says);
	if (v->engine)
		buf_printf(&says, " (%s)", v->engine);
	if (!lab_can_be_interface(v))
		buf_puts(&says, " (--as file)");
	if (!lab_can_be_near(v))
		buf_puts(&says, " (--from far)");
	page_entry(page, first, buf_str(&says));
}

void lab_list(void)
{
	const struct lab_variant *v;
	struct page page;
	char first[64];
	size_t i;

	page_open(&page);
	for (i = 0; lab_faults[i]; i++) {
		snprintf(first, sizeof(first), "%-29s  ", lab_faults[i]->name);
		page_entry(&page, first, lab_faults[i]->says);
		for (v = lab_faults[i]->variants; v->name; v++)
			list_variant(&page, v);
	}
	page_close(&page);
}
