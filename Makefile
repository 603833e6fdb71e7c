# SPDX-License-Identifier: GPL-2.0
#
# The front door: kbuild for the kernel modules, CMake for user space, both
# under build/ so that no source folder is written to. `make help` lists what
# there is.

KERNEL ?= host
BUILD ?= build
PREFIX ?= /usr/local

MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := all
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:

test_kernels := $(shell scripts/setup --print kernels)

# --- which kernel -------------------------------------------------------------
# KERNEL is a short name (scripts/setup, scripts/kernel), "host", or a kernel build
# folder.

host_kdir := $(wildcard /lib/modules/$(shell uname -r)/build)

# The goals that build a module need kdir and release; the others need not even
# have a kernel at hand.
ifneq ($(filter all module disk,$(or $(MAKECMDGOALS),all)),)
  ifneq ($(filter host,$(KERNEL)),)
    ifneq ($(host_kdir),)
      kdir := $(host_kdir)
    else
      first := $(firstword $(test_kernels))
      $(info no headers of the running kernel ($(shell uname -r)): building for the cached $(first))
      kdir := $(shell scripts/setup --print kdir $(first))
    endif
  else ifneq ($(wildcard $(KERNEL)/Makefile),)
    kdir := $(KERNEL)
  else
    kdir := $(shell scripts/setup --print kdir $(KERNEL))
  endif
  ifeq ($(kdir),)
    $(error KERNEL=$(KERNEL): want the name of a kernel that is there, host, or a kernel build folder)
  endif
  release := $(shell sed -n 's/.*UTS_RELEASE "\(.*\)"/\1/p' $(kdir)/include/generated/utsrelease.h)
  ifeq ($(release),)
    $(error $(kdir) is not a built kernel tree or headers folder)
  endif
endif

# A kernel that the machine's compiler will not do for has its own, and a way in.
enter := $(wildcard $(kdir)/../../../enter)

out := $(BUILD)/$(release)
module_ko := $(out)/kmod/smart_madvise.ko
disk_ko := $(out)/disk/smadv_disk.ko

# --- modules ------------------------------------------------------------------
# Sources are copied to the build folder when their content differs, so that two
# kernels never mix objects; the lock keeps two makes apart. include/ comes along
# beside kmod/, for -I$(src)/../include/uapi. The result is as old as the copy that
# it was built from, so that a source that changes meanwhile is not missed.
sync = rsync -rl --checksum --delete --exclude="*.o" --exclude="*.ko" --exclude=".*" \
	--exclude="*.mod" --exclude="*.mod.c" --exclude=modules.order --exclude=Module.symvers
jobs = $(if $(findstring jobserver,$(MAKEFLAGS)),,-j$(shell nproc))
# Type information of modules wants the kernel's own and pahole.
btf = $(if $(and $(wildcard $(kdir)/vmlinux),$(shell command -v pahole)),,CONFIG_DEBUG_INFO_BTF_MODULES=)
# $(call kbuild,SOURCE FOLDERS,BUILD FOLDER)
define kbuild
	@mkdir -p $(2)
	+@flock $(out)/.lock $(SHELL) $(.SHELLFLAGS) 'touch $(2)/.start; $(1); \
		$(enter) $(MAKE) $(jobs) -C $(kdir) M=$(abspath $(2)) $(btf) modules; \
		touch -r $(2)/.start $@'
endef

sources = $(shell find $(1) -not -name '.*' 2>/dev/null)

module: $(module_ko) ## build the kernel module (KERNEL=6.1, 6.12, debug, ..., host or a kernel build folder)
disk: $(disk_ko) ## build the modelled disk, a test-only module (KERNEL= as above)

$(module_ko): $(call sources,kmod include) $(kdir)/Module.symvers
	$(call kbuild,$(sync) kmod/ $(out)/kmod/; $(sync) include/ $(out)/include/,$(out)/kmod)

$(disk_ko): $(call sources,bench/disk) $(kdir)/Module.symvers
	$(call kbuild,$(sync) bench/disk/ $(out)/disk/,$(out)/disk)

# --- user space ---------------------------------------------------------------
# $(call cmake,FOLDER,OPTIONS,THEN)
define cmake
	@mkdir -p $(1)
	@flock $(1)/.lock $(SHELL) $(.SHELLFLAGS) '\
		[ -f $(1)/build.ninja ] || cmake -S . -B $(1) -G Ninja \
			-DCMAKE_EXPORT_COMPILE_COMMANDS=ON $(2) >$(1)/configure.log || \
			{ cat $(1)/configure.log; exit 1; }; \
		$(3)'
endef
silent = $(findstring s,$(firstword -$(MAKEFLAGS)))
build_in = cmake --build $(1) -j$(shell nproc) $(if $(silent),-- --quiet | { grep -v "no work to do" || :; })

