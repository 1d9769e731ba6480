"""What routes change: paths, hosts and fields of requests, fields of responses, traces."""
import re

import pytest

from edited import one_route
from fairlead import problem
from origin import ok, serving
from raw import once


@pytest.fixture
def front(origin, fairlead):
    """`front(**route)` gives a proxy and the backend behind it; `answer` is what that one says."""

    def start(answer=lambda request, connection: ok(), **route):
        backend = origin(serving(answer))
        return fairlead(one_route(backend.address, **route)), backend

    return start


def seen_by(front, path="/", fields=(), **route):
    """The request as the backend got it."""
    proxy, backend = front(**route)
    answer = once(proxy.address(), path, fields=fields)
    assert answer.status == 200, answer
    return backend.requests[0]


# ---- rewrite


@pytest.mark.parametrize(
    "rewrite, asked, sent",
    [
        (["/old/(.*)", "/new/\\1"], "/old/a/b?c=/old/d", "/new/a/b?c=/old/d"),
        (["/old/(.*)", "/new/\\1"], "/other", "/other"),
        ("/v2{path}", "/a%20b?x", "/v2/a%20b?x"),
        ({"path": {"strip_prefix": "/api"}}, "/api/1?a", "/1?a"),
        ({"path": {"strip_prefix": "/api"}}, "/api", "/"),
        ({"path": {"strip_prefix": "/api"}}, "/apis", "/apis"),
        ({"path": {"strip_prefix": "/api", "add_prefix": "/v1"}}, "/x/../api/1", "/v1/1"),
    ],
)
def test_the_backend_is_asked_for_another_path(front, rewrite, asked, sent):
    assert seen_by(front, asked, rewrite=rewrite).target == sent


def test_the_backend_is_told_another_host_and_who_asked_for_what(front):
    seen = seen_by(front, rewrite={"host": "app.internal:81"})
    assert (seen.get("host"), seen.get("x-forwarded-host")) == ("app.internal:81", "example.test")


@pytest.mark.parametrize("tenant", ["..", ".", "a/b", "a%2fb/.."])
def test_nobody_leads_a_rewrite_out_of_its_folder(front, tenant):
    proxy, backend = front(rewrite="/t/{header:x-tenant}/f")
    answer = once(proxy.address(), "/", fields=[f"X-Tenant: {tenant}"])
    if answer.status == 200:
        assert re.fullmatch(r"/t/[^/]*/f", backend.requests[0].target), backend.requests[0].target
    else:
        assert problem(answer, 400) == "malformed-request"
        assert not backend.requests


def test_what_is_filled_in_stays_in_its_segment(front):
    seen = seen_by(front, fields=["X-Tenant: a b?c#d\te"], rewrite="/t/{header:x-tenant}/f")
    assert seen.target == "/t/a%20b%3Fc%23d%09e/f"


def test_a_host_that_is_none_is_the_clients_fault(front):
    proxy, backend = front(rewrite={"host": "{header:x-tenant}.internal"})
    problem(once(proxy.address(), fields=["X-Tenant: a b"]), 400)
    assert not backend.requests
    assert once(proxy.address(), fields=["X-Tenant: acme"]).status == 200
    assert backend.requests[0].get("host") == "acme.internal"


def test_the_log_tells_what_the_client_asked_for(front, origin, fairlead):
    backend = origin()
    config = one_route(backend.address, rewrite={"path": "/new{path}", "host": "app.internal"})
    proxy = fairlead({**config, "access_log": {"format": "json", "to": "stdout"}})
    once(proxy.address(), "/a?b")
    proxy.stop()
    assert '"uri":"/a?b"' in proxy.output() and '"host":"example.test"' in proxy.output()


# ---- request_headers


def test_fields_of_requests_are_taken_out_set_and_added(front):
    seen = seen_by(
        front,
        "/a?b",
        ["X-Tier: none", "x_tier: none", "X-Debug-A: 1", "X-Debug-B: 2", "X-Kept: 3", "X-More: 4"],
        request_headers={
            "remove": ["x-debug-*"],
            "set": {"X-Tier": "gold", "x-asked": "{scheme}://{host}{uri} by {client_ip}", "x-none": "{cookie:a}"},
            "add": {"x-more": "5"},
        },
    )
    assert seen.all("x-tier") == ["gold"] and not seen.all("x_tier")
    assert not seen.all("x-debug-a") and not seen.all("x-debug-b") and not seen.all("x-none")
    assert seen.get("x-asked") == "http://example.test/a?b by 127.0.0.1"
    assert seen.get("x-kept") == "3" and seen.all("x-more") == ["4", "5"]


