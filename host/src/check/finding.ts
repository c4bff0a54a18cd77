/** One thing that a check has to say about a module. */
export interface Finding {
  /** A stable name of what was looked at, such as `import-unknown`. */
  readonly rule: Rule;
  /** `error`: Envoy does not load the module, or loses it. `warning`: it loads, and does not do what it looks like. */
  readonly severity: "error" | "warning";
  /** What is wrong, and with what. */
  readonly message: string;
  /** What to do about it, where that is known. */
  readonly fix?: string;
}

/** Everything that is looked at, in the order in which it is. */
export const RULES = {
  "not-wasm": "the bytes are a WebAssembly module",
  invalid: "the module is valid",
  "abi-version": "an exported marker names an ABI that Envoy speaks",
  "import-unknown": "Envoy has everything that is imported",
  "import-type": "imports have the types that Envoy gives them",
  "import-inert": "no import only fails when it is called",
  "import-memory": "it has its own memory and table",
  "export-memory": "the memory is exported",
  "export-allocator": "an allocator is exported",
  "callback-type": "callbacks have the types that Envoy calls them with",
  "callback-unknown": "exported proxy_ functions are callbacks that Envoy calls",
  "callback-none": "there is a callback for streams, ticks or queues",
  "memory-limit": "the declared memory fits in Envoy's limit for a VM",
  "start-section": "no host is called before the VM is ready",
  "trial-load": "the module starts in the in-process host",
  "trial-configure": "it takes its configuration",
  "trial-trap": "a stream goes through without a trap",
  "trial-limits": "all of that ends in time, with little memory",
} as const;

export type Rule = keyof typeof RULES;

export function error(rule: Rule, message: string, fix?: string): Finding {
  return { rule, severity: "error", message, ...(fix === undefined ? {} : { fix }) };
}

export function warning(rule: Rule, message: string, fix?: string): Finding {
  return { rule, severity: "warning", message, ...(fix === undefined ? {} : { fix }) };
}

export function isError({ severity }: Finding): boolean {
  return severity === "error";
}
