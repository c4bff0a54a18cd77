import { readFile, readdir } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const sdk = fileURLToPath(new URL("..", import.meta.url));

/** What each folder may import from, beside itself. `rt` is asc's own. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  abi: [],
  wire: [],
  http: ["abi", "wire"],
  shared: ["abi", "wire", "http"],
  calls: ["abi", "wire", "http"],
  timers: ["abi", "wire", "http"],
  context: ["abi", "wire", "http", "calls", "timers"],
  config: ["abi", "wire", "http"],
  envoy: ["abi", "wire", "http"],
  runtime: ["abi", "wire", "http", "calls", "timers", "context", "rt"],
};

it.each(Object.entries(ALLOWED))("%s imports only what the layout allows: %j", async (folder, allowed) => {
  const files = await readdir(path.join(sdk, folder), { recursive: true });
  for (const file of files.filter((name) => name.endsWith(".ts"))) {
    const source = await readFile(path.join(sdk, folder, file), "utf8");
    for (const [, from = ""] of source.matchAll(/^(?:import|export) (?:[^;]*? from )?"([^"]+)";$/gm)) {
      const target = from.startsWith(".") ? path.join(folder, path.dirname(file), from) : from;
      expect([folder, ...allowed]).toContain(target.split(path.sep)[0]);
    }
  }
});
