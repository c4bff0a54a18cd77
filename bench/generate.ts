/**
 * What it costs to generate the configuration of one proxy, for the shapes of istiod's own benchmarks (bench_test.go of
 * its xds package, caches off as there): from the objects in memory to the bytes of all clusters, endpoints, listeners,
 * routes and extensions. "cold" starts from nothing; "warm" is the same with one object changed since the time before.
 * "as istiod" is the part of the cold time that istiod's figures are of: clusters, listeners and routes with their filters;
 * of endpoints it is not asked there. Medians of CPU time in milliseconds, in rounds that go over all shapes in turn, since
 * other work on the machine comes and goes; compare only figures of one machine. Options: --rounds N, --shape NAME,
 * --json FILE.
 */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { admit, DocumentCache, NO_LAST_GOOD } from "../controlplane/src/model/index.ts";
import type { Mesh, Proxy } from "../controlplane/src/model/types.ts";
import { encode } from "../controlplane/src/snapshot/encode.ts";
import type { Resource, ResourceKind } from "../controlplane/src/snapshot/types.ts";
import { contourOf } from "../controlplane/src/translate/contour.ts";
import { moduleNames, Recall, translateInParts } from "../controlplane/src/translate/index.ts";
import type { ModuleDigest, ModuleName } from "../controlplane/src/translate/index.ts";
import { meshShapes } from "./kit/mesh-shapes.ts";
import type { MeshShape } from "./kit/mesh-shapes.ts";
import { selfSigned } from "./kit/self-signed.ts";

const { values: options } = parseArgs({
  options: { rounds: { type: "string", default: "15" }, shape: { type: "string" }, json: { type: "string" } },
});

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- an entry for each name
const modules = Object.fromEntries(moduleNames.map((name) => [name, { sha256: "0".repeat(64) }])) as Record<
  ModuleName,
  ModuleDigest
>;

/** What is timed: the first run, a cold one with its parts, and the one after a change; all make and encode. */
const PARTS = ["first", "cold", "clusters", "endpoints", "listeners and routes", "warm"] as const;
type Part = (typeof PARTS)[number];

/** One shape, as it stands after a number of rounds. */
interface Subject {
  readonly shape: MeshShape;
  readonly mesh: Mesh;
  readonly edit: (round: number) => Mesh;
  readonly memory: Recall;
  readonly times: Record<Part, number[]>;
  readonly sizes: Map<ResourceKind, { count: number; bytes: number }>;
}

/** Where the thread waits for its clock. */
const cell = new Int32Array(new SharedArrayBuffer(4));

const subjects = meshShapes(selfSigned())
  .map((make) => make())
  .filter(({ name }) => options.shape === undefined || options.shape === name)
  .map(subjectOf);
/** For so long a shape is measured in each round: what is short, many times. */
const LEAST_MS = 100;
/** No two edits are the same. */
let edits = 0;
for (let round = 0; round <= Number(options.rounds); round += 1) {
  for (const subject of subjects) {
    const end = performance.now() + LEAST_MS;
    do measure(subject, (edits += 1));
    while (performance.now() < end);
    // What is not compiled yet is told as "first".
    if (round === 0) forget(subject);
  }
}
for (const subject of subjects) print(subject);
if (options.json !== undefined) writeFileSync(options.json, JSON.stringify(subjects.map(figuresOf), undefined, 2));

function subjectOf(shape: MeshShape): Subject {
  const cache = new DocumentCache();
  let past = NO_LAST_GOOD;
  const read = (files: MeshShape["files"]): Mesh => {
    const { mesh, lastGood, diagnostics } = admit(files, past, cache);
    past = lastGood;
    const problem = diagnostics.find(({ severity }) => severity === "error");
    if (problem !== undefined) throw new Error(`${shape.name}: ${problem.message}`);
    return mesh;
  };
  const mesh = read(shape.files);
  const subject: Subject = {
    shape,
    mesh,
    edit: (round) => read(shape.edited(round)),
    memory: new Recall(),
    times: { first: [], cold: [], clusters: [], endpoints: [], "listeners and routes": [], warm: [] },
    sizes: new Map(),
  };
  subject.times.first.push(timed(() => encodeAll(generate(subject, mesh, subject.memory))));
  for (const { kind, value } of generate(subject, mesh, subject.memory).map(encode)) {
    const { count, bytes } = subject.sizes.get(kind) ?? { count: 0, bytes: 0 };
    subject.sizes.set(kind, { count: count + 1, bytes: bytes + value.length });
  }
  return subject;
}

