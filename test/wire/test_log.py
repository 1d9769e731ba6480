"""The access log: one line for each request, to a file that may be moved, never in a request's way."""
import fcntl
import json
import os
import signal
import subprocess

import pytest

from fairlead import one_pool
from origin import named, ok, serving
from raw import once
from timing import eventually


def logged(origin, format="json", to="./access.log", **more):
    return one_pool(origin.address, access_log={"format": format, "to": to}, workers=1, **more)


def lines(front, name="access.log"):
    path = front.path.parent / name
    return path.read_text().splitlines() if path.exists() else []


def wait_lines(front, count, name="access.log"):
    eventually(lambda: len(lines(front, name)) >= count, f"{count} lines in {name}")
    assert len(lines(front, name)) == count
    return lines(front, name)


def values(entry):
    """Every value of a JSON line as text, whatever the keys."""
    return [str(value) for value in entry.values()]


def test_a_json_line_tells_who_what_and_how_it_went(origin, fairlead):
    backend = origin(serving(lambda r, c: ok(b"x" * 1234, status="201 Created")))
    front = fairlead(logged(backend))
    assert once(front.address(), "/some/path?q=1", "POST", ["User-Agent: agent/7"], b"y" * 55).status == 201
    entry = json.loads(wait_lines(front, 1)[0])
    assert {"time", "client", "method", "status", "listener", "route", "pool", "backend", "request_id"} <= set(
        entry
    ), entry
    assert entry["method"] == "POST" and entry["status"] == 201 and entry["client"].startswith("127.0.0.1")
    assert (entry["listener"], entry["pool"], entry["backend"]) == ("web", "app", backend.address)
    assert entry["request_id"] == backend.requests[0].get("x-request-id")
    assert any("/some/path" in value for value in values(entry)), entry
    assert [key for key in entry if "duration" in key or "seconds" in key or key.endswith("_ms")], entry
    assert "example.test" in values(entry) and "agent/7" in values(entry), entry


@pytest.mark.parametrize(
    "target, field",
    [
        ('/"quoted"', "X-A: 1"),
        ("/x", 'User-Agent: a"b\\c\td'),
        ("/x", "User-Agent: caf\xe9 \xff\xfe"),
        ("/{}[]", "User-Agent: \x80"),
    ],
)
@pytest.mark.parametrize("format", ["json", "text"])
def test_nothing_that_a_client_sends_breaks_a_line(origin, fairlead, format, target, field):
    front = fairlead(logged(origin(), format))
    status = once(front.address(), target, fields=[field]).status
    assert status in (200, 400)
    assert once(front.address(), "/last").status == 200
    last = wait_lines(front, 2)
    if format == "json":
        assert [json.loads(line)["status"] for line in last] == [status, 200]
    assert all(32 <= ord(c) for line in last for c in line)


def test_a_text_line_is_one_readable_line(origin, fairlead):
    front = fairlead(logged(origin(), "text"))
    assert once(front.address(), "/some/path").status == 200
    line = wait_lines(front, 1)[0]
    for word in ("127.0.0.1", "GET", "/some/path", "200"):
        assert word in line


def test_failures_are_logged_too(origin, fairlead):
    backend = origin(lambda c: c.request() and c.reset())
    front = fairlead(logged(backend))
    assert once(front.address(), "/x").status == 502
    with front.client() as client:
        assert client.send(b"GET / HTTP/1.1\r\nHost: a\r\nX : 1\r\n\r\n").final().status == 400
    assert [json.loads(line)["status"] for line in wait_lines(front, 2)] == [502, 400]


def test_stdout_is_the_default(origin, fairlead):
    config = one_pool(origin().address, access_log={"format": "json"}, workers=1)
    front = fairlead(config)
    assert once(front.address(), "/x").status == 200
    entry = eventually(
        lambda: [json.loads(line) for line in front.output().splitlines() if line.startswith("{")], "a line on stdout"
    )[0]
    assert entry["status"] == 200


def test_off_is_off(origin, fairlead):
    front = fairlead(one_pool(origin().address, access_log="off"))
    assert once(front.address(), "/find-me").status == 200
    front.stop()
    assert "find-me" not in front.output()


def test_a_moved_file_is_opened_anew_on_sigusr1(origin, fairlead):
    front = fairlead(logged(origin()))
    assert once(front.address(), "/one").status == 200
    wait_lines(front, 1)
    folder = front.path.parent
    (folder / "access.log").rename(folder / "access.log.1")
    assert once(front.address(), "/two").status == 200
    wait_lines(front, 2, "access.log.1")
    front.signal(signal.SIGUSR1)
    eventually(lambda: (folder / "access.log").exists(), "the new file")
    assert once(front.address(), "/three").status == 200
    assert "/three" in wait_lines(front, 1)[0]
    assert len(lines(front, "access.log.1")) == 2


def test_every_line_is_written_by_the_end(origin, fairlead):
    front = fairlead(logged(origin()))
    with front.client() as client:
        for i in range(300):
            assert client.ask(f"/{i}").status == 200
    front.stop()
    assert len(lines(front)) == 300


