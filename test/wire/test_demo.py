"""`make demo` as a user meets it: what it prints is true, what it tells to type works, nothing stays behind.

On ports of its own, with whichever binary is under test. Every process of a demo carries a mark in its
environment, by which the ones that should be gone are looked for.
"""
import os
import re
import signal
import socket
import subprocess
import sys
import time
import uuid
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BINARY = os.environ.get("FAIRLEAD_BIN", str(ROOT / "build" / "fairlead"))
PATIENCE = 60 if os.environ.get("FAIRLEAD_SLOW", "0") not in ("", "0") else 20   # seconds


def free_ports(count):
    """The first of `count` neighbouring ports that nobody listens on, below the ephemeral ones."""
    first = 20000 + (os.getpid() * 7 + uuid.uuid4().int) % 10000
    for port in range(first, first + 2000, count):
        sockets = [socket.socket() for _ in range(count)]
        try:
            for offset, each in enumerate(sockets):
                each.bind(("", port + offset))
            return port
        except OSError:
            continue
        finally:
            for each in sockets:
                each.close()
    raise AssertionError("no free ports")


class Demo:
    """A running demo: what it has said so far, and the ways to end it."""

    def __init__(self, folder, command, **environment):
        self.mark = uuid.uuid4().hex
        self.port = free_ports(5)
        self.output = folder / f"{self.mark}.txt"
        ports = {"DEMO_PORT": self.port, "DEMO_ADMIN_PORT": self.port + 1, "DEMO_BACKEND_PORT": self.port + 2}
        values = {"DEMO_SECONDS": "", "FAIRLEAD_DEMO_MARK": self.mark, "FAIRLEAD_BIN": BINARY, **ports, **environment}
        self.environment = {**os.environ, **{name: str(value) for name, value in values.items()}}
        with self.output.open("w") as output:
            self.process = subprocess.Popen(command, cwd=ROOT, env=self.environment, stdin=subprocess.DEVNULL,
                                            stdout=output, stderr=subprocess.STDOUT, start_new_session=True)

    def said(self):
        return self.output.read_text()

    def wait_for(self, pattern):
        """The match of a pattern in the output, once it is there."""
        deadline = time.monotonic() + PATIENCE
        while not (found := re.search(pattern, self.said(), re.MULTILINE)):
            assert self.process.poll() is None, f"the demo ended early:\n{self.said()}"
            assert time.monotonic() < deadline, f"no {pattern!r} in:\n{self.said()}"
            time.sleep(0.02)
        return found

    def commands(self):
        """What it tells to type, in order."""
        self.wait_for(r"(Ctrl-C stops|It ends by itself)")
        told = self.said().split("Try next", 1)[1].splitlines()
        return [line.split("  # ")[0].strip() for line in told if "  # " in line]

    def shell(self, command):
        """Runs one of them as printed; only the binary may be another one than build/fairlead."""
        return subprocess.run(["sh", "-c", command.replace("build/fairlead", BINARY)], cwd=ROOT, text=True,
                              capture_output=True, timeout=PATIENCE, check=False)

    def survivors(self):
        """The ids of processes that still carry the mark."""
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                environment, state = (entry / "environ").read_bytes(), (entry / "stat").read_text()
            except OSError:
                continue   # gone meanwhile
            if self.mark.encode() in environment and state.rsplit(")", 1)[1].split()[0] != "Z":
                found.append(int(entry.name))
        return found

    def nothing_stays(self):
        deadline = time.monotonic() + PATIENCE
        while left := self.survivors():
            assert time.monotonic() < deadline, f"left behind: {left}\n{self.said()}"
            time.sleep(0.05)


@contextmanager
def running(folder, command=(sys.executable, "demo/demo.py"), **environment):
    demo = Demo(folder, list(command), **environment)
    try:
        yield demo
    finally:
        if demo.process.poll() is None:
            demo.process.terminate()
        demo.process.wait(PATIENCE)
        for pid in demo.survivors():   # only after a failed test
            os.kill(pid, signal.SIGKILL)


