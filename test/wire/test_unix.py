"""Unix sockets on both sides: paths of every length, bodies larger than the socket's small buffer."""
import hashlib
import http.client
import os
import socket
import threading

import pytest

from origin import ok, serving
from timing import PATIENCE, eventually

BODY = os.urandom(3 << 20)


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("unix", timeout=PATIENCE)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(PATIENCE)
        self.sock.connect(self.path)


def test_large_bodies_reach_a_client_on_a_unix_socket_whole(origin, fairlead, tmp_path):
    # The send buffer of a Unix socket is small, so the first turn of the loop is blocked on the client
    # while more of the body is there to read.
    path = str(tmp_path / "web.sock")
    backend = origin(serving(lambda r, c: ok(BODY)))
    listeners = {"web": {"bind": ["127.0.0.1:<web>", f"unix:{path}"], "pool": "app"}}
    fairlead({"workers": 1, "listeners": listeners, "pools": {"app": {"health": "off", "backends": [backend.address]}}})
    client = UnixConnection(path)
    for _ in range(20):
        client.request("GET", "/")
        body = client.getresponse().read()
        assert hashlib.sha256(body).digest() == hashlib.sha256(BODY).digest()
    client.close()


@pytest.mark.parametrize("length", [40, 41, 55, 107])
def test_a_backend_on_a_unix_socket_is_reached_whatever_its_path(fairlead, length):
    path = "/tmp/fairlead-wire-unix-" + str(os.getpid()) + "-"
    path += "x" * (length - len(path))
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen(16)
    stopped = threading.Event()

    def echo():
        while not stopped.is_set():
            sock, _ = listener.accept()
            with sock:
                while data := sock.recv(4096):
                    sock.sendall(data)

    threading.Thread(target=echo, daemon=True).start()
    try:
        front = fairlead({
            "listeners": {"web": {"bind": "127.0.0.1:<web>", "protocol": "tcp", "pool": "app"}},
            "pools": {"app": {"health": "off", "backends": [f"unix:{path}"]}},
        })
        for _ in range(10):
            with socket.create_connection(("127.0.0.1", front.port()), timeout=PATIENCE) as client:
                client.sendall(b"hello")
                assert client.recv(5) == b"hello"
    finally:
        stopped.set()
        os.unlink(path)


@pytest.mark.parametrize("format, shown", [("json", '"client":"unix:"'), ("text", " unix: ")])
def test_a_client_on_a_unix_socket_is_shown_as_that(origin, fairlead, tmp_path, format, shown):
    path = str(tmp_path / "web.sock")
    backend = origin()
    web = {"bind": [f"unix:{path}"], "routes": [{"match": "/ip", "respond": {"body": "{client_ip}"}}], "pool": "app"}
    front = fairlead({
        "access_log": {"format": format, "to": "./a.log"},
        "trusted_proxies": ["::/0"],
        "listeners": {"web": web},
        "pools": {"app": {"health": "off", "backends": [backend.address]}},
    })
    client = UnixConnection(path)
    client.request("GET", "/ip")
    assert client.getresponse().read() == b"unix:"
    client.request("GET", "/", headers={"X-Forwarded-For": "6.6.6.6"})
    assert client.getresponse().status == 200
    client.close()
    seen = backend.requests[0]
    assert not seen.all("x-forwarded-for") and seen.get("x-forwarded-proto") == "http"
    log = front.path.parent / "a.log"
    eventually(lambda: log.exists() and log.read_text().count("\n") == 2, "two lines")
    assert all(shown in line and "client_port" not in line for line in log.read_text().splitlines())
