import { LogLevel } from "../abi/numbers.ts";
import type { PropertyTree } from "../abi/property.ts";
import type { CallOuts } from "./call-outs.ts";
import type { Expression } from "./cel-parser.ts";
import type { ConnectionContext, Context, RootContext, StreamContext } from "./contexts.ts";
import type { Faults } from "./faults.ts";
import type { ForeignFunction } from "./foreign.ts";
import type { CallResult, Trap } from "./guest.ts";
import type { MetricRegistry } from "./metrics.ts";
import { type Misuse, type MisuseKind, misuseOf, misuseText } from "./misuse.ts";
import type { SharedData } from "./shared-data.ts";
import type { SharedQueues } from "./shared-queues.ts";

/** One line that a module, or the host about a module, has logged. */
export interface LogRecord {
  readonly level: LogLevel;
  readonly message: string;
  /** The host speaks up where a module does what Envoy would refuse in silence. */
  readonly source: "module" | "host";
  /** The plugin's name. */
  readonly plugin: string;
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
  readonly callOuts: CallOuts;
  readonly queues: SharedQueues;
  readonly foreign: ReadonlyMap<string, ForeignFunction>;
  readonly faults: Faults;
  /** What modules have used wrongly so far. */
  readonly misuses: Misuse[];
}

/** Which host calls may be made: all, or the few that Envoy allows while it initialises or allocates. */
export type Restriction = "none" | "initialize" | "allocate";

/** What a VM is made with. */
export interface VmOptions {
  readonly vmId: string;
  readonly shared: SharedData;
  readonly vmConfiguration: Uint8Array;
  readonly logLevel: LogLevel;
  /** The version of the ABI that the module declares. */
  readonly abiVersion: string;
  /** What the module sees as its environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** The only host calls that answer, if given: Envoy's capability restriction. */
  readonly allowedCapabilities?: readonly string[];
}

/** One VM: its contexts, and the one that the running callback is about. */
export class VmState {
  readonly world: World;
  readonly vmId: string;
  readonly shared: SharedData;
  readonly vmConfiguration: Uint8Array;
  readonly abiVersion: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly allowedCapabilities: readonly string[] | undefined;
  readonly contexts = new Map<number, Context>();
  restriction: Restriction = "none";
  readonly logLevel: LogLevel;
  /** The context of the callback under way. */
  current: Context | undefined;
  /** The context that host calls refer to; a callback starts with its own. */
  effective: Context | undefined;
  /** The callback under way, whose buffers are readable. */
  callback = "";
  /** What waits for the callback's end, in the order that it was asked for. */
  afterCall: (() => void)[] = [];
  /** A trap inside the module's allocator: the callback goes on, and the VM is lost after it. */
  lost: Trap | undefined;
  /** Calls the module about a context. Set once there is a module. */
  invoke: (context: Context, name: string, args: readonly number[]) => CallResult = () => ({
    ok: true,
    value: undefined,
  });
  /** Lets the callback under way pay for bytes that a host call moves. Set once there is a module. */
  charge: (bytes: number) => void = () => {};
  /** Expressions that the module has made, by token. */
  readonly expressions = new Map<number, Expression>();
  #lastExpression = 0;
  #lastContextId = 0;
  #lastHttpToken = 0;
  #lastGrpcToken = 0;

  constructor(world: World, options: VmOptions) {
    this.world = world;
    this.vmId = options.vmId;
    this.shared = options.shared;
    this.vmConfiguration = options.vmConfiguration;
    this.logLevel = options.logLevel;
    this.abiVersion = options.abiVersion;
    this.environment = options.environment;
    this.allowedCapabilities = options.allowedCapabilities;
  }

  /** Context ids count up and are never used again. */
  nextContextId(): number {
    this.#lastContextId += 1;
    return this.#lastContextId;
  }

  addExpression(expression: Expression): number {
    this.#lastExpression += 1;
    this.expressions.set(this.#lastExpression, expression);
    return this.#lastExpression;
  }

  nextHttpToken(): number {
    this.#lastHttpToken += 1;
    return this.#lastHttpToken;
  }

  /** Odd tokens are calls, even ones are streams. */
  nextGrpcToken(kind: "call" | "stream"): number {
    do this.#lastGrpcToken += 1;
    while ((this.#lastGrpcToken % 2 === 1) !== (kind === "call"));
    return this.#lastGrpcToken;
  }

  get stream(): StreamContext | undefined {
    return this.effective?.kind === "stream" ? this.effective : undefined;
  }

  get connection(): ConnectionContext | undefined {
    return this.effective?.kind === "connection" ? this.effective : undefined;
  }

  get root(): RootContext | undefined {
    return this.effective === undefined || this.effective.kind === "root" ? this.effective : this.effective.root;
  }

  log(level: LogLevel, source: "module" | "host", message: string): void {
    // In the allocator no context is in effect.
    const context = this.restriction === "allocate" && source === "module" ? undefined : this.effective;
    const { name: plugin = "", rootId = "" } = (context === undefined ? undefined : this.root) ?? {};
    this.world.log({ level, message, source, plugin, rootId, contextId: context?.id ?? 0 });
  }

  /** Records what is used wrongly, and logs it with the reason and the way out. */
  misuse(kind: MisuseKind, what: string, context = this.effective): void {
    const root = context === undefined || context.kind === "root" ? context : context.root;
    const misuse = misuseOf(kind, what, root?.rootId ?? "", context?.id ?? 0);
    this.world.misuses.push(misuse);
    this.explain(misuseText(misuse));
  }

  /** Says what Envoy would refuse, or do, without a word. */
  explain(message: string): void {
    this.log(LogLevel.Error, "host", message);
  }
}
