import { Argument, InvalidArgumentError } from "commander";
import type { Asker, AuthorizationAt, SourceFile } from "@sluice/controlplane";
import { EXIT, Failure } from "../failure.ts";
import type { ControlPlaneApi } from "../mesh/api.ts";
import { ask, DEFAULT_SERVER } from "../mesh/reach.ts";
import type { Style } from "../output/style.ts";
import { outputOption, toJson } from "./output-option.ts";
import type { OutputFormat } from "./output-option.ts";
import type { Verb } from "./verb.ts";

type Header = readonly [name: string, value: string];

export const explainVerb: Verb = {
  name: "explain",
  group: "Run a mesh",
  summary:
    "what the mesh does with a request or a connection: which listener, route and destination, by whose rule, and why",
  about: `Of the running mesh, or with -f of a folder; no proxy is asked: it chooses as Envoy does from what the control plane
makes of the files. The request comes in at a gateway, or with --from at the sidecar of the workload that sends it. Of
several gateways the port decides. A connection is one that is not looked into: TCP, or with --sni TLS that is passed on.`,
  examples: [
    ["sluice explain request GET http://localhost:8080/productpage -f examples/bookinfo", "through the gateway"],
    [
      "sluice explain request GET http://reviews:9080/reviews/0 -H 'end-user: jason' --from productpage-v1 -f examples/bookinfo",
      "from one workload to another",
    ],
    ["sluice explain request POST http://localhost:8080/productpage", "in the mesh that runs"],
    ["sluice explain connection mysqldb:3306 --from ratings-v2", "what does not speak HTTP"],
    ["sluice explain connection localhost:8443 --sni shop.example.com", "TLS that a gateway passes on"],
  ],
  exitCodes: {
    0: "it goes to a destination",
    1: "the proxy answers by itself or closes the connection, or a policy denies it",
    2: "wrong usage, or no control plane answers",
  },
  define: (command, { terminal, setExitCode }) =>
    command
      .addArgument(new Argument("<what>", "what to explain").choices(["request", "connection"]))
      .argument("<method>", "of a request: GET, POST and so on; of a connection: HOST:PORT")
      .argument("[url]", "of a request, as the client writes it")
      .option("-H, --header <name: value>", "a header of the request; may be given several times", parseHeader, [])
      .option("-f, --folder <folder>", "a mesh's YAML, in place of the running mesh")
      .option("--server <url>", "the control plane's HTTP API", DEFAULT_SERVER)
      .option("--from <workload>", "the workload that sends it: NAME, or NAME.NAMESPACE")
      .option("--gateway <name>", "the gateway that it comes in at: of its workload, or of a Gateway")
      .option("--sni <name>", "the connection is TLS for this server name")
      .option("--tls", "the connection is TLS without a server name", false)
      .option("--principal <spiffe://…>", "the client's identity, by its certificate")
      .option("--source-ip <address>", "the client's address")
      .addOption(outputOption())
      .action(
        async (what: "request" | "connection", first: string, second: string | undefined, flags: ExplainFlags) => {
          const { text, json, isGood } =
            what === "request" ? await request(first, second, flags) : await connection(first, second, flags);
          terminal.line(flags.output === "json" ? toJson(json) : text(terminal.style));
          setExitCode(isGood ? EXIT.ok : EXIT.failed);
        },
      ),
};

/** What there is to say, in both forms. */
interface Answer {
  readonly json: unknown;
  readonly text: (style: Style) => string;
  readonly isGood: boolean;
}

async function request(method: string, text: string | undefined, flags: ExplainFlags): Promise<Answer> {
  const { formatExplanation } = await import("../explain/format.ts");
  const url = parseUrl(text);
  const question = { method: method.toUpperCase(), url, headers: flags.header, ...askerOf(flags) };
  const explanation = await answerTo(
    flags,
    (api) => api.explain(question),
    async (files) => (await import("@sluice/controlplane")).explainFiles(files, question, { now: Date.now() }),
  );
  return {
    json: explanation,
    text: (style) => formatExplanation(explanation, style),
    isGood: explanation.outcome.kind === "forward" && !isDenied(explanation.authorization),
  };
}

async function connection(place: string, url: string | undefined, flags: ExplainFlags): Promise<Answer> {
  if (url !== undefined) throw new Failure("a connection is explained by HOST:PORT alone", EXIT.usage);
  const { formatConnection } = await import("../explain/format.ts");
  const sni = flags.sni ?? (flags.tls ? "" : undefined);
  const question = { ...parseHostPort(place), ...(sni === undefined ? {} : { sni }), ...askerOf(flags) };
  const explanation = await answerTo(
    flags,
    (api) => api.explainConnection(question),
    async (files) => (await import("@sluice/controlplane")).explainConnectionInFiles(files, question),
  );
  return {
    json: explanation,
    text: (style) => formatConnection(explanation, style),
    isGood: explanation.outcome.kind !== "close" && !isDenied(explanation.authorization),
  };
}

function isDenied(authorization: readonly AuthorizationAt[]): boolean {
  return authorization.some(({ decision }) => decision?.allowed === false);
}

type Problem = { readonly problem: string; readonly allowed?: string };

/** Of the folder, or of the running mesh. */
async function answerTo<T extends object>(
  { folder, server }: ExplainFlags,
  ofMesh: (api: ControlPlaneApi) => Promise<T>,
  ofFiles: (files: readonly SourceFile[]) => Promise<T | Problem>,
): Promise<T> {
  if (folder === undefined) return await ask(server, ofMesh);
  const { readConfigFiles } = await import("../config/read-files.ts");
  const explanation = await ofFiles(await readConfigFiles([folder]));
  if (!("problem" in explanation)) return explanation;
  const { problem, allowed } = explanation;
  throw new Failure(`${problem}${allowed === undefined ? "" : `; there is: ${allowed}`}`, EXIT.usage);
}

function askerOf({ from, gateway, principal, sourceIp }: ExplainFlags): Asker {
  return {
    ...(from === undefined ? {} : { from }),
    ...(gateway === undefined ? {} : { gateway }),
    ...(principal === undefined ? {} : { principal }),
    ...(sourceIp === undefined ? {} : { sourceIp }),
  };
}

interface ExplainFlags {
  readonly header: readonly Header[];
  readonly folder?: string;
  readonly server: string;
  readonly from?: string;
  readonly gateway?: string;
  readonly sni?: string;
  readonly tls: boolean;
  readonly principal?: string;
  readonly sourceIp?: string;
  readonly output: OutputFormat;
}

function parseUrl(text: string | undefined): URL {
  const url = URL.parse(text ?? "");
  if (url === null || !["http:", "https:"].includes(url.protocol))
    throw new Failure(
      `${text === undefined ? "a request needs a URL" : `"${text}" is no URL`}: http://HOST:PORT/PATH`,
      EXIT.usage,
    );
  return url;
}

function parseHostPort(text: string): { host: string; port: number } {
  const [, host = "", digits] = /^(?:tcp:\/\/|tls:\/\/)?\[?(.+?)\]?:(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  if (!(port >= 1 && port <= 65_535)) throw new Failure(`"${text}" is no HOST:PORT`, EXIT.usage);
  return { host, port };
}

function parseHeader(text: string, before: readonly Header[]): readonly Header[] {
  const [, name, value = ""] = /^(:?[^:\s]+)\s*:\s*(.*)$/.exec(text) ?? [];
  if (name === undefined) throw new InvalidArgumentError("A header is written as 'NAME: VALUE'.");
  return [...before, [name, value]];
}
