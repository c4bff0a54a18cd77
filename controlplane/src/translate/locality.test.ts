import { describe, expect, test } from "vitest";
import type { LocalityLoadBalancing, ZoneAwareLoadBalancing } from "../model/types.ts";
import { groupByLocality, localityMode } from "./locality.ts";

const client = { locality: "us/a/1", labels: { version: "v1" } };
const near = { locality: "us/a/1", labels: { version: "v1" }, weight: 1 };
const zone = { locality: "us/b/1", labels: { version: "v2" }, weight: 3 };
const eu = { locality: "eu/a/1", labels: {}, weight: 1 };
const asia = { locality: "asia/a/1", labels: { version: "v1" }, weight: 1 };
const all = [eu, near, asia, zone];

function setting(fields: Partial<LocalityLoadBalancing> = {}): LocalityLoadBalancing {
  return { enabled: true, distribute: [], failover: [], failoverPriority: [], ...fields };
}

function spread(of: LocalityLoadBalancing | undefined, detectsOutliers = true) {
  const groups = groupByLocality(
    all,
    localityMode(of && { simple: "RANDOM", locality: of }, detectsOutliers, client),
    client,
  );
  return groups.map(({ locality, priority, weight }) => [
    locality,
    priority,
    ...(weight === undefined ? [] : [weight]),
  ]);
}

test.each<[string, Partial<ZoneAwareLoadBalancing>, unknown[][]]>([
  [
    "regions alone",
    {},
    [
      ["us/a/1", 0],
      ["us/b/1", 0],
      ["asia/a/1", 1],
      ["eu/a/1", 1],
    ],
  ],
  [
    "and which of them is next",
    { failover: [{ from: "us", to: "eu" }] },
    [
      ["us/a/1", 0],
      ["us/b/1", 0],
      ["eu/a/1", 1],
      ["asia/a/1", 2],
    ],
  ],
])("where Envoy balances zones: %s", (_, fields, expected) => {
  const zoneAware = { enabled: true, failover: [], failoverPriority: [], ...fields };
  const groups = groupByLocality(all, localityMode({ simple: "RANDOM", zoneAware }, false, client), client);
  expect(groups.map(({ locality, priority }) => [locality, priority])).toEqual(expected);
});

describe("endpoints by locality", () => {
  const flat = [
    ["asia/a/1", 0],
    ["eu/a/1", 0],
    ["us/a/1", 0],
    ["us/b/1", 0],
  ];
  test.each<[string, LocalityLoadBalancing | undefined, boolean, unknown[][]]>([
    [
      "nearer ones first by default",
      undefined,
      true,
      [
        ["us/a/1", 0],
        ["us/b/1", 1],
        ["asia/a/1", 2],
        ["eu/a/1", 2],
      ],
    ],
    ["all alike without outlier detection", undefined, false, flat],
    ["all alike where it is off", setting({ enabled: false }), true, flat],
    [
      "the region to fail over to before the others",
      setting({ failover: [{ from: "us", to: "eu" }] }),
      true,
      [
        ["us/a/1", 0],
        ["us/b/1", 1],
        ["eu/a/1", 2],
        ["asia/a/1", 3],
      ],
    ],
    [
      "by a label that both have",
      setting({ failoverPriority: ["version"] }),
      true,
      [
        ["asia/a/1", 0],
        ["us/a/1", 0],
        ["eu/a/1", 1],
        ["us/b/1", 1],
      ],
    ],
    [
      "by a label's value, after the region",
      setting({ failoverPriority: ["topology.kubernetes.io/region", "version=v2"] }),
      true,
      [
        ["us/b/1", 0],
        ["us/a/1", 1],
        ["asia/a/1", 2],
        ["eu/a/1", 2],
      ],
    ],
    [
      "shares, by what a locality can take within one; nothing elsewhere",
      setting({ distribute: [{ from: "us/*", to: { "us/*": 80, eu: 20 } }] }),
      false,
      [
        ["eu/a/1", 0, 20],
        ["us/a/1", 0, 20],
        ["us/b/1", 0, 60],
      ],
    ],
    ["no shares for a client of elsewhere", setting({ distribute: [{ from: "eu/*", to: { eu: 100 } }] }), false, flat],
  ])("%s", (_, of, detectsOutliers, expected) => {
    expect(spread(of, detectsOutliers)).toEqual(expected);
  });
});
