"""The table of bad requests: a name, the bytes, and the statuses that are right for them.

HEADS are refused before anything is sent on. BODIES stand behind a good head with
"Transfer-Encoding: chunked", which may have been sent on by the time that they go wrong.
"""
from raw import chunked

GET = b"GET / HTTP/1.1\r\nHost: a\r\n"
POST = b"POST / HTTP/1.1\r\nHost: a\r\n"
SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"
BAD, LARGE, CODING, VERSION = {400}, {431}, {501}, {505}


def line(text, *fields):
    return text + b"\r\nHost: a\r\n" + b"".join(f + b"\r\n" for f in fields) + b"\r\n"


def get(*fields):
    return GET + b"".join(f + b"\r\n" for f in fields) + b"\r\n"


def post(*fields, body=b""):
    return POST + b"".join(f + b"\r\n" for f in fields) + b"\r\n" + body


REQUEST_LINES = {
    "http 0.9": (b"GET /\r\n", {400, 505}),
    "no version": (line(b"GET / "), {400, 505}),
    "no target": (line(b"GET HTTP/1.1"), BAD),
    "only a method": (line(b"GET"), BAD),
    "empty target": (line(b"GET  HTTP/1.1"), BAD),
    "no method": (line(b" / HTTP/1.1"), BAD),
    "two spaces before the target": (line(b"GET  / HTTP/1.1"), BAD),
    "two spaces before the version": (line(b"GET /  HTTP/1.1"), BAD),
    "space behind the version": (line(b"GET / HTTP/1.1 "), {400, 505}),
    "a fourth word": (line(b"GET / HTTP/1.1 x"), {400, 505}),
    "two versions": (line(b"GET / HTTP/1.1 HTTP/1.1"), {400, 505}),
    "tab before the target": (line(b"GET\t/ HTTP/1.1"), BAD),
    "tab before the version": (line(b"GET /\tHTTP/1.1"), BAD),
    "vertical tab before the version": (line(b"GET /\x0bHTTP/1.1"), BAD),
    "space before the method": (line(b" GET / HTTP/1.1"), BAD),
    "LF before the method": (b"\n" + get(), BAD),
    "CR before the method": (b"\r" + get(), BAD),
    "two empty lines before": (b"\r\n\r\n" + get(), BAD),
    "NUL before the method": (b"\x00" + get(), BAD),
    "NUL in the method": (line(b"G\x00ET / HTTP/1.1"), BAD),
    "at sign in the method": (line(b"G@T / HTTP/1.1"), BAD),
    "parenthesis in the method": (line(b"GE(T / HTTP/1.1"), BAD),
    "colon in the method": (line(b"GET: / HTTP/1.1"), BAD),
    "comma in the method": (line(b"GET,POST / HTTP/1.1"), BAD),
    "slash in the method": (line(b"G/T / HTTP/1.1"), BAD),
    "high byte in the method": (line(b"G\xe9T / HTTP/1.1"), BAD),
    "quoted method": (line(b'"GET" / HTTP/1.1'), BAD),
    "bare LF behind the line": (b"GET / HTTP/1.1\nHost: a\r\n\r\n", BAD),
    "bare CR behind the line": (b"GET / HTTP/1.1\rHost: a\r\n\r\n", BAD),
    "CR CR LF behind the line": (b"GET / HTTP/1.1\r\r\nHost: a\r\n\r\n", BAD),
    "CR in the target": (line(b"GET /\rx HTTP/1.1"), BAD),
    "LF in the target": (line(b"GET /\nx HTTP/1.1"), BAD),
    "a TLS hello": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 64 + b"\r\n\r\n", BAD),
    "an SSH greeting": (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", BAD),
    "a PROXY header": (b"PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n" + get(), {400, 505}),
}

VERSIONS = {
    f"version {text}": (line(b"GET / " + text.encode()), {400, 505})
    for text in [
        "HTTP/2.0",
        "HTTP/2",
        "HTTP/3",
        "HTTP/0.9",
        "HTTP/1.2",
        "HTTP/1.9",
        "HTTP/9.9",
        "HTTP/1.10",
        "HTTP/1.01",
        "HTTP/01.1",
        "HTTP/1.",
        "HTTP/.1",
        "HTTP/1",
        "HTTP/",
        "HTTP",
        "HTTP/1.1.1",
        "HTTP/1,1",
        "HTTP/11",
        "HTTP/+1.1",
        "HTTP/1.-1",
        "HTTP/1.1x",
        "HTTP/x.y",
        "http/1.1",
        "Http/1.1",
        "HTTPS/1.1",
        "HTP/1.1",
        "ICY/1.1",
        "RTSP/1.0",
    ]
}

