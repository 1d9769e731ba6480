"""Who is chosen, seen from outside: exact turns, weights, and a busy backend that is spared."""
from collections import Counter

import pytest

from fairlead import one_pool
from origin import echo, named, ok, serving
from raw import once, request
from timing import eventually


def front_of(fairlead, backends, balance, **options):
    return fairlead(one_pool(*backends, pool_options={"balance": balance}, **{"workers": 1, **options}))


def order(front, count):
    with front.client() as client:
        return b"".join(client.ask().body for _ in range(count)).decode()


@pytest.fixture
def letters(origin):
    """Three backends that answer with their letter."""
    return [origin(named(letter)) for letter in "abc"]


def test_round_robin_takes_each_in_turn(letters, fairlead):
    seen = order(front_of(fairlead, [b.address for b in letters], "round_robin"), 30)
    for i in range(28):
        assert len(set(seen[i : i + 3])) == 3, seen


def test_round_robin_is_exact_over_connections(letters, fairlead):
    front = front_of(fairlead, [b.address for b in letters], "round_robin")
    assert Counter(once(front.address()).body for _ in range(30)) == {b"a": 10, b"b": 10, b"c": 10}


@pytest.mark.parametrize("form", ["list", "mapping"])
def test_round_robin_follows_weights_smoothly(letters, fairlead, form):
    weights = {b.address: w for b, w in zip(letters, (5, 1, 1))}
    backends = [{"address": a, "weight": w} for a, w in weights.items()] if form == "list" else weights
    front = fairlead(
        {
            "workers": 1,
            "listeners": {"web": {"bind": "127.0.0.1:<web>", "pool": "app"}},
            "pools": {"app": {"health": "off", "balance": "round_robin", "backends": backends}},
        }
    )
    seen = order(front, 70)
    assert Counter(seen) == {"a": 50, "b": 10, "c": 10}
    for i in range(64):
        assert Counter(seen[i : i + 7]) == {"a": 5, "b": 1, "c": 1}, seen
    assert "aaaaa" not in seen[7:14], f"the heavy one all at once: {seen}"


def test_weight_zero_gets_nothing(letters, fairlead):
    front = fairlead(
        {
            "workers": 1,
            "listeners": {"web": {"bind": "127.0.0.1:<web>", "pool": "app"}},
            "pools": {
                "app": {
                    "health": "off",
                    "balance": "round_robin",
                    "backends": [{"address": letters[0].address, "weight": 0}, letters[1].address],
                }
            },
        }
    )
    assert set(order(front, 10)) == {"b"}


def holding(letter):
    """Holds requests for /hold until told, and answers others at once."""

    def answer(r, c):
        if r.target == "/hold":
            c.origin.held = True
            eventually(lambda: c.origin.let_go, "the test's word", 60)
        return ok(letter.encode())

    return serving(answer)


@pytest.mark.parametrize("workers", [1, 2])
def test_least_connections_spares_the_busy_one(origin, fairlead, workers):
    """The count is exact over all workers: whoever takes the next request knows of the held one."""
    backends = [origin(holding(letter)) for letter in "ab"]
    for backend in backends:
        backend.held, backend.let_go = False, False
    front = front_of(fairlead, [b.address for b in backends], "least_connections", workers=workers)
    with front.client() as busy:
        busy.send(request("/hold"))
        eventually(lambda: any(b.held for b in backends), "the held request")
        free = "ab"[[b.held for b in backends].index(False)].encode()
        for _ in range(20):
            assert once(front.address()).body == free
            # An answer is there a moment before its exchange has ended, and another worker may be next.
            eventually(lambda: front.metric("fairlead_backend_active") == 1, "only the held request to be left")
        for backend in backends:
            backend.let_go = True
        assert busy.final().status == 200
    assert {once(front.address()).body for _ in range(20)} == {b"a", b"b"}, "ties are not taken in turn"


def test_least_connections_counts_tcp_connections(origin, fairlead):
    backends = [origin(echo) for _ in range(3)]
    front = fairlead(
        one_pool(
            *[b.address for b in backends], protocol="tcp", pool_options={"balance": "least_connections"}, workers=2
        )
    )
    clients = []
    for _ in range(12):
        client = front.client()
        client.send(b"x").exactly(1)
        clients.append(client)
    assert [len(b.used()) for b in backends] == [4, 4, 4]
    for client in clients:
        client.close()


@pytest.mark.parametrize("balance", ["random", "power_of_two", "least_connections", "round_robin"])
def test_everybody_gets_a_share(letters, fairlead, balance):
    front = front_of(fairlead, [b.address for b in letters], balance, workers=2)
    counts = Counter(once(front.address()).body for _ in range(300))
    # The chance that random gives one of three fewer than 50 of 300 is under 1e-9.
    assert len(counts) == 3 and min(counts.values()) >= 50, counts


def test_random_follows_weights(letters, fairlead):
    front = fairlead(
        {
            "workers": 1,
            "listeners": {"web": {"bind": "127.0.0.1:<web>", "pool": "app"}},
            "pools": {
                "app": {
                    "health": "off",
                    "balance": "random",
                    "backends": {letters[0].address: 9, letters[1].address: 1},
                }
            },
        }
    )
    counts = Counter(order(front, 200))
    assert 150 <= counts["a"] <= 199, counts  # expected 180, standard deviation 4.2


def test_least_connections_follows_weights(origin, fairlead):
    heavy, light = origin(echo), origin(echo)
    front = fairlead(
        {
            "workers": 2,
            "listeners": {"web": {"bind": "tcp://127.0.0.1:<web>", "pool": "app"}},
            "pools": {
                "app": {
                    "health": "off",
                    "balance": "least_connections",
                    "backends": {heavy.address: 3, light.address: 1},
                }
            },
        }
    )
    clients = []
    for _ in range(16):
        clients.append(front.client())
        clients[-1].send(b"x").exactly(1)
    assert (len(heavy.used()), len(light.used())) == (12, 4)
    for client in clients:
        client.close()


def test_power_of_two_spares_the_busy_one(origin, fairlead):
    backends = [origin(holding(letter)) for letter in "ab"]
    for backend in backends:
        backend.held, backend.let_go = False, False
    front = front_of(fairlead, [b.address for b in backends], "power_of_two")
    with front.client() as busy:
        busy.send(request("/hold"))
        eventually(lambda: any(b.held for b in backends), "the held request")
        free = "ab"[[b.held for b in backends].index(False)].encode()
        for _ in range(20):
            assert once(front.address()).body == free
            # An answer is there a moment before its exchange has ended, and another worker may be next.
            eventually(lambda: front.metric("fairlead_backend_active") == 1, "only the held request to be left")
        for backend in backends:
            backend.let_go = True
        busy.final()


def test_power_of_two_is_the_default(letters, fairlead):
    front = fairlead(one_pool(*[b.address for b in letters], workers=1))
    assert front.pool()["balance"] == "power_of_two"
    assert set(order(front, 60)) == set("abc")


def test_a_chosen_backend_is_counted(letters, fairlead):
    front = front_of(fairlead, [b.address for b in letters], "round_robin")
    order(front, 30)
    for backend in letters:
        assert eventually(
            lambda: front.metric("fairlead_backend_requests_total", pool="app", backend=backend.address, code="200")
            == 10,
            "ten requests for each in the metrics",
        )
