"""Keys, tiers and weights, seen from outside: who stays with whom, and who steps in."""
from collections import Counter

import pytest

from fairlead import one_pool
from origin import Refusing, echo, named, ok, serving
from raw import once, request
from timing import eventually

CONSISTENT = ["maglev", "ring_hash", "rendezvous"]


@pytest.fixture
def letters(origin):
    """Four backends that answer with their letter."""
    return [origin(named(letter)) for letter in "abcd"]


def front_of(fairlead, backends, balance, **options):
    addresses = [b if isinstance(b, (str, dict)) else b.address for b in backends]
    pool = {"balance": balance, **options.pop("pool", {})}
    return fairlead(one_pool(*addresses, pool_options=pool, **{"workers": 2, **options}))


def asked(front, *fields, target="/"):
    """Who answers a request with these fields, on a connection of its own."""
    with front.client() as client:
        return client.ask(target, fields=fields).body.decode()


def cookie(number):
    return f"Cookie: theme=dark; session_id=s{number}; x=1"


@pytest.mark.parametrize("algorithm", CONSISTENT)
def test_a_cookie_stays_with_its_backend(letters, fairlead, algorithm):
    """Over connections and workers; and many cookies are spread over all backends."""
    front = front_of(fairlead, letters, {algorithm: "cookie:session_id"})
    owners = {n: asked(front, cookie(n)) for n in range(40)}
    assert set(owners.values()) == set("abcd")
    for n, owner in owners.items():
        assert asked(front, cookie(n)) == owner


@pytest.mark.parametrize(
    "key, fields, target",
    [
        ("header:X-User", lambda n: [f"x-user: u{n}"], lambda n: "/"),
        ("query:id", lambda n: [], lambda n: f"/?a=1&id={n}"),
        ("path", lambda n: [], lambda n: f"/item/{n}?x={n}"),
    ],
)
def test_other_keys(letters, fairlead, key, fields, target):
    front = front_of(fairlead, letters, {"maglev": key})
    owners = [asked(front, *fields(n), target=target(n)) for n in range(40)]
    assert set(owners) == set("abcd")
    assert [asked(front, *fields(n), target=target(n)) for n in range(40)] == owners


def test_without_its_key_a_request_goes_by_the_clients_address(letters, fairlead):
    front = front_of(fairlead, letters, {"maglev": "header:x-user"})
    assert len({asked(front) for _ in range(20)}) == 1


def test_another_fallback(letters, fairlead):
    front = front_of(fairlead, letters, {"maglev": {"key": "header:x-user", "fallback": "path"}})
    owners = [asked(front, target=f"/{n}") for n in range(40)]
    assert set(owners) == set("abcd")
    assert [asked(front, target=f"/{n}") for n in range(40)] == owners


def test_no_fallback_is_a_draw(letters, fairlead):
    front = front_of(fairlead, letters, {"maglev": {"key": "header:x-user", "fallback": "none"}})
    assert {asked(front) for _ in range(60)} == set("abcd")


def test_ip_hash_keeps_a_client(letters, fairlead):
    front = front_of(fairlead, letters, "ip_hash", trusted_proxies=["127.0.0.0/8"])
    owners = [asked(front, f"x-forwarded-for: 203.0.113.{n}") for n in range(40)]
    assert set(owners) == set("abcd")
    assert [asked(front, f"x-forwarded-for: 203.0.113.{n}") for n in range(40)] == owners


@pytest.mark.parametrize("algorithm", CONSISTENT)
def test_two_instances_agree_whatever_the_order_in_the_file(letters, fairlead, algorithm):
    balance = {algorithm: "cookie:session_id"}
    one = front_of(fairlead, letters, balance)
    other = front_of(fairlead, letters[::-1], balance)
    for n in range(40):
        assert asked(one, cookie(n)) == asked(other, cookie(n))
    digest = one.pool()["digest"]
    assert len(digest) == 16 and other.pool()["digest"] == digest
    assert one.metric("fairlead_pool_table_info", pool="app", balance=algorithm, digest=digest) == 1
    third = front_of(fairlead, letters[:3], balance)
    assert third.pool()["digest"] != digest
    same = sum(asked(one, cookie(n)) == asked(third, cookie(n)) for n in range(100))
    assert same >= 60, "more keys moved than those of the one that left"


@pytest.mark.parametrize("algorithm", ["ring_hash", "rendezvous"])
def test_a_retry_goes_where_the_key_will_be_without_the_dead_one(letters, fairlead, stack, algorithm):
    dead = stack.enter_context(Refusing())
    front = front_of(fairlead, [*letters[:3], dead.address], {algorithm: "cookie:session_id"})
    owners = [asked(front, cookie(n)) for n in range(40)]
    assert set(owners) == set("abc")
    assert [asked(front, cookie(n)) for n in range(40)] == owners


