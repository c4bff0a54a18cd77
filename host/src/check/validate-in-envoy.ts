import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

/** What a real Envoy says about a module. */
export interface EnvoyVerdict {
  readonly accepted: boolean;
  /** Why not, in Envoy's own words: what it logged as errors. */
  readonly words: readonly string[];
}

/** How the plugin is configured. */
export interface PluginConfig {
  readonly configuration?: string | undefined;
  readonly rootId?: string | undefined;
}

const TYPE = "type.googleapis.com/envoy.extensions.filters";
const TIME_LIMIT_MS = 20_000;

/**
 * Has an Envoy read a configuration with the module in it, in its mode `validate`: it makes the VM and runs the plugin's
 * start and configuration, and opens no port.
 */
export async function validateInEnvoy(
  envoy: string,
  bytes: Uint8Array,
  plugin: PluginConfig = {},
): Promise<EnvoyVerdict> {
  const folder = await mkdtemp(path.join(tmpdir(), "sluice-validate-"));
  try {
    await writeFile(path.join(folder, "module.wasm"), bytes);
    const config = path.join(folder, "envoy.json");
    await writeFile(config, JSON.stringify(bootstrap(path.join(folder, "module.wasm"), plugin)));
    const { code, log } = await run(envoy, ["--mode", "validate", "-c", config, "-l", "error"]);
    return { accepted: code === 0, words: code === 0 ? [] : wordsOf(log, code) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function bootstrap(filename: string, { configuration: value = "", rootId = "" }: PluginConfig): object {
  const config = {
    root_id: rootId,
    vm_config: { runtime: "envoy.wasm.runtime.v8", code: { local: { filename } } },
    configuration: { "@type": "type.googleapis.com/google.protobuf.StringValue", value },
  };
  const manager = {
    "@type": `${TYPE}.network.http_connection_manager.v3.HttpConnectionManager`,
    stat_prefix: "check",
    route_config: {},
    http_filters: [
      { name: "wasm", typed_config: { "@type": `${TYPE}.http.wasm.v3.Wasm`, config } },
      { name: "router", typed_config: { "@type": `${TYPE}.http.router.v3.Router` } },
    ],
  };
  const listener = {
    name: "check",
    address: { socket_address: { address: "127.0.0.1", port_value: 0 } },
    filter_chains: [{ filters: [{ name: "http", typed_config: manager }] }],
  };
  return { static_resources: { listeners: [listener] } };
}

/** `[time][thread][level][name] [file:line] text`: only the text; a crash leaves a signal and no such line. */
function wordsOf(log: string, code: number | null): string[] {
  const lines = log
    .split("\n")
    .flatMap((line) => /^\[[^\]]*\]\[\d+\]\[\w+\]\[\w+\] (?:\[[^\]]*\] )?(.+)$/.exec(line)?.[1] ?? []);
  const told = lines.filter((line) => !line.startsWith("error initializing configuration"));
  return told.length > 0 ? [...new Set(told)] : [`Envoy ended with ${code === null ? "a signal" : `code ${code}`}`];
}

function run(command: string, args: readonly string[]): Promise<{ code: number | null; log: string }> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: ["ignore", "ignore", "pipe"], timeout: TIME_LIMIT_MS });
    let log = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (log += text));
    child.on("error", (error) => resolve({ code: null, log: error.message }));
    child.on("close", (code) => resolve({ code, log }));
  });
}
