"""Real servers for the probes: Redis, PostgreSQL and a gRPC health service, each in a folder of its own.

They run as another user where the tests run as root: PostgreSQL insists on that.
"""
import os
import re
import shutil
import signal
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc

from fairlead import free_port
from timing import PATIENCE, eventually

USER = "nobody"


def _as_user():
    return {"user": USER, "group": "nogroup", "extra_groups": []} if os.getuid() == 0 else {}


class Server:
    """A process with a folder and a port. Use it as `with Redis() as server:`."""

    END = signal.SIGTERM

    def __init__(self):
        self.port = free_port()
        self.address = f"127.0.0.1:{self.port}"
        self.folder = Path(tempfile.mkdtemp(prefix="fairlead-peer-"))
        if os.getuid() == 0:
            shutil.chown(self.folder, USER, "nogroup")
        self.process = None

    def __enter__(self):
        try:
            self.prepare()
            self.start()
            return self
        except BaseException:
            self.__exit__()
            raise

    def __exit__(self, *_):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def prepare(self):
        pass

    def run(self, *command, **options):
        return subprocess.run(command, cwd=self.folder, check=True, capture_output=True, text=True,
                              timeout=PATIENCE * 6, **{**_as_user(), **options})

    def start(self):
        with open(self.folder / "log", "w") as log:
            self.process = subprocess.Popen(self.command(), cwd=self.folder, stdout=log, stderr=log,
                                            stdin=subprocess.DEVNULL, **_as_user())
        eventually(self.is_up, f"{type(self).__name__} does not start", within=PATIENCE * 3)

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(self.END)
            try:
                self.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def is_up(self):
        assert self.process.poll() is None, self.log()
        return self.is_answering()

    def log(self):
        return (self.folder / "log").read_text(errors="replace")


class Redis(Server):
    """`tls`: the text of a certificate and of its key, for one that speaks nothing but TLS."""

    def __init__(self, password=None, tls=None):
        super().__init__()
        self.password, self.tls = password, tls

    def prepare(self):
        for name, text in zip(("cert", "key"), self.tls or ()):
            (self.folder / name).write_text(text)
            (self.folder / name).chmod(0o644)

    def command(self):
        more = ["--requirepass", self.password] if self.password else []
        port = ["--port", str(self.port)]
        if self.tls:
            port = ["--port", "0", "--tls-port", str(self.port), "--tls-cert-file", "cert", "--tls-key-file", "key",
                    "--tls-ca-cert-file", "cert", "--tls-auth-clients", "no"]
        return ["redis-server", *port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
                "--dir", str(self.folder), *more]

    def is_answering(self):
        return "Ready to accept connections" in self.log()

    def say(self, *words):
        login = ["--no-auth-warning", "-a", self.password] if self.password else []
        return self.run("redis-cli", "-p", str(self.port), *login, *words).stdout


class Postgres(Server):
    """`method`: how it asks for passwords (trust, password, md5, scram-sha-256). The user `probe` has `secret`."""

    END = signal.SIGINT  # without waiting for clients to leave
    BINARIES = max(Path("/usr/lib/postgresql").glob("*/bin"), default=None, key=lambda path: int(path.parent.name))

    def __init__(self, method="trust"):
        super().__init__()
        self.method, self.data = method, self.folder / "data"

    def prepare(self):
        stored = "md5" if self.method == "md5" else "scram-sha-256"
        self.run(self.BINARIES / "initdb", "-D", self.data, "-U", "postgres", "--auth=trust", "--no-sync",
                 "--locale=C", "--encoding=UTF8")
        # As root, what is written here stays readable for the other user.
        with open(self.data / "postgresql.conf", "a") as conf:
            conf.write(f"port = {self.port}\nlisten_addresses = '127.0.0.1'\nfsync = off\nmax_connections = 20\n"
                       f"unix_socket_directories = '{self.folder}'\npassword_encryption = '{stored}'\n")
        (self.data / "pg_hba.conf").write_text(f"local all all trust\nhost all probe 127.0.0.1/32 {self.method}\n")

    def command(self):
        return [self.BINARIES / "postgres", "-D", self.data]

    def is_answering(self):
        return re.search("ready to accept (read-only )?connections", self.log())

    def __enter__(self):
        super().__enter__()
        self.sql("CREATE ROLE probe LOGIN PASSWORD 'secret'")
        return self

    def sql(self, text):
        return self.run("psql", "-h", self.folder, "-p", str(self.port), "-U", "postgres", "-d", "postgres", "-Atqc",
                        text).stdout.strip()

    def become_replica(self):
        """Starts again in recovery, as a standby whose primary is away."""
        self.stop()
        (self.data / "standby.signal").touch()
        if os.getuid() == 0:
            shutil.chown(self.data / "standby.signal", USER, "nogroup")
        self.start()


class GrpcHealth:
    """grpc.health.v1.Health/Check by grpcio: `statuses` maps services to numbers; others are NOT_FOUND.

    `tls`: the texts of a key and a certificate.
    """

    def __init__(self, tls=None, **statuses):
        self.statuses = {"": 1, **statuses}
        self.asked = []
        self.server = grpc.server(ThreadPoolExecutor(2))
        self.server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(
            "grpc.health.v1.Health", {"Check": grpc.unary_unary_rpc_method_handler(self._check)})])
        here = "127.0.0.1:0"
        if tls:
            port = self.server.add_secure_port(here, grpc.ssl_server_credentials([tuple(part.encode() for part in tls)]))
        else:
            port = self.server.add_insecure_port(here)
        self.address = f"127.0.0.1:{port}"

    def _check(self, message, context):
        service = message[2:].decode()
        self.asked.append(service)
        if service not in self.statuses:
            context.abort(grpc.StatusCode.NOT_FOUND, f"nobody knows {service}")
        return bytes([8, self.statuses[service]])

    def __enter__(self):
        self.server.start()
        return self

    def __exit__(self, *_):
        self.server.stop(None).wait()
