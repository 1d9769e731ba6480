#!/usr/bin/python3
"""make demo: three backends, Fairlead in front of them, some traffic, and what to try next.

Runs until Ctrl-C (or SIGTERM, or the terminal closes, or DEMO_SECONDS have passed) and then stops all
that it started. Everything it writes stays in build/demo/. Exit codes: 0 done, 1 something of ours did
not work, 3 a port is taken.
"""
import math
import os
import select
import signal
import socket
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import children
import traffic

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
FAIRLEAD = os.environ.get("FAIRLEAD_BIN") or str(ROOT / "build" / "fairlead")
LOGS = ROOT / "build" / "demo"


def number(name, default):
    """A number from the environment; set but empty means not set."""
    text = os.environ.get(name) or str(default)
    if not text.isdecimal():
        sys.exit(f"{name} must be a whole number, not {text!r}")
    return int(text)


PORT = number("DEMO_PORT", 8080)
ADMIN = number("DEMO_ADMIN_PORT", 9900)
FIRST_BACKEND = number("DEMO_BACKEND_PORT", 9001)
SECONDS = number("DEMO_SECONDS", 0)   # 0: until it is stopped

BACKENDS = [   # name, colour, port, milliseconds that it takes to answer, how a terminal shows it
    ("a", "amber", FIRST_BACKEND, 0, "33"),
    ("b", "blue", FIRST_BACKEND + 1, 0, "34"),
    ("c", "crimson", FIRST_BACKEND + 2, 150, "31"),
]


class Stopped(Exception):
    """Somebody asked the demo to end."""


class Failed(Exception):
    """What the demo says before it ends without success, and its exit code."""

    def __init__(self, text, code=1):
        super().__init__(text)
        self.code = code


def paint(text, how):
    return f"\033[{how}m{text}\033[0m" if sys.stdout.isatty() and "NO_COLOR" not in os.environ else text


def say(text=""):
    try:
        print(text, flush=True)
    except OSError:
        raise Stopped from None   # the terminal, or the pipe, is gone


# ---- starting ------------------------------------------------------------------------------------

