import { LogLevel } from "../abi/numbers.ts";
import type { PropertyTree } from "../abi/property.ts";
import type { Context, RootContext, StreamContext } from "./contexts.ts";
import type { MetricRegistry } from "./metrics.ts";
import type { SharedData } from "./shared-data.ts";

/** One line that a module, or the host about a module, has logged. */
export interface LogRecord {
  readonly level: LogLevel;
  readonly message: string;
  /** The host speaks up where a module does what Envoy would refuse in silence. */
  readonly source: "module" | "host";
  /** The root id of the plugin. */
  readonly rootId: string;
  readonly contextId: number;
}

/** What all VMs of a host share, and what it takes from outside. */
export interface World {
  readonly metrics: MetricRegistry;
  readonly properties: PropertyTree;
  readonly log: (record: LogRecord) => void;
  /** Nanoseconds since 1970. */
  readonly now: () => bigint;
  /** Fills bytes with randomness. */
  readonly random: (bytes: Uint8Array) => void;
}

/** Which host calls may be made: all, or the few that Envoy allows while it initialises or allocates. */
export type Restriction = "none" | "initialize" | "allocate";

/** One VM: its contexts, and the one that the running callback is about. */
export class VmState {
  readonly world: World;
  readonly vmId: string;
  readonly shared: SharedData;
  readonly vmConfiguration: Uint8Array;
  readonly contexts = new Map<number, Context>();
  restriction: Restriction = "none";
  logLevel: LogLevel = LogLevel.Trace;
  /** The context that host calls refer to; a callback starts with its own. */
  effective: Context | undefined;
  /** The callback under way, whose buffers are readable. */
  callback = "";
  #lastId = 0;

  constructor(world: World, vmId: string, shared: SharedData, vmConfiguration: Uint8Array) {
    this.world = world;
    this.vmId = vmId;
    this.shared = shared;
    this.vmConfiguration = vmConfiguration;
  }

  /** Context ids count up and are never used again. */
  nextContextId(): number {
    this.#lastId += 1;
    return this.#lastId;
  }

  get stream(): StreamContext | undefined {
    return this.effective?.kind === "stream" ? this.effective : undefined;
  }

  get root(): RootContext | undefined {
    return this.effective?.kind === "stream" ? this.effective.root : this.effective;
  }

  log(level: LogLevel, source: "module" | "host", message: string): void {
    const rootId = this.root?.rootId ?? "";
    this.world.log({ level, message, source, rootId, contextId: this.effective?.id ?? 0 });
  }
}
