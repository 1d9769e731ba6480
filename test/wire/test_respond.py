"""Routes that answer by themselves: texts, JSON, files, maintenance; redirects."""
import json

import pytest

from edited import one_route
from fairlead import problem
from raw import once


def answered(fairlead, respond, *fields, method="GET", path="/"):
    return once(fairlead(one_route(respond=respond)).address(), path, method=method, fields=fields)


def test_json_is_written_as_json(fairlead):
    value = {"ok": True, "n": 1.5, "text": "1", "none": None, "list": [1, "two"], "path": "{path}"}
    answer = answered(fairlead, {"json": value}, path="/a")
    assert answer.get("content-type") == "application/json"
    assert json.loads(answer.body) == {**value, "path": "/a"}


def test_what_is_filled_in_stays_a_text(fairlead):
    for content_type, body, sent in [
        ("application/json", '{"a": "{header:x-a}"}', b'{"a": "<\\"b\\">"}'),
        ("text/html", "<p>{header:x-a}</p>", b"<p>&lt;&quot;b&quot;&gt;</p>"),
        ("text/plain", "{header:x-a}", b'<"b">'),
    ]:
        answer = answered(fairlead, {"body": body, "content_type": content_type}, 'X-A: <"b">')
        assert answer.body == sent


def test_a_response_has_further_fields(fairlead):
    answer = answered(fairlead, {"status": 201, "body": "ok", "headers": {"cache-control": "no-store", "x-path": "{path}"}})
    assert (answer.status, answer.get("cache-control"), answer.get("x-path")) == (201, "no-store", "/")


@pytest.fixture
def file_route(fairlead, tmp_path):
    page = tmp_path / "page.html"
    page.write_text("<p>{path}</p>\n")
    return page, fairlead(one_route(respond={"file": str(page)}))


def test_a_file_is_answered_with_type_and_tag(file_route):
    page, proxy = file_route
    answer = once(proxy.address())
    assert (answer.status, answer.body) == (200, b"<p>{path}</p>\n")
    assert answer.get("content-type") == "text/html; charset=utf-8"
    tag = answer.get("etag")
    again = once(proxy.address(), fields=[f'If-None-Match: "other", W/{tag}'])
    assert (again.status, again.body, again.get("etag")) == (304, b"", tag)
    head = once(proxy.address(), method="HEAD")
    assert (head.status, head.body, head.get("content-length"), head.get("etag")) == (200, b"", "14", tag)


def test_a_file_is_read_again_at_a_reload(file_route):
    page, proxy = file_route
    before = once(proxy.address()).get("etag")
    page.write_text("new")
    assert once(proxy.address()).get("etag") == before
    proxy.reload()
    answer = once(proxy.address())
    assert answer.body == b"new" and answer.get("etag") != before


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_fills_in_and_never_breaks_its_line(fairlead, status):
    to = "https://new.example{uri}#{header:x-a}"
    proxy = fairlead(one_route(redirect={"to": to, "status": status}))
    answer = once(proxy.address(), '/a?b="<>', fields=["X-A: c\td e"])
    assert (answer.status, answer.get("location")) == (status, "https://new.example/a?b=%22%3C%3E#c%09d%20e")


@pytest.mark.parametrize("to, path, field", [
    ("/{query}", "/?/evil.com", "X-N: a"),
    ("/{header:x-n}", "/", "X-N: /evil.com"),
    ("/{header:x-n}", "/", "X-N: \\evil.com"),
    ("https://{query}.example.com/", "/?evil.com/", "X-N: a"),
    ("https://cdn.example.com:{query}/", "/?@evil.com", "X-N: a"),
])
def test_nobody_chooses_the_host_of_a_redirect(fairlead, to, path, field):
    answer = once(fairlead(one_route(redirect=to)).address(), path, fields=[field])
    if answer.status == 400:
        assert answer.get("location") is None
    else:
        assert (answer.status, answer.get("location")) == (301, "/evil.com")


def test_a_redirect_to_a_host_that_nobody_named_is_refused(fairlead):
    proxy = fairlead(one_route(redirect="https"))
    with proxy.client() as client:
        client.send(b"GET //evil.com/x HTTP/1.0\r\n\r\n")
        assert problem(client.final(), 400) == "malformed-request"
    with proxy.client() as client:
        client.send(b"OPTIONS * HTTP/1.1\r\nHost: x.y\r\n\r\n")
        assert client.final().get("location") == "https://x.y/"


# ---- maintenance


def test_maintenance_answers_all_but_a_few(origin, fairlead):
    backend = origin()
    proxy = fairlead(one_route(backend.address, maintenance={"allow": ["127.0.0.2"], "retry_after": "5m"}))
    answer = once(proxy.address())
    assert problem(answer, 503) == "maintenance"
    assert answer.get("retry-after") == "300" and not backend.requests
    page = once(proxy.address(), fields=["Accept: text/html"])
    assert page.status == 503 and page.get("content-type").startswith("text/html") and b"maintenance" in page.body
    with proxy.client(source="127.0.0.2") as client:
        assert client.ask("/").status == 200
    assert proxy.metric("fairlead_route_refused_total", reason="maintenance") == 2


def test_maintenance_has_a_page_of_its_own(fairlead, tmp_path):
    page = tmp_path / "down.html"
    page.write_text("<h1>soon</h1>")
    config = one_route(maintenance={"file": str(page)}, match="/file",
                       rest=[{"match": "/body", "pool": "app", "maintenance": {"body": "soon", "content_type": "text/plain"}}])
    proxy = fairlead(config)
    assert once(proxy.address(), "/file").body == b"<h1>soon</h1>"
    answer = once(proxy.address(), "/body")
    assert (answer.status, answer.body, answer.get("content-type")) == (503, b"soon", "text/plain")


def test_maintenance_of_a_listener_is_switched_by_a_reload(origin, fairlead):
    backend = origin()
    on = one_route(backend.address, match="/a", listener={"maintenance": "on"},
                   rest=[{"match": "/open", "pool": "app", "maintenance": {"on": False}}])
    proxy = fairlead(on)
    assert [once(proxy.address(), path).status for path in ("/a", "/nothing", "/open")] == [503, 503, 200]
    proxy.reload(one_route(backend.address, match="/a"))
    assert [once(proxy.address(), path).status for path in ("/a", "/nothing")] == [200, 404]