def test_a_client_cannot_take_a_field_of_the_route_away(front):
    seen = seen_by(front, fields=["Connection: x-user", "X-User: root"], request_headers={"set": {"x-user": "nobody"}})
    assert seen.all("x-user") == ["nobody"]


# ---- response_headers


def test_fields_of_responses_are_taken_out_set_and_added(front):
    proxy, backend = front(
        lambda request, connection: ok(b"ok", "X-Powered-By: secret", "X-Tier: none", "X-Kept: 1"),
        response_headers={
            "remove": ["x-powered-by"],
            "set": {"x-tier": "gold", "x-served-by": "{backend}", "x-id": "{request_id}"},
            "add": {"x-kept": "2"},
        },
    )
    answer = once(proxy.address())
    assert answer.body == b"ok" and not answer.all("x-powered-by")
    assert answer.all("x-tier") == ["gold"] and answer.all("x-kept") == ["1", "2"]
    assert answer.get("x-served-by") == backend.address
    assert answer.get("x-id") == backend.requests[0].get("x-request-id")


def test_answers_of_our_own_are_edited_too(fairlead):

    def edited(**route):
        return {"response_headers": {"set": {"x-a": "1"}, "preset": "security"}, **route}

    others = [edited(match="/r", redirect="/x"), edited(match="/t", respond={"body": "t"})]
    proxy = fairlead(one_route(**edited(match="/pool"), rest=others))
    for path, status in [("/pool", 502), ("/r", 301), ("/t", 200)]:
        answer = once(proxy.address(), path)
        assert (answer.status, answer.get("x-a"), answer.get("x-content-type-options")) == (status, "1", "nosniff")


SECURITY = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "SAMEORIGIN",
    "referrer-policy": "strict-origin-when-cross-origin",
    "permissions-policy": "browsing-topics=(), hid=(self), midi=(self), serial=(self), usb=(self)",
    "cross-origin-opener-policy": "same-origin-allow-popups",
}


def test_the_preset_says_what_nobody_else_has_said(front):
    proxy, _ = front(
        lambda request, connection: ok(b"ok", "X-Frame-Options: DENY"),
        response_headers={"preset": "security", "set": {"referrer-policy": "no-referrer"}},
    )
    answer = once(proxy.address())
    wanted = {**SECURITY, "x-frame-options": "DENY", "referrer-policy": "no-referrer"}
    assert {name: answer.all(name) for name in wanted} == {name: [value] for name, value in wanted.items()}
    assert not answer.all("strict-transport-security")


def test_the_preset_asks_for_https_where_the_client_came_by_it(fairlead, origin):
    config = one_route(origin().address, response_headers={"preset": "security"})
    proxy = fairlead({**config, "trusted_proxies": ["127.0.0.0/8"]})
    answer = once(proxy.address(), fields=["X-Forwarded-Proto: https"])
    assert answer.get("strict-transport-security") == "max-age=31536000"


# ---- traces

ID = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = f"00-{ID}-00f067aa0ba902b7-01"


def traced(origin, fairlead, trace, *fields):
    backend = origin()
    proxy = fairlead({**one_route(backend.address, listener={"trace": trace} if trace else {}), "access_log": "json"})
    assert once(proxy.address(), fields=fields).status == 200
    proxy.stop()
    logged = re.search(r'"trace_id":"([^"]*)"', proxy.output())
    return backend.requests[0], logged and logged[1]


def test_without_trace_the_fields_go_on_as_they_came(origin, fairlead):
    seen, logged = traced(origin, fairlead, None, "traceparent: nonsense", "tracestate: a=b")
    assert (seen.get("traceparent"), seen.get("tracestate"), logged) == ("nonsense", "a=b", None)


def test_a_trace_goes_on(origin, fairlead):
    seen, logged = traced(origin, fairlead, "on", f"traceparent: {PARENT}", "tracestate: a=b")
    assert (seen.get("traceparent"), seen.get("tracestate"), logged) == (PARENT, "a=b", ID)


@pytest.mark.parametrize("fields", [(), ("traceparent: nonsense", "tracestate: a=b")])
@pytest.mark.parametrize("trace, flags", [("on", "00"), ({"sample": "100%"}, "01")])
def test_a_trace_is_begun_where_there_is_none(origin, fairlead, trace, flags, fields):
    seen, logged = traced(origin, fairlead, trace, *fields)
    version, trace_id, span, sampled = seen.get("traceparent").split("-")
    assert (version, sampled, trace_id) == ("00", flags, logged)
    assert re.fullmatch("[0-9a-f]{32}", trace_id) and re.fullmatch("[0-9a-f]{16}", span)
    assert not seen.all("tracestate")
