"""One measurement each: a run of a generator, syscalls of a run, memory of idle connections."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

DATA_SYSCALLS = {"read", "readv", "recvfrom", "recvmsg", "recvmmsg", "write", "writev", "sendto",
                 "sendmsg", "sendmmsg", "sendfile", "splice"}


class Failed(Exception):
    """A measurement that must not be counted; its text says why."""


# A session's share of a core is its autogroup's (sched(7)), and -20 is ninety times the ordinary one.
AHEAD = ["sh", "-c", 'echo -20 >/proc/self/autogroup && exec "$@"', "ahead"]


def start_pinned(core, ahead, words, **how):
    """Starts a program on one core, in a session of its own: Linux shares a core out by session first.

    `ahead` puts the session before all ordinary ones. A real-time priority would do so more strictly,
    but a real-time process has been seen to spin in a page fault for as long as it kept its core.
    """
    first = AHEAD if ahead else []
    return subprocess.Popen([*first, "taskset", "-c", str(core), *map(str, words)],
                            start_new_session=True, **how)


class Instruments:
    """The generators and the backends, all pinned to `core`."""

    def __init__(self, folder, core, ahead, client_settings):
        self.folder = folder
        self.core = core
        self.ahead = ahead
        self.environment = dict(os.environ, OPENSSL_CONF=client_settings)
        self.backends = []

    def program(self, name):
        """The words that start a generator."""
        if name.endswith(".py"):
            return [sys.executable, os.path.join(os.path.dirname(os.path.abspath(__file__)), "load", name)]
        path = os.path.join(self.folder, name)
        if not os.path.exists(path):
            raise Failed(f"{name} is not built: it belongs to the build with FAIRLEAD_BENCH=ON")
        return [path]

    def start_backends(self, ports, documents):
        """HTTP/1.1 and bulk by bench_origin, HTTP/2 by nghttpd, which serves `documents`."""
        http, bulk, rpc = ports
        self.start_backend([*self.program("bench_origin"), http, bulk])
        if shutil.which("nghttpd"):
            self.start_backend(["nghttpd", "--no-tls", "-a", "127.0.0.1", "-d", documents,
                                "--trailer", "grpc-status: 0", rpc])

    def start_backend(self, words):
        self.backends.append(start_pinned(self.core, self.ahead, words))

    def stop_backends(self):
        for backend in self.backends:
            backend.kill()
            backend.wait()

    def start_load(self, case, port, *more):
        words = [*self.program(case.program), "--port", port, *case.words(), *more]
        return start_pinned(self.core, self.ahead, words, stdin=subprocess.PIPE,
                            stdout=subprocess.PIPE, text=True, env=self.environment)


def finish(load):
    """The last line of the generator. Failed when it counted even one error."""
    try:
        out, _ = load.communicate(timeout=120)
    except subprocess.TimeoutExpired:
        load.kill()
        load.communicate()
        raise Failed("the generator did not end")
    try:
        result = json.loads(out.strip().splitlines()[-1])
    except (IndexError, ValueError):
        raise Failed(f"the generator ended with {load.returncode}") from None
    if result["errors"] or load.returncode:
        raise Failed(f"{result['errors']} errors, first: {result['first_error']}")
    return result


def load_run(instruments, proxy, case, port, warmup, seconds, tap=None):
    """One measured window. `tap` is a shell command that runs beside it, with PIDS in its environment."""
    pids = ",".join(map(str, proxy.pids()))
    load = instruments.start_load(case, port, "--warmup", warmup, "--seconds", seconds,
                                  "--proxies", pids)
    if tap:
        subprocess.run(tap, shell=True, env=dict(os.environ, PIDS=pids), check=False)
    result = finish(load)
    if result["responses"] + result["bytes"] == 0 or result["proxy_cpu_ns"] == 0:
        raise Failed("nothing was counted")
    return result


def syscalls_of(instruments, proxy, case, port, requests):
    """{name: calls per request} over exactly `requests` requests, by strace on all threads.

    Tracing slows the proxy down, so it wakes less often than it would: data syscalls are exact,
    epoll_wait is a lower bound.
    """
    with tempfile.NamedTemporaryFile("r", dir=proxy.folder) as table:
        load = instruments.start_load(case, port, "--gate", "yes", "--requests", requests,
                                      "--proxies", ",".join(map(str, proxy.pids())))
        if not load.stdout.readline():
            finish(load)
        pids = [word for pid in proxy.pids() for word in ("-p", str(pid))]
        tracer = subprocess.Popen(["strace", "-c", "-f", "-o", table.name, *pids],
                                  stderr=subprocess.PIPE, text=True)
        for _ in proxy.pids():
            tracer.stderr.readline()       # "attached"
        load.stdin.write("\n")
        load.stdin.flush()
        line = load.stdout.readline()
        tracer.send_signal(signal.SIGINT)
        tracer.communicate()
        load.communicate()
        result = json.loads(line or "{}")
        if not line or result["errors"] or load.returncode:
            raise Failed(f"under strace: {result.get('first_error', 'no result')}")
        return read_strace(table.read(), result["responses"])


def read_strace(table, responses):
    calls = {}
    for line in table.splitlines():
        words = line.split()
        if len(words) >= 5 and words[0][0].isdigit() and words[-1] != "total":
            calls[words[-1]] = int(words[3]) / responses
    if not calls:
        raise Failed("strace counted nothing")
    return dict(sorted(calls.items(), key=lambda item: -item[1]))


def anonymous_memory(pids):
    """Bytes of anonymous memory of all processes: what user space holds beyond its files."""
    total = 0
    for pid in pids:
        with open(f"/proc/{pid}/smaps_rollup", encoding="utf-8") as file:
            for line in file:
                if line.startswith("Anonymous:"):
                    total += int(line.split()[1]) * 1024
    return total


SETTLE_SECONDS = 1.5    # after which what a proxy gives back, it has given back


def idle_memory(instruments, proxy, case, port):
    """Bytes of user memory for each of the case's connections, which made one request and stay open.

    REQUIRES a freshly started proxy: memory freed by earlier load would be used again and hide the
    cost. A first, small group warms up what exists once.
    """
    def hold(count):
        load = instruments.start_load(case, port, "--connections", count, "--gate", "yes",
                                      "--hold", "yes")
        ready = "ready" in (said := load.stdout.readline())
        if not ready:
            load.communicate()
            raise Failed(f"not all connections were answered: {said.strip()}")
        return load

    finish(hold(100))
    before = anonymous_memory(proxy.pids())
    load = hold(case.connections)
    time.sleep(SETTLE_SECONDS)
    after = anonymous_memory(proxy.pids())
    finish(load)
    return {"bytes": (after - before) / case.connections, "at_zero_bytes": before}


def check_answer(instruments, case, port):
    """Fails unless the body that comes by the case's protocol is the backend's, byte by byte.

    h2load counts bytes and looks at none.
    """
    words = [*instruments.program("idle_connections.py"), "--port", port, "--mode", case.mode,
             "--path", case.path, "--length", case.length]
    one = start_pinned(instruments.core, instruments.ahead, words, stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, text=True, env=instruments.environment)
    finish(one)
