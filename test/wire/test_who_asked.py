"""Whose word is taken for who asked, by which scheme and for which host (docs/client-address.md)."""
import json

import pytest

from fairlead import one_pool
from origin import named, ok, serving
from raw import once
from timing import eventually

TRUSTED = {"trusted_proxies": ["127.0.0.0/8"]}
CLIENT = "203.0.113.7"


def seen_by(origin, proxy, *fields, **options):
    """The request as the backend received it."""
    backend = origin()
    assert once(proxy(backend.address, **options).address(), fields=fields).status == 200
    return backend.requests[0]


def logged_client(origin, fairlead, *fields):
    """The client as the log names it, behind a trusted proxy."""
    front = fairlead(one_pool(origin().address, access_log={"format": "json", "to": "./a.log"}, **TRUSTED))
    assert once(front.address(), fields=fields).status == 200
    log = front.path.parent / "a.log"
    eventually(lambda: log.exists() and log.read_text().endswith("\n"), "the line")
    return json.loads(log.read_text())


NAMED = [
    f"X-Forwarded-For: {CLIENT}",
    f"X-Forwarded-For: 6.6.6.6, {CLIENT}:4711",
    f"X-Forwarded-For: {CLIENT}, 127.0.0.9",
    f"Forwarded: for={CLIENT}",
    f'Forwarded: for=6.6.6.6, For="{CLIENT}:4711";proto=https',
]


@pytest.mark.parametrize("field", NAMED)
def test_the_log_names_the_client_that_a_trusted_proxy_names(origin, fairlead, field):
    entry = logged_client(origin, fairlead, field)
    assert entry["client"] == CLIENT and "client_port" not in entry, entry


@pytest.mark.parametrize(
    "field", ['Forwarded: for="[2001:db8::1]:80"', "X-Forwarded-For: [2001:db8::1]:80", "X-Forwarded-For: 2001:db8::1"]
)
def test_ipv6_clients_are_read_in_every_dress(origin, fairlead, field):
    assert logged_client(origin, fairlead, field)["client"] == "2001:db8::1"


LIES = [
    "X-Forwarded-For: 6.6.6.6",
    "X-Forwarded-Proto: https",
    "X-Forwarded-Host: evil.test",
    "X-Forwarded-Port: 6666",
    "X-Forwarded-Ssl: evil",
    "X-Forwarded-Prefix: /evil",
    "X-Real-IP: 6.6.6.6",
    "X-Request-Id: evil",
    "Forwarded: for=6.6.6.6;host=evil.test",
]


@pytest.mark.parametrize("lie", LIES + [lie.replace("-", "_") for lie in LIES if "-" in lie])
def test_nothing_that_a_stranger_says_of_himself_goes_on(origin, proxy, lie):
    seen = seen_by(origin, proxy, lie)
    assert lie.partition(": ")[2] not in [value for _, value in seen.fields]
    assert not [name for name, _ in seen.fields if "_" in name], seen.fields


@pytest.mark.parametrize("name", ["X_Forwarded_For", "X-Forwarded_For", "X_Request_Id", "User_Agent", "Keep_Alive"])
def test_a_name_of_ours_in_underscores_goes_on_for_nobody(origin, proxy, name):
    assert not seen_by(origin, proxy, f"{name}: 1", **TRUSTED).all(name)


def test_other_names_with_underscores_stay(origin, proxy):
    seen = seen_by(origin, proxy, "X_Tenant: 1", "session_id_of_something: 2")
    assert seen.get("x_tenant") == "1" and seen.get("session_id_of_something") == "2"


