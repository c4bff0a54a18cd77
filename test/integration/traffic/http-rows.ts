import { expect } from "vitest";
import type { Ask } from "./kit.ts";

// A row for each behaviour: what is written, what is asked, what comes. HOST stands for the host of the row's own.

export const a = "route: [{ destination: { host: a.echo } }]";
export const b = "route: [{ destination: { host: b.echo } }]";

export type Row = readonly [name: string, http: string, ...asked: readonly (readonly [ask: Ask, expected: object])[]];

export const toA = { status: 200, to: "a" };
export const toB = { status: 200, to: "b" };
const none = { status: 404 };

export const rows: readonly Row[] = [
  ["a route without a match takes all", `- ${a}`, ["/any?x=1", { ...toA, path: "/any?x=1" }]],
  ["the first match wins", `- match: [{ uri: { prefix: /x } }]\n  ${a}\n- ${b}`, ["/x", toA], ["/y", toB]],
  ["a prefix is one of the text", `- match: [{ uri: { prefix: /foo } }]\n  ${a}`, ["/foobar", toA], ["/fo", none]],
  ["an exact path, without its query", `- match: [{ uri: { exact: /x } }]\n  ${a}`, ["/x?q=1", toA], ["/x/", none]],
  [
    "a path by expression, whole",
    `- match: [{ uri: { regex: "/i/\\\\d+" } }]\n  ${a}`,
    ["/i/42", toA],
    ["/i/42x", none],
  ],
  ["ignoreUriCase", `- match: [{ uri: { prefix: /UP }, ignoreUriCase: true }]\n  ${a}`, ["/up/1", toA], ["/u", none]],
  ["a method", `- match: [{ method: { exact: POST } }]\n  ${a}`, [{ path: "/", method: "POST" }, toA], ["/", none]],
  ["the scheme", `- match: [{ scheme: { exact: http } }]\n  ${a}`, ["/", toA]],
  ["a scheme that the request has not", `- match: [{ scheme: { exact: https } }]\n  ${a}\n- ${b}`, ["/", toB]],
  ["the authority", `- match: [{ authority: { prefix: r } }]\n  ${a}`, ["/", toA]],
  [
    "the whole authority",
    `- match: [{ authority: { exact: HOST.not } }]\n  ${b}\n- match: [{ authority: { exact: HOST } }]\n  ${a}`,
    ["/", toA],
  ],
  [
    "a header: exact, prefix, expression, presence",
    `- match: [{ headers: { x-e: { exact: one } } }, { headers: { x-p: { prefix: on } } }, { headers: { x-r: { regex: "o.e" } } }, { headers: { x-any: {} } }]\n  ${a}`,
    [{ path: "/", headers: { "x-e": "one" } }, toA],
    [{ path: "/", headers: { "x-e": "one!" } }, none],
    [{ path: "/", headers: { "x-p": "only" } }, toA],
    [{ path: "/", headers: { "x-r": "oxe" } }, toA],
    [{ path: "/", headers: { "x-r": "oxen" } }, none],
    [{ path: "/", headers: { "x-any": "1" } }, toA],
  ],
  [
    "fields of one match are all needed",
    `- match: [{ uri: { prefix: /x }, headers: { x-e: { exact: one } } }]\n  ${a}`,
    ["/x", none],
    [{ path: "/x", headers: { "x-e": "one" } }, toA],
  ],
  [
    "withoutHeaders, also where the header is missing",
    `- match: [{ withoutHeaders: { x-e: { exact: one } } }]\n  ${a}`,
    ["/", toA],
    [{ path: "/", headers: { "x-e": "two" } }, toA],
    [{ path: "/", headers: { "x-e": "one" } }, none],
  ],
  [
    "query parameters",
    `- match: [{ queryParams: { v: { exact: "2" }, any: {} } }]\n  ${a}`,
    ["/?v=2&any=", toA],
    ["/?v=2", none],
    ["/?v=3&any=1", none],
  ],
  ["a port that is not the server's", `- match: [{ port: 1 }]\n  ${b}\n- ${a}`, ["/", toA]],
  ["gateways of a match replace the list", `- match: [{ gateways: [mesh] }]\n  ${b}\n- ${a}`, ["/", toA]],
  [
    "a weight of 0 gets nothing",
    `- route: [{ destination: { host: a.echo }, weight: 5 }, { destination: { host: b.echo }, weight: 0 }]`,
    ["/", toA],
  ],
  [
    "redirect",
    `- match: [{ uri: { prefix: /all } }]\n  redirect: { uri: /new, authority: other.test, scheme: https, redirectCode: 308 }\n- match: [{ uri: { prefix: /old } }]\n  redirect: { prefixRewrite: /new }\n- match: [{ uri: { prefix: /port } }]\n  redirect: { port: 8443, redirectCode: 307 }`,
    ["/all?q=1", { status: 308, answer: { location: "https://other.test/new?q=1" } }],
    ["/old/1", { status: 301, answer: { location: expect.stringMatching(/\/new\/1$/) as string } }],
    ["/port", { status: 307, answer: { location: expect.stringMatching(/^http:\/\/[^/]+:8443\/port$/) as string } }],
  ],
  [
    "direct responses of text and of bytes",
    `- match: [{ uri: { prefix: /t } }]\n  directResponse: { status: 418, body: { string: "short" } }\n- directResponse: { status: 200, body: { bytes: aGV4 } }`,
    ["/t", { status: 418, body: "short" }],
    ["/b", { status: 200, body: "hex" }],
  ],
  [
    "rewrite of a prefix",
    `- match: [{ uri: { prefix: /v1/ } }]\n  rewrite: { uri: / }\n  ${a}`,
    ["/v1/x?y=1", { ...toA, path: "/x?y=1" }],
  ],
  [
    "rewrite of a prefix without its slash leaves two",
    `- match: [{ uri: { prefix: /foo } }]\n  rewrite: { uri: / }\n  ${a}`,
    ["/foo/bar", { ...toA, path: "//bar" }],
  ],
  [
    "rewrite of a path that an expression matched replaces all of it",
    `- match: [{ uri: { regex: "/i/\\\\d+" } }]\n  rewrite: { uri: /new }\n  ${a}`,
    ["/i/42?q=1", { ...toA, path: "/new?q=1" }],
  ],
  [
    "ignoreUriCase leaves an expression as it is",
    `- match: [{ uri: { regex: "/up" }, ignoreUriCase: true }]\n  ${a}`,
    ["/up", toA],
    ["/UP", none],
  ],
  [
    "a header that must be empty, and one that must not be there",
    `- match: [{ headers: { x-e: { exact: "" } }, withoutHeaders: { x-no: {} } }]\n  ${a}`,
    [{ path: "/", headers: { "x-e": "" } }, toA],
    [{ path: "/", headers: { "x-e": "1" } }, none],
    [{ path: "/", headers: { "x-e": "", "x-no": "1" } }, none],
  ],
  [
    "headers and query parameters by expression and prefix, and their opposites",
    `- match: [{ withoutHeaders: { x-p: { prefix: no }, x-r: { regex: "n.*" } }, queryParams: { q: { prefix: a }, r: { regex: "b+" } } }]\n  ${a}`,
    ["/?q=ab&r=bb", toA],
    ["/?q=b&r=bb", none],
    ["/?q=a&r=bc", none],
    [{ path: "/?q=a&r=b", headers: { "x-p": "not" } }, none],
    [{ path: "/?q=a&r=b", headers: { "x-r": "none" } }, none],
    [{ path: "/?q=a&r=b", headers: { "x-p": "yes", "x-r": "yes" } }, toA],
  ],
  [
    "ignoreUriCase of a whole path",
    `- match: [{ uri: { exact: /Up }, ignoreUriCase: true }]\n  ${a}`,
    ["/uP", toA],
    ["/upper", none],
  ],
  [
    "alternatives of a match, with and without a name",
    `- name: route\n  match: [{ uri: { exact: /x }, name: first }, { uri: { exact: /y }, method: { regex: "GET|PUT" } }]\n  ${a}`,
    ["/x", toA],
    ["/y", toA],
    [{ path: "/y", method: "POST" }, none],
  ],
  [
    "redirects with each of the codes, to the port that the scheme means",
    `- match: [{ uri: { prefix: /f } }]\n  redirect: { uri: /n, redirectCode: 302 }\n- match: [{ uri: { prefix: /s } }]\n  redirect: { uri: /n, redirectCode: 303 }\n- redirect: { scheme: https, derivePort: FROM_PROTOCOL_DEFAULT }`,
    ["/f", { status: 302 }],
    ["/s", { status: 303 }],
    [
      "/d?q=1",
      { status: 301, answer: { location: expect.stringMatching(/^https:\/\/r\d+\.test\/d\?q=1$/) as string } },
    ],
  ],
  [
    "direct responses without a body, and with one that is larger than Envoy's own limit",
    `- match: [{ uri: { prefix: /big } }]\n  directResponse: { status: 200, body: { string: "${"x".repeat(20_000)}" } }\n- directResponse: { status: 204 }`,
    ["/big", { status: 200, body: "x".repeat(20_000) }],
    ["/", { status: 204, body: "" }],
  ],
  [
    "the host by a header, which the rewrite of the authority is before",
    `- match: [{ uri: { prefix: /both } }]\n  rewrite: { authority: by.rewrite }\n  headers: { request: { set: { host: by.header } } }\n  ${a}\n- headers: { request: { set: { ":authority": by.header } } }\n  ${a}`,
    ["/", { headers: { host: "by.header" } }],
    ["/both", { headers: { host: "by.rewrite" } }],
  ],
  [
    "headers of one of several destinations, and of a destination for its answers",
    `- headers: { request: { add: { x-all: r } } }\n  route: [{ destination: { host: a.echo }, weight: 1, headers: { request: { set: { x-d: a } }, response: { add: { x-by: a } } } }, { destination: { host: b.echo }, weight: 0 }]`,
    ["/", { headers: { "x-d": "a", "x-all": "r" }, answer: { "x-by": "a" } }],
  ],
  [
    "CORS by the deprecated list of origins",
    `- corsPolicy: { allowOrigin: ["https://me.test"] }\n  ${a}`,
    [
      { path: "/", headers: { origin: "https://me.test" } },
      { ...toA, answer: { "access-control-allow-origin": "https://me.test" } },
    ],
  ],
  [
    "retries by conditions and codes together",
    `- retries: { attempts: 1, retryOn: "gateway-error,418", backoff: 5ms }\n  ${a}`,
    ["/status/418?both", { status: 418 }],
    ["/status/504?both", { status: 504 }],
    ["/status/500?both", { status: 500 }],
  ],
  ["a fault without a share is none", `- fault: { abort: { httpStatus: 418 } }\n  ${a}`, ["/", toA]],
  [
    // To a client that speaks no gRPC, Envoy's own fault filter answers 200 as well.
    "a fault by its deprecated percent, and by gRPC's name of a status",
    `- fault: { delay: { percent: 100, fixedDelay: 5ms }, abort: { grpcStatus: UNAVAILABLE, percentage: { value: 100 } } }\n  ${a}`,
    ["/", { status: 200, body: "fault filter abort" }],
    [
      { path: "/", headers: { "content-type": "application/grpc" } },
      { status: 200, answer: { "grpc-status": "14" } },
    ],
  ],
  [
    "Istio's default retries find another host where one refuses connections",
    `- route: [{ destination: { host: half.echo } }]`,
    ...Array.from({ length: 8 }, () => ["/", toA] as const),
  ],
  [
    "rewrite of an exact path",
    `- match: [{ uri: { exact: /x } }]\n  rewrite: { uri: /y }\n  ${a}`,
    ["/x", { ...toA, path: "/y" }],
  ],
  [
    "rewrite by expression",
    `- rewrite: { uriRegexRewrite: { match: "^/u/([^/]+)/(.*)$", rewrite: "/\\\\2/\\\\1" } }\n  ${a}`,
    ["/u/me/books", { path: "/books/me" }],
  ],
  [
    "rewrite of the authority",
    `- rewrite: { authority: inner.test }\n  ${a}`,
    ["/", { headers: { host: "inner.test" } }],
  ],
  [
    "retries by status code, to the end",
    `- match: [{ uri: { prefix: /status/503 } }]\n  retries: { attempts: 2, retryOn: "503", backoff: 5ms }\n  ${a}`,
    ["/status/503?retried", { status: 503 }],
  ],
  ["no retries: a 503 is none of Istio's defaults", `- ${a}`, ["/status/503?default", { status: 503 }]],
  ["retries turned off", `- retries: { attempts: 0 }\n  ${a}`, ["/status/503?off", { status: 503 }]],
  ["a timeout", `- timeout: 50ms\n  ${a}`, ["/never?once", { status: 504 }]],
  [
    "a time limit for each attempt",
    `- retries: { attempts: 1, perTryTimeout: 50ms, retryOn: 5xx }\n  ${a}`,
    ["/never?tries", { status: 504 }],
  ],
  [
    "headers of the route, set before add",
    `- headers: { request: { set: { x-s: one }, add: { x-s: two }, remove: [x-gone] }, response: { set: { x-answer: "yes" }, remove: [x-from] } }\n  ${a}`,
    [
      { path: "/", headers: { "x-gone": "1", "x-s": "0" } },
      { headers: { "x-s": "one, two" }, answer: { "x-answer": "yes" } },
    ],
  ],
  [
    "headers with facts of the request, and percent signs",
    `- headers: { request: { set: { x-was: "%REQ(x-in)%/%PROTOCOL%", x-all: "100%%" } }, response: { add: { x-for: "%REQ(:path)%" } } }\n  route: [{ destination: { host: a.echo }, headers: { request: { add: { x-d: "%ROUTE_NAME%!" } } } }]`,
    [
      { path: "/p", headers: { "x-in": "one" } },
      { headers: { "x-was": "one/HTTP/1.1", "x-all": "100%", "x-d": "!" }, answer: { "x-for": "/p" } },
    ],
  ],
  [
    "headers of the destination",
    `- route: [{ destination: { host: a.echo }, headers: { request: { set: { x-d: a } } } }]`,
    ["/", { headers: { "x-d": "a" } }],
  ],
  [
    "CORS: the answer to a preflight, and to a request of an origin that is allowed",
    `- corsPolicy: { allowOrigins: [{ exact: "https://me.test" }, { prefix: "https://sub" }], allowMethods: [GET, PUT], allowHeaders: [x-token], exposeHeaders: [x-from], maxAge: 1m, allowCredentials: true, unmatchedPreflights: IGNORE }\n  ${a}`,
    [
      { path: "/", method: "OPTIONS", headers: { origin: "https://me.test", "access-control-request-method": "PUT" } },
      {
        status: 200,
        body: "",
        answer: {
          "access-control-allow-origin": "https://me.test",
          "access-control-allow-methods": "GET,PUT",
          "access-control-allow-headers": "x-token",
          "access-control-max-age": "60",
          "access-control-allow-credentials": "true",
        },
      },
    ],
    [
      { path: "/", headers: { origin: "https://sub.test" } },
      {
        ...toA,
        answer: { "access-control-allow-origin": "https://sub.test", "access-control-expose-headers": "x-from" },
      },
    ],
  ],
  [
    "CORS: a preflight of an origin that is not allowed goes on to the program by default",
    `- corsPolicy: { allowOrigins: [{ exact: "https://me.test" }] }\n  ${a}`,
    [
      { path: "/", method: "OPTIONS", headers: { origin: "https://e.test", "access-control-request-method": "PUT" } },
      { ...toA, method: "OPTIONS" },
    ],
  ],
  [
    "CORS beside a fault and headers",
    `- corsPolicy: { allowOrigins: [{ regex: ".*" }] }\n  fault: { abort: { httpStatus: 418, percentage: { value: 100 } } }\n  ${a}`,
    [{ path: "/", headers: { origin: "https://me.test" } }, { status: 418 }],
  ],
];
