import { createHash } from "node:crypto";
import { LogLevel, Status } from "../abi/numbers.ts";
import { hostCalls, legacyCalls } from "../core/calls/index.ts";
import type { Guest } from "../core/guest.ts";
import type { HostCall, Outcome, Value } from "../core/host-call.ts";
import { Faults } from "../core/faults.ts";
import { MetricRegistry } from "../core/metrics.ts";
import { switchesOf } from "../core/profile.ts";
import { SharedData } from "../core/shared-data.ts";
import { SharedQueues } from "../core/shared-queues.ts";
import { VmState, type World } from "../core/vm-state.ts";
import { HostError } from "../error.ts";
import {
  argumentTexts,
  type HostCallEntry,
  recorder,
  shown,
  type TranscriptDifference,
  transcriptDifference,
  type TranscriptEntry,
} from "../observe/index.ts";
import { compile } from "./compile.ts";
import { seededRandom, stoppedClock } from "./defaults.ts";
import type { HostOptions } from "./host.ts";
import { instantiate } from "./instantiate.ts";
import { makeTools, type Tools } from "./tools.ts";

const CALLS: Readonly<Record<string, HostCall>> = { ...hostCalls, ...legacyCalls };

/** What a module was recorded under, as far as the transcript does not tell. */
export interface ReplayOptions extends Pick<HostOptions, "profile" | "deviations" | "limits"> {
  /** Which VM of the transcript; default the first. */
  readonly vm?: number;
  readonly environment?: Readonly<Record<string, string>>;
}

/**
 * Runs a module against a recorded transcript: its callbacks come as they came then, and its host calls get the answers that
 * they got. Time and randomness by WASI are a default host's.
 * @returns the first call or result that is not the recorded one; undefined when the module does all as it did
 * @throws HostError `use` for a transcript without what calls have given, as one of Envoy's log is
 */
export function replay(
  wasm: Uint8Array<ArrayBuffer>,
  transcript: readonly TranscriptEntry[],
  options: ReplayOptions = {},
): TranscriptDifference | undefined {
  const wanted = options.vm ?? 1;
  const expected = transcript.filter(({ vm }) => vm === wanted).map((entry) => ({ ...entry, vm: 1 }));
  for (const entry of expected) refuseUnseen(entry);
  const actual: TranscriptEntry[] = [];
  let other: TranscriptDifference | undefined;
  const tools = makeTools(options.limits ?? {}, undefined, false);
  tools.observer = recorder(actual);
  tools.answers = (name, args) => {
    const at = actual.length;
    const answer = answerOf(expected[at], name, args);
    if (typeof answer !== "string") return answer;
    other ??= { at, expected: shown(expected[at]), actual: answer };
    throw new Error(`another call than in the transcript: ${answer}`);
  };
  const guest = instanceOf(wasm, tools, options);
  for (let next = expected[actual.length]; next?.kind === "callback"; next = expected[actual.length]) {
    const before = actual.length;
    const [id = 0, ...args] = next.args;
    guest.call(next.name, id, args);
    // A module that does not export it, or that has done otherwise.
    const isSame = transcriptDifference(expected.slice(before, actual.length), actual.slice(before)) === undefined;
    if (!isSame || actual.length === before) break;
  }
  return other ?? transcriptDifference(expected, actual);
}

function instanceOf(wasm: Uint8Array<ArrayBuffer>, tools: Tools, options: ReplayOptions): Guest {
  const compiled = compile(wasm, createHash("sha256").update(wasm).digest("hex"), tools);
  const vm = new VmState(emptyWorld(options), {
    vmId: "",
    shared: new SharedData(),
    vmConfiguration: new Uint8Array(0),
    logLevel: LogLevel.Trace,
    abiVersion: compiled.abiVersion,
    environment: options.environment ?? {},
  });
  return instantiate(compiled, vm, tools);
}

/** What the call was answered then; a text, which is the call, when the transcript has another one in its place. */
function answerOf(
  expected: TranscriptEntry | undefined,
  name: string,
  args: readonly Value[],
): Outcome<readonly Value[]> | string {
  const call = callText(name, args);
  // A call that was refused has no arguments in the transcript.
  const isSame =
    expected?.kind === "host call" &&
    expected.name === name &&
    (expected.args.length === 0 || callText(name, expected.args) === call);
  if (!isSame) return call;
  const results = expected.results.filter((value) => typeof value !== "object" || value instanceof Uint8Array);
  // A number is one of the protocol's: the transcript was made by a host.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return { status: expected.status as Status, results };
}

function callText(name: string, args: HostCallEntry["args"]): string {
  return `${name}(${argumentTexts(name, args).join(", ")})`;
}

function refuseUnseen(entry: TranscriptEntry): void {
  if (entry.kind !== "host call") return;
  const { name, status, args, results } = entry;
  const isUnseen = [...args, ...results].some((value) => typeof value === "object" && !(value instanceof Uint8Array));
  const wanted = CALLS[name]?.results.length ?? results.length;
  if (!isUnseen && (status !== Status.Ok || results.length === wanted)) return;
  throw new HostError(
    "use",
    `the transcript does not tell what ${name} has given: compare it, by transcriptDifference`,
  );
}

/** A world in which nothing is asked: every host call is answered from the transcript. */
function emptyWorld({ profile = "envoy", deviations }: ReplayOptions): World {
  const wire = { send: () => {}, close: () => {}, cancel: () => {} };
  return {
    metrics: new MetricRegistry(),
    properties: {},
    log: () => {},
    now: () => stoppedClock.now(),
    random: seededRandom(),
    callOuts: { http: () => false, hasGrpc: () => false, grpc: () => wire },
    queues: new SharedQueues(() => {}),
    foreign: new Map(),
    faults: new Faults(),
    misuses: [],
    asEnvoy: switchesOf(profile, deviations),
  };
}
