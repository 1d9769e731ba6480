"""gRPC through the proxy: real grpcio on both sides, over HTTP/2 in clear text."""

import base64
import concurrent.futures
import queue
import re
import time

import grpc
import pytest

from h2_backend import speaking_h2
from h2_frames import DATA, REFUSED_STREAM, rst_stream
from raw import request
from timing import eventually

ECHO = "/test.Echo/"


def identity(message):
    return message


class Echo(grpc.GenericRpcHandler):
    """All four kinds of call, on bytes."""

    def __init__(self, name):
        self.name = name.encode()
        self.cancelled = 0
        self.timeouts = []

    def service(self, details):
        method = details.method.rsplit("/", 1)[1]
        return {
            "Unary": grpc.unary_unary_rpc_method_handler(self.unary, identity, identity),
            "Fail": grpc.unary_unary_rpc_method_handler(self.fail, identity, identity),
            "Hang": grpc.unary_unary_rpc_method_handler(self.hang, identity, identity),
            "Out": grpc.unary_stream_rpc_method_handler(self.out, identity, identity),
            "In": grpc.stream_unary_rpc_method_handler(self.gather, identity, identity),
            "Both": grpc.stream_stream_rpc_method_handler(self.both, identity, identity),
        }.get(method)

    def unary(self, request, context):
        context.set_trailing_metadata((("x-served-by", self.name.decode()),))
        return b"echo " + request

    def fail(self, request, context):
        context.abort(grpc.StatusCode.FAILED_PRECONDITION, "not that one: 100%")

    def hang(self, request, context):
        self.timeouts.append(context.time_remaining())
        context.add_callback(lambda: setattr(self, "cancelled", self.cancelled + 1))
        while context.is_active():
            time.sleep(0.02)
        return b""

    def out(self, request, context):
        for i in range(int(request)):
            yield b"%d" % i

    def gather(self, requests, context):
        return b",".join(requests)

    def both(self, requests, context):
        for request in requests:
            yield b"<" + request + b">"


@pytest.fixture
def server():
    servers = []

    def start(name="one"):
        handler = Echo(name)
        server = grpc.server(concurrent.futures.ThreadPoolExecutor(16), handlers=(handler,))
        handler.port = server.add_insecure_port("127.0.0.1:0")
        handler.address = f"127.0.0.1:{handler.port}"
        server.start()
        servers.append(server)
        return handler

    yield start
    for one in servers:
        one.stop(0)


def channel_to(front):
    return grpc.insecure_channel(front.address())


def call(channel, kind, method):
    return getattr(channel, kind)(ECHO + method, identity, identity)


def test_all_four_kinds_of_call(server, proxy):
    one = server()
    front = proxy(one.address, pool_options={"protocol": "h2"})
    with channel_to(front) as channel:
        reply, rpc = call(channel, "unary_unary", "Unary").with_call(b"hello", timeout=20)
        assert reply == b"echo hello"
        assert dict(rpc.trailing_metadata())["x-served-by"] == "one"
        assert list(call(channel, "unary_stream", "Out")(b"5", timeout=20)) == [b"0", b"1", b"2", b"3", b"4"]
        assert call(channel, "stream_unary", "In")(iter([b"a", b"b"]), timeout=20) == b"a,b"
        assert list(call(channel, "stream_stream", "Both")(iter([b"x", b"y"]), timeout=20)) == [b"<x>", b"<y>"]


@pytest.mark.parametrize("size", [0, 20, 2000])
def test_streams_of_many_small_messages_last(server, proxy, size):
    """What a real peer sends beside them (larger windows for each message, pings) is no flood."""
    front = proxy(server().address, pool_options={"protocol": "h2"}, access_log={"format": "json"})
    count, message = 3000, b"x" * size
    with grpc.insecure_channel(front.address()) as channel:
        said = 0
        for answer in call(channel, "stream_stream", "Both")(iter([message] * count), timeout=60):
            assert answer == b"<" + message + b">"
            said += 1
        assert said == count
        assert sum(1 for _ in call(channel, "unary_stream", "Out")(b"%d" % count, timeout=60)) == count
        few = [message] * 1500  # less than grpcio takes in one answer
        assert call(channel, "stream_unary", "In")(iter(few), timeout=60) == b",".join(few)


