import { expect, test } from "vitest";
import { admitTexts, objectText } from "../../model/testing/decode-text.ts";
import { bootstrap } from "../bootstrap.ts";

const place = { address: "127.0.0.1", port: 1 };

function bootstrapOf(...objects: readonly string[]): object {
  const workload = objectText("WorkloadEntry", "address: 127.0.0.1\nports: { http: 9090 }\nlabels: { app: a }", "a");
  const { mesh, diagnostics } = admitTexts({ "m.yaml": [workload, ...objects].join("---\n") });
  expect(diagnostics).toEqual([]);
  const [proxy] = mesh.proxies;
  if (proxy === undefined) throw new Error("there is no proxy");
  return bootstrap(proxy, { xds: place, http: place, admin: place, mesh });
}

const patch = (context: string): string =>
  objectText(
    "EnvoyFilter",
    `configPatches: [{ applyTo: BOOTSTRAP, match: { context: ${context} }, patch: { operation: MERGE, value: { flags_path: /flags, static_resources: { clusters: [{ name: mine, type: STATIC }] } } } }]`,
    "b",
  );

test("a patch of the bootstrap leaves all else as it was", () => {
  const plain = bootstrapOf();
  const patched = bootstrapOf(patch("ANY"));
  expect(patched).toMatchObject({
    flags_path: "/flags",
    static_resources: { clusters: [{ name: "sluice_xds" }, { name: "sluice_modules" }, { name: "mine" }] },
    node: { metadata: { NAME: "a" } },
  });
  expect(Object.keys(patched).toSorted()).toEqual([...Object.keys(plain), "flags_path"].toSorted());
  expect(bootstrapOf(patch("GATEWAY"))).toEqual(plain);
});

test("what a ProxyConfig says is metadata of the node", () => {
  const config = objectText(
    "ProxyConfig",
    "concurrency: 2\nenvironmentVariables: { ISTIO_META_ISTIO_VERSION: 1.27.0, OTHER: x, ISTIO_META_NAME: fake }",
    "c",
  );
  expect(bootstrapOf(config)).toMatchObject({
    node: {
      metadata: {
        ISTIO_VERSION: "1.27.0",
        NAME: "a",
        PROXY_CONFIG: { concurrency: 2, proxyMetadata: { OTHER: "x", ISTIO_META_ISTIO_VERSION: "1.27.0" } },
      },
    },
  });
});
