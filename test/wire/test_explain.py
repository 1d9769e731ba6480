"""`fairlead explain`: by a file, of a running instance, and as a field of responses."""
import json

import pytest

from fairlead import command, one_pool
from origin import Refusing, named
from raw import Client, once
from timing import eventually

FILE = """
trusted_proxies: [10.0.0.0/8]
listeners:
  web:
    bind: ":8080"
    routes:
      - name: old
        match: { path: /old/* }
        redirect: "https://new.example{uri}"
      - name: canary
        match: { headers: { x-group: canary } }
        pool: canary
    pool: app
  db: { bind: "tcp://:5432", pool: pg }
pools:
  app: { balance: least_connections, backends: [127.0.0.1:9001, 127.0.0.1:9002] }
  canary: [127.0.0.1:9003]
  pg: [127.0.0.1:5433]
"""


@pytest.fixture
def explain(tmp_path):
    """`explain(request, ...)` asks by FILE; a dict with --json."""
    file = tmp_path / "fairlead.yaml"
    file.write_text(FILE)

    def ask(*arguments):
        return command("explain", "-c", file, *arguments)

    return ask


def told(done):
    assert done.returncode == 0, done
    return json.loads(done.stdout)


def test_the_route_and_its_line_are_shown(explain):
    done = explain("GET http://shop.example:8080/x", "-H", "X-Group: canary")
    assert done.returncode == 0, done
    lines = done.stdout.splitlines()
    assert any(line.startswith("not route") and "path /x is not /old/*" in line for line in lines), done.stdout
    assert any(line.split()[:2] == ["route", "canary"] and "fairlead.yaml:10 " in line for line in lines), done.stdout
    assert lines[-1] == "to 127.0.0.1:9003 in pool canary"
    assert "fresh start" in done.stdout


def test_the_json_says_the_same(explain):
    answer = told(explain("http://shop.example:8080/x", "--json", "--client", "192.0.2.1"))
    assert (answer["listener"]["name"], answer["pool"]["name"]) == ("web", "app")
    assert answer["request"]["client"] == "192.0.2.1"
    assert [route["name"] for route in answer["passed_routes"]] == ["old", "canary"]
    backends = answer["pool"]["backends"]
    assert [backend["state"] for backend in backends] == ["healthy", "healthy"]
    assert sum(backend["taken"] for backend in backends) == 1
    assert abs(sum(backend["chance"] for backend in backends) - 1) < 0.01
    assert answer["live"] is False


def test_answers_of_fairlead_itself(explain):
    answer = told(explain("/old/a?b=1", "--json"))
    assert (answer["action"], answer["status"], answer["location"]) == ("redirect", 301, "https://new.example/old/a?b=1")


def test_a_connection(explain):
    assert told(explain("tcp://:5432", "--json"))["backend"] == "127.0.0.1:5433"


def test_a_port_that_nobody_serves(explain):
    answer = told(explain("http://a.example:81/", "--json"))
    assert answer["listener"] is None and "no listener" in answer["outcome"]
    assert {each["name"] for each in answer["other_listeners"]} == {"web", "db"}


@pytest.mark.parametrize("arguments", [["/%zz"], ["GET /a b"], ["/", "--client", "x"]])
def test_a_wrong_request_is_1(explain, arguments):
    done = explain(*arguments)
    assert (done.returncode, done.stdout) == (1, ""), done
    assert done.stderr.startswith("fairlead explain: ")


@pytest.mark.parametrize("arguments", [[], ["-c", "x.yaml"], ["/"], ["-c", "x.yaml", "--admin", ":1", "/"],
                                       ["-c", "x.yaml", "/", "-H", "x"], ["--admin", "x", "/"]])
def test_wrong_usage_is_2(arguments):
    assert command("explain", *arguments).returncode == 2


def test_a_wrong_file_is_1(tmp_path):
    file = tmp_path / "fairlead.yaml"
    file.write_text("listeners: 5\n")
    done = command("explain", "-c", file, "/")
    assert done.returncode == 1 and "listeners" in done.stderr


POOLS = """
zone: a
listeners: { web: { bind: ":8080", pool: app } }
pools:
  app:
    balance: { maglev: { key: cookie:sid, fallback: client_ip, bounded_load: 1.25 } }
    backends:
      - { address: 127.0.0.1:9001, zone: a, weight: 2 }
      - { address: 127.0.0.1:9002, zone: a }
      - { address: 127.0.0.1:9003, zone: b }
      - { address: 127.0.0.1:9004, zone: a, priority: 1 }
      - { address: 127.0.0.1:9005, backup: true }
      - { address: 127.0.0.1:9006, weight: 0 }
"""


def test_who_is_out_and_by_what(tmp_path):
    file = tmp_path / "fairlead.yaml"
    file.write_text(POOLS)
    ask = lambda *more: told(command("explain", "-c", file, "http://a:8080/", "--json", *more))["pool"]
    pool = ask("-H", "Cookie: sid=abc")
    assert [each.get("out_by") for each in pool["backends"]] == [None, None, "zone", "tier", "backup", "weight"]
    assert [round(each["portion"], 2) for each in pool["backends"][:3]] == [0.67, 0.33, 0]
    assert (pool["key"]["source"], pool["key"]["value"], pool["key"]["fallback"]) == ("cookie:sid", "abc", False)
    assert pool["algorithm"]["place"].endswith("of 65537") and pool["backends"][0]["most_active"] == 1
    assert sorted(each["chance"] for each in pool["backends"]) == [0, 0, 0, 0, 0, 1], "a key has one place"
    key = ask("--client", "203.0.113.7")["key"]
    assert (key["source"], key["value"], key["fallback"]) == ("client_ip", "203.0.113.7", True)