def test_a_rule_is_not_slipped_past_with_underscores(origin, fairlead):
    """Behind CGI and WSGI both names are one."""
    routes = [{"match": {"headers": {"x-block": "yes"}}, "respond": {"status": 403}}, {"pool": "app"}]
    backend = origin(named("app"))
    front = fairlead({
        "listeners": {"web": {"bind": "127.0.0.1:<web>", "routes": routes}},
        "pools": {"app": {"health": "off", "backends": [backend.address]}},
    })
    for name in ("X-Block", "X_Block", "x_BLOCK"):
        assert once(front.address(), fields=[f"{name}: yes"]).status == 403, name
    assert once(front.address(), fields=["XBlock: yes"]).status == 200


def test_what_a_trusted_proxy_says_is_kept(origin, proxy):
    fields = ["X-Forwarded-Proto: https", "X-Forwarded-Host: out.test", "X-Forwarded-Port: 444", "X-Real-IP: 9.9.9.9"]
    seen = seen_by(origin, proxy, *fields, **TRUSTED)
    for line in fields:
        name, _, value = line.partition(": ")
        assert seen.get(name) == value


@pytest.mark.parametrize(
    "name, good, bad, own",
    [("X-Forwarded-Proto", "https", "gopher", "http"), ("X-Forwarded-Host", "out.test", "a b", "example.test")],
)
def test_of_several_lines_only_the_first_counts(origin, proxy, name, good, bad, own):
    assert seen_by(origin, proxy, f"{name}: {good}", f"{name}: other", **TRUSTED).all(name) == [good]
    assert seen_by(origin, proxy, f"{name}: {bad}", f"{name}: {good}", **TRUSTED).all(name) == [own]


def test_forwarded_of_a_trusted_proxy_is_said_in_both_languages(origin, proxy):
    seen = seen_by(origin, proxy, f"Forwarded: for={CLIENT};proto=https;host=out.test", **TRUSTED)
    assert seen.get("forwarded") == f"for={CLIENT};proto=https;host=out.test, for=127.0.0.1;proto=http"
    assert seen.get("x-forwarded-for") == f"{CLIENT}, 127.0.0.1"
    assert (seen.get("x-forwarded-proto"), seen.get("x-forwarded-host")) == ("https", "out.test")


def test_a_strangers_forwarded_does_not_hide_behind_a_proxy_that_writes_x_forwarded(origin, proxy):
    seen = seen_by(origin, proxy, f"X-Forwarded-For: {CLIENT}", "Forwarded: for=6.6.6.6;proto=https", **TRUSTED)
    assert "6.6.6.6" not in repr(seen.fields) and seen.get("x-forwarded-proto") == "http"


# ---- https outside

TO_HTTPS = {"routes": [{"redirect": "https"}]}


@pytest.mark.parametrize("field", ["X-Forwarded-Proto: https", "X-Forwarded-Proto: HTTPS", "Forwarded: proto=https"])
def test_who_came_by_https_is_not_sent_there(origin, proxy, field):
    front = proxy(origin().address, listener=TO_HTTPS, **TRUSTED)
    assert once(front.address(), fields=[field]).status == 200
    answer = once(front.address(), "/a?b")
    assert answer.status == 301 and answer.get("location") == "https://example.test/a?b"


def test_a_stranger_who_claims_https_is_sent_there(origin, proxy):
    front = proxy(origin().address, listener=TO_HTTPS)
    assert once(front.address(), fields=["X-Forwarded-Proto: https"]).status == 301


def test_a_redirect_leads_to_the_host_that_the_client_named(origin, proxy):
    front = proxy(origin().address, listener=TO_HTTPS, **TRUSTED)
    answer = once(front.address(), "/a", fields=["X-Forwarded-Host: Out.test:8080"])
    assert answer.get("location") == "https://out.test/a"


def test_a_rule_on_a_field_is_not_met_by_one_that_is_taken_out(origin, proxy):
    rule = {"match": {"headers": {"x-forwarded-proto": "https"}}, "respond": {"body": "secret"}}
    front = proxy(origin(serving(lambda r, c: ok(b"open"))).address, listener={"routes": [rule]})
    assert once(front.address(), fields=["X-Forwarded-Proto: https"]).body == b"open"
