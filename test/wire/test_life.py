"""Start, stop and the command line: exit codes, what is said, and a drain that loses nothing."""
import json
import os
import re
import signal
import socket
import subprocess

import pytest

from fairlead import BINARY, ROOT, Fairlead, command, free_port, one_pool
from origin import echo, named, ok
from raw import Client, once, request
from timing import PATIENCE, eventually


@pytest.mark.parametrize("open_files", [64, 256, 4096])
def test_a_small_limit_of_open_files_still_serves(origin, fairlead, open_files):
    front = fairlead(one_pool(origin(named("a")).address, workers=2), open_files=open_files)
    pattern = r"at most (\d+) open files: (\d+) proxied connections"
    said = eventually(lambda: re.search(pattern, front.errors()), "the line of the limit")
    limit, connections = int(said[1]), int(said[2])
    assert limit == open_files and connections >= 4
    if open_files == 4096:
        # 256 probes, 256 admin connections, 32 pipes of each worker: 640, and 48 of its own.
        assert 2 * connections <= 4096 - 640 - 48
    for _ in range(5):
        assert once(front.address()).body == b"a"


# ---- without a file


def test_two_flags_are_enough_for_http(origin, fairlead):
    a, b = origin(named("a")), origin(named("b"))
    front = fairlead(
        arguments=[
            "run",
            "--listen",
            "127.0.0.1:<web>",
            "--to",
            f"{a.address},{b.address}",
            "--admin",
            "127.0.0.1:<admin>",
        ]
    )
    assert {once(front.address()).body for _ in range(40)} == {b"a", b"b"}


def test_two_flags_are_enough_for_tcp(origin, fairlead):
    backend = origin(echo)
    front = fairlead(
        arguments=["run", "--listen", "tcp://127.0.0.1:<web>", "--to", backend.address, "--admin", "127.0.0.1:<admin>"]
    )
    with front.client() as client:
        assert client.send(b"\x00\x01").exactly(2) == b"\x00\x01"


def test_a_port_alone_is_every_interface(origin, fairlead):
    backend = origin(named("a"))
    front = fairlead(arguments=["run", "--listen", ":<web>", "--to", backend.address, "--admin", "127.0.0.1:<admin>"])
    assert once(f"127.0.0.1:{front.port()}").body == once(f"[::1]:{front.port()}").body == b"a"


# ---- wrong usage, wrong files


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["fly"],
        ["run", "--nonsense"],
        ["run", "-c"],
        ["run", "--listen", "127.0.0.1:1"],
        ["version", "--nonsense"],
        ["status", "--admin"],
    ],
)
def test_wrong_usage_is_exit_code_2(arguments, tmp_path):
    done = command(*arguments, cwd=tmp_path)
    assert done.returncode == 2, done
    wrong = [word for word in arguments if word in ("fly", "--nonsense", "--listen", "--admin")]
    assert done.stderr.strip() and all(word in done.stderr for word in wrong), done.stderr


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"], ["check", "--help"]])
def test_help_is_no_error(arguments):
    done = command(*arguments)
    assert done.returncode == 0 and "fairlead" in done.stdout


def test_version_is_one_line():
    done = command("version")
    assert done.returncode == 0 and re.fullmatch(r"fairlead \d+\.\d+\.\d+\S*.*\n", done.stdout), done


@pytest.mark.parametrize("words", [["version"], ["schema"], ["reference"], ["check", "-c", "examples/smallest.yaml"]])
def test_what_cannot_be_written_is_a_failure(words):
    with open("/dev/full", "w") as full:
        done = subprocess.run([BINARY, *words], stdout=full, stderr=subprocess.PIPE, text=True, timeout=PATIENCE, cwd=ROOT)
    assert done.returncode == 1
    assert done.stderr == "fairlead: cannot write to standard output: No space left on device\n"


WRONG = """\
listeners:
  web: { bind: "127.0.0.1:8080", pol: app }
  two: { bind: "127.0.0.1:99999", pool: app }
pools:
  app:
    balance: round_robbin
    health: { http: /health, interval: 10 }
    backends: [127.0.0.1:9001, 300.1.2.3:80]
"""


@pytest.fixture
def wrong(tmp_path):
    path = tmp_path / "fairlead.yaml"
    path.write_text(WRONG)
    return path


