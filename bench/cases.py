"""What is measured, and the goal beside it.

A goal is Fairlead's figure divided by another of the same run: a peer's, the better peer's ("best"), or
its own in another case, named by that.
"""

from dataclasses import dataclass, field

KIB = 1024

# What generates the load of a mode; those in Python lie in load/ as they are.
PROGRAMS = {
    "keepalive": "bench_load", "close": "bench_load", "bulk": "bench_load",
    "h1-tls": "h2load_window.py", "h2-tls": "h2load_window.py", "h2c": "h2load_window.py",
    "grpc": "h2load_window.py",
    "full": "handshakes.py", "resumed": "handshakes.py",
}


@dataclass(frozen=True)
class Case:
    name: str
    title: str
    door: str                      # which of a proxy's listeners; see proxy.py
    mode: str = "keepalive"        # as the generator names it
    connections: int = 64
    streams: int = 1               # requests at once on each connection
    path: str = "/1k"
    length: int = 1 * KIB
    goals: dict = field(default_factory=dict)
    quick: bool = True             # part of --quick
    group: str = "plain"           # or "edge": TLS, HTTP/2, routes
    count_syscalls: bool = False

    @property
    def bulk(self):
        return self.mode == "bulk"

    @property
    def unit(self):
        if self.bulk:
            return "GB per CPU second"
        return f"us of CPU per {'handshake' if self.mode in ('full', 'resumed') else 'request'}"

    @property
    def program(self):
        return PROGRAMS[self.mode]

    def words(self):
        """What the generator is told, but for the port and the window."""
        words = ["--mode", self.mode, "--connections", self.connections, "--path", self.path,
                 "--length", self.length]
        return [*words, "--streams", self.streams] if self.program == "h2load_window.py" else words

    def value(self, load):
        """The figure of one run of a generator: bytes per nanosecond are GB per second."""
        if self.bulk:
            return load["bytes"] / load["proxy_cpu_ns"]
        return load["proxy_cpu_ns"] / load["responses"] / 1000

    def better(self, one, other):
        return one > other if self.bulk else one < other


def edge(name, title, door, mode, goal, **more):
    goals = goal if isinstance(goal, dict) else {"best": goal}
    return Case(name, title, door, mode, goals=goals, group="edge", quick=False, **more)


LARGE = {"path": "/100k", "length": 100 * KIB}

LOAD_CASES = [
    Case("keepalive-1", "1 KiB, 1 connection", "http", connections=1),
    Case("keepalive-64", "1 KiB, 64 connections", "http", count_syscalls=True,
         goals={"nginx": 0.75, "haproxy": 0.65}),
    Case("keepalive-512", "1 KiB, 512 connections", "http", connections=512,
         goals={"nginx": 0.65, "haproxy": 0.55}),
    Case("large", "100 KiB, 64 connections", "http", count_syscalls=True, goals={"nginx": 1.0}, **LARGE),
    Case("close", "1 KiB, a client connection per request", "http", mode="close",
         count_syscalls=True, goals={"nginx": 0.85, "haproxy": 0.80}),
    Case("tcp", "TCP mode, 1 KiB, 64 connections", "tcp", count_syscalls=True,
         goals={"nginx": 1.0, "haproxy": 1.0}),
    Case("bulk", "bulk TCP, 4 connections", "bulk", mode="bulk", connections=4,
         length=256 * KIB * KIB, goals={"best": 1.5}),
    Case("bare-64", "1 KiB, 64 connections, peers without forwarded headers", "bare", quick=False),
    edge("tls-64", "TLS, 1 KiB, 64 connections", "tls", "h1-tls", 0.75),
    edge("h2-tls", "HTTP/2 over TLS, 1 KiB, 4 x 100 streams", "tls", "h2-tls", 0.75,
         connections=4, streams=100),
    edge("h2c", "HTTP/2 in clear text, 1 KiB, 4 x 100 streams", "h2c", "h2c", 0.75,
         connections=4, streams=100),
    edge("handshakes", "full handshakes, TLS 1.3, P-256", "tls", "full", 0.95, connections=8),
    edge("resumed", "resumed handshakes, TLS 1.3", "tls", "resumed", 0.95, connections=8),
    edge("tls-large", "TLS, 100 KiB, 64 connections", "tls", "h1-tls", 1.0, **LARGE),
    edge("h2-tls-large", "HTTP/2 over TLS, 100 KiB, 4 x 16 streams", "tls", "h2-tls", 1.0,
         connections=4, streams=16, **LARGE),
    # 5 bytes of framing and 32 of message, both ways. The issue sets no goal: no worse, then.
    edge("grpc", "small gRPC calls, 4 x 100 streams, HTTP/2 on both sides", "rpc", "grpc", 1.0,
         connections=4, streams=100, path="/bench.Echo/Call", length=37),
    edge("routes-1", "1 KiB, 64 connections, one route", "routes-1", "keepalive", {}),
    edge("routes-exact", "the same, the last of 10,000, an exact path", "routes-exact", "keepalive",
         {"routes-1": 1.10}),
    edge("routes-prefix", "the same, the last of 10,000, a prefix", "routes-prefix", "keepalive",
         {"routes-1": 1.10}),
]


@dataclass(frozen=True)
class IdleCase:
    """Memory of connections that made one request and stay open; see measure.idle_memory."""

    name: str
    title: str
    door: str
    mode: str                      # of the program that opens them
    goal: int                      # bytes of user memory for each
    program: str = "idle_connections.py"
    connections: int = 2000
    path: str = "/1k"
    length: int = 1 * KIB
    quick: bool = False
    group: str = "edge"

    def words(self):
        return ["--mode", self.mode, "--path", self.path, "--length", self.length]


IDLE_CASES = [
    # nginx needs a descriptor for each, of RLIMIT_NOFILE's 20,000.
    IdleCase("idle", "an idle connection", "http", "keepalive", 512, program="bench_load",
             connections=6000, quick=True, group="plain"),
    IdleCase("idle-tls", "an idle connection over TLS", "tls", "h1-tls", 12 * KIB),
    IdleCase("idle-h2-tls", "an idle connection of HTTP/2 over TLS", "tls", "h2-tls", 20 * KIB),
    IdleCase("idle-h2c", "an idle connection of HTTP/2 in clear text", "h2c", "h2c", 20 * KIB),
]

DATA_SYSCALLS_GOAL = 4             # of keepalive-64: two receives, two sends

GROUPS = ["plain", "edge"]
NAMES = [case.name for case in LOAD_CASES + IDLE_CASES]
