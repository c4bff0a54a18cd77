/**
 * What authorization costs with 10, 100, 1,000 and 10,000 rules, ours and Envoy's own RBAC filter with the same rules,
 * where the first rule matches, the last one, and none. CPU of Envoy's worker thread; compare only figures of one run.
 * Options: --rounds N, --requests N (a round).
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { loadavg } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import {
  benchConfig,
  type BenchListener,
  type Measured,
  sendLoad,
  type Variant,
  wasmFilter,
} from "@sluice/host/measure";
import type { AuthorizationPolicy } from "../controlplane/src/model/types.ts";
import { compileAuthorization } from "../controlplane/src/policy/index.ts";
import { measureInEnvoy } from "./kit/in-envoy.ts";
import { manyRules } from "./kit/native.ts";
import { policyFor } from "./kit/policies.ts";

const options = parseArgs({
  options: { rounds: { type: "string", default: "20" }, requests: { type: "string", default: "1000" } },
}).values;

const SIZES = [10, 100, 1000, 10_000] as const;
const FIRST_PORT = 20_721;
/** Native's 10,000 rules take a millisecond: fewer requests of that in a round tell as much. */
const SLOW = { size: 10_000, share: 0.1 };

const module = join(import.meta.dirname, "..", ".build", "filters", "authorization.wasm");
const path = (rule: number): string => `/service-${String(rule).padStart(5, "0")}/`;

/** GET below a path of its own for each rule, which is one ALLOW policy. */
function policyOf(size: number): AuthorizationPolicy {
  const {
    rules: [one],
    ...policy
  } = policyFor("ALLOW", "bench", { methods: [{ kind: "exact", value: "GET" }] });
  const rules = Array.from({ length: size }, (_, rule) => ({
    ...one,
    to: (one?.to ?? []).map((operation) => ({ ...operation, paths: [{ kind: "prefix" as const, value: path(rule) }] })),
    when: [],
  }));
  return { ...policy, rules };
}

interface Way {
  readonly who: "ours" | "native";
  readonly size: number;
  readonly listener: BenchListener;
}

const ways: readonly Way[] = SIZES.flatMap((size, index) => {
  const program = compileAuthorization([policyOf(size)]) ?? new Uint8Array();
  const filters = {
    ours: wasmFilter(`authorization-${size}`, module, program),
    native: manyRules(Array.from({ length: size }, (_, rule) => path(rule))),
  };
  return (["ours", "native"] as const).map((who, at) => ({
    who,
    size,
    listener: { name: `${who} ${size}`, port: FIRST_PORT + 1 + index * 2 + at, filters: [filters[who]] },
  }));
});

const MATCHES = ["first", "last", "none"] as const;

function requestFor(target: string): string {
  return `GET ${target}productpage?user=jason HTTP/1.1\r\nhost: bench\r\nuser-agent: bench\r\naccept: */*\r\nx-request-id: 1\r\n\r\n`;
}

function variant({ who, size, listener: { port } }: Way, match: (typeof MATCHES)[number]): Variant {
  const target = match === "none" ? "/other/" : path(match === "first" ? 0 : size - 1);
  const request = requestFor(target);
  const share = who === "native" && size === SLOW.size ? SLOW.share : 1;
  return {
    name: `${who} ${size} ${match}`,
    send: ({ requests, connections }) =>
      sendLoad({
        port,
        request,
        requests: Math.round(requests * share),
        connections,
        expect: match === "none" ? "HTTP/1.1 403" : "HTTP/1.1 200",
      }),
  };
}

const empty: BenchListener = { name: "no filter", port: FIRST_PORT, filters: [] };
const variants: readonly Variant[] = [
  {
    name: "no filter",
    send: (share) => sendLoad({ port: FIRST_PORT, request: requestFor(path(0)), expect: "HTTP/1.1 200", ...share }),
  },
  ...MATCHES.flatMap((match) => ways.map((way) => variant(way, match))),
];

const config = benchConfig([empty, ...ways.map(({ listener }) => listener)], {});
print(await measureInEnvoy(config, variants, options));

function print(measured: readonly Measured[]): void {
  const added = (who: string, size: number, match: string): number =>
    measured.find(({ name }) => name === `${who} ${size} ${match}`)?.added ?? Number.NaN;
  console.log(
    `\nAdded CPU of Envoy's worker thread, us a request (median of ${options.rounds} rounds of ${options.requests}; load ${(loadavg()[0] ?? 0).toFixed(1)})`,
  );
  for (const match of MATCHES) {
    console.log(`\n  ${match} matches${match === "none" ? " (and the answer is 403)" : ""}`);
    for (const size of SIZES) {
      const [ours, native] = [added("ours", size, match), added("native", size, match)];
      const growth = ours / added("ours", 10, match);
      console.log(
        `  ${String(size).padStart(6)} rules  ours ${ours.toFixed(2).padStart(7)}  native ${native.toFixed(2).padStart(8)}  ${(ours / native).toFixed(3)} x native  ${growth.toFixed(2)} x ours at 10`,
      );
    }
  }
  const results = join(import.meta.dirname, "results");
  mkdirSync(results, { recursive: true });
  writeFileSync(join(results, "authorization.json"), `${JSON.stringify(measured, null, 2)}\n`);
}