TARGETS = {
    f"target {target!r}": (line(b"GET " + target + b" HTTP/1.1"), BAD)
    for target in [
        b"foo",
        b"?x=1",
        b"#",
        b"/#fragment",
        b"/x?y#z",
        b"/a b",
        b"/%",
        b"/%2",
        b"/%zz",
        b"/%g0",
        b"/%0",
        b"/x%",
        b"/%00",
        b"/a%00.html",
        b"/a\\b",
        b"/..\\x",
        b"/a%5cb",
        b"/a%5Cb",
        b"/a%2fb",
        b"/a%2Fb",
        b"/..%2fx",
        b"/../x",
        b"/..",
        b"/a/../../x",
        b"/a/../..",
        b"/%2e%2e/x",
        b"/.%2e/x",
        b"/%2e./x",
        b"/%2E%2E/x",
        b"/a/%2e%2e/%2e%2e/x",
        b"/a/..;/b",
        b"/a/..;x=1/b",
        b"/..;/x",
        b"/a/.;/b",
        b"/a/%2e%2e;/b",
        b"//../x",
        b"/./../x",
        b"/\x01",
        b"/\x7f",
        b"/\x1f",
        b"/\xff",
        b"/caf\xc3\xa9",
        b"/\x80",
        b"/\x00",
        b"/a\x00b",
        b"/x\t",
        b"*",
        b"*/x",
        b"/x?a b",
        b"/x?\x00",
        b"/x?\x80",
        b"/x?\x7f",
        b"example.com:80",
        b"example.com",
        b"//",
        b"http://",
        b"http:///x",
        b"http://?x",
        b"http:/x",
        b"http:x",
        b"http://user@a/",
        b"http://user:pass@a/",
        b"http://a b/",
        b"http://a:b/",
        b"http://a\\b/",
        b"://a/",
        b"1http://a/",
        b"http://a/../x",
        b"http://a/%2f",
        b"http://[::1/",
        b"http://a%zz/",
        b"http://a:80:80/",
        b"HTTP://a/%00",
    ]
    if target != b"//"  # runs of slashes are one: a good path, tested with those
}

HOSTS = {
    "no host": (b"GET / HTTP/1.1\r\n\r\n", BAD),
    "no host, other fields": (b"GET / HTTP/1.1\r\nAccept: */*\r\nX-Host: a\r\n\r\n", BAD),
    "absolute form without host": (b"GET http://a/ HTTP/1.1\r\n\r\n", BAD),
    "two hosts": (get(b"Host: b"), BAD),
    "the same host twice": (get(b"Host: a"), BAD),
    "host twice in capitals": (get(b"HOST: a"), BAD),
    "another host in the target": (b"GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n", BAD),
    "another port in the target": (b"GET http://a:81/ HTTP/1.1\r\nHost: a\r\n\r\n", BAD),
    "two hosts in HTTP/1.0": (b"GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", BAD),
    **{
        f"host {host!r}": (b"GET / HTTP/1.1\r\nHost: " + host + b"\r\n\r\n", BAD)
        for host in [
            b"a b",
            b"a,b",
            b"a/b",
            b"a/",
            b"/a",
            b"user@a",
            b"a@b",
            b"a?x",
            b"a#x",
            b"a\\b",
            b"http://a",
            b"a:x",
            b"a:80:80",
            b"a:-1",
            b"a:+80",
            b"[::1",
            b"::1]",
            b"[::1]x",
            b"a\x00b",
            b"a\x01",
            b"a\x7f",
            b"<a>",
            b"a\tb",
            b"caf\xc3\xa9",
            b"%zz",
            b"a%",
        ]
    },
}

NAMES = {
    f"byte {byte:#04x} in a field name": (get(b"x" + bytes([byte]) + b"y: 1"), BAD)
    for byte in [
        0,
        1,
        9,
        11,
        12,
        27,
        32,
        34,
        40,
        41,
        44,
        47,
        59,
        60,
        61,
        62,
        63,
        64,
        91,
        92,
        93,
        123,
        125,
        127,
        128,
        0xE9,
        0xFF,
    ]
}

