#!/usr/bin/python3
"""The macro benchmark: Fairlead beside nginx and HAProxy, in one run, on one core each in turn.

See bench/README.md for what the figures mean. Traffic stays on 127.0.0.1. The exit code tells
whether everything ran, never whether it was fast.
"""

import argparse
import datetime
import os
import signal
import subprocess
import sys
import tempfile
import time

import cases
import certificate
import measure
import peers
import report
from fairlead import Fairlead, Routes
from proxy import Surroundings, free_ports

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="less than a minute; rougher figures")
    parser.add_argument("--case", action="append", choices=cases.NAMES, help="may be repeated")
    parser.add_argument("--group", choices=cases.GROUPS, help="plain: HTTP/1.1 in clear text, TCP; edge: TLS, HTTP/2, routes")
    parser.add_argument("--rounds", type=int, help="default 5, with --quick 2")
    parser.add_argument("--seconds", type=float, help="of each measured window; default 1.2, quick 0.5")
    parser.add_argument("--peers", default="nginx,haproxy,fairlead")
    parser.add_argument("--no-keep", action="store_true", help="write nothing to bench/results")
    parser.add_argument("--no-syscalls", action="store_true", help="leave out the passes under strace")
    parser.add_argument("--ahead", action="store_true",
                        help="what is measured goes before other work (root; on a busy machine)")
    parser.add_argument("--tap", help="shell command to run beside each window; $PIDS: the proxy's")
    chosen = parser.parse_args()
    chosen.rounds = chosen.rounds or (2 if chosen.quick else 5)
    chosen.seconds = chosen.seconds or (0.5 if chosen.quick else 1.2)
    chosen.warmup = 0.15 if chosen.quick else 0.3
    chosen.peers = chosen.peers.split(",")
    unknown = [name for name in chosen.peers if name not in peers.ALL]
    if unknown:
        parser.error(f"unknown peer {unknown[0]}; there are {', '.join(peers.ALL)}")
    return chosen


def build(chosen):
    """Builds what the environment does not name. True when it worked."""
    targets = [] if os.environ.get("FAIRLEAD_BENCH_BIN") else ["bench_load", "bench_origin"]
    if "fairlead" in chosen.peers and not os.environ.get("FAIRLEAD_BIN"):
        targets.append("fairlead")
    if not targets:
        return True
    folder = os.path.join(ROOT, "build")
    fresh = [] if os.path.exists(os.path.join(folder, "build.ninja")) else ["-DFAIRLEAD_TESTS=OFF"]
    print(f"building {', '.join(targets)}", flush=True)
    return all(subprocess.run(words, cwd=ROOT, check=False).returncode == 0 for words in (
        ["tools/configure", folder, "-DFAIRLEAD_BENCH=ON", *fresh],
        ["ninja", "-C", folder, "--quiet", *targets]))


def is_wanted(chosen, case):
    if chosen.case:
        return case.name in chosen.case
    return (case.quick or not chosen.quick) and chosen.group in (None, case.group)


def name_of_set(chosen):
    if chosen.case:
        return "+".join(sorted(set(chosen.case)))
    return "-".join(filter(None, [chosen.group, "quick" if chosen.quick else None])) or "all"


