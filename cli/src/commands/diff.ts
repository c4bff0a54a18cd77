import type { ComparedMesh, Diagnostic } from "@sluice/controlplane";
import { EXIT, Failure } from "../failure.ts";
import { DEFAULT_SERVER } from "../mesh/reach.ts";
import type { Style } from "../output/style.ts";
import { modulesOption } from "./modules-option.ts";
import { outputOption, toJson } from "./output-option.ts";
import type { OutputFormat } from "./output-option.ts";
import type { Verb } from "./verb.ts";

export const diffVerb: Verb = {
  name: "diff",
  group: "Run a mesh",
  summary: "what would change, for which proxy, if a folder replaced what runs",
  about: `With two folders, the first is what runs, and no control plane is asked. With --proxy: the difference between what the
control plane has sent to a proxy and what its Envoy says that it runs; with --with beside it, what two proxies are sent.
Of certificates whom they name and how long they hold is compared, and keys are never shown.`,
  examples: [
    ["sluice diff my-mesh", "before you copy it to where the control plane looks"],
    ["sluice diff before after", "two folders, for a review"],
    ["sluice diff --proxy reviews-v1.bookinfo", "sent and running"],
    ["sluice diff --proxy reviews-v1 --with reviews-v2", "why the one behaves unlike the other"],
  ],
  exitCodes: {
    0: "no difference",
    1: "there is one",
    2: "no such folder or proxy, a folder with errors, or no control plane answers",
  },
  define: (command, { terminal, setExitCode }) =>
    command
      .argument("[folder]", "the mesh's YAML as it would be; with a second one, as it is")
      .argument("[new-folder]", "the mesh's YAML as it would be")
      .option("--proxy <name>", "compare what was sent to this proxy with what it runs")
      .option("--with <name>", "compare with what is sent to this other proxy")
      .option("--admin <host:port>", "that proxy's admin interface (default: as `sluice up` wrote it down)")
      .option("--server <url>", "the control plane's HTTP API", DEFAULT_SERVER)
      .addOption(modulesOption())
      .addOption(outputOption())
      .action(async (folder: string | undefined, newFolder: string | undefined, flags: DiffFlags) => {
        if ((folder === undefined) === (flags.proxy === undefined))
          throw new Failure("name a folder, or a proxy with --proxy", EXIT.usage);
        if (flags.with !== undefined && flags.proxy === undefined)
          throw new Failure("--with needs --proxy beside it", EXIT.usage);
        const { differs, json, text } =
          folder === undefined ? await ofProxy(flags.proxy ?? "", flags) : await ofFolders(folder, newFolder, flags);
        terminal.line(flags.output === "json" ? toJson(json) : text(terminal.style));
        setExitCode(differs ? EXIT.failed : EXIT.ok);
      }),
};

interface DiffFlags {
  readonly proxy?: string;
  readonly with?: string;
  readonly admin?: string;
  readonly server: string;
  readonly modules: string;
  readonly output: OutputFormat;
}

interface Difference {
  readonly differs: boolean;
  readonly json: unknown;
  readonly text: (style: Style) => string;
}

async function ofFolders(folder: string, newFolder: string | undefined, flags: DiffFlags): Promise<Difference> {
  const { compareFiles, diffMeshes } = await import("@sluice/controlplane");
  const { readConfigFiles } = await import("../config/read-files.ts");
  const { formatDiff } = await import("../diff/format.ts");
  const { runningMesh } = await import("../diff/running.ts");
  const { ask } = await import("../mesh/reach.ts");
  const translated = async (path: string): Promise<ComparedMesh> => {
    const { mesh, errors } = await compareFiles(await readConfigFiles([path]), flags.modules, Date.now());
    if (errors.length > 0) throw withErrors(path, errors);
    return mesh;
  };
  const before = newFolder === undefined ? await ask(flags.server, runningMesh) : await translated(folder);
  const changes = await diffMeshes(before, await translated(newFolder ?? folder));
  return { differs: changes.length > 0, json: changes, text: (style) => formatDiff(changes, style) };
}

/** A control plane goes on with what it last had of an object with an error, and only it knows what that is. */
function withErrors(path: string, errors: readonly Diagnostic[]): Failure {
  const lines = errors.slice(0, MOST_ERRORS).map(({ position: { file, line, column }, code, message }) => {
    return `  ${file}:${line}:${column}: ${code} ${message}`;
  });
  const more = errors.length > MOST_ERRORS ? [`  and ${errors.length - MOST_ERRORS} more`] : [];
  const head = `${path} has errors, so it is not known what would run; \`sluice analyze ${path}\` tells more`;
  return new Failure([head, ...lines, ...more].join("\n"), EXIT.usage);
}

const MOST_ERRORS = 5;

async function ofProxies(name: string, other: string, server: string): Promise<Difference> {
  const { diffMeshes } = await import("@sluice/controlplane");
  const { formatDiff } = await import("../diff/format.ts");
  const { resourcesOf } = await import("../diff/running.ts");
  const { ask, fullProxyId } = await import("../mesh/reach.ts");
  const changes = await ask(server, async (api) => {
    const [before, after] = [await fullProxyId(api, name), await fullProxyId(api, other)];
    const id = `${after} in place of ${before}`;
    return diffMeshes(new Map([[id, await resourcesOf(api, before)]]), new Map([[id, await resourcesOf(api, after)]]));
  });
  return { differs: changes.length > 0, json: changes, text: (style) => formatDiff(changes, style, "no difference") };
}

async function ofProxy(name: string, { admin, server, with: other }: DiffFlags): Promise<Difference> {
  if (other !== undefined) return await ofProxies(name, other, server);
  const { ask, fetchDump, fullProxyId } = await import("../mesh/reach.ts");
  const { formatComparison } = await import("../proxy-config/format.ts");
  const differences = await ask(server, async (api) => {
    const id = await fullProxyId(api, name);
    return api.compare(id, await fetchDump(id, admin));
  });
  const differs = differences.some(({ state }) => state !== "same");
  return { differs, json: differences, text: (style) => formatComparison(differences, style) };
}