def test_a_blocked_log_blocks_no_request(origin, fairlead, tmp_path):
    """A pipe that nobody reads: lines are dropped and counted, requests are not held up."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    fcntl.fcntl(reader, fcntl.F_SETPIPE_SZ, 4096)
    front = fairlead(logged(origin(named("a")), to=str(pipe)))
    with front.client() as client:
        for i in range(100_000):
            assert client.ask("/x" + "y" * 4000).body == b"a"
            if i % 500 == 499 and dropped(front):
                break
        assert dropped(front), "nothing was dropped, though nobody reads"
        assert client.ask().status == 200
    os.close(reader)


def dropped(front):
    return sum(
        value
        for name, samples in front.metrics().items()
        if "log" in name and "dropped" in name
        for _, value in samples
    )


def test_a_closed_stdout_blocks_no_request(origin, fairlead):
    """The reader of our output has gone: no SIGPIPE, no stall."""
    config = one_pool(origin().address, access_log={"format": "json", "to": "stdout"}, workers=1)
    front = fairlead(config, stdout=subprocess.PIPE)
    front.process.stdout.close()
    for i in range(50):
        assert once(front.address(), f"/{i}").status == 200
    assert front.running()


def test_the_error_log_says_what_where_and_why(origin, fairlead):
    """A backend that fails is named for the operator, though not for the client."""
    a, b = origin(named("a")), origin(named("b"))
    front = fairlead(one_pool(a.address, b.address, pool_options={"health": {"tcp": {}, "interval": "100ms"}}))
    eventually(lambda: set(front.states().values()) == {"healthy"}, "both to be healthy")
    a.stop()
    eventually(lambda: a.address in front.errors() and "unhealthy" in front.errors(), "a word about the backend")


# ---- requests that were never understood

REFUSED = [
    (b"GET /x HTTP/1.1\r\nHost: shop.test\r\nbad line\r\n\r\n", "GET", "/x", "shop.test"),
    (b"GET /y HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "GET", "/y", "a"),
    (b"POST /z HTTP/2.0\r\n\r\n", "POST", "/z", None),
    (b"\x16\x03\x01\x02\x00\x01\r\n", "\x16\x03\x01\x02\x00\x01", None, None),
    (b"G\"T /\x01 x\r\n\r\n", 'G"T', "/\x01", None),
    (b"GET /" + b"a" * 70000 + b" HTTP/1.1\r\n\r\n", "GET", "/" + "a" * 1023, None),
]


@pytest.mark.parametrize("sent, method, target, host", REFUSED, ids=lambda value: repr(value)[:20])
def test_a_refused_request_is_logged_as_far_as_it_was_read(origin, fairlead, sent, method, target, host):
    front = fairlead(logged(origin()))
    with front.client() as client:
        assert 400 <= client.send(sent).final().status <= 505
    entry = json.loads(wait_lines(front, 1)[0])
    assert (entry["method"], entry.get("uri"), entry.get("host")) == (method, target, host)
    assert entry["error"] and entry["side"] == "downstream" and entry["detail"], entry
    assert "version" not in entry and entry["bytes_in"] > 0, entry


def test_a_head_that_came_too_slowly_is_logged_as_far_as_it_came(origin, fairlead):
    front = fairlead(logged(origin(), "text", listener={"http": {"header_timeout": "200ms"}}))
    with front.client() as client:
        assert client.send(b"GET /slow HTTP/1.1\r\nHost: a\r\n").final().status == 408
    assert '"GET /slow -" 408' in wait_lines(front, 1)[0]


# ---- bytes


def test_each_pipelined_request_is_counted_for_itself(origin, fairlead):
    requests = [
        b"GET /1 HTTP/1.1\r\nHost: a\r\n\r\n",
        b"POST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
        b"POST /3 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n",
        b"GET /4 HTTP/1.1\r\nHost: a\r\nX-Long: " + b"x" * 1000 + b"\r\n\r\n",
    ]
    front = fairlead(logged(origin(serving(lambda r, c: ok(r.target.encode() * 100)))))
    with front.client() as client:
        client.send(b"".join(requests))
        for _ in requests:
            assert client.final().status == 200
    entries = [json.loads(line) for line in wait_lines(front, 4)]
    assert [entry["bytes_in"] for entry in entries] == [len(request) for request in requests]
    assert len({entry["bytes_out"] for entry in entries}) == 1
    assert front.metric("fairlead_bytes_total", listener="web", direction="in") == sum(map(len, requests))


def test_a_tunnels_bytes_are_counted_once(origin, fairlead):
    def script(connection):
        connection.head()
        connection.send(b"HTTP/1.1 101 S\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n")
        assert connection.exactly(10) == b"aheadlater"
        connection.send(b"bye")

    front = fairlead(logged(origin(script)))
    head = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n"
    with front.client() as client:
        client.send(head + b"ahead")
        assert client.response().status == 101
        client.send(b"later")
        assert client.exactly(3) == b"bye"
    entry = json.loads(wait_lines(front, 1)[0])
    assert entry["bytes_in"] == len(head) + 10, entry
