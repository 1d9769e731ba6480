"""Unix sockets on both sides: paths of every length, bodies larger than the socket's small buffer."""
import hashlib
import http.client
import os
import socket
import threading

import pytest

from fairlead import one_pool
from origin import named, ok, serving
from raw import once
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


def ask(path):
    client = UnixConnection(str(path))
    try:
        client.request("GET", "/")
        return client.getresponse().read()
    finally:
        client.close()


def on_unix(backend, *paths, **top):
    """Listener `web` on a port and at these paths."""
    binds = ["127.0.0.1:<web>", *(f"unix:{path}" for path in paths)]
    return one_pool(backend.address, listener={"bind": binds}, **top)


def test_the_files_are_gone_at_the_end(origin, fairlead, tmp_path):
    web, admin = tmp_path / "web.sock", tmp_path / "admin.sock"
    front = fairlead(on_unix(origin(named("a")), web, admin=f"unix:{admin}"), ready=None)
    eventually(web.exists, "the listener to open")  # without an admin port, nobody waited for it
    assert ask(web) == b"a" and b"pools" in ask(admin)
    front.stop()
    assert not web.exists() and not admin.exists()


def test_a_file_that_is_no_longer_ours_stays(origin, fairlead, tmp_path):
    web = tmp_path / "web.sock"
    front = fairlead(on_unix(origin(named("a")), web))
    web.unlink()
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(web))
        front.stop()
        assert web.exists()


def test_a_file_that_a_killed_process_left_is_replaced(origin, fairlead, tmp_path):
    web = tmp_path / "web.sock"
    front = fairlead(on_unix(origin(named("a")), web))
    front.kill()
    assert web.exists()
    front.start_again()
    assert ask(web) == b"a"


def test_a_reload_that_drops_the_address_removes_its_file(origin, fairlead, tmp_path):
    a, web, more = origin(named("a")), tmp_path / "web.sock", tmp_path / "more.sock"
    front = fairlead(on_unix(a, web, more))
    front.reload(on_unix(a, web))
    eventually(lambda: not more.exists(), "the file to be removed")
    assert ask(web) == b"a"
    front.reload(on_unix(a, web, more))
    assert ask(more) == b"a"


def test_a_backend_whose_socket_is_not_there_is_told_as_such(fairlead, tmp_path):
    backend = f"unix:{tmp_path / 'nowhere.sock'}"
    front = fairlead(one_pool(backend, pool_options={"health": {"tcp": {}}}), ready="/health")
    eventually(lambda: front.states() == {backend: "unhealthy"}, "the probe")
    assert "no such socket" in front.backends()[backend]["reason"]
    front.reload(one_pool(backend))
    assert once(front.address()).status == 502
    assert front.metric("fairlead_backend_errors_total", backend=backend, kind="not-found") == 1
    assert "no such socket" in front.backends()[backend]["reason"]
