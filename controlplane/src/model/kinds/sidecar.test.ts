import { describe, expect, test } from "vitest";
import { decodeGood, decodeSpecText } from "../testing/decode-text.ts";

const ingress = (fields: string): string => `ingress:\n- port: { number: 80, protocol: HTTP }\n  ${fields}`;

describe("Sidecar", () => {
  test("listeners of both directions", () => {
    const sidecar = decodeGood(
      "Sidecar",
      `workloadSelector: { labels: { app: a } }
ingress:
- { port: { number: 9080, protocol: HTTP, name: web }, defaultEndpoint: "127.0.0.1:8080" }
- { port: { number: 9081, protocol: TCP }, bind: 0.0.0.0, defaultEndpoint: "0.0.0.0:8081", connectionPool: { tcp: { maxConnections: 5 } } }
- { port: { number: 9443, protocol: HTTPS }, defaultEndpoint: "unix:///run/app.sock", tls: { mode: SIMPLE, serverCertificate: a, privateKey: b } }
egress:
- { port: { number: 80, protocol: http_proxy, name: all }, captureMode: NONE, hosts: ["*/*"] }
- { port: { number: 0, protocol: TCP }, bind: "unix://@db", hosts: ["./db.com"] }
- { hosts: ["./*", "~other/*", "ops/~x.com"] }
outboundTrafficPolicy: { mode: ALLOW_ANY, egressProxy: { host: proxy } }
inboundConnectionPool: { http: { http1MaxPendingRequests: 7 } }`,
    );
    expect(sidecar).toMatchObject({
      selector: { app: "a" },
      ingress: [
        { name: "web", port: 9080, protocol: "HTTP", isExact: false, target: { address: "127.0.0.1", port: 8080 } },
        { port: 9081, bind: "0.0.0.0", isExact: true, target: { port: 8081 }, connectionPool: { maxConnections: 5 } },
        // What the program is sent is no TLS any more.
        { port: 9443, protocol: "HTTP", target: { path: "/run/app.sock" }, tls: { mode: "SIMPLE" } },
      ],
      listeners: [
        { name: "all", bind: "127.0.0.1", port: 80, protocol: "HTTP_PROXY" },
        { bind: "unix://@db", port: 0, protocol: "TCP", hosts: [{ namespace: "shop", host: "db.com" }] },
      ],
      egress: [
        { namespace: "shop", host: "*" },
        { namespace: "other", host: "*", isExcluded: true },
        { namespace: "ops", host: "x.com", isExcluded: true },
      ],
      outbound: { mode: "ALLOW_ANY", egressProxy: { host: "proxy.shop.svc.cluster.local" } },
      inboundConnectionPool: { http1MaxPendingRequests: 7 },
    });
  });

  test("an empty outboundTrafficPolicy has protobuf's zero, and listeners alone leave nothing to the general one", () => {
    expect(decodeGood("Sidecar", "outboundTrafficPolicy: {}")).toMatchObject({ outbound: { mode: "REGISTRY_ONLY" } });
    const only = "egress: [{ port: { number: 80, protocol: HTTP }, hosts: ['./*'] }]";
    expect(decodeGood("Sidecar", only)).toMatchObject({ egress: [] });
    expect(decodeGood("Sidecar", "egress: []\nworkloadSelector: { labels: { a: b } }")).not.toHaveProperty("egress");
  });

  test.each<[name: string, spec: string, problem: string]>([
    [
      "nothing",
      "workloadSelector: { labels: { a: b } }",
      "5:3 IST0106 spec says nothing about what its workloads know",
    ],
    ["a listener of nobody", "egress: [{ port: { number: 80, protocol: HTTP } }]", "hosts is required"],
    ["hosts that are only taken away", "egress: [{ hosts: ['~a/*'] }]", "spec.egress[0].hosts only takes hosts away"],
    ["a bind without port", "egress: [{ bind: 127.0.0.1, hosts: ['./*'] }]", "spec.egress[0].bind stands without port"],
    [
      "a socket with a port",
      "egress: [{ port: { number: 5, protocol: TCP }, bind: 'unix:///a', hosts: ['./*'] }]",
      "spec.egress[0].port has the number 5, but a Unix socket has none",
    ],
    [
      "a port 0 without a socket",
      "egress: [{ port: { number: 0, protocol: TCP }, hosts: ['./*'] }]",
      "spec.egress[0].port has the number 0, which is for a socket",
    ],
    [
      "a general listener before others",
      "egress: [{ hosts: ['./*'] }, { port: { number: 80, protocol: HTTP }, hosts: ['./*'] }]",
      "spec.egress[0] has no port, and must be the last of the list | fix: move it to the end",
    ],
    [
      "two general listeners",
      "egress: [{ hosts: ['./*'] }, { hosts: ['a/*'] }]",
      "spec.egress[0] has no port, and there can be one such listener only",
    ],
    [
      "two listeners at one place",
      "egress: [{ port: { number: 80, protocol: HTTP }, hosts: ['./*'] }, { port: { number: 80, protocol: TCP }, hosts: ['./*'] }]",
      "spec.egress[1].port repeats 127.0.0.1:80 | fix: give one of the two another port, or another bind",
    ],
    [
      "what comes in and what goes out at one place",
      "ingress: [{ port: { number: 80, protocol: HTTP }, bind: 127.0.0.1, defaultEndpoint: 127.0.0.1:81 }]\negress: [{ port: { number: 80, protocol: HTTP }, hosts: ['./*'] }]",
      "spec.egress[0].port repeats 127.0.0.1:80",
    ],
    [
      "a host without its namespace",
      "egress: [{ hosts: [a.com] }]",
      'spec.egress[0].hosts[0]: "a.com" is not namespace/host | allowed: namespace/host, ./host, */host, ~/*, ~namespace/host | fix: write "*/a.com"',
    ],
    [
      "one port twice",
      "ingress: [{ port: { number: 80, protocol: HTTP } }, { port: { number: 80, protocol: TCP } }]",
      "spec.ingress[1].port.number repeats the port 80",
    ],
    ["another machine", ingress("defaultEndpoint: 10.0.0.1:80"), "is no place on the sidecar's own machine"],
    ["localhost", ingress("defaultEndpoint: localhost:81"), 'fix: write "127.0.0.1:81"'],
    [
      "a loop",
      ingress("captureMode: NONE"),
      "spec.ingress[0].defaultEndpoint must say where the program listens, as the sidecar itself listens at port 80 | fix: add defaultEndpoint: 127.0.0.1:81, or take away",
    ],
    [
      "a loop by its own port",
      ingress("bind: 127.0.0.1\n  defaultEndpoint: 127.0.0.1:80"),
      "must say where the program listens",
    ],
    ["a bind that is no address", ingress("bind: localhost"), "fix: write 127.0.0.1"],
    ["TLS that is not ended", ingress("tls: { mode: PASSTHROUGH }"), "tls.mode is PASSTHROUGH, which is for gateways"],
    [
      "a Secret by name",
      ingress("tls: { mode: SIMPLE, credentialName: c }"),
      "spec.ingress[0].tls names no certificate in files, and a sidecar has no others",
    ],
    [
      "a proxy for what must not go out",
      "outboundTrafficPolicy: { egressProxy: { host: a } }",
      "spec.outboundTrafficPolicy.egressProxy has no effect when the mode is REGISTRY_ONLY | fix: mode: ALLOW_ANY",
    ],
    ["a mode of the mesh's", "outboundTrafficPolicy: { mode: ALLOW_ANY_DYNAMIC_DNS }", "unknown value"],
  ])("refuses %s", (_, spec, problem) => {
    expect(decodeSpecText("Sidecar", spec).problems).toEqual([expect.stringContaining(problem)]);
  });
});
