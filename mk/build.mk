# How wgdiag is built. Entered from Makefile, which has checked what this needs.
#
# Nothing here names a source file: a new file in a folder is built. A new check,
# cause, engine, command or test needs no edit of this file.

include mk/cc.mk

comma := ,
TRIPLE := $(shell $(CC) -dumpmachine)
O ?= build/$(TRIPLE)$(if $(SAN),-san)
TOP := $(CURDIR)
ABS_O := $(abspath $(O))
Q := $(if $(V),,@)

ifneq ($(findstring linux,$(TRIPLE)),)
PLATFORM := linux
else ifneq ($(or $(findstring darwin,$(TRIPLE)),$(findstring macos,$(TRIPLE))),)
PLATFORM := darwin
else
PLATFORM := $(word 3,$(subst -, ,$(TRIPLE)))
endif

# --- flags ----------------------------------------------------------------

PKGS := libpcap libsodium libb2 jansson
ifeq ($(PLATFORM),linux)
PKGS += libnl-3.0 libnl-genl-3.0 libnl-route-3.0 libnftables
endif

WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla \
	-Wformat=2 -Wundef -Wpointer-arith $(if $(WERROR),-Werror)
CFLAGS ?= -O2 -g
HARDEN := $(shell sh mk/hardening.sh "$(CC)" compile)
HARDEN_LD := $(shell sh mk/hardening.sh "$(CC)" link)

SAN_FLAGS := $(if $(SAN),-fsanitize=$(SAN) -fno-omit-frame-pointer) \
	$(if $(findstring undefined,$(SAN)),-fno-sanitize-recover=undefined) \
	$(if $(FUZZ),-fsanitize=fuzzer-no-link)

# Fortified calls hide from the sanitizers what they do, and need optimisation.
# Undefined first, since some distributions' compilers bring a level of their own.
FORTIFY := $(if $(or $(SAN),$(findstring -O0,$(CFLAGS))),,-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)

# Asserts are part of the program (design.md, section 6): NDEBUG is never set.
ALL_CPPFLAGS := -Isrc -D_GNU_SOURCE $(FORTIFY) $(CPPFLAGS) \
	$(shell $(PKG_CONFIG) --cflags $(PKGS) 2>/dev/null)
ALL_CFLAGS := -std=gnu11 $(WARN) -fno-common -fPIE $(HARDEN) $(CFLAGS) $(SAN_FLAGS)
ALL_LDFLAGS := $(HARDEN_LD) $(SAN_FLAGS) $(LDFLAGS)
LIBS := $(shell $(PKG_CONFIG) --libs $(PKGS) 2>/dev/null) -lm -lpthread $(LDLIBS)

TEST_CPPFLAGS := -I. -Itests -Itests/lib $(shell $(PKG_CONFIG) --cflags cmocka 2>/dev/null)
TEST_LIBS := $(shell $(PKG_CONFIG) --libs cmocka 2>/dev/null)

# --- what there is --------------------------------------------------------

