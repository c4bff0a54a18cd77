// As much of a proxy-wasm host as the SDK's own tests need: one VM, its host calls answered from plain maps.

/** Calls made in a callback, and what the maps hold, are read by the tests. */
export interface Harness {
  readonly imports: readonly string[];
  readonly exports: Record<string, (...args: number[]) => number | undefined>;
  readonly memory: WebAssembly.Memory;
  /** Header maps by the ABI's number; lower-case names. Bytes, as latin1. */
  readonly headers: Map<number, [string, string][]>;
  /** By path, segments joined by NUL. */
  readonly properties: Map<string, Buffer>;
  readonly metrics: Map<string, bigint>;
  /** Names of the host calls since the last `calls.length = 0`, with numbers worth looking at. */
  readonly calls: string[];
  readonly logs: string[];
  /** The plugin's configuration. */
  configuration: Buffer;
  body: Buffer;
  logLevel: number;
  /** Nanoseconds since 1970. */
  now: bigint;
  /** The clock that nobody sets; like `now` when there is none. */
  monotonic: bigint | undefined;
  /** The VM's environment variables, `NAME=value`. */
  environment: readonly string[];
  /** How many call-outs were made; the last one's number. */
  tokens: number;
  /** Given in place of a map's pairs, to see what the SDK makes of broken bytes. */
  rawPairs: Buffer | undefined;
  localResponse: { status: number; details: string; body: string; headers: number; grpc: number } | undefined;
}

const OK = 0;
const NOT_FOUND = 1;
const BAD_ARGUMENT = 2;
const PLUGIN_CONFIGURATION = 7;
const UNWRITABLE = "x-unwritable";
/** A status that the ABI does not name. */
export const UNNAMED_STATUS = 77;

export function load(binary: Uint8Array, environment: readonly string[] = []): Harness {
  const module = new WebAssembly.Module(binary as Uint8Array<ArrayBuffer>);
  const harness: Harness = {
    imports: WebAssembly.Module.imports(module).map((item) => `${item.module}.${item.name}`),
    exports: {},
    memory: new WebAssembly.Memory({ initial: 0 }),
    headers: new Map(),
    properties: new Map(),
    metrics: new Map(),
    calls: [],
    logs: [],
    configuration: Buffer.alloc(0),
    body: Buffer.alloc(0),
    logLevel: 2,
    now: 1_700_000_000_000_000_001n,
    monotonic: undefined,
    environment,
    tokens: 0,
    rawPairs: undefined,
    localResponse: undefined,
  };
  const calls = hostCalls(harness);
  const imports: Record<string, Record<string, WebAssembly.ImportValue>> = {};
  for (const item of WebAssembly.Module.imports(module)) {
    const call = calls[item.name];
    (imports[item.module] ??= {})[item.name] = (...args: number[]) => {
      if (!item.name.startsWith("proxy_get_header")) harness.calls.push(item.name.replace("proxy_", ""));
      return call ? call(...args) : OK;
    };
  }
  const instance = new WebAssembly.Instance(module, imports);
  Object.assign(harness.exports, instance.exports);
  Object.assign(harness, { memory: instance.exports["memory"] });
  harness.exports["_initialize"]?.();
  return harness;
}

/** Creates a plugin and configures it; true when it accepts. */
export function startPlugin(harness: Harness, id: number, configuration: string): boolean {
  harness.configuration = Buffer.from(configuration);
  harness.exports["proxy_on_context_create"]?.(id, 0);
  const { proxy_on_configure: configure } = harness.exports;
  return !configure || configure(id, configuration.length) === 1;
}

/** One request from its start to its end. Answers the request's headers as the filter left them. */
export function request(
  harness: Harness,
  id: number,
  plugin: number,
  headers: readonly [string, string][],
): Record<string, string> {
  harness.headers.set(
    0,
    headers.map(([name, value]) => [name, value]),
  );
  harness.headers.set(2, []);
  const { exports } = harness;
  exports["proxy_on_context_create"]?.(id, plugin);
  exports["proxy_on_request_headers"]?.(id, headers.length, 1);
  exports["proxy_on_response_headers"]?.(id, 0, 1);
  exports["proxy_on_log"]?.(id);
  exports["proxy_on_done"]?.(id);
  exports["proxy_on_delete"]?.(id);
  return Object.fromEntries(harness.headers.get(0) ?? []);
}

