# The tools, as the person asked for them. Read by both makefiles.
ifeq ($(origin CC),default)
CC := $(CROSS_COMPILE)$(if $(CROSS_COMPILE),gcc,$(shell command -v gcc >/dev/null 2>&1 && echo gcc || echo cc))
endif
ifeq ($(origin AR),default)
AR := $(CROSS_COMPILE)ar
endif
PKG_CONFIG ?= $(CROSS_COMPILE)pkg-config