PURE := base wire model wg loss check verdict
SRCS := $(wildcard src/*.c src/*/*.c src/sys/$(PLATFORM)/*.c)
PURE_SRCS := $(wildcard $(PURE:%=src/%/*.c))
IO_SRCS := $(filter-out src/main.c $(PURE_SRCS),$(SRCS))
obj = $(patsubst %.c,$(O)/obj/%.o,$(1))

MAIN_OBJ := $(call obj,src/main.c)
PURE_OBJS := $(call obj,$(PURE_SRCS))
IO_OBJS := $(call obj,$(IO_SRCS)) $(O)/obj/gen/explain_text.o

# Each a program with its own main().
PROG_SRCS := $(wildcard tests/unit/*.c tests/sim/*.c)
BENCH_SRCS := $(wildcard tests/bench/*.c)
FUZZ_SRCS := $(wildcard tests/fuzz/*.c)
REPLAY_SRC := tests/lib/fuzz_replay_main.c
LIB_SRCS := $(filter-out $(REPLAY_SRC),$(wildcard tests/lib/*.c))

PROGS := $(PROG_SRCS:%.c=$(O)/%)
BENCHES := $(BENCH_SRCS:%.c=$(O)/%)
REPLAYS := $(FUZZ_SRCS:%.c=$(O)/%)
LIB_OBJS := $(call obj,$(LIB_SRCS))

# lib.sh is read by the scripts beside it, and is none itself.
scripts = $(filter-out %/lib.sh,$(wildcard $(1)))
CLI_TESTS := $(call scripts,tests/cli/*.sh)
LINT_TESTS := $(call scripts,tests/lint/*.sh)
SLOW_LINTS := $(call scripts,tests/lint/full/*.sh)
LAB_TESTS := $(call scripts,tests/lab/*.sh)

# --- rules ----------------------------------------------------------------

.PHONY: all run lab test test-all test-programs san-programs test-unit test-lab lint bench fuzz peers \
	syntax install uninstall FORCE
.SUFFIXES:
# Without this make thinks the objects of the tests intermediate and deletes them.
.SECONDARY:
.DEFAULT_GOAL := all

all: $(O)/wgdiag $(O)/wgdiag-engine
	$(if $(filter build/$(TRIPLE),$(O)),$(if $(CROSS_COMPILE),,@ln -sfn $(TRIPLE)/wgdiag build/wgdiag))
	@echo "built $(O)/wgdiag"

# A stamp is rewritten only when its text changes, so that what depends on it is
# rebuilt when flags, the compiler or the list of files change, and only then.
define stamp
$(O)/$(1): FORCE
	@mkdir -p $$(@D)
	@printf '%s\n' '$(2)' >$$@.new
	@cmp -s $$@.new $$@ 2>/dev/null && rm -f $$@.new || mv -f $$@.new $$@
endef
CC_VERSION := $(subst ',,$(shell $(CC) --version 2>/dev/null | head -n 1))
quoted = $(subst ','\'',$(strip $(1)))
$(eval $(call stamp,flags,$(call quoted,$(CC) $(CC_VERSION) $(ALL_CPPFLAGS) $(ALL_CFLAGS))))
$(eval $(call stamp,link,$(call quoted,$(ALL_LDFLAGS) $(LIBS) $(TEST_LIBS))))
$(eval $(call stamp,files,$(sort $(SRCS))))

# Directories are made by each rule: with order-only rules every folder would
# have to be named.
$(O)/obj/src/%.o: src/%.c $(O)/flags
	@mkdir -p $(@D)
	$(if $(V),,@echo "  CC    $<")
	$(Q)$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# A text that the program prints, one string a line: longer ones need not be supported.
$(O)/gen/explain_text.c: TROUBLESHOOTING.md mk/lines_to_c.sh
	@mkdir -p $(@D)
	$(Q)sh mk/lines_to_c.sh explain_text cmd/explain_text.h $< >$@.new && mv -f $@.new $@

$(O)/obj/gen/%.o: $(O)/gen/%.c $(O)/flags
	@mkdir -p $(@D)
	$(if $(V),,@echo "  CC    $<")
	$(Q)$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(O)/obj/tests/%.o: tests/%.c $(O)/flags
	@mkdir -p $(@D)
	$(if $(V),,@echo "  CC    $<")
	$(Q)$(CC) $(ALL_CPPFLAGS) $(TEST_CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# Made anew each time: `ar r` would keep the object of a deleted file.
$(O)/libpure.a: $(PURE_OBJS) $(O)/files
	@rm -f $@
	$(Q)$(AR) rcs $@ $(PURE_OBJS)

$(O)/libio.a: $(IO_OBJS) $(O)/files
	@rm -f $@
	$(Q)$(AR) rcs $@ $(IO_OBJS)

ARCHIVES := $(O)/libpure.a $(O)/libio.a
# run/ calls both halves, and tables in one name functions of the other.
GROUP := $(if $(filter linux,$(PLATFORM)),-Wl$(comma)--start-group $(ARCHIVES) -Wl$(comma)--end-group,$(ARCHIVES))
define link
@mkdir -p $(@D)
$(if $(V),,@echo "  LINK  $@")
$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $(1) $(GROUP) $(LIBS)
endef

$(O)/wgdiag: $(MAIN_OBJ) $(ARCHIVES) $(O)/link
	$(call link,$(MAIN_OBJ))

# wg-quick wants the name of an engine as one word.
$(O)/wgdiag-engine: $(O)/wgdiag
	@ln -sfn wgdiag $@

$(PROGS) $(BENCHES): $(O)/tests/%: $(O)/obj/tests/%.o $(LIB_OBJS) $(ARCHIVES) $(O)/link
	$(call link,$< $(LIB_OBJS) $(TEST_LIBS))

REPLAY_OBJ := $(call obj,$(REPLAY_SRC))
ifdef FUZZ
REPLAY_OBJ := -fsanitize=fuzzer
endif
$(REPLAYS): $(O)/tests/%: $(O)/obj/tests/%.o $(filter %.o,$(REPLAY_OBJ)) $(ARCHIVES) $(O)/link
	$(call link,$< $(REPLAY_OBJ))

-include $(wildcard $(O)/obj/src/*.d $(O)/obj/src/*/*.d $(O)/obj/src/sys/*/*.d $(O)/obj/tests/*/*.d)

# --- tests ----------------------------------------------------------------

RUN_ENV = WGDIAG=$(ABS_O)/wgdiag WGDIAG_BUILD=$(ABS_O) TOP=$(TOP) CC="$(CC)" PKG_CONFIG="$(PKG_CONFIG)"
RUN_TESTS = $(RUN_ENV) sh tests/run -j $(JOBS)
JOBS ?= $(shell nproc 2>/dev/null || getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1)
UNIT_PROGS := $(PROGS) $(REPLAYS)

test-programs: all $(UNIT_PROGS)

