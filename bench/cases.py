"""What is measured, and the goal beside it.

A goal is Fairlead's figure divided by a peer's in the same run. "best" is the better of the peers.
"""

from dataclasses import dataclass, field

KIB = 1024


@dataclass(frozen=True)
class Case:
    name: str
    title: str
    door: str                      # which of a proxy's listeners; see peers.py
    mode: str = "keepalive"        # as bench_load names it
    connections: int = 64
    path: str = "/1k"
    length: int = 1 * KIB
    goals: dict = field(default_factory=dict)
    quick: bool = True             # part of --quick
    count_syscalls: bool = False

    @property
    def bulk(self):
        return self.mode == "bulk"

    @property
    def unit(self):
        return "GB per CPU second" if self.bulk else "us of CPU per request"

    def value(self, load):
        """The figure of one run of bench_load: bytes per nanosecond are GB per second."""
        if self.bulk:
            return load["bytes"] / load["proxy_cpu_ns"]
        return load["proxy_cpu_ns"] / load["responses"] / 1000

    def better(self, one, other):
        return one > other if self.bulk else one < other


LOAD_CASES = [
    Case("keepalive-1", "1 KiB, 1 connection", "http", connections=1),
    Case("keepalive-64", "1 KiB, 64 connections", "http", count_syscalls=True,
         goals={"nginx": 0.75, "haproxy": 0.65}),
    Case("keepalive-512", "1 KiB, 512 connections", "http", connections=512,
         goals={"nginx": 0.65, "haproxy": 0.55}),
    Case("large", "100 KiB, 64 connections", "http", path="/100k", length=100 * KIB,
         count_syscalls=True, goals={"nginx": 1.0}),
    Case("close", "1 KiB, a client connection per request", "http", mode="close",
         count_syscalls=True, goals={"nginx": 0.85, "haproxy": 0.80}),
    Case("tcp", "TCP mode, 1 KiB, 64 connections", "tcp", count_syscalls=True,
         goals={"nginx": 1.0, "haproxy": 1.0}),
    Case("bulk", "bulk TCP, 4 connections", "bulk", mode="bulk", connections=4,
         length=256 * KIB * KIB, goals={"best": 1.5}),
    Case("bare-64", "1 KiB, 64 connections, peers without forwarded headers", "bare", quick=False),
]

IDLE = "idle"                      # memory of an idle keep-alive connection; see measure.idle_memory
IDLE_CONNECTIONS = 6000            # nginx needs a descriptor each, of RLIMIT_NOFILE's 20,000
IDLE_GOAL = 512                    # bytes of user memory
DATA_SYSCALLS_GOAL = 4             # of keepalive-64: two receives, two sends

NAMES = [case.name for case in LOAD_CASES] + [IDLE]