# Several files are compiled as one, and their headers read once.
unity := -DCMAKE_UNITY_BUILD=ON

user: ## build smadv and smadvd
	$(call cmake,$(BUILD)/user,$(unity) -DCMAKE_BUILD_TYPE=Release,$(call build_in,$(BUILD)/user))

configure-test:
	$(call cmake,$(BUILD)/test,$(test_options),true)
test_options := $(unity) -DCMAKE_C_COMPILER=clang-19 -DCMAKE_CXX_COMPILER=clang++-19 \
	-DCMAKE_BUILD_TYPE=Debug -DSMADV_TESTS=ON

all: module user ## module for this host, and user space (what a bare `make` does)

# --- demo, tests, benches -----------------------------------------------------
# These set up all that they need, on a bare Debian 12 machine too.
built: setup
	@for kernel in $(test_kernels); do $(MAKE) module disk KERNEL=$$kernel; done; $(MAKE) user

demo: built ## tune real fio workloads on both kernels and show what it won
	bench/demo

bench: built ## instructions per page fault, hooked and not
	bench/fault-cost

scoreboard: setup ## hints and governors on access patterns, kernels and devices: the core set
	scripts/kernel next
	bench/scoreboard

scoreboard-full: setup ## ... all of them (many hours, resumes where it was interrupted)
	scripts/kernel next
	bench/scoreboard --full

unit: setup ## unit tests, under sanitizers; they must reach all lines of core/ and daemon/
	$(call cmake,$(BUILD)/test,$(test_options),$(call build_in,$(BUILD)/test))
	tests/unit/run

memcheck: setup user ## the real smadv and smadvd under valgrind, without the module
	tests/valgrind

prometheus-test: setup ## the metrics of smadvd and the dashboard, with a real Prometheus
	$(call cmake,$(BUILD)/test,$(test_options),$(call build_in,$(BUILD)/test --target serve))
	tests/prometheus/run

completion: setup user ## bash, zsh and fish complete each command, option and value of smadv
	tests/completion

install-test: setup user ## make install and uninstall, into a folder
	tests/install

deb: setup ## the Debian packages, in build/deb (DEBIAN=12 or 13, or both; this machine's own)
	scripts/deb $(DEBIAN)

package-test: setup ## install, upgrade and purge the packages in booted Debian 12 and 13
	tests/package --boot

model: setup ## check the models of concurrency in every interleaving
	tests/model/run

proof: setup ## prove core/: no run-time error, no overflow, the contracts in its headers
	tests/proof/run

fuzz: setup ## fuzz core/ and what user space parses (FUZZ_RUNS= runs of each target)
	$(call cmake,$(BUILD)/test,$(test_options),$(call build_in,$(BUILD)/test --target fuzzers))
	tests/fuzz/run

vmtest: built ## the tests that run inside booted kernels
	tests/vm/run

# Two at a time, for some of them leave a core idle. What a goal says comes when it has ended.
test: setup ## all of the tests in their short forms: what each goal below it says
	@$(MAKE) -j2 --output-sync=target $(addprefix tested-,$(test_goals)) 3>&1
# The longest first.
test_goals := vmtest style unit model fuzz memcheck proof prometheus-test completion install-test
# A goal knows nothing of the other one: make complains wherever a script that it calls has
# no jobserver, and who looks for warnings finds that.
alone = $(filter-out -j% --jobserver% -O% --output-sync%,$(MAKEFLAGS))
tested-%:
	@echo "== $*: begun" >&3; TIMEFORMAT='== $*: %0R s, of a processor %0U s and %0S s'; \
		time MAKEFLAGS='$(alone)' $(MAKE) $*; echo "== $*: ok"

test-long: built ## the long forms of the tests, and every kernel of scripts/kernel (many hours)
	$(MAKE) package-test
	tests/proof/run --fresh
	$(MAKE) fuzz FUZZ_RUNS=1000000
	tests/vm/run $(addprefix --kernel ,$(test_kernels))
	tests/vm/run --long --case storm --case fuzz
	for kernel in debug next rt kcsan; do \
		scripts/kernel $$kernel; tests/vm/run --kernel $$kernel; done
	tests/vm/run --kernel debug --long --case fuzz
	tests/vm/run --no-build --kernel $(firstword $(test_kernels)) --sanitized \
		--case daemon --case daemon-trouble
	tests/vm/run --no-build --kernel $(firstword $(test_kernels)) --valgrind \
		$(addprefix --case ,$(memcheck_cases))
memcheck_cases := daemon/start_applies daemon/reload_bad daemon/module_reloaded daemon/logs \
	daemon-trouble/overrun_daemon daemon-trouble/overrun_monitor_json daemon-trouble/ends_once

