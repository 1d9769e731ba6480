// Wrong files, each told with its line, column, message and hint: what routes change, limit, copy.
#include <gtest/gtest.h>

#include "core/config/test_files.h"

namespace fairlead::core {
namespace {

// A route with these settings, on one line: they begin in column 48.
#define ROUTE(settings) "listeners: { web: { bind: 80, routes: [{ pool: app, " settings " }] } }\n"
#define ANSWER(settings) "listeners: { web: { bind: 80, routes: [{ " settings " }] } }\n"

constexpr int kFirst = 53;

constexpr BadFile kFiles[] = {
    {"RewriteNothing", ROUTE("rewrite: {}"), 1, kFirst + 9,
     "`rewrite` of route 1 of listener `web` changes nothing",
     "for example `{ strip_prefix: /api }`"},
    {"RewritePathTwice", ROUTE("rewrite: { path: /a, strip_prefix: /api }"), 1, kFirst + 21,
     "`strip_prefix` and `path` both change the path", "keep one of them"},
    {"RewriteShortPrefix", ROUTE("rewrite: { strip_prefix: api }"), 1, kFirst + 25,
     "`path`: `api` is no path", "did you mean `/api`?"},
    {"RewriteNoSlash", ROUTE("rewrite: [\"^/w8/([^/]*)\", '\\1']"), 1, kFirst + 27,
     "`path`: the result may not begin with `/`, and such a request is answered with 500",
     "begin it so: `/\\1`"},
    {"RewriteNeverASlash", ROUTE("rewrite: [\"^/w5\", new]"), 1, kFirst + 18,
     "`path`: the result does not begin with `/`: `new` is no path", "did you mean `/new`?"},
    {"RewriteFillsIn", ROUTE("rewrite: [\"(/w5)\", \"{header:x-n}\"]"), 1, kFirst + 20,
     "`path`: in `{header:x-n}` nothing is filled in but groups, such as `\\1`",
     "a path alone is a template: `path: \"/v2{path}\"`"},
    {"RewriteCostly", ROUTE("rewrite: [\"^/.*a.{300}$\", /b]"), 1, kFirst + 26,
     "`path`: this regular expression has 2413 steps: a text of 60 KB can cost 0.6 s",
     "write `*` or `+` where it counts, as `.*` for `.{0,1000}`: a counted part is written out as "
     "many times"},
    {"MirrorOfItself", ROUTE("mirror: app"), 1, kFirst + 8,
     "`mirror` sends copies to pool `app`, which serves the route itself: it is asked twice",
     "name another pool"},
    {"RedirectTimeout", ANSWER("redirect: /a, timeout: 5s"), 1, 65,
     "`timeout` means nothing beside `redirect`: no backend is asked", "leave it out"},
    {"RespondNoType", ANSWER("respond: { body: a, content_type: foo }"), 1, 76,
     "`content_type`: `foo` is no media type", "allowed: a media type, such as `text/html`"},
    {"BufferTooSmall", ROUTE("buffer: 1"), 1, kFirst + 8, "`request`: `1` has no unit",
     "did you mean `1KiB`? allowed: a size from 1KiB to 64MiB, such as `64KiB` or `8MiB`"},
    {"RewriteNoPath", ROUTE("rewrite: new"), 1, kFirst + 9, "`path`: `new` is no path",
     "did you mean `/new`?"},
    {"RewriteQuery", ROUTE("rewrite: /a?b=c"), 1, kFirst + 9,
     "`path`: `/a?b=c` holds a `?`: the query of the request is kept as it is",
     "leave the query out"},
    {"RewriteUri", ROUTE("rewrite: \"/v2{uri}\""), 1, kFirst + 10,
     "`path`: a path holds no query: it is kept as it is", "write `{path}`"},
    {"RewriteDots", ROUTE("rewrite: /a/../b"), 1, kFirst + 9,
     "`path`: `/a/../b` holds `.` or `..` as a folder", "write the path that they lead to"},
    {"RewriteSpace", ROUTE("rewrite: \"/a b\""), 1, kFirst + 10,
     "`path`: `/a b` holds a letter that no path does", "write it as `%20`"},
    {"RewriteEscape", ROUTE("rewrite: /a%2"), 1, kFirst + 9,
     "`path`: `/a%2`: `%` begins an escape of two hexadecimal digits",
     "write `%25` for a percent sign"},
    {"RewriteOneText", ROUTE("rewrite: [/old]"), 1, kFirst + 9,
     "`path` as a list is a regular expression and its replacement",
     "for example `path: [\"^/old/(.*)\", '/new/\\1']`"},
    {"RewriteExpression", ROUTE("rewrite: [\"(\", /new]"), 1, kFirst + 11,
     "`path`: `(` is not a regular expression: missing ): (", ""},
    {"RewriteGroup", ROUTE("rewrite: [/old, '/new/\\1']"), 1, kFirst + 17,
     "`path`: `/new/\\1` does not fit the expression: Rewrite schema requests 1 matches, but the "
     "regexp only has 0 parenthesized subexpressions.",
     "it has 0 groups; `\\1` is what the first one found, `\\0` all"},
    {"RewritePrefix", ROUTE("rewrite: { path: { strip_prefix: api } }"), 1, kFirst + 33,
     "`path`: `api` is no path", "did you mean `/api`?"},
    {"RewriteSlash", ROUTE("rewrite: { path: { add_prefix: /api/ } }"), 1, kFirst + 31,
     "`path`: `/api/` ends with a `/`: a prefix is whole segments", "leave the `/` at its end out"},
    {"RewriteHost", ROUTE("rewrite: { host: \"https://a\" }"), 1, kFirst + 18,
     "`host`: `https://a` is more than a host",
     "leave scheme and path out; allowed: a host, perhaps with a port, in which `{header:NAME}` "
     "and the like are filled in"},
    {"RewriteBeside", ANSWER("redirect: /a, rewrite: /b"), 1, 65,
     "`rewrite` means nothing beside `redirect`: no backend is asked", "leave it out"},

    {"HeadersNothing", ROUTE("request_headers: {}"), 1, kFirst + 17,
     "`request_headers` of route 1 of listener `web` changes nothing",
     "for example `{ set: { x-tier: gold } }`"},
    {"HeadersHost", ROUTE("request_headers: { set: { Host: a } }"), 1, kFirst + 26,
     "`host` is not edited as a header", "write `rewrite: { host: app.internal }`"},
    {"HeadersHop", ROUTE("request_headers: { add: { Connection: close } }"), 1, kFirst + 26,
     "`connection` is of one connection: Fairlead says it itself on each side", "leave it out"},
    {"HeadersCoding", ROUTE("response_headers: { set: { transfer-encoding: gzip } }"), 1,
     kFirst + 27, "`transfer-encoding` is of one connection: Fairlead says it itself on each side",
     "leave it out"},
    {"HeadersLength", ROUTE("response_headers: { set: { content-length: 1 } }"), 1, kFirst + 27,
     "`content-length` is counted, and never said by a configuration", "leave it out"},
    {"HeadersPseudo", ROUTE("request_headers: { set: { \":path\": /a } }"), 1, kFirst + 27,
     "`:path` is part of the first line, and no header", "`rewrite` changes the path and the host"},
    {"HeadersName", ROUTE("request_headers: { set: { \"a b\": c } }"), 1, kFirst + 27,
     "`a b` is not the name of a header", ""},
    {"HeadersExpect", ROUTE("request_headers: { remove: expect }"), 1, kFirst + 27,
     "`remove`: `expect` is between Fairlead and each of the two sides",
     "leave it out; allowed: the name of a header, or a pattern for names: `x-debug-*`"},
    {"HeadersResponseHost", ROUTE("response_headers: { set: { host: a } }"), 1, kFirst + 27,
     "a response has no `host`", "leave it out"},
    {"HeadersTwice", ROUTE("request_headers: { set: { x-a: 1, X-A: 2 } }"), 1, kFirst + 34,
     "the header `x-a` is named twice", "names of headers are the same in any case"},
    {"HeadersLine", ROUTE("request_headers: { set: { x-a: \"b\\nc\" } }"), 1, kFirst + 32,
     "`x-a`: `b?c` holds a control character, and no field does",
     "a field is one line: leave the line end out"},
    {"HeadersBackend", ROUTE("request_headers: { set: { x-a: \"{backend}\" } }"), 1, kFirst + 32,
     "`x-a`: `{backend}`: nobody has chosen one yet when this is filled in",
     "leave it out; `response_headers` know it"},
    {"HeadersList", ROUTE("request_headers: { set: [x-a] }"), 1, kFirst + 24,
     "`set` must be a mapping from names to values, not a list", "for example `{ x-tier: gold }`"},
    {"HeadersPreset", ROUTE("response_headers: { preset: secure }"), 1, kFirst + 28,
     "`preset`: `secure` is not known", "allowed: `security`"},

    {"MaxBodyUnit", ROUTE("max_body: 10"), 1, kFirst + 10, "`max_body`: `10` has no unit",
     "did you mean `10B`? allowed: a size from 1B to 4294967295B, such as `512B`, `64KiB` or "
     "`8MiB`"},
    {"MaxConnections", ROUTE("max_connections: many"), 1, kFirst + 17,
     "`max_connections`: `many` is no whole number",
     "allowed: a whole number of requests from 1 to 1000000"},
    {"BufferNothing", ROUTE("buffer: {}"), 1, kFirst + 8,
     "`buffer` of route 1 of listener `web` buffers nothing", "for example `{ request: 1MiB }`"},
    {"BufferTooLarge", ROUTE("buffer: 1GiB"), 1, kFirst + 8, "`request`: `1GiB` is too large",
     "allowed: a size from 1KiB to 64MiB, such as `64KiB` or `8MiB`"},
    {"MirrorNoPool", ROUTE("mirror: { percent: 10 }"), 1, kFirst + 8,
     "`mirror` of route 1 of listener `web` names no `pool`",
     "for example `mirror: { pool: shadow, percent: 10 }`"},
    {"MirrorUnknownPool", ROUTE("mirror: shadow"), 1, kFirst + 8, "there is no pool `shadow`",
     "name it under `pools`"},
    {"MirrorPercent", ROUTE("mirror: { pool: app, percent: 0 }"), 1, kFirst + 30,
     "`percent`: `0` is too small", "allowed: a whole number from 1 to 100"},
    {"MaintenanceBoth", ROUTE("maintenance: { body: a, file: fairlead.yaml }"), 1, kFirst + 30,
     "`maintenance` of route 1 of listener `web` has both `body` and `file`", "keep one of them"},
    {"MaintenanceRetry", ROUTE("maintenance: { retry_after: 0s }"), 1, kFirst + 28,
     "`retry_after`: `0s` is too short",
     "allowed: a duration from 1s to 7d, such as `10s`, `5m`, `1h` or `1d`"},
    {"MaintenanceNetwork", ROUTE("maintenance: { allow: 10.0.0.1/8 }"), 1, kFirst + 22,
     "`allow`: `10.0.0.1/8` is not a network: it has bits set behind its prefix; meant is "
     "10.0.0.0/8 or 10.0.0.1",
     "allowed: a network or one address: `10.0.0.0/8`, `2001:db8::/32` or `192.0.2.1`"},
    {"TraceShare", "listeners: { web: { bind: 80, pool: app, trace: { sample: 10 } } }\n", 1, 59,
     "`sample`: `10` is no percentage",
     "did you mean `10%`? allowed: a percentage from 0% to 100%"},

    {"RespondFile", ANSWER("respond: { file: gone.txt }"), 1, 59,
     "cannot read `gone.txt`: no such file",
     "paths are relative to the file that names them; the user that runs fairlead must be able to "
     "read it"},
    {"RespondTwoBodies", ANSWER("respond: { json: {}, body: a }"), 1, 69,
     "a response has both `json` and `body`", "keep one of them"},
    {"RespondField", ANSWER("respond: { headers: { connection: close } }"), 1, 64,
     "`connection` is of one connection: Fairlead says it itself on each side", "leave it out"},
    {"RespondTypeTwice", ANSWER("respond: { headers: { Content-Type: text/html } }"), 1, 64,
     "`content-type` of a response that Fairlead makes is no further field",
     "write `content_type`, by which what is filled in is escaped"},
    {"RespondTypeBehindItsBack",
     ANSWER(
         "respond: { body: \"{query}\" }, response_headers: { set: { content-type: text/html } }"),
     1, 90,
     "`response_headers` changes the `content-type` of a body in which something is filled in",
     "write `respond: { content_type: text/html }`: what clients send is escaped by it"},
    {"RespondTypeTakenAway",
     ANSWER("respond: { body: \"{query}\" }, response_headers: { remove: \"content-*\" }"), 1, 90,
     "`response_headers` changes the `content-type` of a body in which something is filled in",
     "write `respond: { content_type: text/html }`: what clients send is escaped by it"},
    {"RedirectHostOfTheClient", ANSWER("redirect: \"https://{query}.example.com/\""), 1, 53,
     "`{query}` in the host lets whoever writes a link choose where it leads",
     "write the host out, with a route for each; `{host}` is the one that was asked"},
    {"RedirectToNowhere", ANSWER("redirect: \"{host}{uri}\""), 1, 53,
     "`to`: `{host}{uri}` is neither a URL nor a path",
     "did you mean `https://{host}{uri}`? allowed: an absolute URL or a path, in which `{uri}`, "
     "`{host}` and the like are filled in"},
    {"RedirectUnknownPlace", ANSWER("redirect: \"/{pathx}\""), 1, 53,
     "`to`: `{pathx}` is not known",
     "did you mean `{path}`? allowed: {uri}, {path}, {query}, {host}, {scheme}, {client_ip}, "
     "{request_id}, {header:NAME} and {cookie:NAME}; `{{` writes one `{`"},
    {"RespondBodiless", ANSWER("respond: { status: 204, json: {} }"), 1, 72,
     "a response with status 204 has no body", "leave `body` out, or answer 200"},
};

class BadEditsTest : public testing::TestWithParam<BadFile> {};

TEST_P(BadEditsTest, TellsWhatIsWrongAndWhatToDo) { expect_told(GetParam(), kApp); }

INSTANTIATE_TEST_SUITE_P(All, BadEditsTest, testing::ValuesIn(kFiles), name_of_file);

constexpr BadFile kTcpFiles[] = {
    {"Mirror", "listeners: { db: { bind: \"tcp://:1\", routes: [{ pool: app, mirror: app }] } }\n",
     1, 68, "`mirror` means nothing in a route of a tcp listener",
     "leave it out, or set `protocol: http`"},
    {"Trace", "listeners: { db: { bind: \"tcp://:1\", pool: app, trace: on } }\n", 1, 56,
     "`trace` means nothing on a tcp listener", "leave it out, or set `protocol: http`"},
};

class BadTcpEditsTest : public testing::TestWithParam<BadFile> {};

TEST_P(BadTcpEditsTest, TellsWhatIsWrongAndWhatToDo) { expect_told(GetParam(), kApp); }

INSTANTIATE_TEST_SUITE_P(All, BadTcpEditsTest, testing::ValuesIn(kTcpFiles), name_of_file);

}  // namespace
}  // namespace fairlead::core
