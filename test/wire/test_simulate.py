"""`fairlead simulate`: the tables, the JSON, what may be said, and how long it takes."""
import json

import pytest

from fairlead import command, one_pool
from origin import named
from raw import once
from timing import FACTOR

FILE = """
listeners: { web: { bind: ":8080", pool: api }, other: { bind: ":8081", pool: weighted } }
pools:
  api: [127.0.0.1:9001, 127.0.0.1:9002, 127.0.0.1:9003]
  weighted: { backends: { 127.0.0.1:9001: 5, 127.0.0.1:9002: 3, 127.0.0.1:9003: 2 } }
"""


@pytest.fixture
def simulate(tmp_path):
    """`simulate(...)` by FILE, as the command says it."""
    file = tmp_path / "fairlead.yaml"
    file.write_text(FILE)
    return lambda *arguments: command("simulate", "-c", file, *arguments)


@pytest.fixture
def numbers(simulate):
    """The same as {algorithm: its part of the JSON}."""

    def ask(*arguments):
        done = simulate("--json", *arguments)
        assert done.returncode == 0, done
        return {each["name"]: each for each in json.loads(done.stdout)["algorithms"]}

    return ask


def test_every_algorithm_side_by_side(simulate):
    done = simulate("--pool", "api", "--requests", 20000)
    assert done.returncode == 0, done
    for word in ("round_robin", "random", "least_connections", "power_of_two", "least_time", "peak_ewma", "ip_hash",
                 "ring_hash", "maglev", "rendezvous", "P99.9", "127.0.0.1:9003", "#"):
        assert word in done.stdout, done.stdout
    assert done.stdout.isascii(), "no terminal, no blocks"


def test_weights_are_shares(numbers):
    told = numbers("--pool", "weighted", "--algorithm", "round_robin")["round_robin"]
    shares = [backend["share"] for backend in told["stretches"][0]["backends"]]
    assert shares == pytest.approx([0.5, 0.3, 0.2], abs=0.001)


def test_a_slow_backend_hurts_who_does_not_look(numbers):
    told = numbers("--pool", "api", "--slow", "127.0.0.1:9002=10", "--load", 50, "--requests", 50000,
                   "--algorithm", "round_robin,least_connections")
    p99 = {name: [s["latency"]["p99_seconds"] for s in each["stretches"]] for name, each in told.items()}
    assert p99["round_robin"][1] > 20 * p99["round_robin"][0]
    assert p99["least_connections"][1] < p99["round_robin"][1] / 10


def test_a_death_fails_nothing_where_others_are_left(numbers):
    for name, each in numbers("--pool", "api", "--kill", "127.0.0.1:9001", "--load", 40).items():
        after = each["stretches"][1]
        assert (after["failed"], after["backends"][0]["requests"]) == (0, 0), name


def test_keys_move_and_only_where_there_are_any(numbers):
    told = numbers("--pool", "api", "--requests", 1000, "--remove", "127.0.0.1:9001")
    moved = {name: each["keys"]["moved"] for name, each in told.items() if "keys" in each}
    assert set(moved) == {"ip_hash", "ring_hash", "maglev", "rendezvous"}
    assert moved["ip_hash"] > 0.6 and moved["rendezvous"] == pytest.approx(1 / 3, abs=0.02)


def test_clients_behind_one_address(numbers):
    busiest = lambda each: max(backend["share"] for backend in each["stretches"][0]["backends"])
    arguments = ["--pool", "api", "--requests", 5000, "--addresses", 1, "--algorithm", "maglev,ip_hash"]
    told = numbers(*arguments)
    assert [busiest(each) for each in told.values()] == [1, 1]
    told = numbers(*arguments, "--key", "cookie:sid")
    assert busiest(told["maglev"]) < 0.4 and busiest(told["ip_hash"]) == 1


def test_the_same_seed_says_the_same(simulate):
    first, again, other = (simulate("--pool", "api", "--requests", 5000, "--seed", seed).stdout for seed in (7, 7, 8))
    assert first == again != other


@pytest.mark.parametrize("algorithm", ["power_of_two", "peak_ewma", "maglev"])
def test_a_million_requests_are_no_matter(simulate, algorithm):
    requests = 1000000 if FACTOR == 1 else 100000  # sanitized builds take their time
    assert simulate("--pool", "api", "--requests", requests, "--algorithm", algorithm).returncode == 0


def test_an_access_log_gives_the_arrivals(origin, fairlead, tmp_path):
    log = tmp_path / "access.log"
    backend = origin(named("a"))
    front = fairlead(one_pool(backend.address, access_log={"format": "json", "to": str(log)}))
    for _ in range(20):
        assert once(front.address(), "/x").status == 200
    front.stop()
    done = command("simulate", "-c", front.path, "--access-log", log, "--json", "--algorithm", "round_robin")
    assert done.returncode == 0, done
    told = json.loads(done.stdout)
    assert told["scenario"]["recorded"] == told["algorithms"][0]["stretches"][0]["requests"] == 20


def test_a_log_without_the_pool_is_1(simulate, tmp_path):
    log = tmp_path / "access.log"
    log.write_text("no log\n")
    done = simulate("--pool", "api", "--access-log", log)
    assert done.returncode == 1 and "no request for pool api among 1 lines (1 are no JSON" in done.stderr, done


@pytest.mark.parametrize("arguments", [["--pool", "nobody"], [], ["--pool", "api", "--remove", "127.0.0.1:1"],
                                       ["--pool", "api", "--add", "127.0.0.1:9001"],
                                       ["--pool", "api", "--access-log", "/nowhere"]])
def test_what_is_not_there_is_1(simulate, arguments):
    done = simulate(*arguments)
    assert done.returncode == 1 and "fairlead simulate: " in done.stderr, done


@pytest.mark.parametrize("arguments", [["--algorithm", "best"], ["--slow", "127.0.0.1:9001"], ["--rate", "fast"],
                                       ["--service-time", "20ms"], ["--requests", "0"], ["--kill", "here"],
                                       ["--slow", "127.0.0.1:9001=0.5"], ["--at", "200"],
                                       ["--key", "cookies"], ["--key", "cookie"], ["--addresses", "0"]])
def test_wrong_usage_is_2(simulate, arguments):
    done = simulate("--pool", "api", *arguments)
    assert (done.returncode, done.stdout) == (2, ""), done
