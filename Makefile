# Everything starts here: `make help`. What is missing on the machine is installed (tools/deps).
.DEFAULT_GOAL := build
.PHONY: build demo test unit wire asan tsan sim fuzz bench layers format docs pictures install clean help

PREFIX ?= /usr/local
FUZZ_SECONDS ?= 15
SIM_SEEDS ?= 1000
# Debian's own Python: the packages that tools/deps installs belong to it, whatever else is on PATH.
PYTHON := /usr/bin/python3
JOBS := $(shell nproc)
# Where Debian keeps nginx and haproxy, which are not on every user's PATH.
export PATH := $(PATH):/usr/sbin
export FUZZ_SECONDS JOBS PYTHON

# DEMO_SECONDS ends the demo by itself; the ports are for machines where these are taken.
DEMO_PORT ?= 8080
DEMO_ADMIN_PORT ?= 9900
DEMO_BACKEND_PORT ?= 9001
export DEMO_SECONDS DEMO_PORT DEMO_ADMIN_PORT DEMO_BACKEND_PORT

build:    ## build/fairlead
	@tools/deps build
	@test -f build/build.ninja || tools/configure build -DFAIRLEAD_TESTS=OFF
	@ninja -C build -j $(JOBS) fairlead

demo: build    ## three backends and Fairlead in front of them, on :8080; Ctrl-C ends it
	@tools/deps demo
	@$(PYTHON) demo/demo.py

test:    ## everything that must hold, about half an hour on two cores; ends with the count
	@tools/test

unit wire asan tsan fuzz layers:    ## one stage of it (fuzz: FUZZ_SECONDS=15 a target)
	@tools/test $@

sim:    ## the whole proxy on a virtual clock, from SIM_SEEDS=1000 seeds
	@SIM_SEEDS=$(SIM_SEEDS) tools/test sim

bench:    ## against nginx and haproxy, side by side; kept in bench/results/
	@tools/deps bench
	@$(PYTHON) bench/run.py $(BENCH_OPTIONS)

format:    ## clang-format over all C++
	@tools/deps format
	@find src test bench -name '*.cc' -o -name '*.h' | xargs -r clang-format-19 -i

docs: build    ## docs/configuration.md, from the descriptors in the code
	@build/fairlead reference >docs/configuration.md.new && mv docs/configuration.md.new docs/configuration.md

pictures: build    ## docs/pictures/, from what the simulator says
	@tools/deps docs
	@$(PYTHON) tools/pictures.py build/fairlead

install: build    ## the binary, the unit file and an example: DESTDIR=, PREFIX=/usr/local
	install -D -m 755 build/fairlead $(DESTDIR)$(PREFIX)/bin/fairlead
	install -d $(DESTDIR)$(PREFIX)/lib/systemd/system
	sed 's|@PREFIX@|$(PREFIX)|' packaging/fairlead.service >$(DESTDIR)$(PREFIX)/lib/systemd/system/fairlead.service
	install -D -m 644 packaging/fairlead.yaml $(DESTDIR)$(PREFIX)/share/doc/fairlead/fairlead.yaml

clean:    ## removes every build folder
	rm -rf build build-asan build-tsan build-fuzz

help:    ## this list
	@awk -F ':.*## ' '/^[a-z ]+:.*## / { printf "  make %-34s %s\n", $$1, $$2 }' Makefile
