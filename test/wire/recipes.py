"""A page of docs/recipes, run as it stands on this machine.

The file is the page's own. Where it listens becomes a free port of 127.0.0.1, and each address of a
backend that of an origin; nothing else is changed, and nothing is known of any recipe in particular.
Backends are called by the addresses that the page gives them, and the page's commands are typed as
they stand: curl is told by its own configuration where the ports are, `fairlead` where the API is.
"""
import os
import re
import shlex
import shutil
import socket
import subprocess
from pathlib import Path

from certificates import TlsClient, trusting
from fairlead import BINARY, Fairlead, command
from origin import Origin, named
from pages import ROOT, fences, put
from raw import Client
from timing import PATIENCE

FOLDER = ROOT / "docs/recipes"
NAMES = sorted(page.stem for page in FOLDER.glob("*.md") if page.name != "README.md")
BIND = re.compile(r'bind: "?((?:tcp://)?)(?:[\w.*:\[\]]*:)?(\d+)"?')
ADDRESS = re.compile(r"\b\d+(?:\.\d+){3}:\d+\b")


class Recipe:
    """One page. `run()` once; then ask."""

    def __init__(self, name, folder, stack):
        self.page, self.folder, self.stack = FOLDER / f"{name}.md", folder, stack
        ((_, self.text),) = fences(self.page, "yaml fairlead")
        self.file = put(self.text, folder)
        self.origins, self.given, self.pools, self.front = {}, {}, {}, None

    def check(self):
        done = command("check", "-c", self.file)
        assert done.returncode == 0, done
        assert re.fullmatch(r"\S*fairlead\.yaml: good: .*\n", done.stdout) and not done.stderr, "it warns of something"

    def run(self, script=named, tls=lambda address: None):
        """Starts it before origins that run `script(address of the page)`; `tls(address)`: the SSLContext of one that speaks TLS."""
        self.check()
        for address in dict.fromkeys(ADDRESS.findall(self.text)):
            self.origins[address] = self.stack.enter_context(Origin(script(address), tls=tls(address)))
        self.given = {origin.address: address for address, origin in self.origins.items()}
        text = BIND.sub(r'bind: "\g<1>127.0.0.1:<at_\g<2>>"', self.text)
        text = ADDRESS.sub(lambda found: self.origins[found[0]].address, text)
        self.front = Fairlead(f'admin: "127.0.0.1:<admin>"\n{text}')
        for file in [*self.folder.glob("*.crt"), *self.folder.glob("*.key")]:
            shutil.copy(file, self.front.folder.name)
        self.stack.enter_context(self.front)
        for pool in self.front.json("/api/v1/pools")["pools"]:
            self.pools[pool["name"]] = [self.given[backend["address"]] for backend in pool["backends"]]
        return self

    # ---- asking

    def at(self, port=8080):
        """Where the listener of this port of the page is now."""
        return self.front.address(f"at_{port}")

    def client(self, port=8080, **options):
        return Client(self.at(port), **options)

    def ask(self, path="/", *fields, port=8080, source=None, host="localhost", **request):
        """A request on a connection of its own."""
        with self.client(port, source=source) as client:
            return client.ask(path, fields=fields, host=host, **request)

    def asked(self, path="/", *fields, **more):
        """The backend that answers it, if backends say their name."""
        answer = self.ask(path, *fields, **more)
        assert answer.status == 200, answer
        return answer.body.decode()

    def pool_of(self, path="/", *fields, **more):
        """The pool that answers it; no backend may be in two of them."""
        backend = self.asked(path, *fields, **more)
        (pool,) = [name for name, backends in self.pools.items() if backend in backends]
        return pool

    def trust(self, host):
        """An SSLContext of a client that trusts the certificate of this host."""
        context = trusting()
        context.load_verify_locations(self.folder / f"{host}.crt")
        return context

    def secure(self, host, port=443, **options):
        return TlsClient(self.at(port), self.trust(host), host, **options)

    # ---- backends

    def requests(self, address):
        """What a backend was asked, but for probes."""
        return [r for r in list(self.origins[address].requests) if r.get("user-agent") != "fairlead-probe"]

    def order(self, word, pool, address):
        """`fairlead backend WORD POOL ADDRESS`."""
        done = command("backend", word, "--admin", self.front.address("admin"), pool, self.origins[address].address)
        assert done.returncode == 0, done

    # ---- what the page tells to type

    def commands(self):
        """(line of the page, command, what it shows) of all its ```console fences."""
        for first, text in fences(self.page, "console"):
            for found in re.finditer(r"^\$ ((?:.*\\\n)*.*)\n((?:(?!\$ ).*\n)*)", text, re.MULTILINE):
                yield first + 1 + text.count("\n", 0, found.start()), found[1], found[2]

    def type(self, text):
        """What a shell in the reader's folder says to it."""
        tools = self.folder / "bin"
        if not tools.exists():
            tools.mkdir()
            binary, admin = shlex.quote(str(Path(BINARY).resolve())), self.front.address("admin")
            (tools / "fairlead").write_text(
                "#!/bin/sh\n"
                f'case $1 in split|backend|status|reload) exec {binary} "$@" --admin {admin};; esac\n'
                f'exec {binary} "$@"\n')
            (tools / "fairlead").chmod(0o755)
            ports = {9900: "admin", **{port.removeprefix("at_"): port for port in self.front.ports if port != "admin"}}
            (tools / ".curlrc").write_text("".join(
                f'connect-to = ":{port}:{self.front.address(name)}"\n' for port, name in ports.items()))
        environment = {**os.environ, "PATH": f"{tools}:{os.environ['PATH']}", "CURL_HOME": str(tools)}
        done = subprocess.run(["bash", "-o", "pipefail", "-c", text], cwd=self.folder, env=environment, text=True,
                              capture_output=True, timeout=PATIENCE * 3, check=False)
        assert done.returncode == 0 and not done.stderr, done
        return done.stdout


def addresses(count, network="127.7"):
    """So many addresses of loopback to come from."""
    return [f"{network}.{number // 250}.{number % 250 + 1}" for number in range(count)]


def udp(address):
    """A UDP socket bound to a free port of this address."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind((address, 0))
    sock.settimeout(PATIENCE)
    return sock