def test_a_bounded_load_spills_what_is_too_much(origin, fairlead):
    """Twelve connections of one client: without a bound all go to one backend, with 1 to each four."""
    backends = [origin(echo) for _ in range(3)]
    front = fairlead(
        one_pool(
            *[b.address for b in backends],
            protocol="tcp",
            pool_options={"balance": {"maglev": {"bounded_load": 1}}},
            workers=2,
        )
    )
    clients = []
    for _ in range(12):
        clients.append(front.client())
        clients[-1].send(b"x").exactly(1)
    assert [len(b.used()) for b in backends] == [4, 4, 4]
    for client in clients:
        client.close()


def test_a_tcp_client_keeps_its_backend(origin, fairlead):
    backends = [origin(echo) for _ in range(3)]
    front = fairlead(
        one_pool(*[b.address for b in backends], protocol="tcp", pool_options={"balance": "rendezvous"}, workers=2)
    )
    for _ in range(6):
        with front.client() as client:
            client.send(b"x").exactly(1)
    assert sorted(len(b.used()) for b in backends) == [0, 0, 6]


def test_weights_five_three_two_in_turn(letters, fairlead):
    weights = [{"address": b.address, "weight": w} for b, w in zip(letters, (5, 3, 2))]
    front = front_of(fairlead, weights, "round_robin", workers=1)
    with front.client() as client:
        seen = b"".join(client.ask().body for _ in range(100)).decode()
    assert Counter(seen) == {"a": 50, "b": 30, "c": 20}
    assert "aaaaa" not in seen


@pytest.mark.parametrize("balance", ["least_time", "peak_ewma"])
def test_the_quicker_one_is_preferred_once_it_is_known(origin, fairlead, balance):
    """The slow backend answers only when it is told to, long after the quick one would have."""

    def slow(r, c):
        eventually(lambda: c.origin.let_go, "the test's word", 60)
        return ok(b"slow")

    backends = [origin(serving(slow)), origin(named("quick"))]
    backends[0].let_go = False
    front = front_of(fairlead, backends, balance)
    waiting = []
    while not backends[0].requests:
        waiting.append(front.client())
        waiting[-1].send(request("/"))
        eventually(lambda: sum(len(b.requests) for b in backends) == len(waiting), "the request to arrive")
    for _ in range(10):
        # An answer is there a moment before its exchange has ended, and another worker may be next.
        eventually(lambda: front.metric("fairlead_backend_active") == 1, "only the slow one to be at work")
        assert once(front.address()).body == b"quick"
    backends[0].let_go = True
    for client in waiting:
        assert client.final().status == 200
        client.close()
    assert [once(front.address()).body for _ in range(10)].count(b"slow") <= 1


def test_a_backup_steps_in_when_nobody_else_is_left(letters, fairlead, stack):
    dead = stack.enter_context(Refusing())
    spare = {"address": letters[1].address, "backup": True}
    front = front_of(fairlead, [letters[0].address, spare], "round_robin", workers=1)
    assert {asked(front) for _ in range(6)} == {"a"}
    front = front_of(
        fairlead,
        [dead.address, spare],
        "round_robin",
        workers=1,
        pool={"health": {"tcp": {}, "interval": "50ms", "unhealthy_threshold": 1}},
    )
    eventually(lambda: front.pool()["basis"] == "backup", "the backup's turn")
    assert {asked(front) for _ in range(6)} == {"b"}
    backends = {b["address"]: b for b in front.pool()["backends"]}
    assert backends[letters[1].address]["portion"] == 1 and backends[letters[1].address]["eligible"]


def test_the_own_zone_and_the_first_tier_are_preferred(letters, fairlead):
    zones = [{"address": b.address, "zone": z} for b, z in zip(letters, ("east", "east", "west", "west"))]
    front = front_of(fairlead, zones, "random", zone="west")
    assert {asked(front) for _ in range(40)} == set("cd")
    tiers = [{"address": b.address, "priority": p} for b, p in zip(letters, (1, 0, 1, 2))]
    front = front_of(fairlead, tiers, "random")
    assert {asked(front) for _ in range(10)} == {"b"}


def test_a_subset_uses_its_number_of_backends(letters, fairlead):
    used = []
    for instance in range(4):
        front = front_of(fairlead, letters, "random", pool={"subset": 2}, instance=instance)
        used.append({asked(front) for _ in range(40)})
    assert [len(letters) for letters in used] == [2, 2, 2, 2]
    assert Counter("".join("".join(u) for u in used)) == {letter: 2 for letter in "abcd"}