def test_a_conversation_in_turns_lasts(server, proxy):
    """Each message waits for the answer to the one before."""
    front = proxy(server().address, pool_options={"protocol": "h2"})
    turns = queue.Queue()
    with grpc.insecure_channel(front.address()) as channel:
        answers = call(channel, "stream_stream", "Both")(iter(turns.get, None), timeout=60)
        for _ in range(1000):
            turns.put(b"x" * 20)
            assert next(answers) == b"<" + b"x" * 20 + b">"
        turns.put(None)


def test_a_large_message_comes_whole_both_ways(server, proxy):
    front = proxy(server().address, pool_options={"protocol": "h2"})
    big = bytes(range(256)) * 8000  # 2 MB: below grpc's own limit
    with channel_to(front) as channel:
        assert call(channel, "unary_unary", "Unary")(big, timeout=30) == b"echo " + big


def test_the_servers_status_and_words_are_passed_on(server, proxy):
    front = proxy(server().address, pool_options={"protocol": "h2"})
    with channel_to(front) as channel, pytest.raises(grpc.RpcError) as raised:
        call(channel, "unary_unary", "Fail")(b"", timeout=20)
    assert raised.value.code() == grpc.StatusCode.FAILED_PRECONDITION
    assert raised.value.details() == "not that one: 100%"


def test_an_error_of_ours_is_said_as_grpc_status(server, proxy):
    one = server()
    front = proxy(one.address, pool_options={"protocol": "h2"},
                  listener={"pool": None, "routes": [{"match": {"path": "/test.Echo/Unary"}, "pool": "app"}]})
    with channel_to(front) as channel, pytest.raises(grpc.RpcError) as raised:
        call(channel, "unary_unary", "Nowhere")(b"", timeout=20)
    assert raised.value.code() == grpc.StatusCode.UNIMPLEMENTED
    assert "route" in raised.value.details()


def test_a_backend_that_is_gone_is_unavailable(proxy):
    front = proxy("127.0.0.1:1", pool_options={"protocol": "h2"})
    with channel_to(front) as channel, pytest.raises(grpc.RpcError) as raised:
        call(channel, "unary_unary", "Unary")(b"", timeout=20)
    assert raised.value.code() == grpc.StatusCode.UNAVAILABLE


def test_the_callers_deadline_ends_the_call_at_the_backend(server, proxy):
    one = server()
    front = proxy(one.address, pool_options={"protocol": "h2"})
    with channel_to(front) as channel, pytest.raises(grpc.RpcError) as raised:
        call(channel, "unary_unary", "Hang")(b"", timeout=1)
    assert raised.value.code() == grpc.StatusCode.DEADLINE_EXCEEDED
    assert 0 < one.timeouts[0] < 2
    eventually(lambda: one.cancelled == 1, "the call was cancelled at the backend")


def test_the_callers_deadline_bounds_the_wait_for_a_backend_with_room(server, proxy):
    one = server()
    front = proxy(one.address, pool_options={"protocol": "h2", "max_connections": 1, "queue": {"timeout": "1m"}})
    with channel_to(front) as channel:
        held = call(channel, "unary_unary", "Hang").future(b"", timeout=60)
        eventually(lambda: one.timeouts, "the backend to be full")
        answer = web_call(front, "Unary", framed(b""), fields=["Grpc-Timeout: 200m"])
        assert answer.get("grpc-status") == "4", answer
        assert front.metric("fairlead_pool_queue", pool="app") == 0
        assert front.metric("fairlead_pool_queue_refused_total", pool="app") == 0, "it is not the queue's timeout"
        held.cancel()


def test_calls_of_one_connection_go_to_all_backends(server, proxy):
    one, two = server("one"), server("two")
    front = proxy(one.address, two.address, pool_options={"protocol": "h2", "balance": "round_robin"})
    with channel_to(front) as channel:
        names = [
            dict(call(channel, "unary_unary", "Unary").with_call(b"", timeout=20)[1].trailing_metadata())["x-served-by"]
            for _ in range(20)
        ]
    assert names.count("one") > 4 and names.count("two") > 4


# ---- gRPC-Web: what a browser's library sends over HTTP/1.1 ---------------------------


def framed(message, kind=0):
    return bytes([kind]) + len(message).to_bytes(4, "big") + message


def frames(body):
    found = []
    while body:
        size = int.from_bytes(body[1:5], "big")
        found.append((body[0], body[5 : 5 + size]))
        body = body[5 + size :]
    return found


def web_call(front, method, body, type_="application/grpc-web+proto", fields=()):
    with front.client() as client:
        return client.ask(ECHO + method, "POST", [f"Content-Type: {type_}", "X-Grpc-Web: 1", *fields], body)


