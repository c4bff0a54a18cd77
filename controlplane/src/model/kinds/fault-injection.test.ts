import { expect, test } from "vitest";
import { KNOWN_MESH } from "../testing/bad-yaml.ts";
import { admitTexts, decodeGood, decodeSpecText, objectText } from "../testing/decode-text.ts";

const WHEN = "hosts: [ratings]\nexpires: 2100-01-01T00:00:00Z";
const TEAPOT = "abort: { percentage: { value: 50 }, httpStatus: 418 }";

test("a FaultInjection's defaults", () => {
  expect(decodeGood("FaultInjection", `${WHEN}\n${TEAPOT}`)).toMatchObject({
    hosts: ["ratings.shop.svc.cluster.local"],
    routes: [],
    side: "CLIENT",
    selector: {},
    match: [],
    phase: "REQUEST",
    abort: { perMillion: 500_000, statuses: [{ weight: 1, status: { httpStatus: 418 } }] },
    expiresMs: Date.UTC(2100, 0, 1),
    optOutHeader: "x-sluice-no-fault",
    mark: true,
  });
});

test.each([
  ["fixed: 2s", { kind: "fixed", ms: 2000 }],
  ["uniform: { min: 10ms, max: 1s }", { kind: "uniform", minMs: 10, maxMs: 1000 }],
  ["normal: { mean: 1s, deviation: 10ms }", { kind: "normal", meanMs: 1000, deviationMs: 10 }],
  ["lognormal: { median: 50ms, p99: 1s }", { kind: "lognormal", medianMs: 50, p99Ms: 1000 }],
  ["exponential: { mean: 100ms }", { kind: "exponential", meanMs: 100 }],
  [
    "percentiles: { 99.9: 2s, 50: 10ms }",
    {
      kind: "percentiles",
      points: [
        { percent: 50, ms: 10 },
        { percent: 99.9, ms: 2000 },
      ],
    },
  ],
])("the delay %s", (text, distribution) => {
  const spec = `${WHEN}\ndelay: { percentage: { value: 0.0001 }, ${text} }`;
  expect(decodeGood("FaultInjection", spec)).toMatchObject({ delay: { perMillion: 1, distribution } });
});

test("all that an abort may be, and limits", () => {
  const mix = "[{ weight: 3, httpStatus: 503 }, { weight: 1, grpcStatus: UNAVAILABLE }, { weight: 1, reset: true }]";
  const rest = "limits: { active: 5, perSecond: 10 }\nseed: 42\nlease: 30s\nattempts: 2\nmark: false\nside: SERVER";
  const spec = `${WHEN}\nabort: { percentage: { value: 1 }, mix: ${mix}, body: "{" }\n${rest}`;
  expect(decodeGood("FaultInjection", spec)).toMatchObject({
    abort: {
      statuses: [
        { weight: 3, status: { httpStatus: 503 } },
        { weight: 1, status: { grpcStatus: 14 } },
        { weight: 1, status: { reset: true } },
      ],
      body: "{",
    },
    maxActive: 5,
    maxPerSecond: 10,
    seed: 42,
    leaseMs: 30_000,
    attempts: 2,
    mark: false,
    side: "SERVER",
  });
});

test("slow and short responses, an expression, and codes", () => {
  const faults =
    "drip: { percentage: { value: 1 }, kibPerSecond: 2 }\ntruncate: { percentage: { value: 3 }, bytes: 0 }";
  expect(decodeGood("FaultInjection", `${WHEN}\n${faults}\nmatch: [{ uri: { regex: "/a|b" } }]`)).toMatchObject({
    drip: { perMillion: 10_000, kibPerSecond: 2 },
    truncate: { perMillion: 30_000, bytes: 0 },
    match: [{ uri: { regex: "/a|b" } }],
  });
  const codes = "phase: RESPONSE\nresponseCodes: [201, 5xx]";
  expect(decodeGood("FaultInjection", `${WHEN}\n${TEAPOT}\n${codes}`)).toMatchObject({
    responseCodes: [
      [201, 201],
      [500, 599],
    ],
  });
});