style: setup ## source checks: checkpatch, sparse, W=1, kernel-doc, clang, shellcheck
	$(call cmake,$(BUILD)/style/commands,$(test_options) -DCMAKE_UNITY_BUILD_BATCH_SIZE=0,true)
	scripts/style

# --- installing -----------------------------------------------------------------
# The module goes in as source, for dkms to build it now and for each later kernel.
# With DESTDIR (packaging) files are only put in place. UNIT_DIR is where the systemd
# unit goes (lib/systemd/system under PREFIX).
version := $(shell grep -oP 'SMADV_VERSION "\K[0-9.]+' kmod/main.h)
dkms_name := smart-madvise
dkms_source = $(DESTDIR)/usr/src/$(dkms_name)-$(version)
# Of whatever version: dkms would keep what it built of this one, and the former beside it.
forget_module = dkms status $(dkms_name) | sed 's/[,:].*//' | sort -u | \
	xargs -r -I{} dkms remove {} --all; rm -rf /usr/src/$(dkms_name)-*
systemd = [ ! -d /run/systemd/system ] || systemctl
# The policy file is the operator's as soon as it differs from the one that was
# installed, of which share keeps a copy: then it is neither replaced nor removed.
config = $(DESTDIR)/etc/smart-madvise
share = $(DESTDIR)$(PREFIX)/share/smart-madvise
documents = $(DESTDIR)$(PREFIX)/share/doc/smart-madvise
changed = [ -e $(config)/policy.toml ] && ! cmp -s $(config)/policy.toml $(share)/policy.toml
kept = echo "$(config)/policy.toml was changed, it stays as it is"

install: user ## install user space under PREFIX (/usr/local), and the module through dkms
ifeq ($(DESTDIR),)
	@command -v dkms >/dev/null || { echo "make install: needs dkms (apt-get install dkms) for the module" >&2; exit 1; }
	@[ "$$(dpkg-query -W -f '$${db:Status-Status}' smart-madvise-dkms 2>/dev/null)" != installed ] || \
		{ echo "make install: the package smart-madvise-dkms is installed: apt purge it first" >&2; exit 1; }
	@$(forget_module)
endif
	@if $(changed); then $(kept); else install -D -m 644 daemon/policy.toml $(config)/policy.toml; fi
	flock $(BUILD)/user/.lock cmake $(BUILD)/user -DCMAKE_INSTALL_PREFIX=$(PREFIX) $(UNIT_DIR:%=-DSMADV_UNIT_DIR=%) >/dev/null
	DESTDIR=$(DESTDIR) cmake --install $(BUILD)/user
	install -m 644 $(BUILD)/user/install_manifest.txt $(share)/installed
	install -d $(dkms_source)
	$(sync) --exclude=dkms.conf kmod include $(dkms_source)/
	sed 's/#MODULE_VERSION#/$(version)/' kmod/dkms.conf >$(dkms_source)/dkms.conf
ifeq ($(DESTDIR),)
	dkms install $(dkms_name)/$(version) $(DKMS_OPTIONS)
	$(systemd) daemon-reload
endif

uninstall: ## undo make install; a policy that was changed stays
	@[ -f $(share)/installed ] || { echo "make uninstall: nothing of ours is under $(DESTDIR)$(PREFIX)" >&2; exit 1; }
ifeq ($(DESTDIR),)
	-$(systemd) disable --now smadvd
	-[ ! -d /sys/module/smart_madvise ] || rmmod smart_madvise
	-$(forget_module)
endif
	rm -rf $(dkms_source) $(DESTDIR)/var/lib/smart-madvise
	@if $(changed); then $(kept); else rm -fv $(config)/policy.toml; fi
	sed 's|^|$(DESTDIR)|' $(share)/installed | xargs rm -fv $(share)/installed
	rmdir --ignore-fail-on-non-empty $(wildcard $(config)/policy.d $(config) $(documents) $(share)/grafana) $(share)
ifeq ($(DESTDIR),)
	$(systemd) daemon-reload
endif

# --- the rest -----------------------------------------------------------------
setup: ## install what is missing (Debian 12) and fetch the kernels under test
	@scripts/setup

generate: ## write the uapi header anew from the netlink spec
	scripts/generate

clean: ## remove all that was built (the cache of scripts/setup stays)
	rm -rf $(BUILD)

help: ## show this
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-15s %s\n", $$1, $$2 }' Makefile

.PHONY: all module disk user built configure-test demo bench scoreboard scoreboard-full unit memcheck prometheus-test completion install-test deb package-test model proof fuzz vmtest test test-long style setup generate clean help install uninstall
