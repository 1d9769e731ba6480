"""What the generators written in Python share: their command line, a proxy's CPU time, the last line.

They are started and read by the harness just as bench_load is, and print the same JSON. The
figure is the proxy's own CPU time, so a slow generator costs time and nothing else.
"""

import argparse
import json
import os
import sys
import time

PATTERN_PERIOD = 8191              # as in sockets.h: the backend's bodies repeat this


class Wrong(Exception):
    """An answer that must not be counted; its text says why."""


def pattern(length):
    period = bytes(ord("!") + i % 89 for i in range(PATTERN_PERIOD))
    return (period * (length // PATTERN_PERIOD + 1))[:length]


def arguments(about, modes):
    """A parser with what every generator takes; `about` is its file's docstring."""
    parser = argparse.ArgumentParser(description=about.splitlines()[0])
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--mode", choices=modes, required=True)
    parser.add_argument("--connections", type=int, default=1)
    parser.add_argument("--path", default="/1k")
    parser.add_argument("--length", type=int, default=1024, help="of a body; bytes")
    parser.add_argument("--warmup", type=float, default=0.3, help="seconds")
    parser.add_argument("--seconds", type=float, default=1.0, help="of the measured window")
    parser.add_argument("--proxies", default=[], type=lambda text: [int(pid) for pid in text.split(",")],
                        help="whose CPU time is read at both ends of the window")
    return parser


def before_the_others():
    """Puts this process before those that it watches and shares a session with, where it may.

    Otherwise the end of a window is seen only when they have nothing left to do.
    """
    try:
        os.setpriority(os.PRIO_PROCESS, 0, -20)
    except PermissionError:
        pass


class Reading:
    """The clock and CPU times at one moment; the difference of two is what a window cost.

    `own` are the processes that make the load.
    """

    def __init__(self, proxies, own):
        self.ran, self.waited = cpu_time_of(proxies)
        self.clock = time.monotonic()
        self.own = cpu_time_of(own)[0]

    def since(self, before):
        return {"seconds": self.clock - before.clock, "proxy_cpu_ns": self.ran - before.ran,
                "proxy_waited_ns": self.waited - before.waited,
                "own_cpu_seconds": (self.own - before.own) / 1e9}


def cpu_time_of(proxies):
    """(nanoseconds on a CPU, nanoseconds ready but not on one) over all threads."""
    ran = waited = 0
    for process in proxies:
        for thread in os.listdir(f"/proc/{process}/task"):
            with open(f"/proc/{process}/task/{thread}/schedstat", encoding="ascii") as file:
                words = file.read().split()
            ran += int(words[0])
            waited += int(words[1])
    return ran, waited


def finish(**result):
    """Prints the last line and ends the program."""
    line = {"responses": 0, "bytes": 0, "errors": 0, "first_error": "", **result}
    print(json.dumps(line), flush=True)
    sys.exit(1 if line["errors"] else 0)
