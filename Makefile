# wgdiag: the front door.
#
# This file knows no compiler and no library, so that it works on a machine
# that has only make and a shell. What needs a compiler is in mk/build.mk, which
# is entered after what it needs is there.
#
# Root is asked for (sudo) in three places only: installing packages, running
# the check where users may not make namespaces, running the tests that need them. Everything that is written
# into the tree is written as the user who typed make.

include mk/cc.mk

JOBS ?= $(shell nproc 2>/dev/null || getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1)
# CI=true makes warnings errors and adds the sanitizer build and the slow lints.
WERROR ?= $(if $(CI),1)
export WERROR

# Keep a jobserver that is already there; otherwise use all cores.
BUILD = $(MAKE) --no-print-directory -f mk/build.mk $(if $(findstring jobserver,$(MAKEFLAGS)),,-j$(JOBS))
DEPS = CC="$(CC)" PKG_CONFIG="$(PKG_CONFIG)" sh mk/deps.sh

# Asked when a recipe starts, not when the file is read, so `make deps all` works.
NEED = $(if $(strip $(shell $(DEPS) check $(1))),$(error $(shell $(DEPS) check $(1))))

.PHONY: all deps run test test-unit test-lab test-fresh lint lab bench peers fuzz install uninstall clean help
.NOTPARALLEL:
.DEFAULT_GOAL := all

all:
	$(call NEED,build)+@$(BUILD) all

help:
	@echo 'make             build wgdiag (no root, installs nothing)'
	@echo 'make run         install what is missing, build, run `wgdiag check`'
	@echo 'make test        install what is missing, build, run all tests'
	@echo 'make deps        install what the build needs'
	@echo 'make test-unit   only the tests that need no root; make test-lab: only those that do'
	@echo 'make test-fresh  `make run` and `make test` on a Debian made for it (root, debootstrap)'
	@echo 'make lint        both compilers with -Werror, and every lint'
	@echo 'make lab         every fault of the lab, five times, graded: the accuracy of the diagnosis'
	@echo 'make bench       measure; make fuzz [FUZZ_TIME=s]: fuzz every parser with clang'
	@echo 'make peers       fetch what to test against: the newest engines, a kernel'
	@echo 'make install     [PREFIX=/usr/local] [DESTDIR=]; make uninstall'
	@echo
	@echo 'O=dir  SAN=address,undefined  CC=clang  CROSS_COMPILE=aarch64-linux-gnu-  WERROR=1  V=1  SEED=n'

deps:
	@$(DEPS) install build

run:
	@$(DEPS) install build
	+@$(BUILD) all
	@$(BUILD) run

test:
	@$(DEPS) install build unit test
	+@$(BUILD) $(if $(CI),test-all,test)

test-unit test-lab:
	$(call NEED,build unit)+@$(BUILD) $@

test-fresh:
	@sh tests/fresh/fresh.sh $(FRESH)

lint:
	@$(DEPS) install build unit test
	+@$(BUILD) lint

lab:
	@$(DEPS) install build
	+@$(BUILD) lab

bench:
	$(call NEED,build unit)+@$(BUILD) bench

fuzz:
	@$(DEPS) install build fuzz
	+@$(BUILD) CC=clang SAN=address,undefined FUZZ=1 O=$(or $(O),build/fuzz) fuzz

peers:
	+@$(BUILD) peers

install uninstall:
	$(call NEED,build)+@$(BUILD) $@

# Without a compiler the name of the build folder is not known, but `clean`
# must work all the same. A folder given by O= may hold other things.
clean:
	$(if $(O),@sh mk/clean.sh "$(O)",rm -rf build)
