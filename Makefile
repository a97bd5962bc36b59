# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The commands that people use; meson does the building. `make` alone says what there is.

BUILD ?= build/release
MESON_SETUP = test -f $(1)/build.ninja || meson setup $(2) $(1)

.DEFAULT_GOAL := help
.PHONY: help deps build demo check check-linux check-qemu check-kernel static freestanding kernel-gate bench fuzz install clean

help:
	@echo "make demo          install what is missing, build, and show the main job on a sample board"
	@echo "make check         the same set-up, then all tests under sanitizers and a smoke of each fuzz harness"
	@echo "make check-linux   boot real Linux guests on scmid; kernels from SCMI_UML_KERNELS=DIR, or built once"
	@echo "make check-kernel  the kernel modules in Linux guests that report drivers' mistakes (KERNELS=\"6.1 6.12 latest\")"
	@echo "make check-qemu    the same under QEMU, from bookworm-backports, with Debian's arm64 kernel"
	@echo
	@echo "make build         build scmid, scmi and libscmi into $(BUILD)"
	@echo "make static        scmi as one static program, for guests: build/static/scmi"
	@echo "make install       install them (DESTDIR, and PREFIX at the first build)"
	@echo "make bench         instructions per message, latency beside its floor, a thousand sockets"
	@echo "make fuzz          run every fuzz harness for SECONDS=600 each"
	@echo "make freestanding  the engine without an operating system: x86-64, aarch64, Cortex-M0+"
	@echo "make kernel-gate   the kernel modules against Debian's headers, and the whole engine with the kernel's flags"
	@echo "make deps          install what building and testing need, saying what and why"
	@echo "make clean         remove build/; guests' kernels stay in ~/.cache/libscmi (SCMI_CACHE), to be removed by hand"

deps:
	@scripts/deps build check gates linux

build:
	@scripts/deps build
	@$(call MESON_SETUP,$(BUILD),-Doptimization=2 -Ddebug=true $(if $(PREFIX),--prefix=$(PREFIX)) -Dtests=disabled)
	@ninja -C $(BUILD) --quiet

static:
	@scripts/deps build
	@scripts/build-static

demo: build
	@BUILD=$(BUILD) scripts/demo

check:
	@scripts/deps build check gates linux
	@scripts/check

check-linux: build
	@scripts/deps linux
	@scripts/check-linux --build $(BUILD)/daemon/scmid $(BUILD)/cli/scmi

check-qemu: build
	@scripts/deps qemu
	@scripts/check-qemu $(BUILD)/daemon/scmid $(BUILD)/cli/scmi

check-kernel: build
	@scripts/deps linux
	@KERNELS="$(KERNELS)" scripts/check-kernel $(BUILD)/daemon/scmid $(BUILD)/cli/scmi

freestanding:
	@scripts/deps build gates
	@scripts/freestanding

kernel-gate:
	@scripts/deps build gates
	@scripts/kernel-gate

bench: build
	@scripts/deps check
	@BUILD=$(BUILD) scripts/bench

fuzz:
	@scripts/deps build check
	@scripts/fuzz $(or $(SECONDS),600)

install: build
	@DESTDIR=$(DESTDIR) meson install -C $(BUILD) --no-rebuild

clean:
	rm -rf build
