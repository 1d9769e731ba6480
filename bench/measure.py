"""One measurement each: a run of the generator, syscalls of a run, memory of idle connections."""

import json
import os
import signal
import subprocess
import tempfile

DATA_SYSCALLS = {"read", "readv", "recvfrom", "recvmsg", "recvmmsg", "write", "writev", "sendto",
                 "sendmsg", "sendmmsg", "sendfile", "splice"}


class Failed(Exception):
    """A measurement that must not be counted; its text says why."""


def start_pinned(core, realtime, words, **how):
    """Starts a program on one core, in a session of its own: Linux shares a core out by session first.

    `realtime` puts it before all ordinary work: a nice value would count inside its session only.
    """
    first = ["chrt", "--rr", "1"] if realtime else []
    return subprocess.Popen([*first, "taskset", "-c", str(core), *map(str, words)],
                            start_new_session=True, **how)


class Instruments:
    """The generator and the backend, both pinned to `core`."""

    def __init__(self, folder, core, realtime):
        self.folder = folder
        self.core = core
        self.realtime = realtime
        self.origin = None

    def program(self, name):
        path = os.path.join(self.folder, name)
        if not os.path.exists(path):
            raise Failed(f"{name} is not built: it belongs to the build with FAIRLEAD_BENCH=ON")
        return path

    def start_origin(self, ports):
        self.origin = start_pinned(self.core, self.realtime, [self.program("bench_origin"), *ports])

    def stop_origin(self):
        if self.origin is not None:
            self.origin.kill()
            self.origin.wait()

    def start_load(self, case, port, *more):
        words = [self.program("bench_load"), "--port", port, "--mode", case.mode,
                 "--connections", case.connections, "--path", case.path, "--length", case.length]
        return start_pinned(self.core, self.realtime, [*words, *more], stdin=subprocess.PIPE,
                            stdout=subprocess.PIPE, text=True)


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


def idle_memory(instruments, proxy, case, port, connections):
    """Bytes of user memory for each of `connections` that made one request and stay open.

    REQUIRES a freshly started proxy: memory freed by earlier load would be used again and hide the
    cost. A first, small group warms up what exists once.
    """
    def hold(count):
        load = instruments.start_load(case, port, "--connections", count, "--gate", "yes",
                                      "--hold", "yes")
        ready = load.stdout.readline()
        return load, bool(ready)

    small, _ = hold(100)
    finish(small)
    before = anonymous_memory(proxy.pids())
    load, ready = hold(connections)
    after = anonymous_memory(proxy.pids()) if ready else 0
    finish(load)
    return {"bytes": (after - before) / connections, "at_zero_bytes": before}
