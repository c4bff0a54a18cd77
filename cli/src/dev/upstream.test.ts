import { describe, expect, it } from "vitest";
import { clusterOf, parseCluster, parseUpstream } from "./upstream.ts";

describe("an upstream", () => {
  it.each([
    ["http://127.0.0.1:8080", { host: "127.0.0.1", port: 8080, tls: false }],
    ["http://localhost", { host: "localhost", port: 80, tls: false }],
    ["https://example.com/", { host: "example.com", port: 443, tls: true }],
    ["tcp://[::1]:6379", { host: "::1", port: 6379, tls: false }],
  ])("is read from %s", (text, expected) => {
    expect(parseUpstream(text)).toEqual({ cluster: "upstream", ...expected });
  });

  it.each([
    ["localhost", "localhost is not a URL: allowed are http://HOST[:PORT], https://HOST[:PORT] and tcp://HOST:PORT"],
    ["ftp://host", "ftp://host begins with ftp://: allowed are"],
    [
      "http://host/path?q",
      "http://host/path?q has a path: the filter's requests bring their own, so leave /path?q out",
    ],
    ["tcp://host", "tcp://host has no port: allowed are"],
  ])("is not read from %s", (text, message) => {
    expect(parseUpstream(text)).toContain(message);
  });

  it("has a name of its own for call-outs", () => {
    expect(parseCluster("auth=http://127.0.0.1:9000")).toMatchObject({ cluster: "auth", port: 9000 });
    expect(parseCluster("http://127.0.0.1:9000")).toContain("is not NAME=URL");
    expect(parseCluster("auth=9000")).toContain("9000 is not a URL");
  });

  it("speaks TLS by its name where the URL says so", () => {
    expect(clusterOf({ cluster: "c", host: "example.com", port: 443, tls: true })).toMatchObject({
      transport_socket: { typed_config: { sni: "example.com" } },
    });
    expect(clusterOf({ cluster: "c", host: "h", port: 1, tls: false })).not.toHaveProperty("transport_socket");
  });
});
