"""A proxy under test: writes its configuration, starts pinned to one core, and stops.

A proxy has doors, listeners on 127.0.0.1 that a case names: `http` (with the forwarded headers that
Fairlead sets), `bare` (without), `tls` (as http, HTTP/1.1 and HTTP/2 over TLS), `h2c` (HTTP/2 in clear
text), `rpc` (HTTP/2 on both sides), `tcp` (HTTP bytes relayed as TCP) and `bulk`. A door may have
variants where a peer is best configured differently for different loads; the better one counts.
"""

import os
import random
import re
import signal
import socket
import subprocess
import time
import urllib.request
from dataclasses import dataclass

import measure

STARTUP_SECONDS = 15
IDLE_SECONDS = 600                 # no peer may close an idle connection while it is measured


def free_ports(count):
    """Ports that nobody listens on, none twice.

    They lie below those that the kernel gives to outgoing connections: such a one would take the
    port of a proxy that is being started again.
    """
    held = []
    while len(held) < count:
        one = socket.socket()
        try:
            one.bind(("127.0.0.1", random.randrange(12000, 32000)))
            held.append(one)
        except OSError:
            one.close()
    ports = [each.getsockname()[1] for each in held]
    for each in held:
        each.close()
    return ports


@dataclass(frozen=True)
class Surroundings:
    """What all proxies of a run have in common."""

    folder: str
    core: int
    ahead: bool
    http: int                      # ports of the backends: HTTP/1.1,
    bulk: int                      # bytes,
    rpc: int                       # HTTP/2 in clear text
    certificate: str               # path of the PEM, without .crt, .key or .pem (both)


def first_line(command, pattern):
    done = subprocess.run(command, capture_output=True, text=True)
    found = re.search(pattern, done.stdout + done.stderr)
    return found.group(1) if found else "unknown"


class Proxy:
    """One process tree. `doors` maps a door's name to {variant: port}."""

    name = ""
    configured = ""                # said in the report: what the comparison is fair about
    door_variants = {}
    first_door = "http"            # asked until it answers

    def __init__(self, around):
        self.around = around
        self.folder = os.path.join(around.folder, type(self).__name__.lower())
        os.makedirs(self.folder, exist_ok=True)
        self.process = None
        wanted = [(door, variant) for door, variants in self.door_variants.items()
                  for variant in variants]
        self.doors = {}
        for (door, variant), port in zip(wanted, free_ports(len(wanted))):
            self.doors.setdefault(door, {})[variant] = port

    def port(self, door):
        return next(iter(self.doors[door].values()))

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def command(self):
        """Writes the configuration and gives the words that start the proxy in the foreground."""
        raise NotImplementedError

    def start(self):
        log = open(os.path.join(self.folder, "log"), "ab")
        self.process = measure.start_pinned(self.around.core, self.around.ahead, self.command(),
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        log.close()
        self.await_answer()

    def await_answer(self):
        deadline = time.monotonic() + STARTUP_SECONDS
        url = f"http://127.0.0.1:{self.port(self.first_door)}/1k"
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        while True:
            try:
                with opener.open(url, timeout=2) as answer:
                    if answer.status == 200 and len(answer.read()) == 1024:
                        return
            except OSError:
                pass
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{self.name} does not answer:\n{self.log_tail()}")
            time.sleep(0.05)

    def has_ended(self):
        return self.process.poll() is not None

    def log_tail(self):
        with open(os.path.join(self.folder, "log"), errors="replace", encoding="utf-8") as file:
            return "".join(file.readlines()[-20:])

    def stop(self):
        if self.process is None:
            return
        self.process.send_signal(self.stop_signal)
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None

    stop_signal = signal.SIGTERM

    def pids(self):
        """The process and its children: a master belongs to the bill. RuntimeError when it has ended."""
        if self.has_ended():
            raise RuntimeError(f"it has ended by itself ({self.process.returncode}):\n{self.log_tail()}")
        path = f"/proc/{self.process.pid}/task/{self.process.pid}/children"
        with open(path, encoding="utf-8") as file:
            return [self.process.pid] + [int(word) for word in file.read().split()]

    def version(self):
        raise NotImplementedError