def test_a_browsers_call_is_one_of_grpc_and_its_trailers_are_a_frame(server, proxy):
    front = proxy(server().address, pool_options={"protocol": "h2"})
    answer = web_call(front, "Unary", framed(b"hello"))
    assert answer.status == 200 and answer.get("content-type") == "application/grpc-web+proto"
    (kind, message), (last, trailers) = frames(answer.body)
    assert (kind, message, last) == (0, b"echo hello", 0x80)
    assert b"grpc-status: 0\r\n" in trailers and b"x-served-by: one\r\n" in trailers


def test_a_stream_of_messages_comes_message_by_message(server, proxy):
    front = proxy(server().address, pool_options={"protocol": "h2"})
    found = frames(web_call(front, "Out", framed(b"300")).body)
    assert [message for kind, message in found if kind == 0] == [b"%d" % i for i in range(300)]
    assert b"grpc-status: 0\r\n" in found[-1][1]


@pytest.mark.parametrize("parts", [1, 3])
def test_as_text_it_is_base64_both_ways(server, proxy, parts):
    front = proxy(server().address, pool_options={"protocol": "h2"})
    whole = framed(b"some words")
    step = -(-len(whole) // parts)
    body = b"".join(base64.b64encode(whole[i : i + step]) for i in range(0, len(whole), step))
    answer = web_call(front, "Unary", body, "application/grpc-web-text+proto")
    assert answer.get("content-type") == "application/grpc-web-text+proto"
    groups = re.findall(rb"[^=]+={0,2}", answer.body)
    found = frames(b"".join(base64.b64decode(group) for group in groups))
    assert found[0] == (0, b"echo some words") and b"grpc-status: 0\r\n" in found[1][1]


@pytest.mark.parametrize("type_", ["application/grpc-web+proto", "application/grpc-web-text+proto"])
def test_a_call_that_is_refused_amid_its_body_is_sent_anew_from_its_first_byte(origin, proxy, type_):
    """Of text, the first piece ends within a group of four: its bits are no part of the next attempt."""
    whole = framed(bytes(range(100)))
    body, refused = base64.b64encode(whole) if "text" in type_ else whole, []

    def refuse_first(got, peer):
        if got.kind == DATA and not refused:
            refused.append(got)
            peer.send(rst_stream(got.stream, REFUSED_STREAM))

    def answer(call, peer):
        peer.reply(call.stream, b"", ("content-type", "application/grpc+proto"), trailers=[("grpc-status", "0")])

    backends = [origin(speaking_h2(answer, on_frame=refuse_first)) for _ in range(2)]
    front = proxy(*[each.address for each in backends], pool_options={"protocol": "h2"})
    with front.client() as client:
        fields = [f"Content-Type: {type_}", f"Content-Length: {len(body)}"]
        client.send(request(ECHO + "Unary", "POST", fields) + body[:22])
        eventually(lambda: sum(len(each.requests) for each in backends) == 2, "another backend to be asked")
        client.send(body[22:])
        assert client.final("POST").status == 200
    calls = [call for each in backends for call in each.requests]
    assert [bytes(call.body) for call in calls if call.reset is None and call.ended] == [whole]


def test_what_is_no_base64_is_refused(server, proxy):
    front = proxy(server().address, pool_options={"protocol": "h2"})
    answer = web_call(front, "Unary", b"AA=A!", "application/grpc-web-text")
    assert answer.get("grpc-status") == "13"


@pytest.mark.parametrize("type_", ["application/grpc-web", "application/grpc-web+proto", "application/grpc-web-text+proto"])
def test_an_error_of_ours_is_one_of_grpc_web(proxy, type_):
    """Trailers alone stand in the head (PROTOCOL-WEB.md); a browser's library believes its own content types only."""
    front = proxy("127.0.0.1:1", pool_options={"protocol": "h2"})
    body = framed(b"hello")
    answer = web_call(front, "Unary", base64.b64encode(body) if "text" in type_ else body, type_)
    assert (answer.status, answer.get("content-type"), answer.get("grpc-status")) == (200, type_, "14")
    assert answer.get("grpc-message") and answer.body == b"" and answer.complete


def test_a_failed_call_of_a_browser_has_its_status(server, proxy):
    front = proxy(server().address, pool_options={"protocol": "h2"})
    answer = web_call(front, "Fail", framed(b""))
    told = dict(answer.fields) if not frames(answer.body) else frames(answer.body)[-1][1].decode()
    assert "9" in str(told)