# For warnings alone: CFLAGS has -fsyntax-only.
syntax: $(MAIN_OBJ) $(PURE_OBJS) $(IO_OBJS) $(call obj,$(PROG_SRCS) $(BENCH_SRCS) $(FUZZ_SRCS)) $(LIB_OBJS) $(REPLAY_OBJ)

# What is tested against is fetched while the programs are compiled: first, for it takes long.
test: peers test-programs
	@$(RUN_TESTS) $(UNIT_PROGS) $(LINT_TESTS) $(CLI_TESTS) $(LAB_TESTS)

# The same, the programs once more under the sanitizers, and the slow lints.
ifdef SAN
test-all: test
else
test-all: peers test-programs san-programs
	@$(RUN_TESTS) $(UNIT_PROGS) $(UNIT_PROGS:$(O)/%=$(O)-san/%) $(LINT_TESTS) $(SLOW_LINTS) \
		$(CLI_TESTS) $(LAB_TESTS)
san-programs:
	+@$(MAKE) --no-print-directory -f mk/build.mk SAN=address,undefined O=$(O)-san test-programs
endif

test-unit: test-programs
	@$(RUN_TESTS) $(UNIT_PROGS) $(LINT_TESTS) $(CLI_TESTS)

test-lab: test-programs
	@$(RUN_TESTS) $(LAB_TESTS)

lint: test-programs
	@WGDIAG_FETCH=1 $(RUN_TESTS) $(LINT_TESTS) $(SLOW_LINTS)

SUDO = $(if $(filter 0,$(shell id -u)),,sudo)

# An ordinary user needs no root where user namespaces are allowed and the tun node is for all.
run:
	@if [ "$$(id -u)" = 0 ] || { [ -r /dev/net/tun ] && [ -w /dev/net/tun ] && \
		unshare -U -r -n true 2>/dev/null; }; then \
		set -- $(O)/wgdiag check; else set -- sudo $(O)/wgdiag check; fi; echo "$$*"; exec "$$@"

# Each run mostly waits. SEED=n repeats all of it. LAB_AS=both: each in both ways.
LAB_JOBS ?= $(shell expr $(JOBS) '*' 4)
LAB_SEEDS ?= 5
lab: all
	@r=; near=builtin; if PATH=$$PATH:/usr/sbin:/sbin command -v wireguard-go >/dev/null; then near=builtin,wireguard-go; fi; \
	set -- $(O)/wgdiag lab --all --jobs $(LAB_JOBS) --seeds $(LAB_SEEDS) --engine-near $$near $(if $(SEED),--seed $(SEED)) \
		$(if $(LAB_AS),--as $(LAB_AS)); \
	if [ "$$(id -u)" != 0 ] && ! { [ -w /dev/net/tun ] && unshare -U -r -n true 2>/dev/null; }; then \
		set -- sudo "$$@"; fi; echo "$$*"; "$$@" || r=$$?; \
	set -- "$$@" --pairs --seeds 1; echo "$$*"; "$$@" || r=$$?; exit $${r:-0}

bench: all $(BENCHES)
	@set -e; for b in $(BENCHES) $(call scripts,tests/bench/*.sh); do \
		sudo=; if grep -qs 'needs: root' "$$b" "$${b#$(O)/}.c"; then sudo="$(SUDO)"; fi; \
		echo "== $${b#$(O)/}"; $$sudo env $(RUN_ENV) "$$b"; done

# The corpus in fixtures/ is only read; what libFuzzer finds goes to the build folder.
FUZZ_TIME ?= 20
fuzz: $(REPLAYS)
	@set -e; for f in $(notdir $(REPLAYS)); do \
		mkdir -p $(O)/corpus/$$f; seed=fixtures/fuzz/$$f; [ -d $$seed ] || seed=; \
		echo "== $$f"; \
		$(O)/tests/fuzz/$$f -max_total_time=$(FUZZ_TIME) -timeout=10 -print_final_stats=0 -verbosity=0 \
			-artifact_prefix=$(O)/corpus/$$f- $(O)/corpus/$$f $$seed; done
	@echo "crashes, if any, are $(O)/corpus/NAME-crash-*; seeds to keep: $(O)/corpus/NAME/"

peers:
	@sh mk/peers.sh $(O)/peers

# --- install --------------------------------------------------------------

PREFIX ?= /usr/local
BIN := $(DESTDIR)$(PREFIX)/bin
MAN := $(DESTDIR)$(PREFIX)/share/man/man1
PAGES := $(wildcard man/*.1)

install: all
	install -d $(BIN) $(MAN)
	install -m 755 $(O)/wgdiag $(BIN)/wgdiag
	ln -sfn wgdiag $(BIN)/wgdiag-engine
	$(if $(PAGES),install -m 644 $(PAGES) $(MAN))

uninstall:
	rm -f $(BIN)/wgdiag $(BIN)/wgdiag-engine $(PAGES:man/%=$(MAN)/%)
