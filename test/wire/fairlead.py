"""Starts and stops the binary under test, each time in a directory of its own.

A configuration is a dict whose addresses may hold `<name>`: such a name becomes a free port, found
anew if somebody else was quicker. Stopping checks what every run owes: exit code 0, and nothing
from a sanitizer or a failed check on stderr.
"""
import itertools
import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml

from raw import Client, Closed
from timing import PATIENCE, eventually

ROOT = Path(__file__).resolve().parents[2]
BINARY = os.environ.get("FAIRLEAD_BIN", str(ROOT / "build" / "fairlead"))
COULD_NOT_START = 3
COMPLAINTS = re.compile(r"Sanitizer|runtime error:|CHECK failed|WARNING: .*Sanitizer|terminate called")

# Every xdist worker takes its ports in turn from a stretch of its own, below the kernel's ephemeral
# ones; each process begins somewhere else in it.
_worker = int(re.sub(r"\D", "", os.environ.get("PYTEST_XDIST_WORKER", "gw0")) or 0) % 8
_stretch = [*range(10000 + _worker * 2500, 12500 + _worker * 2500)]
random.Random(os.getpid()).shuffle(_stretch)
_ports = itertools.cycle(_stretch)


def free_port():
    """A port that nobody held a moment ago, on any address, and that was not given out of late."""
    for port in _ports:
        with socket.socket() as probe:
            try:
                probe.bind(("0.0.0.0", port))
                return port
            except OSError:
                continue


def command(*arguments, timeout=PATIENCE * 3, **more):
    """Runs `fairlead ...` to its end."""
    done = subprocess.run([BINARY, *map(str, arguments)], capture_output=True, text=True, timeout=timeout, **more)
    assert not COMPLAINTS.search(done.stderr), done.stderr
    return done


def pool(*addresses, **options):
    """A pool that is not probed, so that a test's backends see only what the test sends."""
    return {"health": "off", "backends": list(addresses), **options}


def one_pool(*addresses, listener=None, pool_options=None, protocol=None, **top):
    """The usual configuration: listener `web` on <web>, pool `app` of these addresses."""
    web = {"bind": "127.0.0.1:<web>", "pool": "app", **(listener or {})}
    web = {key: value for key, value in web.items() if value is not None}
    if protocol:
        web["protocol"] = protocol
    return {"listeners": {"web": web}, "pools": {"app": pool(*addresses, **(pool_options or {}))}, **top}


