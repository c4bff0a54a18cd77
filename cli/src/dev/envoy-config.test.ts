import { describe, expect, it } from "vitest";
import { devConfig, extensionDocument, kindOf } from "./envoy-config.ts";

const upstream = { cluster: "upstream", host: "127.0.0.1", port: 8080, tls: false };

describe("the kind of a filter", () => {
  it.each([
    ["http", ["proxy_on_response_headers"]],
    ["tcp", ["proxy_on_new_connection"]],
    ["tcp", ["proxy_on_upstream_data", "malloc"]],
    ["http", ["proxy_on_request_headers", "proxy_on_downstream_data"]],
    ["http", ["proxy_on_log"]],
  ])("is %s for a module that exports %s", (kind, exported) => {
    expect(kindOf(exported)).toBe(kind);
  });
});

describe("Envoy's configuration", () => {
  it.each(["http", "tcp"] as const)("has an %s filter that comes from the watched file", (kind) => {
    const text = JSON.stringify(devConfig({ kind, port: 10_000, upstream, clusters: [], folder: "/stage" }));
    expect(text).toContain('"path":"/stage/extension.json","watched_directory":{"path":"/stage"}');
    expect(text).toContain(kind === "http" ? "filters.http.wasm.v3.Wasm" : "filters.network.wasm.v3.Wasm");
    expect(text).toContain(kind === "http" ? "HttpConnectionManager" : "TcpProxy");
  });

  it("asks a server elsewhere by its own name, and has the clusters for call-outs", () => {
    const clusters = [{ ...upstream, cluster: "auth" }];
    const config = devConfig({
      kind: "http",
      port: 1,
      upstream: { ...upstream, host: "example.com" },
      clusters,
      folder: "/",
    });
    expect(JSON.stringify(config)).toContain('"host_rewrite_literal":"example.com"');
    expect(JSON.stringify(config)).toContain('"name":"auth"');
    const local = devConfig({ kind: "http", port: 1, upstream, clusters: [], folder: "/" });
    expect(JSON.stringify(local)).not.toContain("host_rewrite_literal");
  });

  it("gives each revision a VM of its own", () => {
    const extension = { kind: "http", module: "/stage/a.wasm", configuration: Buffer.from("{}"), rootId: "r" } as const;
    const one = extensionDocument({ ...extension, revision: 1 });
    expect(one).toMatchObject({
      version_info: "1",
      resources: [
        {
          name: "sluice.dev",
          typed_config: {
            config: {
              root_id: "r",
              configuration: { value: "e30=" },
              vm_config: { vm_id: "sluice.dev.1", code: { local: { filename: "/stage/a.wasm" } } },
            },
          },
        },
      ],
    });
    expect(extensionDocument({ ...extension, revision: 2 })).not.toEqual(one);
  });
});
