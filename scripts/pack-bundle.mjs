// What the packages have in common: TypeScript becomes JavaScript by esbuild, since Node strips no types below
// node_modules, and what went in is named with its licence.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { build } from "esbuild";

/**
 * How a source names a file that is started on its own, as a worker thread or a process, so that it has to be an entry on its
 * own: `new URL("worker.ts", import.meta.url)`, the same with `${extname(import.meta.url)}` for the ending, or
 * `workerUrl("worker", import.meta.url)`.
 */
const STARTED = [
  /new URL\(\s*"([^"]+)\.ts",\s*import\.meta\.url\s*\)/g,
  /new URL\(\s*`([^`$]+)\$\{extname\(import\.meta\.url\)\}`,\s*import\.meta\.url\s*\)/g,
  /workerUrl\(\s*"([^"]+)",\s*import\.meta\.url\s*\)/g,
];

/** CommonJS inside of a bundle asks for Node's own modules by `require`, which an ES module does not have. */
const REQUIRE =
  'import { createRequire as __makeRequire } from "node:module"; const require = __makeRequire(import.meta.url);';

/**
 * Bundles entries (by name, each a source file) into a folder, with shared code in chunks that are loaded when needed. All
 * files lie side by side, so that a started file is found from whichever chunk its starter ended up in.
 * Returns esbuild's metafile.
 */
export async function bundle({ root, entries, sources, outdir, external = [], banner = "" }) {
  const started = startedFiles(sources);
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: { ...entries, ...Object.fromEntries([...started].map(([file, name]) => [name, file])) },
    outdir,
    external,
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node22",
    chunkNames: "[name]-[hash]",
    minifySyntax: true,
    minifyWhitespace: true,
    // Names stay as they are: a stack trace in a bug report has to tell something.
    minifyIdentifiers: false,
    legalComments: "none",
    metafile: true,
    banner: { js: `${REQUIRE}${banner}` },
    plugins: [startedFilesPlugin(started)],
    logLevel: "warning",
  });
  return metafile;
}

/** Every file that the sources start on its own, with its name in the bundle: that of the file. */
function startedFiles(folders) {
  const found = new Map();
  for (const file of folders.flatMap(sourcesIn)) {
    const text = readFileSync(file, "utf8");
    for (const [, target] of STARTED.flatMap((pattern) => [...text.matchAll(pattern)])) {
      const started = resolve(dirname(file), `${target}.ts`);
      if (existsSync(started)) found.set(started, basename(started, ".ts"));
    }
  }
  if (new Set(found.values()).size < found.size) {
    throw new Error(`two started files have the same name: ${[...found.keys()].join(", ")}`);
  }
  return found;
}

function sourcesIn(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts") && !entry.name.endsWith(".test.ts"))
    .map((entry) => join(entry.parentPath, entry.name));
}

function startedFilesPlugin(started) {
  return {
    name: "started-files",
    setup({ onLoad }) {
      onLoad({ filter: /\.ts$/ }, ({ path }) => {
        if (path.includes("node_modules")) return undefined;
        const text = readFileSync(path, "utf8");
        const replace = (whole, target) => {
          const name = started.get(resolve(dirname(path), `${target}.ts`));
          return name === undefined ? whole : `new URL("./${name}.js", import.meta.url)`;
        };
        const contents = STARTED.reduce((result, pattern) => result.replaceAll(pattern, replace), text);
        return { contents, loader: "ts" };
      });
    },
  };
}

/** The licences of the packages that a bundle contains, as their terms ask; sorted, so that the file is reproducible. */
export function licencesOf(root, metafile) {
  const folders = new Set();
  for (const input of Object.keys(metafile.inputs)) {
    const match = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input);
    if (match) folders.add(match[1]);
  }
  const texts = [...folders]
    .toSorted((one, other) => (one < other ? -1 : 1))
    .map((folder) => {
      const { name, version, license } = JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8"));
      const file = readdirSync(join(root, folder)).find((entry) => /^licen[cs]e/i.test(entry));
      const text = file === undefined ? "" : `\n${readFileSync(join(root, folder, file), "utf8").trim()}\n`;
      return `${name} ${version} (${license})\n${text}`;
    });
  return texts.join(`\n${"-".repeat(80)}\n\n`);
}
