import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { cp, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";
import { additions, applyPatches, patches } from "./patches.ts";

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
  "envoy/config/trace/v3/datadog.proto",
  "envoy/config/trace/v3/opentelemetry.proto",
  "envoy/config/trace/v3/skywalking.proto",
  "envoy/config/trace/v3/zipkin.proto",
  "envoy/extensions/access_loggers/file/v3/file.proto",
  "envoy/extensions/access_loggers/filters/cel/v3/cel.proto",
  "envoy/extensions/access_loggers/grpc/v3/als.proto",
  "envoy/extensions/access_loggers/open_telemetry/v3/logs_service.proto",
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
  "envoy/extensions/filters/network/ext_authz/v3/ext_authz.proto",
  "envoy/extensions/filters/network/rbac/v3/rbac.proto",
  "envoy/extensions/filters/network/sni_dynamic_forward_proxy/v3/sni_dynamic_forward_proxy.proto",
  "envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy.proto",
  "envoy/extensions/filters/network/set_filter_state/v3/set_filter_state.proto",
  "envoy/extensions/filters/network/wasm/v3/wasm.proto",
  "envoy/extensions/formatter/req_without_query/v3/req_without_query.proto",
  "envoy/extensions/http/early_header_mutation/header_mutation/v3/header_mutation.proto",
  "envoy/extensions/path/match/uri_template/v3/uri_template_match.proto",
  "envoy/extensions/request_id/uuid/v3/uuid.proto",
  "envoy/extensions/resource_monitors/downstream_connections/v3/downstream_connections.proto",
  "envoy/extensions/retry/host/previous_hosts/v3/previous_hosts.proto",
  "envoy/extensions/retry/priority/previous_priorities/v3/previous_priorities_config.proto",
  "envoy/extensions/tracers/opentelemetry/resource_detectors/v3/dynatrace_resource_detector.proto",
  "envoy/extensions/tracers/opentelemetry/resource_detectors/v3/environment_resource_detector.proto",
  "envoy/extensions/tracers/opentelemetry/samplers/v3/dynatrace_sampler.proto",
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

/**
 * Extensions that the control plane makes no use of by itself: an EnvoyFilter may name any of them in an Any.
 */
const extensions = [
  "envoy/config/ratelimit/v3/rls.proto",
  "envoy/extensions/access_loggers/stream/v3/stream.proto",
  "envoy/extensions/access_loggers/wasm/v3/wasm.proto",
  "envoy/extensions/compression/brotli/compressor/v3/brotli.proto",
  "envoy/extensions/compression/brotli/decompressor/v3/brotli.proto",
  "envoy/extensions/compression/gzip/compressor/v3/gzip.proto",
  "envoy/extensions/compression/gzip/decompressor/v3/gzip.proto",
  "envoy/extensions/filters/http/adaptive_concurrency/v3/adaptive_concurrency.proto",
  "envoy/extensions/filters/http/admission_control/v3/admission_control.proto",
  "envoy/extensions/filters/http/bandwidth_limit/v3/bandwidth_limit.proto",
  "envoy/extensions/filters/http/basic_auth/v3/basic_auth.proto",
  "envoy/extensions/filters/http/buffer/v3/buffer.proto",
  "envoy/extensions/filters/http/composite/v3/composite.proto",
  "envoy/extensions/filters/http/compressor/v3/compressor.proto",
  "envoy/extensions/filters/http/csrf/v3/csrf.proto",
  "envoy/extensions/filters/http/custom_response/v3/custom_response.proto",
  "envoy/extensions/filters/http/decompressor/v3/decompressor.proto",
  "envoy/extensions/filters/http/ext_proc/v3/ext_proc.proto",
  "envoy/extensions/filters/http/ext_proc/v3/processing_mode.proto",
  "envoy/extensions/filters/http/fault/v3/fault.proto",
  "envoy/extensions/filters/http/grpc_http1_bridge/v3/config.proto",
  "envoy/extensions/filters/http/grpc_http1_reverse_bridge/v3/config.proto",
  "envoy/extensions/filters/http/grpc_json_transcoder/v3/transcoder.proto",
  "envoy/extensions/filters/http/grpc_web/v3/grpc_web.proto",
  "envoy/extensions/filters/http/header_mutation/v3/header_mutation.proto",
  "envoy/extensions/filters/http/header_to_metadata/v3/header_to_metadata.proto",
  "envoy/extensions/filters/http/health_check/v3/health_check.proto",
  "envoy/extensions/filters/http/ip_tagging/v3/ip_tagging.proto",
  "envoy/extensions/filters/http/json_to_metadata/v3/json_to_metadata.proto",
  "envoy/extensions/filters/http/local_ratelimit/v3/local_rate_limit.proto",
  "envoy/extensions/filters/http/lua/v3/lua.proto",
  "envoy/extensions/filters/http/oauth2/v3/oauth.proto",
  "envoy/extensions/filters/http/on_demand/v3/on_demand.proto",
  "envoy/extensions/filters/http/original_src/v3/original_src.proto",
  "envoy/extensions/filters/http/ratelimit/v3/rate_limit.proto",
  "envoy/extensions/filters/http/set_filter_state/v3/set_filter_state.proto",
  "envoy/extensions/filters/http/set_metadata/v3/set_metadata.proto",
  "envoy/extensions/filters/http/stateful_session/v3/stateful_session.proto",
  "envoy/extensions/filters/listener/http_inspector/v3/http_inspector.proto",
  "envoy/extensions/filters/listener/local_ratelimit/v3/local_ratelimit.proto",
  "envoy/extensions/filters/listener/original_dst/v3/original_dst.proto",
  "envoy/extensions/filters/listener/original_src/v3/original_src.proto",
  "envoy/extensions/filters/listener/proxy_protocol/v3/proxy_protocol.proto",
  "envoy/extensions/filters/network/connection_limit/v3/connection_limit.proto",
  "envoy/extensions/filters/network/direct_response/v3/config.proto",
  "envoy/extensions/filters/network/echo/v3/echo.proto",
  "envoy/extensions/filters/network/local_ratelimit/v3/local_rate_limit.proto",
  "envoy/extensions/filters/network/mongo_proxy/v3/mongo_proxy.proto",
  "envoy/extensions/filters/network/ratelimit/v3/rate_limit.proto",
  "envoy/extensions/filters/network/redis_proxy/v3/redis_proxy.proto",
  "envoy/extensions/filters/network/sni_cluster/v3/sni_cluster.proto",
  "envoy/extensions/formatter/cel/v3/cel.proto",
  "envoy/extensions/formatter/metadata/v3/metadata.proto",
  "envoy/extensions/http/custom_response/local_response_policy/v3/local_response_policy.proto",
  "envoy/extensions/http/header_formatters/preserve_case/v3/preserve_case.proto",
  "envoy/extensions/http/original_ip_detection/custom_header/v3/custom_header.proto",
  "envoy/extensions/http/original_ip_detection/xff/v3/xff.proto",
  "envoy/extensions/http/stateful_session/cookie/v3/cookie.proto",
  "envoy/extensions/http/stateful_session/header/v3/header.proto",
  "envoy/extensions/load_balancing_policies/least_request/v3/least_request.proto",
  "envoy/extensions/load_balancing_policies/maglev/v3/maglev.proto",
  "envoy/extensions/load_balancing_policies/random/v3/random.proto",
  "envoy/extensions/load_balancing_policies/ring_hash/v3/ring_hash.proto",
  "envoy/extensions/load_balancing_policies/round_robin/v3/round_robin.proto",
  "envoy/extensions/rate_limit_descriptors/expr/v3/expr.proto",
  "envoy/extensions/transport_sockets/internal_upstream/v3/internal_upstream.proto",
  "envoy/extensions/transport_sockets/starttls/v3/starttls.proto",
  "envoy/extensions/upstreams/tcp/v3/tcp_protocol_options.proto",
  "udpa/type/v1/typed_struct.proto",
  "xds/type/v3/typed_struct.proto",
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
    .update(JSON.stringify([manifests, patches, additions, script]))
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
  for (const { file, text } of additions) {
    await mkdir(dirname(join(proto, file)), { recursive: true });
    await writeFile(join(proto, file), text);
  }
  for (const file of new Set(patches.map((patch) => patch.file))) {
    const path = join(proto, file);
    await writeFile(path, applyPatches(file, await readFile(path, "utf8")));
  }
}

async function runBuf(): Promise<void> {
  const buf = join(dirname(packageFile("@bufbuild/buf")), "bin/buf");
  const binaries = join(dirname(packageFile("@bufbuild/protoc-gen-es")), "../../.bin");
  const paths = [...entries, ...extensions].flatMap((entry) => ["--path", join("proto", entry)]);
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
