import { startControlPlane } from "../../controlplane/src/index.ts";

/**
 * A control plane as a process of its own, so that its CPU and memory are nobody else's: neither those of the simulated
 * Envoys nor those of the bench. Bundled, as it is shipped: without the sources' types to strip it has 80 MB less.
 */
export interface Usage {
  readonly cpuMs: number;
  readonly rss: number;
  readonly heapUsed: number;
  readonly external: number;
}

/** What it is told to do: to start over a folder, or to say what it has used. */
export type Order = { readonly folder: string } | "usage";

/** What it says. "applied": a change has been acknowledged by all, so many milliseconds after it was seen. */
export type Report =
  | {
      readonly type: "started";
      readonly xdsPort: number;
      readonly httpPort: number;
      readonly proxies: readonly string[];
    }
  | { readonly type: "applied"; readonly milliseconds: number }
  | { readonly type: "usage"; readonly usage: Usage };

function report(what: Report): void {
  process.send?.(what);
}

process.on("message", (order: Order) => {
  if (order === "usage") report({ type: "usage", usage: usage() });
  else void start(order.folder);
});

async function start(folder: string): Promise<void> {
  const controlPlane = await startControlPlane({
    folder,
    stateFile: `${folder}/state.json`,
    modulesFolder: folder,
    xdsPort: 0,
    httpPort: 0,
    log: (line) => {
      if (/warning|error/.test(line)) process.stdout.write(`${line.slice(0, 300)}\n`);
    },
    events: ({ event, milliseconds }) => {
      if (event === "applied") report({ type: "applied", milliseconds: Number(milliseconds) });
    },
  });
  const { xdsPort, httpPort } = controlPlane;
  report({ type: "started", xdsPort, httpPort, proxies: controlPlane.status().proxies.map(({ id }) => id) });
}

/** With `--expose-gc`, memory of what is still needed. */
function usage(): Usage {
  globalThis.gc?.();
  const { user, system } = process.cpuUsage();
  const { rss, heapUsed, external } = process.memoryUsage();
  return { cpuMs: (user + system) / 1000, rss, heapUsed, external };
}