FIELDS = {
    "no colon": (get(b"x"), BAD),
    "no colon, a value": (get(b"x 1"), BAD),
    "empty name": (get(b": 1"), BAD),
    "space before the colon": (get(b"x : 1"), BAD),
    "tab before the colon": (get(b"x\t: 1"), BAD),
    "space before the name": (get(b"x: 1", b" y: 2"), BAD),
    "folded by a space": (get(b"x: 1", b" 2"), BAD),
    "folded by a tab": (get(b"x: 1", b"\t2"), BAD),
    "the first field folded": (b"GET / HTTP/1.1\r\n Host: a\r\n\r\n", BAD),
    "the first line folded": (b"GET / HTTP/1.1\r\n x\r\nHost: a\r\n\r\n", BAD),
    "a line of spaces": (get(b"  "), BAD),
    "folded length": (post(b"Content-Length:", b" 5", body=b"hello"), BAD),
    "folded coding": (post(b"Transfer-Encoding:", b" chunked", body=chunked(b"hello")), BAD),
    "bare LF behind a field": (b"GET / HTTP/1.1\r\nHost: a\nX: 1\r\n\r\n", BAD),
    "bare CR in a value": (get(b"x: 1\r2"), BAD),
    "CR CR LF behind a field": (get(b"x: 1\r"), BAD),
    "bare LF in a value": (get(b"x: 1\nTransfer-Encoding: chunked"), BAD),
    "LF LF at the end": (b"GET / HTTP/1.1\r\nHost: a\n\n", BAD),
    "LF CR LF at the end": (b"GET / HTTP/1.1\r\nHost: a\r\n\n", BAD),
    "CR at the end": (b"GET / HTTP/1.1\r\nHost: a\r\n\rX", BAD),
    **{
        f"byte {byte:#04x} in a value": (get(b"x: 1" + bytes([byte]) + b"2"), BAD)
        for byte in [0, 1, 7, 8, 11, 12, 27, 31, 127]
    },
    "NUL at the end of a value": (get(b"x: 1\x00"), BAD),
}

LENGTHS = {
    f"length {value[-24:]!r}": (post(b"Content-Length: " + value, body=b"hello"), BAD)
    for value in [
        b"",
        b"+5",
        b"-5",
        b"-0",
        b"5 5",
        b"5,5",
        b"5, 5",
        b"5,6",
        b"5,",
        b",5",
        b"0x5",
        b"5h",
        b"5.0",
        b"5e0",
        b"five",
        b'"5"',
        b"5;",
        b'5;a="b',
        b"5;a b",
        b"5;a=b=c",
        b"5;=",
        b"5;;a",
        b"5 ;x",
        b"1_000",
        b"\xd9\xa5",
        b"99999999999999999999",
        b"18446744073709551616",
        b"18446744073709551621",
        b"5\x00",
        b"5\x0b",
        b"\x0c5",
        b"0" * 300 + b"99999999999999999999",
    ]
}