type HostCall = (...args: number[]) => number;

function hostCalls(harness: Harness): Record<string, HostCall> {
  const at = (pointer: number, length: number): Buffer => Buffer.from(harness.memory.buffer, pointer, length);
  const text = (pointer: number, length: number): string => at(pointer, length).toString("latin1");
  const view = (): DataView => new DataView(harness.memory.buffer);
  const give = (bytes: Buffer, pointerTo: number, lengthTo: number): number => {
    let pointer = 0;
    if (bytes.length > 0) {
      pointer = harness.exports["malloc"]?.(bytes.length) ?? 0;
      if (pointer === 0) return 6;
      at(pointer, bytes.length).set(bytes);
    }
    view().setUint32(pointerTo, pointer, true);
    view().setUint32(lengthTo, bytes.length, true);
    return OK;
  };
  return {
    ...headerCalls(harness, text, give),
    ...metricCalls(harness, text, view),
    ...wasiCalls(harness, at, view),
    proxy_log: (level, pointer, length) => {
      harness.logs.push(`${level} ${at(pointer!, length!).toString()}`);
      return OK;
    },
    proxy_get_log_level: (to) => {
      view().setUint32(to!, harness.logLevel, true);
      return OK;
    },
    proxy_get_current_time_nanoseconds: (to) => {
      view().setBigUint64(to!, harness.now, true);
      return OK;
    },
    proxy_get_buffer_bytes: (type, start, length, pointerTo, lengthTo) => {
      const bytes = type === PLUGIN_CONFIGURATION ? harness.configuration : harness.body;
      return give(bytes.subarray(start, start! + length!), pointerTo!, lengthTo!);
    },
    proxy_set_buffer_bytes: (_type, _start, _length, pointer, length) => {
      harness.body = Buffer.from(at(pointer!, length!));
      return OK;
    },
    proxy_get_property: (path, length, pointerTo, lengthTo) => {
      const value = harness.properties.get(text(path!, length!));
      return value ? give(value, pointerTo!, lengthTo!) : NOT_FOUND;
    },
    proxy_send_local_response: (status, details, detailsLength, body, bodyLength, _headers, headersLength, grpc) => {
      harness.localResponse = {
        status: status!,
        details: text(details!, detailsLength!),
        body: text(body!, bodyLength!),
        headers: headersLength!,
        grpc: grpc!,
      };
      return OK;
    },
    proxy_http_call: (...args) => {
      view().setUint32(args[9]!, ++harness.tokens, true);
      return OK;
    },
    // Unknown to this host: results are not written, as in Envoy.
    proxy_call_foreign_function: () => NOT_FOUND,
  };
}

function wasiCalls(
  harness: Harness,
  at: (pointer: number, length: number) => Buffer,
  view: () => DataView,
): Record<string, HostCall> {
  const entries = (): Buffer[] => harness.environment.map((entry) => Buffer.from(`${entry}\0`));
  return {
    random_get: (pointer, length) => {
      at(pointer!, length!).fill(7);
      return OK;
    },
    clock_time_get: (clock, _precision, to) => {
      const now = clock === 1 ? (harness.monotonic ?? harness.now) : harness.now;
      view().setBigUint64(to!, now, true);
      return OK;
    },
    environ_sizes_get: (countTo, sizeTo) => {
      view().setUint32(countTo!, entries().length, true);
      view().setUint32(sizeTo!, Buffer.concat(entries()).length, true);
      return OK;
    },
    environ_get: (entriesTo, textTo) => {
      let text = textTo!;
      for (const [index, entry] of entries().entries()) {
        view().setUint32(entriesTo! + index * 4, text, true);
        at(text, entry.length).set(entry);
        text += entry.length;
      }
      return OK;
    },
  };
}

