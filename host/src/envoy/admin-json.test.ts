import { expect, test } from "vitest";
import { parseAdminAddress } from "./admin.ts";
import { parseClusters, parseListeners } from "./admin-json.ts";
import { missingListeners } from "./await-ready.ts";

const ADDRESS = { socket_address: { address: "127.0.0.1", port_value: 9080 } };

test("listeners", () => {
  const json = {
    listener_statuses: [
      { name: "in", local_address: ADDRESS },
      { name: "internal", local_address: {} },
    ],
  };
  expect(parseListeners(json)).toEqual([
    { name: "in", address: "127.0.0.1", port: 9080 },
    { name: "internal", address: "", port: 0 },
  ]);
});

test("clusters with their endpoints", () => {
  const host = {
    address: ADDRESS,
    stats: [{ name: "rq_total", value: "7" }, { name: "cx_active" }],
    health_status: { eds_health_status: "HEALTHY" },
  };
  expect(parseClusters({ cluster_statuses: [{ name: "c", added_via_api: true, host_statuses: [host] }] })).toEqual([
    {
      name: "c",
      addedViaApi: true,
      hosts: [{ address: "127.0.0.1", port: 9080, health: "HEALTHY", stats: { rq_total: 7, cx_active: 0 } }],
    },
  ]);
});

test.each([
  ["null", null],
  ["a text", "x"],
  ["other fields", { a: 1 }],
  ["no list", { listener_statuses: 3 }],
])("an unknown shape gives nothing: %s", (_, json) => {
  expect(parseListeners(json)).toEqual([]);
  expect(parseClusters(json)).toEqual([]);
});

test.each([
  ["127.0.0.1:15000", { address: "127.0.0.1", port: 15000 }],
  ["[::1]:15000\n", { address: "::1", port: 15000 }],
  ["", undefined],
  ["127.0.0.1:", undefined],
])("admin address %j", (text, expected) => {
  expect(parseAdminAddress(text)).toEqual(expected);
});

test.each([
  ["enough of them", 1, ["a"], undefined],
  ["too few", 2, ["a"], "1 of 2 listeners are active"],
  ["all names", ["a"], ["a", "b"], undefined],
  ["a name is missing", ["a", "c"], ["a", "b"], "these listeners are not active: c"],
])("listeners to wait for: %s", (_, wanted, active, expected) => {
  expect(missingListeners(wanted, active)).toBe(expected);
});
