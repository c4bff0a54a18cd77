import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { cp, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";
import { applyPatches, patches } from "./patches.ts";

const root = join(import.meta.dirname, "../..");
const work = join(root, ".build/proto");
const output = join(import.meta.dirname, "../gen");
const stamp = join(output, ".stamp");

/** The files that the control plane speaks; what they import is generated with them. */
const entries = [
  "envoy/config/bootstrap/v3/bootstrap.proto",
  "envoy/config/cluster/v3/cluster.proto",
  "envoy/config/core/v3/extension.proto",
  "envoy/config/endpoint/v3/endpoint.proto",
  "envoy/config/listener/v3/listener.proto",
  "envoy/config/route/v3/route.proto",
  "envoy/config/trace/v3/opentelemetry.proto",
  "envoy/extensions/access_loggers/file/v3/file.proto",
  "envoy/extensions/access_loggers/filters/cel/v3/cel.proto",
  "envoy/extensions/clusters/dynamic_forward_proxy/v3/cluster.proto",
  "envoy/extensions/filters/http/cors/v3/cors.proto",
  "envoy/extensions/filters/http/dynamic_forward_proxy/v3/dynamic_forward_proxy.proto",
  "envoy/extensions/filters/http/ext_authz/v3/ext_authz.proto",
  "envoy/extensions/filters/http/fault/v3/fault.proto",
  "envoy/extensions/filters/http/grpc_stats/v3/config.proto",
  "envoy/extensions/filters/http/jwt_authn/v3/config.proto",
  "envoy/extensions/filters/http/lua/v3/lua.proto",
  "envoy/extensions/filters/http/rbac/v3/rbac.proto",
  "envoy/extensions/filters/http/router/v3/router.proto",
  "envoy/extensions/filters/http/wasm/v3/wasm.proto",
  "envoy/extensions/filters/listener/tls_inspector/v3/tls_inspector.proto",
  "envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.proto",
  "envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy.proto",
  "envoy/extensions/filters/network/set_filter_state/v3/set_filter_state.proto",
  "envoy/extensions/filters/network/wasm/v3/wasm.proto",
  "envoy/extensions/http/early_header_mutation/header_mutation/v3/header_mutation.proto",
  "envoy/extensions/path/match/uri_template/v3/uri_template_match.proto",
  "envoy/extensions/resource_monitors/downstream_connections/v3/downstream_connections.proto",
  "envoy/extensions/retry/host/previous_hosts/v3/previous_hosts.proto",
  "envoy/extensions/retry/priority/previous_priorities/v3/previous_priorities_config.proto",
  "envoy/extensions/transport_sockets/proxy_protocol/v3/upstream_proxy_protocol.proto",
  "envoy/extensions/transport_sockets/raw_buffer/v3/raw_buffer.proto",
  "envoy/extensions/transport_sockets/tls/v3/secret.proto",
  "envoy/extensions/transport_sockets/tls/v3/tls.proto",
  "envoy/extensions/upstreams/http/v3/http_protocol_options.proto",
  "envoy/service/accesslog/v3/als.proto",
  "envoy/service/discovery/v3/ads.proto",
  "envoy/service/load_stats/v3/lrs.proto",
  "envoy/service/runtime/v3/rtds.proto",
  "envoy/service/status/v3/csds.proto",
  "google/rpc/status.proto",
];

const packages = ["@grpc/grpc-js-xds", "@bufbuild/buf", "@bufbuild/protoc-gen-es"];

/** Import roots inside the package of the .proto files. */
const importRoots = ["envoy-api", "xds", "googleapis", "protoc-gen-validate"];

/** The template of `buf generate`; JavaScript with declarations, because Node strips types but generates no enums. */
const template = {
  version: "v2",
  plugins: [
    { local: "protoc-gen-es", out: "gen", include_imports: true, opt: ["target=js+dts", "import_extension=js"] },
  ],
};

/**
 * Generates Envoy's message types into controlplane/gen from the .proto files of @grpc/grpc-js-xds.
 * Needs no network. Does nothing when the inputs are those of the last run; returns whether it generated.
 */
export async function generateProtos(options: { readonly log: (line: string) => void }): Promise<boolean> {
  const hash = await inputHash();
  if ((await readFile(stamp, "utf8").catch(() => "")) === hash) {
    return false;
  }
  options.log("generating the xDS types");
  await copyProtos();
  await runBuf();
  await writeFile(join(work, "gen/package.json"), '{ "type": "module" }\n');
  await writeIndex(join(work, "gen"));
  await rm(output, { recursive: true, force: true });
  await rename(join(work, "gen"), output);
  // Written last: an interrupted run leaves no stamp and is done again.
  await writeFile(stamp, hash);
  return true;
}

async function inputHash(): Promise<string> {
  // A manifest changes with the version of its package.
  const manifests = await Promise.all(packages.map((name) => readFile(packageFile(name), "utf8")));
  const script = await readFile(import.meta.filename, "utf8");
  return createHash("sha256")
    .update(JSON.stringify([manifests, patches, script]))
    .digest("hex");
}

function packageFile(name: string): string {
  return createRequire(import.meta.url).resolve(`${name}/package.json`);
}

async function copyProtos(): Promise<void> {
  const source = join(dirname(packageFile("@grpc/grpc-js-xds")), "deps");
  const proto = join(work, "proto");
  await rm(work, { recursive: true, force: true });
  await mkdir(proto, { recursive: true });
  for (const importRoot of importRoots) {
    await cp(join(source, importRoot), proto, { recursive: true });
  }
  for (const file of new Set(patches.map((patch) => patch.file))) {
    const path = join(proto, file);
    await writeFile(path, applyPatches(file, await readFile(path, "utf8")));
  }
}

async function runBuf(): Promise<void> {
  const buf = join(dirname(packageFile("@bufbuild/buf")), "bin/buf");
  const binaries = join(dirname(packageFile("@bufbuild/protoc-gen-es")), "../../.bin");
  const paths = entries.flatMap((entry) => ["--path", join("proto", entry)]);
  await promisify(execFile)(
    process.execPath,
    [buf, "generate", "proto", "--template", JSON.stringify(template), ...paths],
    {
      cwd: work,
      env: { ...process.env, PATH: [binaries, process.env["PATH"]].join(delimiter) },
    },
  );
}

/** A list of all generated files: who shows a message as JSON must know the type of every Any in it. */
async function writeIndex(folder: string): Promise<void> {
  const paths = (await readdir(folder, { recursive: true })).filter((path) => path.endsWith("_pb.js")).toSorted();
  const files = paths.map((path, index) => ({ path, index, name: `file_${path.slice(0, -"_pb.js".length)}` }));
  const imports = files.map(
    ({ path, index, name }) => `import { ${name.replaceAll(/[/.-]/g, "_")} as f${index} } from "./${path}";`,
  );
  const list = files.map(({ index }) => `f${index}`).join(", ");
  await writeFile(join(folder, "index.js"), `${imports.join("\n")}\nexport const files = [${list}];\n`);
  const types = 'import type { DescFile } from "@bufbuild/protobuf";\nexport declare const files: DescFile[];\n';
  await writeFile(join(folder, "index.d.ts"), types);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

if (import.meta.main) {
  print((await generateProtos({ log: print })) ? `generated ${output}` : "the xDS types are up to date");
}
