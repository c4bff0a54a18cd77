import type { StatusReport } from "@sluice/controlplane";
import { expect, test } from "vitest";
import { PLAIN } from "../output/style.ts";
import { formatStatus, isWell } from "./format.ts";

const NOW = Date.parse("2026-01-01T00:10:00Z");
const REVIEWS = { kind: "VirtualService", namespace: "shop", name: "reviews", file: "reviews.yaml", line: 12 };
const GOOD: StatusReport = {
  proxies: [
    {
      id: "edge.istio-system",
      kind: "gateway",
      state: "SYNCED",
      connected: true,
      connectedSince: "2026-01-01T00:00:00Z",
      lastAck: "2026-01-01T00:09:58Z",
      envoyVersion: "1.40.0",
      resources: { total: 12, acked: 12 },
      rejected: [],
    },
  ],
  objects: [{ ...REVIEWS, state: "applied", proxies: { total: 1, acked: 1, rejected: 0 } }],
  diagnostics: [],
  unknown: [],
};

const BAD: StatusReport = {
  proxies: [
    ...GOOD.proxies,
    {
      id: "reviews-v1.shop",
      kind: "sidecar",
      state: "REJECTED",
      connected: true,
      connectedSince: "2026-01-01T00:00:00Z",
      envoyVersion: "1.40.0",
      resources: { total: 12, acked: 11 },
      rejected: [{ type: "route", resource: "outbound", message: "duplicate domain *", objects: [REVIEWS] }],
    },
    {
      id: "ratings-v1.shop",
      kind: "sidecar",
      state: "STALE",
      connected: false,
      reason: "not connected",
      resources: { total: 9, acked: 0 },
      rejected: [],
    },
  ],
  objects: [
    { ...REVIEWS, state: "kept", proxies: { total: 2, acked: 1, rejected: 1 } },
    {
      ...REVIEWS,
      name: "ratings",
      file: "ratings.yaml",
      line: 1,
      state: "refused",
      proxies: { total: 0, acked: 0, rejected: 0 },
    },
  ],
  diagnostics: [
    {
      severity: "error",
      code: "IST0106",
      position: { file: "reviews.yaml", line: 14, column: 7 },
      field: "spec.http[0].rout",
      message: "unknown field",
      allowed: "match, route",
      fix: 'did you mean "route"?',
    },
  ],
  unknown: [{ id: "stranger.shop", connectedSince: "2026-01-01T00:00:00Z", envoyVersion: "1.40.0" }],
};

test("all is well", () => {
  expect(isWell(GOOD)).toBe(true);
  expect(formatStatus(GOOD, NOW, PLAIN)).toMatchInlineSnapshot(`
    "PROXY              KIND     STATE   ENVOY   RESOURCES  LAST ACK
    edge.istio-system  gateway  SYNCED  1.40.0  12/12      2.0 s ago

    ✓ 1 proxy in sync, 1 object applied"
  `);
});

test("one Envoy rejects, one is away, two objects have errors, and a stranger is connected", () => {
  expect(isWell(BAD)).toBe(false);
  expect(formatStatus(BAD, NOW, PLAIN)).toMatchInlineSnapshot(`
    "PROXY              KIND     STATE     ENVOY   RESOURCES  LAST ACK
    edge.istio-system  gateway  SYNCED    1.40.0  12/12      2.0 s ago
    reviews-v1.shop    sidecar  REJECTED  1.40.0  11/12      10 min ago
    ratings-v1.shop    sidecar  STALE     -       0/9        -           not connected

    REJECTED by reviews-v1.shop: route outbound
      Envoy says: duplicate domain *
      made from VirtualService shop/reviews (reviews.yaml:12)
      set aside, and there is no version before it

    KEPT     VirtualService shop/reviews  reviews.yaml:12  its file has an error; the last good version goes on
    REFUSED  VirtualService shop/ratings  ratings.yaml:1   its file has an error, and there is no good version
    reviews.yaml:14:7: error IST0106: spec.http[0].rout: unknown field; allowed: match, route; did you mean "route"?

    UNKNOWN stranger.shop (Envoy 1.40.0) is connected, but no workload or gateway has this name

    ✗ 1 of 3 proxies in sync, 0 of 2 objects applied"
  `);
});

test("a mesh of nothing", () => {
  expect(formatStatus({ proxies: [], objects: [], diagnostics: [], unknown: [] }, NOW, PLAIN)).toBe(
    "The mesh has no proxies.",
  );
});