function headerCalls(
  harness: Harness,
  text: (pointer: number, length: number) => string,
  give: (bytes: Buffer, pointerTo: number, lengthTo: number) => number,
): Record<string, HostCall> {
  const without = (map: number, name: string): [string, string][] =>
    (harness.headers.get(map) ?? []).filter(([other]) => other !== name);
  return {
    proxy_get_header_map_value: (map, name, length, pointerTo, lengthTo) => {
      const pairs = harness.headers.get(map!);
      if (!pairs) return BAD_ARGUMENT;
      const found = pairs.find(([other]) => other === text(name!, length!));
      return found ? give(Buffer.from(found[1], "latin1"), pointerTo!, lengthTo!) : NOT_FOUND;
    },
    proxy_add_header_map_value: (map, name, length, value, valueLength) => {
      const key = text(name!, length!);
      if (key === UNWRITABLE) return UNNAMED_STATUS;
      harness.headers.get(map!)?.push([key, text(value!, valueLength!)]);
      return OK;
    },
    proxy_replace_header_map_value: (map, name, length, value, valueLength) => {
      const key = text(name!, length!);
      harness.headers.set(map!, [...without(map!, key), [key, text(value!, valueLength!)]]);
      return OK;
    },
    proxy_remove_header_map_value: (map, name, length) => {
      harness.headers.set(map!, without(map!, text(name!, length!)));
      return OK;
    },
    proxy_get_header_map_pairs: (map, pointerTo, lengthTo) =>
      give(harness.rawPairs ?? encodePairs(harness.headers.get(map!) ?? []), pointerTo!, lengthTo!),
    proxy_set_header_map_pairs: (map, pointer, length) => {
      harness.headers.set(map!, decodePairs(Buffer.from(text(pointer!, length!), "latin1")));
      return OK;
    },
  };
}

function metricCalls(
  harness: Harness,
  text: (pointer: number, length: number) => string,
  view: () => DataView,
): Record<string, HostCall> {
  const names: string[] = [""];
  return {
    proxy_define_metric: (_type, name, length, to) => {
      const key = text(name!, length!);
      if (key === "refused") return BAD_ARGUMENT;
      if (!names.includes(key)) names.push(key);
      view().setUint32(to!, names.indexOf(key), true);
      return OK;
    },
    proxy_increment_metric: (metric, delta) => {
      const name = names[metric!] ?? "";
      harness.metrics.set(name, (harness.metrics.get(name) ?? 0n) + BigInt(delta!));
      return OK;
    },
    proxy_record_metric: (metric, value) => {
      harness.metrics.set(names[metric!] ?? "", BigInt(value!));
      return OK;
    },
    proxy_get_metric: (metric, to) => {
      view().setBigUint64(to!, harness.metrics.get(names[metric!] ?? "") ?? 0n, true);
      return OK;
    },
  };
}

function encodePairs(pairs: readonly [string, string][]): Buffer {
  const head = Buffer.alloc(4 + pairs.length * 8);
  head.writeUInt32LE(pairs.length, 0);
  for (const [index, [name, value]] of pairs.entries()) {
    head.writeUInt32LE(name.length, 4 + index * 8);
    head.writeUInt32LE(value.length, 8 + index * 8);
  }
  const texts = pairs.flatMap(([name, value]) => [Buffer.from(`${name}\0${value}\0`, "latin1")]);
  return Buffer.concat([head, ...texts]);
}

function decodePairs(bytes: Buffer): [string, string][] {
  let text = 4 + bytes.readUInt32LE(0) * 8;
  return Array.from({ length: bytes.readUInt32LE(0) }, (_, index) => {
    const name = bytes.readUInt32LE(4 + index * 8);
    const value = bytes.readUInt32LE(8 + index * 8);
    const pair: [string, string] = [
      bytes.toString("latin1", text, text + name),
      bytes.toString("latin1", text + name + 1, text + name + 1 + value),
    ];
    text += name + value + 2;
    return pair;
  });
}
