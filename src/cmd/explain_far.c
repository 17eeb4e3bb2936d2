/*
 * The line that is run where no wgdiag is, and whose output model/far_text.c reads.
 *
 * It is one command for whatever shell it is pasted into: a variable, and a text in single quotes
 * that sh reads. What it prints has no blanks, a number in each line and an end, so that
 * it survives a terminal. `wg show dump` and `showconf` are not in it: they print the private key.
 */
#include "cmd/explain_far.h"

#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/say.h"

static const char line[] =
	" sh -c '{ i=$IF;echo \"begin $i\";echo \"uname $(uname -srm)\";echo \"date $(date +%s)\";"
	"for q in public-key listen-port fwmark endpoints allowed-ips transfer latest-handshakes;"
	"do if o=$(wg show \"$i\" $q);then echo \"$o\"|while read -r l;do "
	"[ -z \"$l\" ]||echo \"wg $q $l\";done;echo \"wg $q ok\";"
	"else echo \"wg $q absent\";fi;done;"
	"o=$(ip -d -s -s -j link show dev \"$i\");"
	"case $o in \"[\"*)printf \"ip %s\\n\" \"$o\";;"
	"*)(cd \"/sys/class/net/$i/statistics\"||{ echo \"link absent\";exit;};"
	"for f in ../mtu *;do read -r v <$f&&echo \"link ${f#../} $v\";done;"
	"while read -r v;do case $v in DEVTYPE=*)echo \"link kind ${v#*=}\";;esac;done "
	"<../uevent);;"
	"esac;for k in ipv4/ip_forward ipv6/conf/all/forwarding ipv4/conf/all/rp_filter "
	"\"ipv4/conf/$i/rp_filter\";do v=absent;read -r v </proc/sys/net/$k;"
	"echo \"sysctl $k $v\";done;echo \"end $i\"; } 2>/dev/null|tr -s \" \\t\" \"||\"|"
	"{ n=0;while read -r l;do n=$((n+1));printf \"wgd1:%s|%s;\\n\" $n \"$l\";done; }'";

enum { LINK_NAME_MAX = 15 };

static int bad_link(const char *link)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789_.=+-";
	size_t len = strlen(link);

	/* `wg show` takes two words for something else. */
	if (len == 0 || len > LINK_NAME_MAX || link[0] == '-' || strspn(link, letters) != len ||
	    strcmp(link, "all") == 0 || strcmp(link, "interfaces") == 0 || link[0] == '.') {
		say("wgdiag explain: far: '%s' is no name of a WireGuard device", link);
		return EXIT_USAGE;
	}
	return EXIT_OK;
}

int explain_far(const char *link)
{
	int code = EXIT_OK;

	if (link)
		code = bad_link(link);
	if (code != EXIT_OK)
		return code;
	printf("IF=%s%s\n", link ? link : "wg0", line);
	fflush(stdout);
	fputs("Run this line at the far end (IF: its device there), as root if wg show needs\n"
	      "it: it prints counters, public keys and addresses, no private or preshared\n"
	      "key. Give what it printed to wgdiag check --far-file FILE (-: standard\n"
	      "input). Run it before and after the trouble and give both: then only what\n"
	      "changed is counted.\n",
	      stderr);
	return EXIT_OK;
}
