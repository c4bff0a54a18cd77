import { DEFAULT_ADDRESS, DEFAULT_ADMIN_PORT, DEFAULT_HTTP_PORT, DEFAULT_XDS_PORT, parsePort } from "./context.ts";
import type { Verb } from "./verb.ts";

export const upVerb: Verb = {
  name: "up",
  group: "Run a mesh",
  summary: "run a mesh: control plane, one Envoy for each workload and gateway, and the programs of its Procfile",
  about: `Programs come from FOLDER/Procfile (\`name: command\`, the name being that of a WorkloadEntry). A program gets PORT, where to
listen; HTTP_PROXY, its own sidecar; and SLUICE_WORKLOAD, its name in the mesh.`,
  examples: [
    ["sluice up examples/bookinfo", ""],
    ["sluice up my-mesh --http-port 25014 --xds-port 25010", ""],
    ["sluice up my-mesh --no-programs", "you start the programs; their sidecars' ports are at /proxies"],
  ],
  exitCodes: { 0: "stopped as asked", 1: "could not start", 2: "no such folder" },
  define: (command, context) =>
    command
      .argument("<folder>", "folder with the mesh's YAML; it is watched")
      .option("--xds-port <port>", "where Envoys fetch their configuration", parsePort, DEFAULT_XDS_PORT)
      .option("--http-port <port>", "the control plane's HTTP API", parsePort, DEFAULT_HTTP_PORT)
      .option("--admin-port <port>", "the admin interface of the gateway's Envoy", parsePort, DEFAULT_ADMIN_PORT)
      .option("--container", "run Envoy in containers, on the host's network", false)
      .option("--no-programs", "leave the Procfile alone")
      .option("--state <folder>", "logs and the last good configuration (default: .sluice/NAME)")
      .action(async (folder: string, options: UpFlags) => {
        const { state, ...flags } = options;
        const { up } = await import("../mesh/up.ts");
        const address = DEFAULT_ADDRESS;
        context.setExitCode(
          await up(
            { folder, address, ...flags, ...(state === undefined ? {} : { stateFolder: state }) },
            context.terminal,
          ),
        );
      }),
};

interface UpFlags {
  readonly xdsPort: number;
  readonly httpPort: number;
  readonly adminPort: number;
  readonly container: boolean;
  readonly programs: boolean;
  readonly state?: string;
}