function measure(subject: Subject, edit: number): void {
  const { mesh, times, memory } = subject;
  const [whole, made] = making(subject, mesh);
  const encoding = new Map<ResourceKind, number>();
  for (const [kind, some] of Map.groupBy(made, (resource) => resource.kind))
    encoding.set(
      kind,
      timed(() => encodeAll(some)),
    );
  const encoded = [...encoding.values()].reduce((sum, each) => sum + each, 0);
  const [ofClusters, ofEndpoints] = [encoding.get("cluster") ?? 0, encoding.get("endpoint") ?? 0];
  // Nothing but clusters is made of a proxy that neither listens nor sends, and of endpoints only where there are any.
  const contour = contourOf(mesh);
  const [bare] = making(subject, {
    ...contour,
    authorizationPolicies: [],
    telemetries: [],
    proxies: contour.proxies.map(withoutListeners),
  });
  const [unplaced] = making(subject, contour);
  times.cold.push(whole + encoded);
  times.clusters.push(bare + ofClusters);
  times.endpoints.push(whole - unplaced + ofEndpoints);
  times["listeners and routes"].push(unplaced - bare + encoded - ofClusters - ofEndpoints);
  const edited = subject.edit(edit);
  times.warm.push(timed(() => encodeAll(generate(subject, edited, memory))));
}

/** How long it takes to make all from nothing, and what was made. */
function making(subject: Subject, mesh: Mesh): [took: number, made: readonly Resource[]] {
  let made: readonly Resource[] = [];
  const took = timed(() => {
    made = generate(subject, mesh, new Recall());
  });
  return [took, made];
}

function withoutListeners(proxy: Proxy): Proxy {
  const { outbound: _, tcp: __, ...rest } = proxy;
  return { ...rest, inbound: [], gateways: [] };
}

/** All resources of the shape's proxy. The mesh is cut to that one, since istiod too is asked for one. */
function generate({ shape }: Subject, mesh: Mesh, memory: Recall): readonly Resource[] {
  const proxies = mesh.proxies.filter(({ id }) => id === shape.proxy);
  const [mine] = translateInParts({ ...mesh, proxies }, { modules }, memory);
  if (mine === undefined) throw new Error(`${shape.name}: no proxy ${shape.proxy}`);
  return [...mine.resources, ...(mine.shared ?? []).flat()];
}

function encodeAll(resources: readonly Resource[]): void {
  for (const resource of resources) encode(resource);
}

function timed(run: () => void): number {
  const before = cpuTime();
  run();
  return cpuTime() - before;
}

/** The thread's own time, in milliseconds. The kernel counts it when a thread waits, and else but every 4 ms. */
function cpuTime(): number {
  Atomics.wait(cell, 0, 0, 0.01);
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

function forget({ times }: Subject): void {
  for (const part of PARTS) if (part !== "first") times[part].length = 0;
}

function median(figures: readonly number[]): number {
  const sorted = figures.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

function figuresOf({ shape, times, sizes }: Subject): object {
  const milliseconds = Object.fromEntries(PARTS.map((part) => [part, median(times[part])]));
  return { shape: shape.name, milliseconds, sizes: Object.fromEntries(sizes) };
}

function ms(figure: number): string {
  return figure.toFixed(2).padStart(7);
}

function print({ shape, times, sizes }: Subject): void {
  const [first, cold, clusters, endpoints, rest, warm] = PARTS.map((part) => median(times[part]));
  const alike = (clusters ?? 0) + (rest ?? 0);
  const bytes = [...sizes].map(
    ([kind, { count, bytes: size }]) => `${count} ${kind}${count === 1 ? "" : "s"} ${(size / 1e3).toFixed(1)} kB`,
  );
  const figures = { first, cold, "as istiod": alike, clusters, "listeners and routes": rest, endpoints, warm };
  const all = Object.entries(figures).map(([name, figure = Number.NaN]) => `${name} ${ms(figure)}`);
  console.log(`${shape.name.padEnd(27)} ${all.join("  ")};  ${bytes.join(", ")}`);
}
