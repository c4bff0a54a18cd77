/**
 * What it costs to generate the configuration of one proxy, for the shapes of istiod's own benchmarks (bench_test.go of
 * its xds package, caches off as there): from the objects in memory to the bytes of all clusters, endpoints, listeners,
 * routes and extensions. "cold" starts from nothing; "warm" is the same with one object changed since the time before.
 * Medians of the process' CPU time in rounds that go over all shapes in turn, since other work on the machine comes and
 * goes; compare only figures of one machine. Options: --rounds N, --shape NAME, --json FILE.
 */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { admit, DocumentCache, NO_LAST_GOOD } from "../controlplane/src/model/index.ts";
import type { Mesh } from "../controlplane/src/model/index.ts";
import { encode } from "../controlplane/src/snapshot/encode.ts";
import type { Resource, ResourceKind } from "../controlplane/src/snapshot/types.ts";
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

/** One shape, as it stands after a number of rounds. */
interface Subject {
  readonly shape: MeshShape;
  readonly mesh: Mesh;
  readonly edit: (round: number) => Mesh;
  readonly memory: Recall;
  readonly times: Record<"first" | "cold" | "coldTranslate" | "warm", number[]>;
  /** Milliseconds of encoding by kind, of the cold runs. */
  readonly encoding: Map<ResourceKind, number[]>;
  readonly sizes: Map<ResourceKind, { count: number; bytes: number }>;
}

const subjects = meshShapes(selfSigned())
  .map((make) => make())
  .filter(({ name }) => options.shape === undefined || options.shape === name)
  .map(subjectOf);
for (let round = 0; round < Number(options.rounds); round += 1) for (const subject of subjects) measure(subject, round);
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
    times: { first: [], cold: [], coldTranslate: [], warm: [] },
    encoding: new Map(),
    sizes: new Map(),
  };
  subject.times.first.push(timed(() => encodeAll(generate(subject, mesh, subject.memory))));
  for (const { kind, value } of generate(subject, mesh, subject.memory).map(encode)) {
    const { count, bytes } = subject.sizes.get(kind) ?? { count: 0, bytes: 0 };
    subject.sizes.set(kind, { count: count + 1, bytes: bytes + value.length });
  }
  return subject;
}

function measure(subject: Subject, round: number): void {
  const { mesh, times, memory } = subject;
  let made: readonly Resource[] = [];
  const translating = timed(() => {
    made = generate(subject, mesh, new Recall());
  });
  times.coldTranslate.push(translating);
  let encoding = 0;
  for (const [kind, some] of Map.groupBy(made, (resource) => resource.kind)) {
    const took = timed(() => encodeAll(some));
    subject.encoding.set(kind, [...(subject.encoding.get(kind) ?? []), took]);
    encoding += took;
  }
  times.cold.push(translating + encoding);
  const edited = subject.edit(round);
  times.warm.push(timed(() => encodeAll(generate(subject, edited, memory))));
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
  const before = process.threadCpuUsage();
  run();
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1000;
}

function median(figures: readonly number[]): number {
  const sorted = figures.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

function figuresOf({ shape, times, encoding, sizes }: Subject): object {
  const milliseconds = Object.fromEntries(Object.entries(times).map(([name, all]) => [name, median(all)]));
  const encoded = Object.fromEntries([...encoding].map(([kind, all]) => [kind, median(all)]));
  return { shape: shape.name, milliseconds, encoded, sizes: Object.fromEntries(sizes) };
}

function ms(all: readonly number[]): string {
  return median(all).toFixed(2).padStart(8);
}

function print({ shape, times, sizes }: Subject): void {
  const bytes = [...sizes].map(
    ([kind, { count, bytes: size }]) => `${count} ${kind}${count === 1 ? "" : "s"} ${(size / 1e3).toFixed(1)} kB`,
  );
  console.log(
    `${shape.name.padEnd(28)} first ${ms(times.first)}  cold ${ms(times.cold)} (translate ${ms(times.coldTranslate)})  one changed ${ms(times.warm)} ms;  ${bytes.join(", ")}`,
  );
}
