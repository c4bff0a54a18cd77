/** Where Envoy and the specification differ, or where hosts are kinder than both. */
export interface Deviation {
  /** What Envoy 1.40 does: the switch is on. */
  readonly envoy: string;
  /** What is done instead: the switch is off. */
  readonly otherwise: string;
  /** Where each is written: the call or callback of the specification (ABI 0.2.1), or Envoy's file. */
  readonly source: string;
  /** A scenario of the differential suite that shows what Envoy does. */
  readonly scenario: string;
  /** Whether the other profiles do as Envoy here. */
  readonly spec: boolean;
  readonly lenient: boolean;
}

/** Every switch by its name. `createHost({ profile, deviations })` sets them; the places that deviate read them. */
export const DEVIATIONS = {
  insertRefused: {
    envoy: "proxy_set_buffer_bytes from inside a buffer is a BadArgument",
    otherwise: "it injects and replaces there",
    source: "spec proxy_set_buffer_bytes; Envoy source/extensions/common/wasm/context.cc, Buffer::copyFrom",
    scenario: "bodies: not in the middle",
    spec: false,
    lenient: false,
  },
  absentBodyEmpty: {
    envoy: "a body that is not there now is an empty one",
    otherwise: "it is NotFound",
    source: "spec proxy_get_buffer_bytes; Envoy context.cc, Context::getBuffer",
    scenario: "bodies: every buffer in every callback of a request",
    spec: false,
    lenient: true,
  },
  vmConfigurationKept: {
    envoy: "the VM's configuration can be read in every callback",
    otherwise: "only in proxy_on_vm_start; NotFound elsewhere",
    source: "spec Buffers, VM_CONFIGURATION; Envoy context.cc, Context::getBuffer",
    scenario: "lifecycle: what the VM is configured with",
    spec: false,
    lenient: true,
  },
  requestTrailersNotLogged: {
    envoy: "proxy_on_log can't read the request's trailers",
    otherwise: "it can",
    source: "spec HTTP fields, HTTP_REQUEST_TRAILERS; Envoy context.cc, Context::log",
    scenario: "trailers: of the request",
    spec: false,
    lenient: false,
  },
  logBeforeDone: {
    envoy: "a request ends by proxy_on_log, proxy_on_done, proxy_on_delete",
    otherwise: "by proxy_on_done, proxy_on_log, proxy_on_delete",
    source: "spec proxy_on_log; Envoy source/common/http/filter_manager.cc, which logs before it destroys filters",
    scenario: "metrics: in the log and the end",
    spec: false,
    lenient: true,
  },
  mallocFirst: {
    envoy: "of two allocators it is malloc that is called",
    otherwise: "it is proxy_on_memory_allocate",
    source: "spec malloc (deprecated); proxy-wasm-cpp-host src/wasm.cc, WasmBase::getFunctions",
    scenario: "malloc: before proxy_on_memory_allocate",
    spec: false,
    lenient: true,
  },
  pairsLimited: {
    envoy: "more than 1,024 pairs or 1 MiB of them are taken as none",
    otherwise: "there is no limit",
    source: "spec Serialization; proxy-wasm-cpp-host include/proxy-wasm/limits.h",
    scenario: "headers: 1,025 pairs are none",
    spec: false,
    lenient: false,
  },
  startRestricted: {
    envoy: "a call before the VM's start, but for a log, a clock and the like, loses the VM",
    otherwise: "it is answered as in a root context's callback",
    source: "spec _initialize, which forbids nothing; proxy-wasm-cpp-host src/wasm.cc, WasmBase::startVm",
    scenario: "start: before the VM's start: now",
    spec: false,
    lenient: false,
  },
  recordAddsToCounter: {
    envoy: "proxy_record_metric adds to a counter",
    otherwise: "it sets the counter",
    source: "spec proxy_record_metric; Envoy context.cc, Context::recordMetric",
    scenario: "metrics: counters",
    spec: false,
    lenient: true,
  },
  missingHeaderNotFound: {
    envoy: "a header that is not there is NotFound",
    otherwise: "it is Ok and empty, as in ABI 0.1.0, and as some hosts that are no Envoy answer in every version",
    source: "spec proxy_get_header_map_value, which says the same as Envoy",
    scenario: "ABI 0.2.0: a request and a response",
    spec: true,
    lenient: false,
  },
  unknownImportsRefused: {
    envoy: "a module with an import that Envoy does not have is not taken",
    otherwise: "it is: calls of ABI 0.1.0 answer, and unknown ones return Unimplemented (12)",
    source: "spec, which knows no other functions; proxy-wasm-cpp-host src/v8/v8.cc, V8::link",
    scenario: "imports: one that Envoy does not have",
    spec: true,
    lenient: false,
  },
} as const satisfies Readonly<Record<string, Deviation>>;

export type DeviationName = keyof typeof DEVIATIONS;

/** As which host: `envoy` 1.40, the `spec`ification, or `lenient` to modules that other hosts run. */
export type Profile = "envoy" | "spec" | "lenient";

/** By switch whether it is done as Envoy does. */
export type AsEnvoy = Readonly<Record<DeviationName, boolean>>;

/** A profile's switches, with those that a test sets itself. */
export function switchesOf(profile: Profile, own: Partial<AsEnvoy> = {}): AsEnvoy {
  const switches = Object.entries<Deviation>(DEVIATIONS).map(([name, deviation]) => [
    name,
    profile === "envoy" || deviation[profile],
  ]);
  // The names are the table's own; Object.fromEntries can't tell.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return { ...(Object.fromEntries(switches) as AsEnvoy), ...own };
}