def test_ends_by_itself_with_a_table_and_leaves_nothing(tmp_path):
    with running(tmp_path, DEMO_SECONDS=3) as demo:
        assert demo.process.wait(PATIENCE) == 0, demo.said()
        rows = re.findall(r"^  ([abc]) \((\w+)\) +(\d+) .* (\d+)% +([\d.]+) ms", demo.said(), re.MULTILINE)
        assert [row[:2] for row in rows] == [("a", "amber"), ("b", "blue"), ("c", "crimson")]
        counts = [int(row[2]) for row in rows]
        assert sum(counts) == 400 and "400 answers, none failed" in demo.said()
        assert min(counts[:2]) > counts[2], "the slow backend should get the least"
        assert float(rows[2][4]) >= 150 > float(rows[0][4])
        assert "\033[" not in demo.said(), "colour belongs on a terminal"
        demo.nothing_stays()


def test_every_printed_command_works_as_printed(tmp_path):
    with running(tmp_path) as demo:
        for command in [line for line in demo.commands() if not line.startswith("kill")]:
            done = demo.shell(command)
            assert done.returncode == 0 and done.stdout.strip(), f"{command}\n{done.stdout}{done.stderr}"
        hello, loop, pools, metrics, status, stop, again = demo.commands()
        assert re.fullmatch(r"[abc] \(\w+\)\n", demo.shell(hello).stdout)
        assert sum(int(line.split()[0]) for line in demo.shell(loop).stdout.splitlines()) == 40
        assert str(demo.port + 2) in demo.shell(pools).stdout
        assert "fairlead_requests_total" in demo.shell(metrics).stdout
        assert str(demo.port + 2) in demo.shell(status).stdout
        assert stop.startswith("kill ") and again.startswith("kill -USR1 ")


def test_traffic_moves_from_a_stopped_backend_and_comes_back(tmp_path):
    with running(tmp_path) as demo:
        *_, stop, again = demo.commands()
        assert demo.shell(stop).returncode == 0
        demo.wait_for(r"answering now: a \d+%, c \d+%$")
        assert demo.shell(again).returncode == 0
        demo.wait_for(r"answering now: a \d+%, b \d+%")
        assert "failed" not in demo.said().replace("none failed", ""), demo.said()


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_stops_everything_when_asked(tmp_path, how):
    with running(tmp_path) as demo:
        demo.commands()
        demo.process.send_signal(how)
        assert demo.process.wait(PATIENCE) == 0
        demo.nothing_stays()


def test_stops_everything_when_interrupted_while_starting(tmp_path):
    with running(tmp_path) as demo:
        demo.wait_for("Starting")
        demo.process.send_signal(signal.SIGINT)
        demo.process.wait(PATIENCE)
        demo.nothing_stays()


def test_leaves_nothing_even_when_killed(tmp_path):
    with running(tmp_path) as demo:
        demo.commands()
        demo.process.kill()
        demo.nothing_stays()


def test_ctrl_c_ends_what_make_started(tmp_path):
    # -o build: with the binary under test, whatever make would build.
    with running(tmp_path, ["make", "-o", "build", "demo"]) as demo:
        demo.commands()
        os.killpg(demo.process.pid, signal.SIGINT)
        demo.process.wait(PATIENCE)
        demo.nothing_stays()


@pytest.mark.parametrize("offset, use", [(0, "Fairlead"), (1, "admin"), (3, "backend b")])
def test_a_taken_port_is_named_and_nothing_starts(tmp_path, offset, use):
    first = free_ports(5)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", first + offset))
        taken.listen()
        ports = {"DEMO_PORT": first, "DEMO_ADMIN_PORT": first + 1, "DEMO_BACKEND_PORT": first + 2}
        with running(tmp_path, **ports) as demo:
            assert demo.process.wait(PATIENCE) == 3
            assert re.search(rf"port {first + offset} \(.*{use}.*\).*in use", demo.said()), demo.said()
            assert "DEMO_PORT=" in demo.said()
            demo.nothing_stays()


def test_a_program_that_cannot_start_is_shown_and_nothing_stays(tmp_path):
    with running(tmp_path, FAIRLEAD_BIN="/bin/false") as demo:
        assert demo.process.wait(PATIENCE) == 1
        assert "Fairlead ended at once, with exit code 1" in demo.said()
        demo.nothing_stays()