# ---- the running instance


def ask(front, path):
    """A request that wants to know why it goes where it goes."""
    with Client(front.address()) as client:
        return client.ask(path, fields=["X-Fairlead-Explain: 1"])


@pytest.fixture
def front(origin, fairlead, stack):
    """Trusts whoever is on loopback; one backend lives, one does not."""
    live, dead = origin(named("a")), stack.enter_context(Refusing())
    options = {"health": {"tcp": {}, "interval": "100ms"}, "balance": "round_robin"}
    proxy = fairlead(one_pool(live.address, dead.address, pool_options=options,
                              trusted_proxies=["127.0.0.0/8"]))
    proxy.live, proxy.dead = live.address, dead.address
    eventually(lambda: proxy.states()[dead.address] == "unhealthy", "the dead one to be found")
    return proxy


def test_a_running_instance_tells_from_its_state(front):
    url = f"http://{front.address()}/x"
    answer = told(command("explain", "--admin", front.address("admin"), url, "--json"))
    states = {backend["address"]: backend for backend in answer["pool"]["backends"]}
    assert states[front.dead]["state"] == "unhealthy" and "refused" in states[front.dead]["why"]
    assert (answer["backend"], answer["live"]) == (front.live, True)
    body = json.dumps({"request": url}).encode()
    assert json.loads(front.admin("/api/v1/explain", "POST", body).body) == answer, "the command shows what the API says"
    text = command("explain", "--admin", front.address("admin"), url)
    assert text.returncode == 0 and text.stdout.splitlines()[-1] == f"to {front.live} in pool app"


def test_what_is_foretold_happens(front):
    answer = told(command("explain", "--admin", front.address("admin"), f"http://{front.address()}/x", "--json"))
    assert f"backend={answer['backend']};" in ask(front, "/x").get("x-fairlead-explain")


def test_a_key_leads_where_it_was_foretold(origin, fairlead):
    backends = [origin(named(name)) for name in "abc"]
    options = {"balance": {"maglev": {"key": "cookie:sid", "fallback": "none"}}}
    front = fairlead(one_pool(*(each.address for each in backends), pool_options=options))
    for sid in range(20):
        cookie = f"Cookie: sid={sid}"
        answer = told(command("explain", "--admin", front.address("admin"), f"http://{front.address()}/", "-H", cookie, "--json"))
        with Client(front.address()) as client:
            name = client.ask("/", fields=[cookie]).body.decode()
        assert answer["backend"] == {"a": backends[0], "b": backends[1], "c": backends[2]}[name].address


def test_a_drained_backend_is_out_by_its_state(origin, fairlead):
    one, two = origin(named("a")), origin(named("b"))
    front = fairlead(one_pool(one.address, two.address))
    assert command("backend", "drain", "--admin", front.address("admin"), "app", one.address).returncode == 0
    answer = told(command("explain", "--admin", front.address("admin"), f"http://{front.address()}/", "--json"))
    first, second = answer["pool"]["backends"]
    assert (first["out_by"], first["state"], second["taken"]) == ("state", "draining", True)
    assert first["why"].startswith("draining: "), first


def test_times_that_were_measured_are_told(origin, fairlead):
    backend, other = origin(named("a")), origin(named("b"))
    front = fairlead(one_pool(backend.address, other.address, pool_options={"balance": "least_time"}))
    for _ in range(10):
        assert once(front.address(), "/").status == 200
    answer = told(command("explain", "--admin", front.address("admin"), f"http://{front.address()}/", "--json"))
    backends = answer["pool"]["backends"]
    assert all(each["average_seconds"] > 0 and each["compared"] > 0 for each in backends), backends
    assert answer["pool"]["algorithm"]["unit"] == "ms"


def test_a_running_instance_refuses_what_is_no_request(front):
    done = command("explain", "--admin", front.address("admin"), "/%zz")
    assert (done.returncode, done.stdout) == (1, "") and "400" in done.stderr, done


def test_no_instance_is_1():
    with Refusing() as nobody:
        done = command("explain", "--admin", nobody.address, "/")
        assert done.returncode == 1 and nobody.address in done.stderr, done


def test_a_trusted_peer_is_told_in_the_response(front):
    answer = ask(front, "/x")
    assert answer.status == 200
    assert answer.get("x-fairlead-explain") == (
        f"listener=web; route=web/1; pool=app; backend={front.live}; reason=round_robin among 1 of 2")
    assert once(front.address(), "/x").get("x-fairlead-explain") is None, "only who asks is told"


def test_the_field_is_not_passed_on(origin, fairlead):
    backend = origin(named("a"))
    front = fairlead(one_pool(backend.address, trusted_proxies=["127.0.0.0/8"]))
    assert ask(front, "/x").get("x-fairlead-explain")
    assert [request.get("x-fairlead-explain") for request in backend.requests] == [None]


def test_a_stranger_is_told_nothing(origin, fairlead):
    front = fairlead(one_pool(origin(named("a")).address))
    answer = ask(front, "/x")
    assert answer.status == 200 and answer.get("x-fairlead-explain") is None


def test_answers_of_our_own_are_explained_too(fairlead):
    front = fairlead({
        "trusted_proxies": ["127.0.0.0/8"],
        "listeners": {"web": {"bind": "127.0.0.1:<web>", "routes": [{"match": "/a", "respond": {"body": "a"}}]}},
        "pools": {},
    })
    assert ask(front, "/a").get("x-fairlead-explain") == "listener=web; route=web/1; reason=respond"
    assert ask(front, "/b").get("x-fairlead-explain") == "listener=web; reason=no-route"
