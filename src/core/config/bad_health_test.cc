// Wrong files, each told with its line, column, message and hint: the kinds of probes.
#include <gtest/gtest.h>

#include "core/config/test_files.h"

namespace fairlead::core {
namespace {

constexpr BadFile kFiles[] = {
    {"TwoKinds", "pools: { app: { health: { grpc: a, redis: {} }, backends: [127.0.0.1:1] } }\n", 1,
     43, "a pool has one kind of probe, and this one has `grpc` and `redis`", "keep one of them"},
    {"Later", "pools: { app: { health: { http: /, dns: a.b }, backends: [127.0.0.1:1] } }\n", 1, 36,
     "`dns` in `health` of pool `app` is not in this version of fairlead yet",
     "leave it out for now"},
    {"ExpectBesideTcp",
     "pools: { app: { health: { tcp: {}, expect: 200 }, backends: [127.0.0.1:1] } }\n", 1, 44,
     "`expect` is for probes over HTTP, and this one only connects",
     "for what comes over TCP, write `tcp: { expect: TEXT }`"},
    {"BodyOfRedis",
     "pools: { app: { health: { redis: {}, body: ok }, backends: [127.0.0.1:1] } }\n", 1, 44,
     "`body` is for probes over HTTP, and this is one by `redis`",
     "add `http: /health`, or leave it out"},
    {"DrainingBesideTcp",
     "pools: { app: { health: { tcp: {}, draining: { status: 404 } }, backends: [127.0.0.1:1] } "
     "}\n",
     1, 46, "`draining` is for probes over HTTP, and this one only connects",
     "add `http: /health`, or leave it out"},
    {"BodyOfHead",
     "pools: { app: { health: { http: /, method: HEAD, json: { /a: b } }, backends: [127.0.0.1:1] "
     "} }\n",
     1, 56, "HEAD is answered without a body: `json` can never hold", "write `method: GET`"},
    {"DegradedBodyOfHead",
     "pools: { app: { health: { http: /, method: HEAD, degraded: { body: b } }, backends: "
     "[127.0.0.1:1] } }\n",
     1, 68, "HEAD is answered without a body: `body` can never hold", "write `method: GET`"},
    {"DrainingBodyOfHead",
     "pools: { app: { health: { http: /, method: HEAD, draining: { json: { /a: b } } }, backends: "
     "[127.0.0.1:1] } }\n",
     1, 68, "HEAD is answered without a body: `json` can never hold", "write `method: GET`"},
    {"Method", "pools: { app: { health: { http: /, method: PUT }, backends: [127.0.0.1:1] } }\n", 1,
     44, "`method`: `PUT` is not known", "allowed: `GET`, `HEAD`, `POST` or `OPTIONS`"},
    {"SendAlone", "pools: { app: { health: { tcp: { send: a } }, backends: [127.0.0.1:1] } }\n", 1,
     40, "`send` without `expect` would ask and not listen",
     "for example `tcp: { send: 'PING\\r\\n', expect: +PONG }`"},
    {"Escape", "pools: { app: { health: { tcp: { expect: 'a\\q' } }, backends: [127.0.0.1:1] } }\n",
     1, 43, "`expect`: `\\q` is no escape",
     "there are `\\r`, `\\n`, `\\t`, `\\\\` and `\\xNN`; allowed: a text with `\\r`, `\\n`, `\\t`, "
     "`\\\\` and `\\xNN` for what it cannot hold"},
    {"HexEscape",
     "pools: { app: { health: { tcp: { expect: 'a\\x4' } }, backends: [127.0.0.1:1] } }\n", 1, 43,
     "`expect`: `\\x4` is no escape",
     "there are `\\r`, `\\n`, `\\t`, `\\\\` and `\\xNN`; allowed: a text with `\\r`, `\\n`, `\\t`, "
     "`\\\\` and `\\xNN` for what it cannot hold"},
    {"TcpKey", "pools: { app: { health: { tcp: { exspect: a } }, backends: [127.0.0.1:1] } }\n", 1,
     34, "unknown key `exspect` in `tcp` of `health` of pool `app`",
     "did you mean `expect`? known keys here: expect and send"},
    {"UserOfRedisAlone",
     "pools: { app: { health: { redis: { user: me } }, backends: [127.0.0.1:1] } }\n", 1, 42,
     "`user` without `auth` has no password to send", "add `auth`, or leave it out"},
    {"Role",
     "pools: { app: { health: { postgres: { role: master } }, backends: [127.0.0.1:1] } }\n", 1, 45,
     "`role`: `master` is not known", "allowed: `any`, `primary` or `replica`"},
    {"Service", "pools: { app: { health: { grpc: a/b }, backends: [127.0.0.1:1] } }\n", 1, 33,
     "`grpc`: `a/b` is not the name of a service",
     "allowed: the name of a gRPC service, or `\"\"` for the server as a whole"},
    {"Port", "pools: { app: { health: { port: 0 }, backends: [127.0.0.1:1] } }\n", 1, 33,
     "`port`: `0` is too small", "allowed: a whole number from 1 to 65535"},
    {"PortOfSocket", "pools: { app: { health: { port: 1 }, backends: [\"unix:/run/a.sock\"] } }\n",
     1, 33, "`port` is for backends that have one, and these are Unix sockets", "leave it out"},
    {"Pointer",
     "pools: { app: { health: { http: /, json: { status: ok } }, backends: [127.0.0.1:1] } }\n", 1,
     44, "`status` is not a JSON pointer", "did you mean `/status`?"},
    {"PointerEscape",
     "pools: { app: { health: { http: /, json: { /a~b: ok } }, backends: [127.0.0.1:1] } }\n", 1,
     44, "`/a~b` is not a JSON pointer", "`~` is written `~0`, and `/` in a name `~1`"},
    {"JsonNoMapping",
     "pools: { app: { health: { http: /, json: ok }, backends: [127.0.0.1:1] } }\n", 1, 42,
     "`json` must be a mapping from JSON pointers to patterns, not `ok`",
     "for example `json: { /status: ok }`"},
    {"BodyPattern",
     "pools: { app: { health: { http: /, body: \"~(\" }, backends: [127.0.0.1:1] } }\n", 1, 43,
     "`body`: this is not a regular expression: missing ): (",
     "allowed: a pattern: `exact`, `with*glob`, `~regular expression` or `\"*\"`"},
    {"HeaderHost",
     "pools: { app: { health: { http: /, headers: { Host: a } }, backends: [127.0.0.1:1] } }\n", 1,
     47, "the `host` header has an option of its own", "write `host` beside `headers`"},
    {"HeaderOwn",
     "pools: { app: { health: { http: /, headers: { Connection: a } }, backends: [127.0.0.1:1] } "
     "}\n",
     1, 47, "`connection` is written by the probe itself", "leave it out"},
    {"HeaderName",
     "pools: { app: { health: { http: /, headers: { a b: c } }, backends: [127.0.0.1:1] } }\n", 1,
     47, "`a b` is not the name of a header", ""},
    {"HeaderTwice",
     "pools: { app: { health: { http: /, headers: { x-a: c, X-A: d } }, backends: [127.0.0.1:1] } "
     "}\n",
     1, 55, "`x-a` is named twice", "names of headers are the same in any case"},
    {"DegradedKey",
     "pools: { app: { health: { http: /, degraded: { header: a } }, backends: [127.0.0.1:1] } }\n",
     1, 48, "unknown key `header` in `degraded` of `health` of pool `app`",
     "did you mean `headers`? known keys here: body, headers, json and status"},
    {"DrainingIsNoMapping",
     "pools: { app: { health: { http: /, draining: 404 }, backends: [127.0.0.1:1] } }\n", 1, 46,
     "`draining` of `health` of pool `app` must be a mapping, not `404`",
     "known keys here: body, headers, json and status"},
    {"DrainingStatus",
     "pools: { app: { health: { http: /, draining: { status: 4xx } }, backends: [127.0.0.1:1] } "
     "}\n",
     1, 56, "`status`: `4xx` is not a status or a range of them",
     "allowed: a status or a range, such as `200` or `200-399`"},
};

class BadHealthTest : public testing::TestWithParam<BadFile> {};

TEST_P(BadHealthTest, TellsWhatIsWrongAndWhatToDo) { expect_told(GetParam(), kWeb); }

INSTANTIATE_TEST_SUITE_P(All, BadHealthTest, testing::ValuesIn(kFiles), name_of_file);

}  // namespace
}  // namespace fairlead::core
