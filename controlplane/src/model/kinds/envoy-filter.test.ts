import { expect, test } from "vitest";
import { admitTexts, decodeGood, decodeSpecText, objectText } from "../testing/decode-text.ts";

const patch = (fields: string): string => `configPatches: [{ ${fields} }]`;
const lua = "type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua";
const filterOf = (name: string): string => `listener: { filterChain: { filter: { name: ${name} } } }`;

test("a whole EnvoyFilter", () => {
  const object = decodeGood(
    "EnvoyFilter",
    `workloadSelector: { labels: { app: a } }
priority: -3
configPatches:
- applyTo: HTTP_FILTER
  match:
    context: SIDECAR_INBOUND
    proxy: { proxyVersion: "^1", metadata: { a: b } }
    listener:
      portNumber: 80
      filterChain: { applicationProtocols: "h2, http/1.1", filter: { name: envoy.filters.network.http_connection_manager, subFilter: { name: x } } }
  patch: { operation: ADD, filterClass: AUTHZ, value: { name: lua, typedConfig: { "@type": ${lua}, default_source_code: { inline_string: x } } } }
- { applyTo: CLUSTER, patch: { operation: REMOVE, filterClass: UNSPECIFIED } }`,
  );
  expect(object).toMatchObject({
    selector: { app: "a" },
    priority: -3,
    patches: [
      {
        applyTo: "HTTP_FILTER",
        context: "SIDECAR_INBOUND",
        proxy: { version: "^1", metadata: { a: "b" } },
        listener: { portNumber: 80, filterChain: { applicationProtocols: ["h2", "http/1.1"] } },
        operation: "ADD",
        filterClass: "AUTHZ",
        value: { name: "lua" },
        position: { line: 8 },
        places: { listener: { line: 13 } },
      },
      { applyTo: "CLUSTER", context: "ANY", operation: "REMOVE" },
    ],
  });
});

test.each([
  ["no patches", "configPatches: []", /must have at least one item/],
  ["no applyTo", patch("patch: { operation: REMOVE }"), /applyTo is required/],
  [
    "a thing that is none",
    patch("applyTo: FILTER, patch: { operation: REMOVE }"),
    /unknown value "FILTER".*HTTP_FILTER/,
  ],
  ["no value", patch("applyTo: CLUSTER, patch: { operation: MERGE }"), /patch\.value is required for MERGE/],
  [
    "a list for a value",
    patch("applyTo: CLUSTER, patch: { operation: MERGE, value: [] }"),
    /must be a map \(Cluster\)/,
  ],
  [
    "waypoints",
    patch("applyTo: CLUSTER, match: { context: WAYPOINT }, patch: { operation: REMOVE }"),
    /WAYPOINT is not supported/,
  ],
  ["targetRefs", "targetRefs: []\nconfigPatches: []", /targetRefs is not supported yet/],
  [
    "two matches",
    patch("applyTo: CLUSTER, match: { cluster: {}, listener: {} }, patch: { operation: REMOVE }"),
    /exclude each other/,
  ],
  [
    "an HTTP filter in another filter",
    patch(
      `applyTo: HTTP_FILTER, match: { ${filterOf("envoy.filters.network.tcp_proxy")} }, patch: { operation: REMOVE }`,
    ),
    /has no HTTP filters/,
  ],
  [
    "a subFilter that is not asked for",
    patch(`applyTo: NETWORK_FILTER, match: { ${filterOf("x, subFilter: { name: y }")} }, patch: { operation: REMOVE }`),
    /subFilter is an HTTP filter, and applyTo is NETWORK_FILTER/,
  ],
  [
    "an expression that is none",
    patch("applyTo: CLUSTER, match: { proxy: { proxyVersion: '(' } }, patch: { operation: REMOVE }"),
    /not a regular expression/,
  ],
  [
    "a bootstrap that is removed",
    patch("applyTo: BOOTSTRAP, patch: { operation: REMOVE }"),
    /BOOTSTRAP knows MERGE only/,
  ],
  [
    "an extension that is merged",
    patch("applyTo: EXTENSION_CONFIG, patch: { operation: MERGE, value: {} }"),
    /EXTENSION_CONFIG knows ADD only/,
  ],
  [
    "an unknown field deep inside",
    patch(
      `applyTo: HTTP_FILTER, patch: { operation: ADD, value: { typed_config: { "@type": ${lua}, inline_cod: x } } }`,
    ),
    /typed_config\.inline_cod is not a field of .*Lua.*did you mean "inline_code"/,
  ],
  [
    "an Any without a type",
    patch("applyTo: HTTP_FILTER, patch: { operation: ADD, value: { typed_config: {} } }"),
    /"@type", which names the type/,
  ],
  [
    "a type without its host",
    patch(
      "applyTo: HTTP_FILTER, patch: { operation: ADD, value: { typed_config: { '@type': envoy.extensions.filters.http.lua.v3.Lua } } }",
    ),
    /must begin with type\.googleapis\.com/,
  ],
  [
    "a misspelled type",
    patch(
      "applyTo: HTTP_FILTER, patch: { operation: ADD, value: { typed_config: { '@type': type.googleapis.com/envoy.extensions.filters.http.lua.v3.Luo } } }",
    ),
    /unknown type .*did you mean "envoy\.extensions\.filters\.http\.lua\.v3\.Lua"/,
  ],
  [
    "an enum's value",
    patch("applyTo: CLUSTER, patch: { operation: MERGE, value: { lb_policy: FIRST } }"),
    /lb_policy has a value .*allowed: ROUND_ROBIN/,
  ],
  [
    "two of a oneof",
    patch("applyTo: HTTP_ROUTE, patch: { operation: ADD, value: { route: {}, redirect: {} } }"),
    /redirect and route exclude each other/,
  ],
])("%s", (_, spec, expected) => {
  const { declared, problems } = decodeSpecText("EnvoyFilter", spec);
  expect(declared).toBeUndefined();
  expect(problems.join("\n")).toMatch(expected);
});

test("a value that Envoy cannot read leaves the version before in effect", () => {
  const text = (timeout: string): string =>
    objectText(
      "EnvoyFilter",
      patch(`applyTo: CLUSTER, patch: { operation: MERGE, value: { connect_timeout: ${timeout} } }`),
    );
  const good = admitTexts({ "x.yaml": text("1s") });
  const bad = admitTexts({ "x.yaml": text("soon") }, good.lastGood);
  expect(bad.objects.map(({ state }) => state)).toEqual(["kept"]);
  expect(bad.mesh.envoyFilters[0]?.patches).toEqual(good.mesh.envoyFilters[0]?.patches);
  expect(bad.diagnostics).toMatchObject([{ severity: "error", position: { line: 5, column: 92 } }]);
});