FRAMING = {
    "length twice": (post(b"Content-Length: 5", b"Content-Length: 5", body=b"hello"), BAD),
    "two lengths": (post(b"Content-Length: 5", b"Content-Length: 6", body=b"hello!"), BAD),
    "two lengths, one zero": (post(b"Content-Length: 0", b"content-length: 5", body=b"hello"), BAD),
    "length and chunked": (post(b"Content-Length: 5", b"Transfer-Encoding: chunked", body=chunked(b"hello")), BAD),
    "chunked and length": (post(b"Transfer-Encoding: chunked", b"Content-Length: 5", body=chunked(b"hello")), BAD),
    "length and identity": (post(b"Content-Length: 5", b"Transfer-Encoding: identity", body=b"hello"), BAD | CODING),
    "length with a space before its colon": (post(b"Content-Length : 5", body=b"hello"), BAD),
    "coding with a space before its colon": (post(b"Transfer-Encoding : chunked", body=chunked(b"x")), BAD),
    "coding with a tab before its colon": (post(b"Transfer-Encoding\t: chunked", body=chunked(b"x")), BAD),
    "chunked twice": (
        post(b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked", body=chunked(b"x")),
        BAD | CODING,
    ),
    "gzip, then chunked": (
        post(b"Transfer-Encoding: gzip", b"Transfer-Encoding: chunked", body=chunked(b"x")),
        BAD | CODING,
    ),
    "chunked in HTTP/1.0": (b"POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked(b"x"), BAD),
    "chunked GET with a length": (get(b"Transfer-Encoding: chunked", b"Content-Length: 0") + chunked(), BAD),
    **{
        f"coding {value!r}": (post(b"Transfer-Encoding: " + value, body=chunked(b"hello")), BAD | CODING)
        for value in [
            b"",
            b"gzip",
            b"identity",
            b"chunked, chunked",
            b"gzip, chunked",
            b"chunked, gzip",
            b"chunked, identity",
            b"identity, chunked",
            b"chunked;q=1",
            b"chunked;",
            b"chunked,",
            b",chunked",
            b"xchunked",
            b"chunkedx",
            b"x chunked",
            b"chunked x",
            b'"chunked"',
            b"chunked\x0b",
            b"\x0bchunked",
            b"chunked\x00",
            b"chunk",
            b"c hunked",
            b"cow",
            b"\xc3\xa7hunked",
        ]
    },
}

LIMITS = {
    "a field of 70 KiB": (get(b"x: " + b"y" * 70000), LARGE),
    "a field name of 70 KiB": (get(b"x" * 70000 + b": y"), BAD | LARGE),
    "fields of 70 KiB": (get(*[b"x-%d: " % i + b"y" * 1000 for i in range(70)]), LARGE),
    "a head of 70 KiB without an end": (GET + b"x: " + b"y" * 70000, LARGE),
    "201 fields": (get(*[b"x: y"] * 200), LARGE),
    "300 fields": (get(*[b"x-%d: y" % i for i in range(300)]), LARGE),
    "5000 empty fields": (get(*[b"x:"] * 5000), LARGE),
    "a target of 70 KiB": (line(b"GET /" + b"y" * 70000 + b" HTTP/1.1"), {414, 431}),
    "a query of 70 KiB": (line(b"GET /?" + b"y" * 70000 + b" HTTP/1.1"), {414, 431}),
    "a method of 70 KiB": (line(b"G" * 70000 + b" / HTTP/1.1"), {400, 414, 431, 501}),
}

REFUSED = {
    "connect": (b"CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n", {400, 405, 501}),
    "connect with a path": (b"CONNECT /x HTTP/1.1\r\nHost: a\r\n\r\n", {400, 405, 501}),
    "connect without a host": (b"CONNECT example.com:443 HTTP/1.1\r\n\r\n", {400, 405, 501}),
}

HEADS = {**REQUEST_LINES, **VERSIONS, **TARGETS, **HOSTS, **NAMES, **FIELDS, **LENGTHS, **FRAMING, **LIMITS, **REFUSED}

# Behind a good head with "Transfer-Encoding: chunked". The head may have been sent on by then.
BODIES = {
    f"chunk line {text[:24]!r}": text + b"hello\r\n0\r\n\r\n"
    for text in [
        b"\r\n",
        b"g\r\n",
        b"-5\r\n",
        b"+5\r\n",
        b"0x5\r\n",
        b"5h\r\n",
        b" 5\r\n",
        b"\t5\r\n",
        b"5 \r\n",
        b"5\t\r\n",
        b"5 5\r\n",
        b"5,5\r\n",
        b"5\n",
        b"5\r",
        b"5\rX\n",
        b"\n5\r\n",
        b"\r\n5\r\n",
        b"5\x00\r\n",
        b"\xb5\r\n",
        b"5.\r\n",
        b"five\r\n",
        b"FFFFFFFFFFFFFFFF\r\n",
        b"7FFFFFFFFFFFFFFFF\r\n",
        b"10000000000000005\r\n",
        b"100000000000000000000000000000005\r\n",
        b"0" * 100 + b"5\r\n",
        b"5;a\nb\r\n",
        b"5;a\rb\r\n",
        b"5;a\x00\r\n",
        b"5;\n",
        b"5;" + b"x" * 70000 + b"\r\n",
    ]
}
BODIES |= {
    "no CRLF behind the data": b"5\r\nhello0\r\n\r\n",
    "LF behind the data": b"5\r\nhello\n0\r\n\r\n",
    "CR behind the data": b"5\r\nhello\r0\r\n\r\n",
    "more data than said": b"5\r\nhello!\r\n0\r\n\r\n",
    "LF behind the last chunk": b"5\r\nhello\r\n0\n\n",
    "LF ends the trailers": b"5\r\nhello\r\n0\r\n\n",
    "LF behind a trailer": b"5\r\nhello\r\n0\r\nx: 1\n\r\n",
    "a trailer without colon": b"5\r\nhello\r\n0\r\nx\r\n\r\n",
    "a trailer without name": b"5\r\nhello\r\n0\r\n: x\r\n\r\n",
    "a folded trailer": b"5\r\nhello\r\n0\r\nx: 1\r\n 2\r\n\r\n",
    "a trailer with a space before its colon": b"5\r\nhello\r\n0\r\nx : 1\r\n\r\n",
    "a trailer with NUL": b"5\r\nhello\r\n0\r\nx: \x00\r\n\r\n",
    "trailers of 70 KiB": b"5\r\nhello\r\n0\r\nx: " + b"y" * 70000 + b"\r\n\r\n",
}