def require_free(port, host, use):
    """Fails when somebody has the port, in words that say how to choose another."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except (OSError, OverflowError) as error:
            raise Failed(f"port {port} ({use}) cannot be used: {getattr(error, 'strerror', None) or error}.\n"
                         "Choose others, for example:\n"
                         "  make demo DEMO_PORT=18080 DEMO_ADMIN_PORT=19900 DEMO_BACKEND_PORT=19001", 3)


def require_ports():
    require_free(PORT, "", "Fairlead")
    require_free(ADMIN, "127.0.0.1", "Fairlead's admin address")
    for name, _, port, *_ in BACKENDS:
        require_free(port, "127.0.0.1", f"backend {name}")


def answers(url):
    try:
        with urllib.request.urlopen(url, timeout=1) as response:
            return response.status == 200
    except (OSError, urllib.error.URLError):
        return False


def wait_for(url, child, what, log, patience=15):
    deadline = time.monotonic() + patience
    while not answers(url):
        if child.poll() is not None:
            raise Failed(f"{what} ended at once, with exit code {child.returncode}:\n{log.read_text()}")
        if time.monotonic() > deadline:
            raise Failed(f"{what} does not answer at {url}:\n{log.read_text()}")
        time.sleep(0.05)


class Site:
    """The running whole: three backends by name, and Fairlead."""

    def __init__(self):
        self.backends, self.fairlead = {}, None
        self.ending = False

    def start(self):
        LOGS.mkdir(parents=True, exist_ok=True)
        for backend in BACKENDS:
            self.start_backend(*backend)
        for name, _, port, *_ in BACKENDS:
            wait_for(f"http://127.0.0.1:{port}/health", self.backends[name], f"backend {name}", LOGS / f"{name}.log")
        log = LOGS / "fairlead.log"
        ports = {f"DEMO_BACKEND_{name.upper()}": str(port) for name, _, port, *_ in BACKENDS}
        with log.open("w") as output:
            self.fairlead = children.start(
                [FAIRLEAD, "run", "-c", str(HERE / "fairlead.yaml")], output, DEMO_PORT=str(PORT),
                DEMO_ADMIN_PORT=str(ADMIN), DEMO_ACCESS_LOG=str(LOGS / "access.log"), **ports)
        wait_for(f"http://127.0.0.1:{ADMIN}/ready", self.fairlead, "Fairlead", log)

    def start_backend(self, name, colour, port, delay, _):
        with (LOGS / f"{name}.log").open("w") as output:
            self.backends[name] = children.start(
                [sys.executable, str(HERE / "backend.py"), name, colour, str(port), str(delay)], output)

    def start_missing(self):
        """Starts again whichever backend has been stopped; says so."""
        for backend in BACKENDS:
            name = backend[0]
            if name in self.backends and self.backends[name].poll() is not None:
                self.start_backend(*backend)
                say(f"  backend {name} starts again; to stop it: kill {self.backends[name].pid}")

    def stop(self):
        self.ending = True
        # Fairlead first: it drains, and for that its backends must still be there.
        children.stop([self.fairlead] if self.fairlead else [])
        children.stop(self.backends.values())


# ---- telling -------------------------------------------------------------------------------------

def show_table(tally):
    say(f"  {'who':<14}{'answered':>9}   {'share':<33}{'median':>10}")
    for name, colour, _, delay, how in BACKENDS:
        share = tally.share(name)
        bar = paint(f"{'█' * math.ceil(share * 40):<28}", how)
        remark = "   slow on purpose" if delay else ""
        say(f"  {paint(f'{name} ({colour})'.ljust(14), how)}{len(tally.times[name]):>9}   {bar}{share:>5.0%}  "
            f"{tally.median(name):>7.1f} ms{remark}")
    failed = f", {tally.failed} failed" if tally.failed else ", none failed"
    say(f"  {tally.answered} answers{failed}")


def show_next(site):
    web, admin = f"localhost:{PORT}", f"http://127.0.0.1:{ADMIN}"
    status = "build/fairlead status" + (f" --admin 127.0.0.1:{ADMIN}" if ADMIN != 9900 else "")
    say(paint("Try next", "1") + ", in another terminal, in this folder:")
    for command, remark in [
        (f"curl -s {web}", "who answers?"),
        (f"for i in $(seq 40); do curl -s {web}; done | sort | uniq -c", "and how often"),
        (f"curl -s {admin}/api/v1/pools", "what Fairlead knows of its backends"),
        (f"curl -s {admin}/metrics", "the same for Prometheus"),
        (status, "the same for people"),
        (f"kill {site.backends['b'].pid}", "stops backend b: watch its share move, below"),
        (f"kill -USR1 {os.getpid()}", "starts again what you stopped"),
    ]:
        say(f"  {paint(command.ljust(70), '1')}  # {remark}")
    say(f"The configuration is demo/fairlead.yaml; logs are in {LOGS.relative_to(ROOT)}/.")
    say(f"It ends by itself after {SECONDS} s." if SECONDS else "Ctrl-C stops all of it.")


def nobody_listens():
    """Whether the terminal, or the pipe, that the demo speaks to has been closed: not every signal arrives."""
    watched = select.poll()
    watched.register(sys.stdout.fileno(), 0)
    return bool(watched.poll(0))


def who_answers(tally):
    """`a 51 %, c 49 %`, or that nobody did."""
    names = [name for name, *_ in BACKENDS if tally.times[name]]
    return ", ".join(f"{name} {tally.share(name):.0%}" for name in names) or "nobody"


WATCHING = 60   # requests a second: enough to see a share, too few to warm a laptop


def watch(site, ends):
    """Sends a little traffic every second; says when the set of those who answer has changed."""
    before = {name for name, *_ in BACKENDS}
    while time.monotonic() < ends and not nobody_listens():
        if site.fairlead.poll() is not None:
            raise Failed(f"Fairlead has ended, with exit code {site.fairlead.returncode}: see {LOGS}/fairlead.log")
        tally = traffic.send(PORT, requests=WATCHING, at_once=6)
        now = {name for name, times in tally.times.items() if times}
        if now != before or tally.failed:
            failed = f"; {tally.failed} of {WATCHING} failed" if tally.failed else ""
            say(f"  {time.strftime('%H:%M:%S')}  answering now: {who_answers(tally)}{failed}")
        before = now
        time.sleep(max(0.0, min(1.0, ends - time.monotonic())))


# ---- the whole -----------------------------------------------------------------------------------

def obey_signals(site):
    def stop(*_):
        if not site.ending:   # a second Ctrl-C shall not interrupt the cleaning up
            site.ending = True
            raise Stopped

    for asked in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(asked, stop)
    signal.signal(signal.SIGUSR1, lambda *_: site.start_missing())
    if os.environ.get("MAKELEVEL"):
        children.die_with_parent()   # make may be killed alone


def run(site):
    require_ports()
    say(f"Starting three backends on ports {FIRST_BACKEND} to {FIRST_BACKEND + 2}, and Fairlead on :{PORT} ...")
    site.start()
    ends = time.monotonic() + SECONDS if SECONDS else float("inf")
    say("Sending 400 requests, 12 at once:\n")
    show_table(traffic.send(PORT, requests=400, at_once=12))
    say()
    show_next(site)
    say()
    watch(site, ends)


def main():
    site = Site()
    code = 0
    try:
        obey_signals(site)
        run(site)
    except Stopped:
        pass
    except Failed as failed:
        print(f"make demo: {failed}", file=sys.stderr)
        code = failed.code
    finally:
        site.stop()
    return code


if __name__ == "__main__":
    sys.exit(main())