class Fairlead:
    """One running instance. Use it as `with Fairlead(config) as proxy:`."""

    def __init__(self, config=None, arguments=None, ready="/ready", environment=None, drain="5s", stdout=None, open_files=None):
        self.config, self.arguments, self.ready = config, arguments, ready
        self.environment, self.drain, self.stdout_to = environment or {}, drain, stdout
        self.limits = ["prlimit", f"--nofile={open_files}:{open_files}"] if open_files else []
        self.folder = tempfile.TemporaryDirectory(prefix="fairlead-wire-")
        self.path = Path(self.folder.name) / "fairlead.yaml"
        self.ports, self.process, self.expected = {}, None, (0,)

    def __enter__(self):
        try:
            for _ in range(5):
                if self._start():
                    return self
            raise AssertionError(f"never found free ports:\n{self.errors()}")
        except BaseException:
            self.kill()
            raise

    def __exit__(self, kind, *_):
        try:
            if kind is None:
                self.stop()
        finally:
            self.kill()
            shown = self.path.read_text() if self.path.exists() else self.arguments
            print(f"--- fairlead {shown}\n--- said\n{self.errors()}", file=sys.stderr)
            self.folder.cleanup()

    # ---- addresses

    def port(self, name="web"):
        return self.ports[name]

    def address(self, name="web"):
        return f"127.0.0.1:{self.ports[name]}"

    def client(self, name="web", **options):
        return Client(self.address(name), **options)

    def fill(self, text):
        """`text` with each `<name>` as the port that this run gave it."""
        return re.sub(r"(?<=:)<(\w+)>", lambda m: str(self.ports.setdefault(m[1], free_port())), text)

    # ---- configuration

    def write(self, config):
        """Puts a configuration where the process reads it; a str is written as it stands."""
        if not isinstance(config, str):
            config = {
                "admin": {"bind": "127.0.0.1:<admin>"},
                "workers": 2,
                "access_log": "off",
                "drain_timeout": self.drain,
                **config,
            }
            config = yaml.safe_dump(config, sort_keys=False)
        new = self.path.with_suffix(".new")
        new.write_text(self.fill(config))
        new.rename(self.path)

    # ---- life

    def _start(self):
        self.ports = {}
        if self.arguments is None:
            self.write(self.config)
            return self._run(["run", "-c", str(self.path)])
        return self._run([self.fill(argument) for argument in self.arguments])

    def start_again(self):
        """After its end: the same file, the same addresses."""
        assert not self.running()
        assert self._run(["run", "-c", str(self.path)]), self.errors()

    def _run(self, arguments):
        folder = Path(self.folder.name)
        with open(folder / "stdout", "a") as stdout, open(folder / "stderr", "a") as stderr:
            self.process = subprocess.Popen(
                [*self.limits, BINARY, *arguments],
                stdout=self.stdout_to or stdout,
                stderr=stderr,
                stdin=subprocess.DEVNULL,
                cwd=folder,
                env={**os.environ, **self.environment},
            )
        eventually(self._up, "the binary does not become ready", within=PATIENCE * 2)
        if self.process.poll() == COULD_NOT_START and "in use" in self.errors():
            return False
        assert self.process.poll() is None, f"exit code {self.process.returncode}:\n{self.errors()}"
        return True

    def _up(self):
        if self.process.poll() is not None:
            return True
        if self.ready is None or "admin" not in self.ports:
            return self._listening()
        try:
            return self.admin(self.ready).status == 200
        except (OSError, Closed):
            return False

    def _listening(self):
        for port in self.ports.values():
            try:
                socket.create_connection(("127.0.0.1", port), timeout=PATIENCE).close()
            except OSError:
                return False
        return True

    def signal(self, number):
        self.process.send_signal(number)

    def wait(self, within=PATIENCE * 2):
        try:
            return self.process.wait(within)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"still running after {within:.0f} s:\n{self.errors()}")

    def stop(self):
        """SIGTERM if it still runs; then what every run owes is checked."""
        try:
            if self.process.poll() is None:
                self.signal(signal.SIGTERM)
            code = self.wait()
            complaint = COMPLAINTS.search(self.errors())
            assert not complaint, self.errors()
            assert code in self.expected, f"exit code {code}:\n{self.errors()}"
        finally:
            self.kill()

    def kill(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def running(self):
        return self.process.poll() is None

    def errors(self):
        return (Path(self.folder.name) / "stderr").read_text(errors="replace")

    def output(self):
        return (Path(self.folder.name) / "stdout").read_text(errors="replace")

    def resident(self):
        """Resident memory in KiB."""
        for line in open(f"/proc/{self.process.pid}/status"):
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
        raise AssertionError("no VmRSS")

    # ---- the admin address

    def admin(self, path, method="GET", body=None):
        with Client(self.address("admin")) as client:
            return client.ask(path, method, ["Connection: close"], body)

    def json(self, path):
        answer = self.admin(path)
        assert answer.status == 200, answer
        assert answer.get("content-type").split(";")[0] == "application/json", answer
        return json.loads(answer.body)

    def metrics(self):
        """Every sample of /metrics: {name: [(labels, value)]}."""
        samples = {}
        for line in self.admin("/metrics").body.decode().splitlines():
            if line and not line.startswith("#"):
                name, labels, value = re.fullmatch(r"(\w+)(?:\{(.*)\})? (\S+)", line).groups()
                pairs = dict(re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', labels or ""))
                samples.setdefault(name, []).append((pairs, float(value)))
        return samples

    def metric(self, name, **labels):
        """The sum of the samples of `name` that carry these labels."""
        return sum(
            value
            for found, value in self.metrics().get(name, [])
            if all(found.get(key) == wanted for key, wanted in labels.items())
        )

    def pool(self, name="app"):
        return self.json(f"/api/v1/pools/{name}")

    def backends(self, name="app"):
        """{address: what the API says of that backend}"""
        return {backend["address"]: backend for backend in self.pool(name)["backends"]}

    def states(self, name="app"):
        return {address: backend["state"] for address, backend in self.backends(name).items()}

    def reload(self, config=None):
        """SIGHUP, and waits until a new generation is in force."""
        before = self.metric("fairlead_config_generation")
        if config is not None:
            self.write(config)
        self.signal(signal.SIGHUP)
        eventually(lambda: self.metric("fairlead_config_generation") > before, "the reload")


def problem(answer, status, *inner):
    """Asserts an RFC 9457 answer of our own that names its cause and none of the `inner` words."""
    statuses = status if isinstance(status, (set, tuple, list)) else {status}
    assert answer.status in statuses, answer
    assert answer.complete, answer
    assert answer.get("content-type") == "application/problem+json", answer
    body = json.loads(answer.body)
    assert body["status"] == answer.status, body
    kind = body["type"].rsplit("/", 1)[-1]
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", kind), body
    assert body["title"], body
    text = json.dumps(body) + repr(answer.fields)
    for word in ("127.0.0.1", *inner):
        assert word not in text, f"an inner address in {text}"
    return kind