test.each<[name: string, spec: string, problem: RegExp]>([
  ["no end", `hosts: [a]\n${TEAPOT}`, /^5:3 IST0106 spec.expires is required/],
  ["a day without a time", `hosts: [a]\nexpires: 2030-01-31\n${TEAPOT}`, /^6:12 IST0106 spec.expires .* not a time/],
  ["nothing to do", WHEN, /^5:3 IST0106 spec must have a delay or an abort/],
  ["a delay without a share", `${WHEN}\ndelay: { fixed: 2s }`, /^7:10 IST0106 spec.delay.percentage is required/],
  [
    "two distributions",
    `${WHEN}\ndelay: { percentage: { value: 1 }, fixed: 2s, exponential: { mean: 1s } }`,
    /^7:\d+ IST0106 spec.delay must have exactly one of .* not fixed and exponential/,
  ],
  [
    "percentiles that fall",
    `${WHEN}\ndelay: { percentage: { value: 1 }, percentiles: { 50: 2s, 99: 1s } }`,
    /spec.delay.percentiles does not grow at 99/,
  ],
  [
    "a body for no answer",
    `${WHEN}\nabort: { percentage: { value: 1 }, body: x }`,
    /spec.abort has a body and no status, before there is an answer/,
  ],
  [
    "a status beside a mix",
    `${WHEN}\nabort: { percentage: { value: 1 }, httpStatus: 500, mix: [{ weight: 1, reset: true }] }`,
    /has a mix and a status beside it/,
  ],
  ["routes at the server", `${WHEN}\n${TEAPOT}\nside: SERVER\nroutes: [v1]`, /spec.routes are the client's/],
  [
    "a back-reference",
    `${WHEN}\n${TEAPOT}\nmatch: [{ uri: { regex: '(a)\\1' } }]`,
    /^8:\d+ IST0106 spec.match\[0\].uri.regex is not a regular expression that Envoy accepts/,
  ],
  [
    "an expression that is too big",
    `${WHEN}\n${TEAPOT}\nmatch: [{ uri: { regex: '\\pL{9}' } }]`,
    /spec.match\[0\].uri has too big a regular expression: it comes to more than 2000 steps/,
  ],
  ["codes of no response", `${WHEN}\n${TEAPOT}\nresponseCodes: [500]`, /spec.responseCodes are not known before/],
  [
    "a code that is none",
    `${WHEN}\n${TEAPOT}\nphase: RESPONSE\nresponseCodes: [6xx]`,
    /^9:\d+ .*spec.responseCodes\[0\] is .* no status/,
  ],
  [
    "a truncation by code",
    `${WHEN}\nphase: RESPONSE\nresponseCodes: [200]\ntruncate: { percentage: { value: 1 }, bytes: 1 }`,
    /spec.truncate is decided before the response's code is known/,
  ],
  ["a drip without a speed", `${WHEN}\ndrip: { percentage: { value: 1 } }`, /spec.drip.kibPerSecond is required/],
  ["a short lease", `${WHEN}\n${TEAPOT}\nlease: 1s`, /spec.lease is too short/],
])("refuses %s", (_, spec, problem) => {
  expect(decodeSpecText("FaultInjection", spec).problems[0]).toMatch(problem);
});

test.each<[name: string, specs: readonly string[], codes: readonly string[]]>([
  ["a known host", ["hosts: [reviews]"], []],
  ["an unknown host", ["hosts: [review]"], ["IST0101"]],
  ["an unknown route", ["hosts: [reviews]\nroutes: [nobody]"], ["IST0101"]],
  ["a selector of nothing", ["hosts: [reviews]\nselector: { matchLabels: { app: nobody } }"], ["IST0127"]],
  ["one behind another", ["hosts: [reviews]", "hosts: [reviews]"], ["SLU0010"]],
  ["one behind another with a match", ["hosts: [reviews]\nmatch: [{ uri: { prefix: /a } }]", "hosts: [reviews]"], []],
  ["another side", ["hosts: [reviews]", "hosts: [reviews]\nside: SERVER"], []],
])("warns of what is doubtful: %s", (_, specs, codes) => {
  const texts = specs.map((spec, i) =>
    objectText("FaultInjection", `${spec}\nexpires: 2100-01-01T00:00:00Z\n${TEAPOT}`, `f${i}`),
  );
  const { diagnostics } = admitTexts({ "mesh.yaml": KNOWN_MESH, "faults.yaml": texts.join("\n---\n") });
  expect(diagnostics.map(({ code }) => code)).toEqual(codes);
});
