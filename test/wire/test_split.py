"""A route's requests over several pools: by chance, by client, and with other weights while it runs."""
import copy
import json
import math
import re
from collections import Counter

import pytest

from fairlead import command, pool
from origin import named
from raw import once
from timing import eventually


@pytest.fixture
def sides(origin):
    return [origin(named("stable")), origin(named("canary"))]


def config_of(sides, route, pools=None, **options):
    stable, canary = sides
    return {
        "listeners": {"web": {"bind": "127.0.0.1:<web>", "routes": [{"name": "shop/check out", **route}]}},
        "pools": {"stable": pool(stable.address), "canary": pool(canary.address), **(pools or {})},
        **options,
    }


def ask(front, *fields, source=None):
    if source:
        with front.client(source=source) as client:
            return client.ask("/", fields=list(fields)).body
    return once(front.address(), fields=list(fields)).body


def cookie(number):
    return f"Cookie: id=client-{number}"


def near(count, of, share):
    """Within six and a half standard deviations: less than one run in ten thousand million is not."""
    return abs(count - of * share) <= 6.5 * math.sqrt(of * share * (1 - share)) + 1


def patch(front, body, name="shop%2Fcheck%20out", listener=""):
    return front.admin(f"/api/v1/routes/{name}{listener}", "PATCH", json.dumps(body).encode())


def weights(front):
    (route,) = front.json("/api/v1/routes")["routes"]
    return {side["pool"]: side["weight"] for side in route["split"]}


def test_requests_go_by_weight(sides, fairlead):
    front = fairlead(config_of(sides, {"split": {"stable": 90, "canary": 10}}))
    with front.client() as client:
        counts = Counter(client.ask("/").body for _ in range(1000))
    assert near(counts[b"canary"], 1000, 0.1), counts
    by_pool = {name: front.metric("fairlead_requests_total", route="shop/check out", pool=name)
               for name in ("stable", "canary")}
    assert by_pool == {"stable": counts[b"stable"], "canary": counts[b"canary"]}


def test_a_side_without_weight_is_off(sides, fairlead):
    front = fairlead(config_of(sides, {"split": {"stable": 1, "canary": 0}}))
    assert {ask(front) for _ in range(50)} == {b"stable"}


def test_a_sticky_client_stays_on_its_side(sides, fairlead):
    front = fairlead(config_of(sides, {"split": {"stable": 50, "canary": 50}, "sticky": True}))
    seen = set()
    for last in range(2, 22):
        source = f"127.0.0.{last}"
        bodies = {ask(front, source=source) for _ in range(5)}
        assert len(bodies) == 1, source
        seen |= bodies
    assert seen == {b"stable", b"canary"}


def test_a_cookie_of_its_own_keeps_a_client(sides, fairlead):
    front = fairlead(config_of(sides, {"split": {"stable": 50, "canary": 50},
                                       "sticky": {"cookie": "side", "ttl": "7d"}}))
    seen = set()
    for _ in range(20):
        first = once(front.address())
        assert re.fullmatch(r"side=[0-9a-f]{16}; Path=/; Max-Age=604800; HttpOnly; SameSite=Lax",
                            first.get("set-cookie"))
        assert first.get("cache-control") == "private"
        pair = first.get("set-cookie").split(";")[0]
        for _ in range(5):
            again = once(front.address(), fields=[f"Cookie: {pair}; a=1"])
            assert again.body == first.body and not again.all("set-cookie")
        seen.add(first.body)
    assert seen == {b"stable", b"canary"}
    assert {r.get("cookie") for side in sides for r in side.requests} == {None, "a=1"}, "it is ours alone"


def test_a_canary_that_grows_keeps_its_clients(sides, fairlead):
    front = fairlead(config_of(sides, {"split": {"stable": 90, "canary": 10}, "sticky": "cookie:id"}))

    def on_canary():
        with front.client() as client:
            return {n for n in range(400) if client.ask("/", fields=[cookie(n)]).body == b"canary"}

    ten = on_canary()
    assert near(len(ten), 400, 0.1)
    assert patch(front, {"split": {"stable": 70, "canary": 30}}).status == 200
    eventually(lambda: len(on_canary()) > len(ten), "the canary to grow")
    thirty = on_canary()
    assert near(len(thirty), 400, 0.3) and ten < thirty
    assert patch(front, {"split": None}).status == 200
    eventually(lambda: on_canary() == ten, "the file's weights to act")


