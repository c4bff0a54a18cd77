import { LogLines, type ModuleLine, moduleLine } from "./log-lines.ts";
import type { ScenarioFilter } from "./scenario.ts";

/** As Envoy says that it does not take a listener. */
const REJECTED = /lds: listener \\?'(\S+?)\\?' config rejected/;

/** What modules have logged in an Envoy, and which listeners it has refused. */
export class EnvoyLog {
  readonly #log: LogLines;
  readonly #lines: ModuleLine[] = [];
  readonly #refused = new Set<string>();

  constructor(path: string) {
    this.#log = new LogLines(path);
  }

  /** How many lines modules have logged until now. */
  get length(): number {
    this.#read();
    return this.#lines.length;
  }

  refused(listener: string): boolean {
    this.#read();
    return this.#refused.has(listener);
  }

  /** What these filters have logged since, each line with the filter's number and its level. */
  since(start: number, filters: readonly ScenarioFilter[], isKept: (level: string) => boolean): readonly string[] {
    this.#read();
    const numbers = new Map(
      filters.flatMap((filter, index) => prefixesOf(filter).map((prefix) => [prefix, index] as const)),
    );
    return this.#lines
      .slice(start)
      .filter(({ from, level }) => numbers.has(from) && isKept(level))
      .map(({ from, level, text }) => `${numbers.get(from) ?? "?"} ${level} ${text}`);
  }

  #read(): void {
    for (const line of this.#log.take()) {
      const said = moduleLine(line);
      if (said !== undefined) this.#lines.push(said);
      const refused = REJECTED.exec(line)?.[1];
      if (refused !== undefined) this.#refused.add(refused);
    }
  }
}

/** As Envoy puts it before what a module logs, of a stream and of the plugin itself. */
function prefixesOf({ name = "", rootId = "", vmId = "" }: ScenarioFilter): readonly string[] {
  return [
    [name, rootId, vmId],
    [rootId, vmId],
  ].map((parts) => parts.filter((part) => part !== "").join(" "));
}
