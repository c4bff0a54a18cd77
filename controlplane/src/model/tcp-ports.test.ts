import { expect, test } from "vitest";
import { PortAllotment } from "./allot-ports.ts";
import { allotTcpPorts } from "./tcp-ports.ts";
import { admitTexts, objectText } from "./testing/decode-text.ts";
import type { Mesh } from "./types.ts";

const entry = (name: string, ports: string): string =>
  objectText("ServiceEntry", `hosts: [${name}.shop]\nports: [${ports}]\nresolution: DNS`, name);
const workload = (name: string): string => objectText("WorkloadEntry", "address: 127.0.0.1", name);
const http = "{ number: 80, name: http, protocol: HTTP }";
const db = "{ number: 5432, name: tcp, protocol: TCP }";

function meshOf(...texts: readonly string[]): Mesh {
  return admitTexts({ "x.yaml": texts.join("---\n") }).mesh;
}

test("every sidecar has a port for every port of a service that does not speak HTTP", () => {
  const { proxies } = meshOf(
    workload("a"),
    workload("b"),
    entry("db", `${http}, ${db}`),
    entry("tls", "{ number: 443, name: tls, protocol: TLS }"),
  );
  expect(proxies.map(({ tcp }) => tcp?.map(({ host, port }) => `${host}:${port}`))).toEqual([
    ["db.shop:5432", "tls.shop:443"],
    ["db.shop:5432", "tls.shop:443"],
  ]);
  const ports = proxies.flatMap(({ tcp = [], outbound }) => [
    outbound?.port,
    ...tcp.map(({ listenPort }) => listenPort),
  ]);
  expect(new Set(ports).size).toBe(6);
});

test("ports stay when services come and go, and HTTP's when TCP does", () => {
  const before = meshOf(workload("a"), entry("db", db));
  const after = meshOf(workload("a"), entry("db", db), entry("cache", "{ number: 6379, name: tcp, protocol: TCP }"));
  expect(after.proxies[0]?.tcp).toEqual(expect.arrayContaining([...(before.proxies[0]?.tcp ?? [])]));
  expect(meshOf(workload("a")).proxies[0]?.outbound).toEqual(after.proxies[0]?.outbound);
});

test("a wildcard without endpoints has no address, so no port", () => {
  expect(
    meshOf(workload("a"), objectText("ServiceEntry", `hosts: ["*.shop"]\nports: [${db}]`)).proxies[0]?.tcp,
  ).toBeUndefined();
});

test("where the range ends, the error stands at the service and the sidecars go on", () => {
  const { proxies, services } = meshOf(workload("a"), workload("b"), entry("db", db));
  const given = allotTcpPorts(proxies, services, new PortAllotment({ first: 1, last: 1 }, []));
  expect(given.proxies.map(({ tcp }) => tcp?.length)).toEqual([1, 0]);
  expect(given.diagnostics).toMatchObject([
    {
      code: "SLU0007",
      object: { kind: "ServiceEntry", name: "db" },
      message: expect.stringContaining("at 1 sidecars") as string,
    },
  ]);
});
