/**
 * What reading a mesh costs: 1,000 files with 3,000 objects (a ServiceEntry, a WorkloadEntry and a VirtualService each).
 * "cold" is a control plane that starts, "warm" one in which a single file was saved. Prints medians of the main thread's
 * CPU time, which other work on the machine disturbs least; compare only figures of one machine. Options: --files N,
 * --rounds N.
 */
import { parseArgs } from "node:util";
import type { SourceFile } from "../controlplane/src/config/index.ts";
import { admit, DocumentCache, NO_LAST_GOOD, type LastGood } from "../controlplane/src/model/index.ts";

const { values: options } = parseArgs({
  options: { files: { type: "string", default: "1000" }, rounds: { type: "string", default: "15" } },
});
const count = Number(options.files);
const rounds = Number(options.rounds);

const files = Array.from({ length: count }, (_, index): SourceFile => fileOf(index));
const first = timed(() => admitGood(files, NO_LAST_GOOD, new DocumentCache()));
const cold = times(rounds, () => admitGood(files, NO_LAST_GOOD, new DocumentCache()));

const cache = new DocumentCache();
let lastGood = admitGood(files, NO_LAST_GOOD, cache);
const warm = times(rounds, (round) => {
  const edited = files.with(round % count, fileOf(round % count, `${100 + round}ms`));
  lastGood = admitGood(edited, lastGood, cache);
});
const restart = times(rounds, () => admitGood(files, lastGood, new DocumentCache()));

console.log(`admit ${count} files, ${count * 3} objects, ${rounds} rounds (median ms of CPU)`);
console.log(`  cold, first in the process  ${first.toFixed(0)}`);
console.log(`  cold, compiled code         ${median(cold).toFixed(0)}`);
console.log(`  cold, with the last state   ${median(restart).toFixed(0)}`);
console.log(`  warm, one file edited       ${median(warm).toFixed(1)}`);

function admitGood(input: readonly SourceFile[], past: LastGood, documents: DocumentCache): LastGood {
  const admission = admit(input, past, documents);
  const problem = admission.diagnostics[0];
  if (problem !== undefined || admission.objects.length !== count * 3)
    throw new Error(`the bench's mesh is not good: ${problem?.message ?? "objects are missing"}`);
  return admission.lastGood;
}

function times(length: number, run: (round: number) => unknown): number[] {
  return Array.from({ length }, (_, round) => timed(() => run(round)));
}

function timed(run: () => unknown): number {
  const before = process.threadCpuUsage();
  run();
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1000;
}

function median(figures: readonly number[]): number {
  const sorted = figures.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

/** One service as an Istio user would write it, of about 60 lines. */
function fileOf(index: number, timeout = "10s"): SourceFile {
  const name = `service-${index}`;
  const namespace = `team-${index % 20}`;
  const head = (kind: string, objectName: string): string => `apiVersion: networking.istio.io/v1
kind: ${kind}
metadata:
  name: ${objectName}
  namespace: ${namespace}
  labels:
    app: ${name}
spec:
`;
  const service = `${head("ServiceEntry", name)}  hosts:
    - ${name}.${namespace}.svc.cluster.local
  location: MESH_INTERNAL
  resolution: STATIC
  ports:
    - number: 80
      name: http
      protocol: HTTP
  workloadSelector:
    labels:
      app: ${name}
`;
  const workload = `${head("WorkloadEntry", `${name}-v1`)}  address: 127.0.${(index + 1) >> 8}.${(index + 1) & 255}
  ports:
    http: 8080
  labels:
    app: ${name}
    version: v1
  serviceAccount: ${name}
`;
  const route = `${head("VirtualService", name)}  hosts:
    - ${name}
  http:
    - name: health # what probes ask for
      match:
        - uri:
            prefix: /health
          headers:
            x-probe:
              exact: "true"
      rewrite:
        uri: /
      route:
        - destination:
            host: ${name}
    - name: default
      route:
        - destination:
            host: ${name}
            port:
              number: 80
          weight: 100
      timeout: ${timeout}
      retries:
        attempts: 3
        perTryTimeout: 2s
        retryOn: 5xx,reset
`;
  return { path: `services/${String(index).padStart(5, "0")}.yaml`, text: [service, workload, route].join("---\n") };
}