def test_the_share_of_a_side_without_backends_goes_to_the_others(sides, fairlead):
    front = fairlead(config_of(sides, {"split": {"stable": 50, "canary": 50}, "sticky": "cookie:id"}))
    before = {n: ask(front, cookie(n)) for n in range(40)}
    answer = front.admin(f"/api/v1/pools/canary/backends/{sides[1].address}", "PATCH", b'{"state": "disabled"}')
    assert answer.status == 200
    eventually(lambda: {ask(front, cookie(n)) for n in range(40)} == {b"stable"}, "all to be on the other side")
    front.admin(f"/api/v1/pools/canary/backends/{sides[1].address}", "PATCH", b'{"state": "enabled"}')
    eventually(lambda: {n: ask(front, cookie(n)) for n in range(40)} == before, "everyone to be back")


def test_where_no_side_has_a_backend_it_is_503(sides, fairlead):
    front = fairlead(config_of(sides, {"split": {"stable": 50, "canary": 50}}))
    for name, side in zip(("stable", "canary"), sides):
        front.admin(f"/api/v1/pools/{name}/backends/{side.address}", "PATCH", b'{"state": "disabled"}')
    eventually(lambda: once(front.address()).status == 503, "both sides to be out")


# ---- the API and the command


def test_the_api_lists_routes(sides, fairlead):
    config = config_of(sides, {"match": {"path": "/a/*", "method": "GET"}, "split": {"stable": 90, "canary": 10},
                               "sticky": "cookie:id"})
    config["listeners"]["web"]["routes"] += [{"match": "/old", "redirect": "/new"},
                                             {"match": "/ok", "respond": {"body": "ok"}}, {"pool": "stable"}]
    front = fairlead(config)
    for target in ("/a/1", "/a/2", "/old", "/"):
        once(front.address(), target, fields=[cookie(1)])
    eventually(lambda: sum(r["requests_total"] for r in front.json("/api/v1/routes")["routes"]) == 4, "all to be counted")
    split, redirect, respond, rest = front.json("/api/v1/routes")["routes"]
    assert (split["name"], split["listener"], split["action"]) == ("shop/check out", "web", "split")
    assert split["match"] == "path /a/*, method GET" and split["sticky"] == "cookie:id" and split["line"] > 0
    assert split["requests_total"] == 2 == sum(side["requests_total"] for side in split["split"])
    assert split["requests"] == {"200": 2} and split["duration"]["p50_seconds"] > 0, "its sides together"
    assert [(s["pool"], s["weight"], s["file_weight"], s["portion"], s["usable"]) for s in split["split"]] == [
        ("stable", 90, 90, 0.9, True), ("canary", 10, 10, 0.1, True)]
    assert (redirect["action"], redirect["to"], redirect["requests"]) == ("redirect", "/new", {"301": 1})
    assert (respond["action"], respond["requests_total"]) == ("respond", 0)
    assert (rest["action"], rest["pool"], rest["name"]) == ("pool", "stable", "web/4")
    assert front.json("/api/v1/routes?listener=none")["routes"] == []


def test_an_order_stands_until_the_file_says_otherwise(sides, fairlead):
    config = config_of(sides, {"split": {"stable": 90, "canary": 10}})
    front = fairlead(config)
    told = json.loads(patch(front, {"split": {"canary": 30}}).body)
    assert [(s["pool"], s["weight"], s["file_weight"]) for s in told["routes"][0]["split"]] == [
        ("stable", 90, 90), ("canary", 30, 10)]
    (event,) = [e for e in front.json("/api/v1/events")["events"] if e["kind"] == "route_split"]
    assert event["message"] == ("route `shop/check out`: split stable=90 canary=10 -> stable=90 canary=30: by order; "
                                "the file says stable=90 canary=10")
    assert front.metric("fairlead_split_weight", route="shop/check out", pool="canary") == 30
    assert front.admin("/api/v1/reload", "POST").status == 200
    assert weights(front) == {"stable": 90, "canary": 30}, "the file says what it said"
    config["listeners"]["web"]["routes"][0]["split"] = {"stable": 80, "canary": 20}
    front.write(config)
    assert front.admin("/api/v1/reload", "POST").status == 200
    assert weights(front) == {"stable": 80, "canary": 20}