@pytest.mark.parametrize("verb", ["check", "run"])
def test_every_problem_is_told_at_once_with_its_place(wrong, verb):
    done = command(verb, "-c", wrong)
    assert done.returncode == 1, done
    text = done.stdout + done.stderr
    for number, word in [(2, "pol:"), (3, "127.0.0.1:99999"), (6, "round_robbin"), (7, "10 "), (8, "300.1.2.3:80")]:
        column = WRONG.splitlines()[number - 1].index(word) + 1
        # A quoted text may be shown from its quote on.
        assert re.search(
            rf"fairlead\.yaml:{number}:({column}|{column - 1})\b", text
        ), f"no {number}:{column} ({word}) in:\n{text}"
    for hint in ("pool", "round_robin"):
        assert hint in text
    lines = text.splitlines()
    for i, line in enumerate(lines):
        if re.search(r"fairlead\.yaml:6:14", line):
            shown = next(j for j in range(i, i + 4) if "balance: round_robbin" in lines[j])
            assert lines[shown + 1].index("^") == lines[shown].index("round_robbin"), "the caret is not under the word"
            break
    assert re.search(r"\b[5-9] (errors|problems)", text), text


def test_a_good_file_is_checked_without_a_word_of_complaint(tmp_path):
    path = tmp_path / "fairlead.yaml"
    path.write_text('listeners:\n  web: { bind: ":8080", pool: app }\npools:\n  app:\n    backends: [127.0.0.1:9001]\n')
    done = command("check", "-c", path)
    assert done.returncode == 0 and "error" not in done.stdout + done.stderr


@pytest.mark.parametrize("verb", ["check", "run"])
def test_a_missing_file_is_named(tmp_path, verb):
    done = command(verb, "-c", tmp_path / "nowhere.yaml")
    assert done.returncode == 1 and "nowhere.yaml" in done.stdout + done.stderr


@pytest.mark.parametrize(
    "text, said",
    [
        ("listeners: [", "1:"),
        ("listeners:\n\tweb: 1\n", "tab"),
        ("listeners: {}\nlisteners: {}\n", "listeners"),
        ('listeners:\n  web: { bind: ":8080", pool: nobody }\n', "nobody"),
        ("", "listeners"),
        ("- a\n- b\n", "1:"),
    ],
)
def test_what_is_no_configuration_is_refused(tmp_path, text, said):
    path = tmp_path / "fairlead.yaml"
    path.write_text(text)
    done = command("check", "-c", path)
    assert done.returncode == 1 and said in done.stdout + done.stderr, done


def test_the_environment_fills_in(origin, fairlead):
    backend = origin(named("a"))
    config = one_pool("${BACKEND}", listener={"bind": "${HOST:-127.0.0.1}:<web>"})
    assert once(fairlead(config, environment={"BACKEND": backend.address}).address()).body == b"a"


def test_include_merges_files(origin, fairlead):
    backend = origin(named("a"))
    front = Fairlead({"include": ["conf.d/*.yaml"], "listeners": {"web": {"bind": "127.0.0.1:<web>", "pool": "app"}}})
    (front.path.parent / "conf.d").mkdir()
    (front.path.parent / "conf.d" / "pools.yaml").write_text(
        f'pools: {{ app: {{ health: off, backends: ["{backend.address}"] }} }}\n'
    )
    with front:
        assert once(front.address()).body == b"a"


# ---- a port in use


def refused_start(arguments, address):
    done = command(*arguments)
    assert done.returncode == 3, done
    assert address in done.stderr, done.stderr
    return done.stderr