class Run:
    """One run: the proxies that stand, the samples so far, what failed."""

    def __init__(self, chosen, folder):
        self.chosen = chosen
        self.began = time.monotonic()
        self.failures = []
        self.samples = {}          # case -> peer -> variant -> [results of a generator]
        self.syscalls = {}
        self.idle = {}             # case -> peer -> [results of measure.idle_memory]
        self.wanted = [case for case in cases.LOAD_CASES if is_wanted(chosen, case)]
        self.wanted_idle = [case for case in cases.IDLE_CASES if is_wanted(chosen, case)]
        cores = sorted(os.sched_getaffinity(0))
        load_core = cores[1] if len(cores) > 1 else cores[0]
        os.sched_setaffinity(0, {load_core})   # this script must not disturb the proxies
        self.instruments = measure.Instruments(
            os.environ.get("FAIRLEAD_BENCH_BIN", os.path.join(ROOT, "build/bench/load")), load_core,
            chosen.ahead, certificate.write_client_settings(folder))
        ports = free_ports(3)
        self.instruments.start_backends(ports, write_documents(folder))
        Fairlead.binary = os.environ.get("FAIRLEAD_BIN", os.path.join(ROOT, "build/fairlead"))
        around = Surroundings(folder, cores[0], chosen.ahead, *ports, certificate.make(folder))
        self.proxies = [peers.ALL[name](around) for name in chosen.peers]
        self.alone = []            # measured without a peer beside it
        if "fairlead" in chosen.peers and any(case.door in Routes.door_variants for case in self.wanted):
            self.alone.append(Routes(around))

    def say(self, text):
        print(f"[{time.monotonic() - self.began:5.0f} s] {text}", flush=True)

    def fail(self, text):
        self.failures.append(text)
        self.say(f"FAILED {text}")

    def attempt(self, what, action):
        """The result of `action`, or None after noting why there is none."""
        try:
            return action()
        except (measure.Failed, RuntimeError, OSError) as error:
            self.fail(f"{what}: {error}")
            return None

    def start_all(self):
        standing = []
        for proxy in self.proxies + self.alone:
            self.attempt(proxy.name, lambda: (proxy.start(), standing.append(proxy)))
        for proxy in self.proxies + self.alone:
            if proxy not in standing:
                proxy.stop()
        self.proxies = [proxy for proxy in self.proxies if proxy in standing]
        self.alone = [proxy for proxy in self.alone if proxy in standing]

    def stop_all(self):
        for proxy in self.proxies + self.alone:
            proxy.stop()
        self.instruments.stop_backends()

    def measure_idle(self):
        """On fresh processes, so before any other load."""
        used = set()
        for number in range(1 if self.chosen.quick else 2):
            for case in self.wanted_idle:
                for proxy in self.proxies:
                    self.measure_idle_of(proxy, case, number, proxy in used)
                    used.add(proxy)

    def measure_idle_of(self, proxy, case, number, used):
        if used:
            proxy.stop()
            if self.attempt(proxy.name, lambda: (proxy.start(), True)) is None:
                return
        one = self.attempt(f"{case.name}, {proxy.name}", lambda: measure.idle_memory(
            self.instruments, proxy, case, proxy.port(case.door)))
        if one:
            self.idle.setdefault(case.name, {}).setdefault(proxy.name, []).append(dict(one, round=number))
            self.say(f"{case.connections} idle connections  {case.name:14}{proxy.name:9}"
                     f"{one['bytes']:9.0f} bytes each")

    def check_answers(self):
        """That what is going to be counted is right, where the generator does not look itself."""
        for case in self.wanted:
            if case.mode not in ("h1-tls", "h2-tls", "h2c"):
                continue
            for proxy in self.proxies:
                self.attempt(f"{case.name}, {proxy.name}, the answer", lambda: measure.check_answer(
                    self.instruments, case, proxy.port(case.door)))

    def measure_round(self, number, case):
        # Who comes first changes each round, so that nobody always follows the same neighbour.
        shift = number % len(self.proxies)
        for proxy in self.proxies[shift:] + self.proxies[:shift] + self.alone:
            for variant, port in proxy.doors.get(case.door, {}).items():
                one = self.attempt(f"{case.name}, {proxy.name} {variant}", lambda: measure.load_run(
                    self.instruments, proxy, case, port, self.chosen.warmup, self.chosen.seconds,
                    self.chosen.tap))
                kept = (self.samples.setdefault(case.name, {}).setdefault(proxy.name, {})
                        .setdefault(variant, []))
                if one is None and proxy.has_ended():
                    self.attempt(f"{proxy.name}, once more", proxy.start)
                if one:
                    kept.append(dict(one, round=number))
                    self.say(f"round {number + 1}/{self.chosen.rounds}  {case.name:14}"
                             f"{proxy.name:9}{case.value(one):8.2f} {case.unit}  {variant}")

    def measure_syscalls(self, case):
        requests = 200 if case.name == "large" else 2000
        for proxy in self.proxies:
            if case.door not in proxy.doors:
                continue
            calls = self.attempt(f"strace, {case.name}, {proxy.name}", lambda: measure.syscalls_of(
                self.instruments, proxy, case, proxy.port(case.door), requests))
            if calls:
                self.syscalls.setdefault(case.name, {})[proxy.name] = calls
                self.say(f"syscalls   {case.name:14}{proxy.name:9}{sum(calls.values()):8.2f} per "
                         f"request, {report.data_calls(calls):.2f} of them data")

    def go(self):
        self.start_all()
        if not self.proxies:
            return
        self.measure_idle()
        self.check_answers()
        for number in range(self.chosen.rounds):
            # There and back again: two cases that are compared stand beside each other either way.
            for case in self.wanted if number % 2 == 0 else reversed(self.wanted):
                self.measure_round(number, case)
        if not self.chosen.no_syscalls:
            for case in self.wanted:
                if case.count_syscalls:
                    self.measure_syscalls(case)

    def results(self):
        found = {}
        noise = []
        for case in cases.LOAD_CASES:
            for peer, variants in self.samples.get(case.name, {}).items():
                best = report.best_variant(case, variants)
                if best:
                    found.setdefault(case.name, {})[peer] = best
                    noise.append(best["waited"])
        results = {
            "date": datetime.date.today().isoformat(),
            "machine": report.machine(),
            "peers": [proxy.name for proxy in self.proxies],
            "versions": {proxy.name: proxy.version() for proxy in self.proxies},
            "configured": {proxy.name: proxy.configured for proxy in self.proxies},
            "settings": {"rounds": self.chosen.rounds, "seconds": self.chosen.seconds},
            "cases": found,
            "idle": {name: {peer: report.idle_summary(many) for peer, many in row.items()}
                     for name, row in self.idle.items()},
            "syscalls": self.syscalls,
            "noise": max(noise, default=0),
            "failures": self.failures,
        }
        results["goals"] = report.goal_lines(results)
        return results


def write_documents(folder):
    """What nghttpd serves: one answer of gRPC, 5 bytes of framing and 32 of message."""
    documents = os.path.join(folder, "documents")
    os.makedirs(os.path.join(documents, "bench.Echo"))
    with open(os.path.join(documents, "bench.Echo/Call"), "wb") as file:
        file.write(b"\0\0\0\0\x20" + b"m" * 32)
    return documents


def main():
    chosen = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))    # by way of `finally`: nothing stays behind
    if not build(chosen):
        print("bench: the build failed", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory(prefix="fairlead-bench-") as folder:
        os.chmod(folder, 0o755)    # nginx's worker is not root
        run = Run(chosen, folder)
        try:
            run.go()
            results = run.results()
        finally:
            run.stop_all()
    print("\n" + report.markdown(results))
    if not chosen.no_keep and not run.failures:
        report.keep(results, os.path.join(ROOT, "bench/results"), name_of_set(chosen))
    return 1 if run.failures else 0


if __name__ == "__main__":
    sys.exit(main())
