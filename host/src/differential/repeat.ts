import { LogLevel, nameOf } from "../abi/numbers.ts";
import { HostError } from "../error.ts";
import type { CallOut } from "../vm/clusters.ts";
import type { FetchOptions } from "../vm/fetch.ts";
import type { Fetched } from "../vm/fetch-observer.ts";
import type { HostOptions } from "../vm/host.ts";
import { describeDifferences, differences } from "./compare.ts";
import type { DifferentialEnvoy } from "./envoy.ts";
import { counts, growthOf } from "./in-process-metrics.ts";
import { type Got, type Observation, shownHeaders } from "./observation.ts";
import { envoyFor, ofScenario } from "./play.ts";
import type { Scenario, ScenarioRequest, UpstreamOutcome } from "./scenario.ts";

/** What Envoy can't be given from a test: a host that has it is not compared. */
const OURS_ALONE: readonly (keyof HostOptions)[] = ["clock", "random", "properties", "foreign"];

/** A chain of plugins in Envoy. The upstream changes with each fetch. */
interface Twin {
  readonly envoy: DifferentialEnvoy;
  readonly key: string;
  upstream: FetchOptions["upstream"];
}

const twins = new WeakMap<object, Promise<Twin>>();
let lastKey = 0;
/** One fetch after the other, as they share an Envoy. */
let queue: Promise<unknown> = Promise.resolve();

/**
 * Sends a request through Envoy, then through the in-process host, and compares status, headers, body, logs and metrics.
 * Rejects with HostError `differs`. Plugins keep their VM from one fetch to the next, in Envoy as here.
 */
export async function repeatInEnvoy(
  fetched: Fetched,
  request: Request,
  options: FetchOptions,
  run: (request: Request) => Promise<Response>,
): Promise<Response> {
  const alone = OURS_ALONE.find((name) => fetched.host[name] !== undefined);
  if (alone !== undefined || options.properties !== undefined) {
    process.stderr.write(`not compared with Envoy, which can't be given ${alone ?? "properties"}: ${request.url}\n`);
    return await run(request);
  }
  const copy = request.clone();
  const turn = queue.then(async () => {
    const wanted = await scenarioRequest(copy);
    const real = await sendToTwin(fetched, wanted, options);
    const before = { logs: fetched.logs.length, metrics: counts(fetched.metrics) };
    const { response, got } = await outcomeOf(run(request));
    const inProcess: Observation = {
      refused: false,
      responses: [got],
      upstream: [],
      logs: fetched.logs
        .slice(before.logs)
        .filter((record) => record.source === "module")
        .map((record) => `${nameOf(LogLevel, record.level).toLowerCase()} ${record.message}`),
      metrics: growthOf(before.metrics, fetched.metrics),
    };
    const all = differences(inProcess, { ...real, metrics: ofScenario(real.metrics, inProcess.metrics) });
    if (all.length > 0) throw new HostError("differs", describeDifferences(`${request.method} ${request.url}`, all));
    return await response;
  });
  queue = turn.catch(() => {});
  return await turn;
}

async function sendToTwin(fetched: Fetched, wanted: ScenarioRequest, options: FetchOptions): Promise<Observation> {
  const held = twins.get(fetched.chain) ?? makeTwin(fetched);
  twins.set(fetched.chain, held);
  const twin = await held;
  twin.upstream = options.upstream;
  const real = await twin.envoy.play(twin.key, [wanted]);
  // Filters are told apart by nothing that a test can't choose, so that their numbers say nothing.
  return {
    ...real,
    upstream: [],
    logs: real.logs.map((line) => line.replace(/^\S+ /, "")),
    responses: real.responses.map((got) => ({ ...got, headers: joined(got.headers), trailers: [] })),
  };
}

async function makeTwin(fetched: Fetched): Promise<Twin> {
  lastKey += 1;
  const key = `fetch${lastKey}`;
  const { clusters, grpc, bufferLimit } = fetched.host;
  // oxlint-disable-next-line prefer-const -- the scenario's upstream needs the twin, the twin needs the scenario's Envoy
  let twin: Twin | undefined;
  const scenario: Scenario = {
    title: key,
    filters: fetched.filters.map(({ name = "", rootId = "", vmId, ...rest }) => ({
      ...rest,
      name,
      rootId,
      vmId: vmId === undefined ? key : `${key}.${vmId}`,
    })),
    requests: [],
    upstream: async (call) => await upstreamOutcome(call, twin?.upstream),
    ...(clusters === undefined ? {} : { clusters }),
    ...(grpc === undefined ? {} : { grpc }),
    ...(bufferLimit === undefined ? {} : { bufferLimit }),
  };
  const envoy = await envoyFor(scenario);
  await envoy.prepare(new Map([[key, scenario]]));
  twin = { envoy, key, upstream: undefined };
  return twin;
}

async function scenarioRequest(request: Request): Promise<ScenarioRequest> {
  const url = new URL(request.url);
  const body: Uint8Array[] = [];
  if (request.body !== null) for await (const chunk of request.body) body.push(chunk);
  return {
    method: request.method,
    path: `${url.pathname}${url.search}`,
    authority: url.host,
    headers: [...request.headers],
    ...(request.body === null ? {} : { body }),
  };
}

/** The test's upstream as a server's answer. */
async function upstreamOutcome(call: CallOut, upstream: FetchOptions["upstream"]): Promise<UpstreamOutcome> {
  if (upstream === undefined) return { headers: [["content-type", "text/plain;charset=UTF-8"]], body: "hi" };
  const plain = call.headers.toArray().filter(([name]) => !name.startsWith(":") && name !== "host");
  const hasBody = call.body.length > 0 && call.method !== "GET" && call.method !== "HEAD";
  const response = await upstream(
    new Request(`http://${call.authority}${call.path}`, {
      method: call.method,
      headers: plain,
      ...(hasBody ? { body: Uint8Array.from(call.body) } : {}),
    }),
  );
  return {
    status: response.status,
    headers: [...response.headers],
    body: new Uint8Array(await response.arrayBuffer()),
  };
}

/** What came of the in-process run; its response can still be read, and its error still thrown. */
async function outcomeOf(running: Promise<Response>): Promise<{ response: Promise<Response>; got: Got }> {
  try {
    const response = await running;
    const body = await response.clone().text();
    const got = { status: response.status, headers: joined(shownHeaders(response.headers)), body, trailers: [] };
    return { response: Promise.resolve(response), got };
  } catch (error) {
    if (!(error instanceof HostError) || (error.code !== "reset" && error.code !== "use")) throw error;
    const failed = Promise.reject(error);
    failed.catch(() => {});
    return {
      response: failed,
      got: { status: error.code === "reset" ? "reset" : "none", headers: [], body: "", trailers: [] },
    };
  }
}

/** As the web's Headers have them: those of one name in one line. */
function joined(lines: readonly string[]): string[] {
  const headers = new Headers(
    lines.map((line): [string, string] => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 2)]),
  );
  return shownHeaders(headers);
}