def test_a_port_in_use_is_exit_code_3(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = "127.0.0.1:%d" % taken.getsockname()[1]
        path = tmp_path / "fairlead.yaml"
        path.write_text(
            f'admin: off\nlisteners:\n  web: {{ bind: "{address}", pool: app }}\npools:\n  app: {{ backends: ["127.0.0.1:1"] }}\n'
        )
        said = refused_start(["run", "-c", path], address)
        assert re.search(r"fairlead\.yaml:3\b", said), "the listener's line is not named"


def test_a_second_instance_does_not_share_the_first_ones_port(origin, fairlead):
    front = fairlead(one_pool(origin().address))
    refused_start(
        ["run", "--listen", front.address(), "--to", "127.0.0.1:1", "--admin", f"127.0.0.1:{free_port()}"],
        front.address(),
    )
    assert once(front.address()).status == 200


def test_a_second_instance_does_not_share_the_admin_port(origin, fairlead):
    front = fairlead(one_pool(origin().address))
    refused_start(
        ["run", "--listen", f"127.0.0.1:{free_port()}", "--to", "127.0.0.1:1", "--admin", front.address("admin")],
        front.address("admin"),
    )


def test_a_taken_admin_address_is_named_by_its_flag():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = "127.0.0.1:%d" % taken.getsockname()[1]
        web = f"127.0.0.1:{free_port()}"
        said = refused_start(["run", "--listen", web, "--to", "127.0.0.1:1", "--admin", address], address)
    assert any(line.startswith("--admin: error: admin address: ") for line in said.splitlines()), said


def test_a_taken_admin_address_is_named_by_its_line(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = "127.0.0.1:%d" % taken.getsockname()[1]
        path = tmp_path / "fairlead.yaml"
        path.write_text(
            f'listeners: {{ web: {{ bind: "127.0.0.1:{free_port()}", pool: ["127.0.0.1:1"] }} }}\nadmin: {address}\n'
        )
        said = refused_start(["run", "-c", path], address)
    assert "fairlead.yaml:2:8: error: admin address: " in said, said


def test_an_admin_address_that_a_listener_has_is_told_as_such():
    address = f"127.0.0.1:{free_port()}"
    said = refused_start(["run", "--listen", address, "--to", "127.0.0.1:1", "--admin", address], address)
    assert "listener `main` has that address" in said and "another process" not in said, said


@pytest.mark.parametrize("flag", ["--listen", "--admin"])
def test_a_unix_path_in_use_has_words_of_its_own(tmp_path, flag):
    def said_of(path):
        flags = {"--listen": f"127.0.0.1:{free_port()}", "--to": "127.0.0.1:1", "--admin": "off", flag: f"unix:{path}"}
        return refused_start(["run", *(word for pair in flags.items() for word in pair)], str(path))

    taken = tmp_path / "taken.sock"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(taken))
        listener.listen(1)
        said = said_of(taken)
        assert "another process listens there" in said and "ss -lxp" in said and "ltnp" not in said, said
    file = tmp_path / "notes.txt"
    file.write_text("mine")
    said = said_of(file)
    assert "a file that is not a socket is there" in said and "move that file away" in said and "ss -" not in said
    assert file.read_text() == "mine"
    said = said_of(tmp_path / "nowhere" / "a.sock")
    assert "there is no such folder" in said and "ss -" not in said, said


@pytest.mark.parametrize("admin, warned", [("0.0.0.0:1", True), (":1", True), ("127.0.0.1:1", False), ("off", False)])
def test_an_admin_address_for_everybody_is_warned_of(tmp_path, admin, warned):
    path = tmp_path / "fairlead.yaml"
    path.write_text(f'admin: "{admin}"\nlisteners: {{ web: {{ bind: ":80", pool: ["127.0.0.1:1"] }} }}\n')
    done = command("check", "-c", path)
    assert done.returncode == 0 and ("warning: whoever reaches" in done.stderr) == warned, done


def test_an_admin_flag_for_everybody_is_warned_of_at_the_start(origin, fairlead):
    front = fairlead(
        arguments=["run", "--listen", "127.0.0.1:<web>", "--to", origin().address, "--admin", "0.0.0.0:<admin>"]
    )
    assert "warning: whoever reaches" in front.errors()


def test_addresses_that_overlap_are_refused_as_they_would_be_at_the_start(tmp_path):
    path = tmp_path / "fairlead.yaml"
    path.write_text(
        "listeners:\n  a: { bind: \":8080\", pool: [127.0.0.1:1] }\n  b: { bind: \"tcp://127.0.0.1:8080\", pool: a }\n"
    )
    done = command("check", "-c", path)
    assert done.returncode == 1, done
    assert "fairlead.yaml:3:" in done.stderr and "first said at" in done.stderr and "fairlead.yaml:2:" in done.stderr


def test_a_port_is_free_again_at_once(origin):
    """Connections in TIME_WAIT must not keep a restart from its port."""
    config = one_pool(origin().address)
    with Fairlead(config) as front:
        with front.client() as client:
            client.ask("/", fields=["Connection: close"])
        with front.client() as client:
            client.ask("/")
            front.signal(signal.SIGTERM)
            assert front.wait() == 0
        front.start_again()
        assert once(front.address()).status == 200


# ---- the schema


def test_the_schema_accepts_what_is_right_and_refuses_unknown_keys():
    done = command("schema")
    assert done.returncode == 0
    schema = json.loads(done.stdout)
    assert schema["$schema"].startswith("https://json-schema.org/") and schema["type"] == "object"
    assert {"listeners", "pools", "admin", "workers", "access_log"} <= set(schema["properties"])
    validator = pytest.importorskip("jsonschema").validators.validator_for(schema)
    validator.check_schema(schema)
    validate = validator(schema)
    good = one_pool("127.0.0.1:1", admin={"bind": "127.0.0.1:9900"}, workers=2, access_log="off")
    assert not list(validate.iter_errors(good))
    for bad in (
        {**good, "listener": {}},
        {**good, "workers": []},
        one_pool("127.0.0.1:1", listener={"pol": "app"}),
        one_pool("127.0.0.1:1", pool_options={"balanse": "random"}),
    ):
        assert list(validate.iter_errors(bad)), bad


# ---- the end


def gone(front):
    try:
        Client(front.address()).close()
        return False
    except ConnectionResetError:   # the door closed while the kernel was shaking hands: a last look
        return False
    except ConnectionRefusedError:
        return True


def held(connection):
    """Answers when the test says so."""
    while r := connection.request():
        eventually(lambda: connection.origin.let_go, "the test's word", 60)
        connection.send(ok(r.body or b"held"))


@pytest.fixture
def holding(origin):
    backend = origin(held)
    backend.let_go = False
    return backend


def test_sigterm_lets_the_request_in_flight_finish(holding, fairlead):
    front = fairlead(one_pool(holding.address), drain="60s")
    with front.client() as client, front.client() as idle:
        client.send(request())
        holding.wait_requests(1)
        front.signal(signal.SIGTERM)
        eventually(lambda: gone(front), "new connections to be refused")
        assert front.running()
        assert front.admin("/ready").status == 503
        idle.expect_closed()
        holding.let_go = True
        answer = client.final()
        assert (answer.status, answer.body, answer.get("connection")) == (200, b"held", "close")
        client.expect_closed()
    assert front.wait() == 0


def test_sigterm_lets_an_upload_in_flight_finish(holding, fairlead):
    holding.let_go = True
    front = fairlead(one_pool(holding.address), drain="60s")
    with front.client() as client:
        client.send(request("/", "POST", ["Content-Length: 10"]) + b"hello")
        eventually(lambda: holding.used(), "the upload to begin")
        front.signal(signal.SIGTERM)
        eventually(lambda: gone(front), "new connections to be refused")
        assert client.send(b"world").final().body == b"helloworld"
    assert front.wait() == 0


def test_sigterm_without_work_ends_at_once(holding, fairlead):
    front = fairlead(one_pool(holding.address), drain="1h")
    with front.client() as idle:
        front.signal(signal.SIGTERM)
        assert front.wait() == 0
        idle.expect_closed()


def test_the_drain_ends_by_its_deadline(holding, fairlead):
    front = fairlead(one_pool(holding.address), drain="500ms")
    with front.client() as client:
        client.send(request())
        holding.wait_requests(1)
        front.signal(signal.SIGTERM)
        assert front.wait() == 0
        data, _ = client.rest()
        assert not data.startswith(b"HTTP/1.1 200")
    holding.let_go = True


@pytest.mark.parametrize("second", [signal.SIGTERM, signal.SIGINT])
def test_a_second_signal_ends_it_now(holding, fairlead, second):
    front = fairlead(one_pool(holding.address), drain="1h")
    front.expected = (0, 1, 143, 130, -signal.SIGTERM, -signal.SIGINT)
    with front.client() as client:
        client.send(request())
        holding.wait_requests(1)
        front.signal(signal.SIGTERM)
        eventually(lambda: gone(front), "new connections to be refused")
        front.signal(second)
        front.wait()
        client.rest()
    holding.let_go = True


def test_no_request_is_lost_while_it_ends(origin, fairlead):
    """Whoever got a connection gets an answer, or a close before its request was taken."""
    front = fairlead(one_pool(origin().address), drain="60s")
    clients = [front.client() for _ in range(20)]
    for client in clients:
        assert client.ask().status == 200
    front.signal(signal.SIGTERM)
    for client in clients:
        data, _ = client.send_what_goes(request()).rest()
        assert data == b"" or data.startswith(b"HTTP/1.1 200 ")
    assert front.wait() == 0


# ---- the service manager


class Notify:
    """The datagram socket that a service manager listens on."""

    def __init__(self, folder):
        self.path = str(folder / "notify")
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.sock.bind(self.path)
        self.sock.settimeout(PATIENCE * 2)

    def next(self):
        """The next message's lines; keep-alives of a watchdog and mere status texts are skipped."""
        while True:
            lines = dict(line.partition("=")[::2] for line in self.sock.recv(4096).decode().strip().split("\n"))
            if set(lines) - {"STATUS", "WATCHDOG", "MAINPID"}:
                return lines


@pytest.mark.parametrize("abstract", [False, True])
def test_a_service_manager_is_told(origin, tmp_path, abstract):
    notify = Notify(tmp_path)
    if abstract:
        notify.sock.close()
        notify.sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        notify.path = f"@fairlead-wire-{os.getpid()}-{free_port()}"
        notify.sock.bind("\0" + notify.path[1:])
        notify.sock.settimeout(PATIENCE * 2)
    with Fairlead(one_pool(origin().address), environment={"NOTIFY_SOCKET": notify.path}) as front:
        assert notify.next()["READY"] == "1"
        front.signal(signal.SIGHUP)
        said = notify.next()
        assert said["RELOADING"] == "1" and int(said["MONOTONIC_USEC"]) > 0
        assert notify.next()["READY"] == "1"
        front.signal(signal.SIGTERM)
        assert notify.next()["STOPPING"] == "1"
        assert front.wait() == 0