@pytest.mark.parametrize("body, status, words", [
    ({}, 400, "it says nothing"),
    ([1], 400, "it is no JSON object"),
    ({"splt": {}}, 400, "`splt` is unknown"),
    ({"split": {}}, 400, "`split` maps no pools to weights"),
    ({"split": {"canary": "20"}}, 400, "the weight of `canary` is no whole number from 0 to 100000"),
    ({"split": {"canary": -1}}, 400, "the weight of `canary` is no whole number"),
    ({"split": {"canary": 100001}}, 400, "the weight of `canary` is no whole number"),
    ({"split": {"canari": 1}}, 400, "pool `canari` is not in the split; did you mean `canary`?"),
    ({"split": {"stable": 0, "canary": 0}}, 400, "nobody would have any weight"),
])
def test_a_wrong_order_changes_nothing(sides, fairlead, body, status, words):
    front = fairlead(config_of(sides, {"split": {"stable": 90, "canary": 10}}))
    answer = patch(front, body)
    assert answer.status == status and words in json.loads(answer.body)["detail"], answer
    assert weights(front) == {"stable": 90, "canary": 10}


def test_routes_that_are_not_there_or_have_no_split(sides, fairlead):
    config = config_of(sides, {"match": "/a", "split": {"stable": 90, "canary": 10}})
    config["listeners"]["web"]["routes"].append({"name": "plain", "pool": "stable"})
    front = fairlead(config)
    missing = patch(front, {"split": {"canary": 1}}, name="shop")
    assert missing.status == 404 and "routes with a `split`: shop/check out" in json.loads(missing.body)["detail"]
    elsewhere = front.admin("/api/v1/routes/plain?listener=zz", "PATCH", b'{"split": {"canary": 1}}')
    assert elsewhere.status == 404
    assert json.loads(elsewhere.body)["detail"] == "`zz` is unknown; listeners: web"
    twice = front.admin("/api/v1/routes/shop%2Fcheck%20out", "PATCH", b'{"split": {"stable": 1, "stable": 2}}')
    assert twice.status == 400 and json.loads(twice.body)["detail"].startswith("`stable` stands twice")
    plain = patch(front, {"split": {"canary": 1}}, name="plain")
    assert plain.status == 409 and json.loads(plain.body)["title"] == "The route has no split"


def test_a_name_in_two_listeners_means_both_or_the_one_that_is_said(sides, fairlead):
    config = config_of(sides, {"split": {"stable": 90, "canary": 10}})
    config["listeners"]["other"] = {**copy.deepcopy(config["listeners"]["web"]), "bind": "127.0.0.1:<other>"}
    front = fairlead(config)

    def canaries():
        return {r["listener"]: r["split"][1]["weight"] for r in front.json("/api/v1/routes")["routes"]}

    assert patch(front, {"split": {"canary": 20}}).status == 200
    assert canaries() == {"web": 20, "other": 20}
    assert patch(front, {"split": {"canary": 30}}, listener="?listener=other").status == 200
    assert canaries() == {"web": 20, "other": 30}


def test_the_command(sides, fairlead):
    front = fairlead(config_of(sides, {"split": {"stable": 90, "canary": 10}}))
    admin = ("--admin", front.address("admin"))
    done = command("split", "shop/check out", "stable=80", "canary=20", *admin)
    assert (done.returncode, done.stdout) == (0, "shop/check out of web: stable=80 (80 %) canary=20 (20 %); the file "
                                                 "says stable=90 canary=10\n"), done
    assert weights(front) == {"stable": 80, "canary": 20}
    done = command("split", "shop/check out", "file", *admin)
    assert done.stdout == "shop/check out of web: stable=90 (90 %) canary=10 (10 %)\n"
    for words in (["canary"], ["canary=x"], ["=1"], ["canary=1", "canary=2"], ["canary="]):
        done = command("split", "shop/check out", *words, *admin)
        assert done.returncode == 2 and "fairlead split:" in done.stderr, done
    done = command("split", "shop", "canary=1", *admin)
    assert done.returncode == 1 and "There is no such route" in done.stderr


# ---- explain


def test_explain_says_which_side_and_why(sides, fairlead):
    front = fairlead(config_of(sides, {"split": {"stable": 90, "canary": 10}, "sticky": "cookie:id"}))
    url = f"GET http://{front.address()}/"
    for number in range(20):
        told = json.loads(command("explain", "-c", front.path, url, "-H", cookie(number), "--json").stdout)
        taken = [side["pool"] for side in told["split"]["sides"] if side["taken"]]
        assert told["action"] == "split" and [told["pool"]["name"]] == taken
        if number < 5:
            assert ask(front, cookie(number)) == taken[0].encode()
    text = command("explain", "-c", front.path, url, "-H", cookie(1)).stdout
    assert re.search(r"side by +cookie:id +client-1, hash [0-9a-f]{16}", text), text
    assert re.search(r"side +\w+ +taken; weight \d+: \d+ % of clients", text), text
