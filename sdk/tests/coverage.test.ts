import { readFile, readdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import path from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { fixtureBytes } from "./build-fixture.ts";

// docs/abi.md says of each host call, guest export, foreign function and property how the SDK offers it and what proves
// it. This test holds the page, the sources and the tests together.

const sdk = fileURLToPath(new URL("..", import.meta.url));
const page = await readFile(path.join(sdk, "../docs/abi.md"), "utf8");

/** The rows of a section's tables: what stands between the bars. */
function rowsOf(title: string): readonly (readonly string[])[] {
  const section = page.split(`\n## ${title}\n`)[1]?.split("\n## ")[0] ?? "";
  const rows = section.split("\n").filter((line) => line.startsWith("| `"));
  return rows.map((row) =>
    row
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

const plain = (cell = ""): string => cell.replaceAll("`", "");
const namesIn = (title: string): readonly string[] =>
  rowsOf(title)
    .map(([name]) => plain(name))
    .toSorted();
const read = (file: string): Promise<string> => readFile(path.join(sdk, file), "utf8");
const matches = (text: string, pattern: RegExp): readonly string[] =>
  [...text.matchAll(pattern)].map(([, name = ""]) => name);

/** The sources that a filter gets its API from, by path. */
async function sources(): Promise<ReadonlyMap<string, string>> {
  const files = (await readdir(sdk, { recursive: true })).filter(
    (file) => file.endsWith(".ts") && !/^(tests|node_modules)\//.test(file),
  );
  return new Map(await Promise.all(files.map(async (file) => [file, await read(file)] as const)));
}

describe("docs/abi.md has a row for", () => {
  it("every host call, and none besides", async () => {
    const declared = [await read("abi/imports.ts"), await read("abi/wasi.ts")].flatMap((text) =>
      matches(text, /@external\("\w+", "(\w+)"\)/g),
    );
    expect(namesIn("Host calls")).toEqual(declared.toSorted());
  });

  it("every guest export, and none besides", async () => {
    const exported = matches(await read("runtime/exports.ts"), /^export function (\w+)/gm);
    const [reexported = ""] = matches(await read("runtime/exports.ts"), /^export \{ ([^}]+) \} from/gm);
    expect(namesIn("Guest exports")).toEqual([...exported, ...reexported.split(", ")].toSorted());
  });

  it("every typed property, and none besides", async () => {
    const all = await sources();
    const accessors = [...all].flatMap(([file, text]) => {
      if (!file.startsWith("envoy/properties/")) return [];
      return text
        .split(/^export abstract class /m)
        .slice(1)
        .flatMap((part) => {
          const owner = /^\w+/.exec(part)?.[0] ?? "";
          return matches(part, /^ {2}static (\w+)\(/gm).map((name) => `${owner}.${name}`);
        });
    });
    const documented = rowsOf("Properties").map(([, , accessor]) => plain(accessor));
    expect(documented.toSorted()).toEqual(accessors.toSorted());
  });

  it("every foreign function that the SDK calls", async () => {
    const names = [...(await sources())].flatMap(([file, text]) =>
      file.startsWith("envoy/") && !file.includes("/properties/") ? matches(text, /utf8\("([a-z_]+)"\)/g) : [],
    );
    expect(namesIn("Envoy's foreign functions")).toEqual([...new Set(names)].toSorted());
  });
});

describe("what docs/abi.md names is there:", () => {
  const rows = ["Host calls", "Guest exports", "Envoy's foreign functions"].flatMap(rowsOf);

  it.each(rows)("%s, offered by %s", async (_name, api = "") => {
    const all = [...(await sources()).values()];
    for (const offered of matches(api, /`([\w.]+)/g)) {
      const [owner = "", member] = offered.split(".");
      const declared = all.filter((text) =>
        new RegExp(`^export (abstract )?(class|function|const) ${owner}\\b`, "m").test(text),
      );
      expect(declared, offered).not.toEqual([]);
      if (member !== undefined) {
        const method = new RegExp(`^ {2}(static |abstract )?(get )?${member}\\b`, "m");
        expect(
          declared.some((text) => method.test(text)),
          offered,
        ).toBe(true);
      }
    }
  });

  it.each(rows)("%s, by way of %s, proved by %s", async (_name, _api, proof = "") => {
    const [file = "", ...title] = proof.split(": ");
    expect(await read(`tests/${file}.test.ts`)).toContain(title.join(": "));
  });
});

describe("a module of the tests has", () => {
  const imports = new Set<string>();
  const exports = new Set<string>();

  beforeAll(async () => {
    for (const name of ["probe", "guards", "whole", "tcp", "callbacks", "named", "add-header"]) {
      const module = new WebAssembly.Module(new Uint8Array(await fixtureBytes(name)));
      for (const item of WebAssembly.Module.imports(module)) imports.add(item.name);
      for (const item of WebAssembly.Module.exports(module)) exports.add(item.name);
    }
  }, 120_000);

  it("every host call", () => {
    expect(namesIn("Host calls").filter((name) => !imports.has(name))).toEqual([]);
  });

  it("every guest export", () => {
    expect(namesIn("Guest exports").filter((name) => !exports.has(name))).toEqual([]);
  });
});
