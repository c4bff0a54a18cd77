// The package `sluice`: the command with everything of ours that it needs, the compiled policies, and the templates.
import { copyFileSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bundle, licencesOf } from "./pack-bundle.mjs";
import { readManifest, writeManifest } from "./pack-manifest.mjs";
import { copyTypes } from "./pack-types.mjs";
import { root } from "./setup.mjs";

/**
 * What stays outside of the bundle. The compiler has to be the one that a project's SDK sees, and is ten times as large as
 * all the rest; the test runner is the project's own; an engine for containers is for those who have one.
 */
const COMPILER = "assemblyscript";
const OF_THE_PROJECT = { testcontainers: ">=12", vitest: ">=3" };

const LAUNCHER = `#!/usr/bin/env node
const major = Number(process.versions.node.split(".")[0]);
if (major >= 22) await import("../dist/main.js");
else {
  process.stderr.write(\`sluice needs Node 22 or newer, and this is \${process.version}: see https://nodejs.org\\n\`);
  process.exitCode = 2;
}
`;

/** Fills the folder with what the tarball will have. */
export async function stageSluice(folder) {
  const { version: compiler } = readManifest(join("node_modules", COMPILER));
  const metafile = await bundle({
    root,
    entries: { main: "cli/src/main.ts", index: "cli/src/index.ts" },
    sources: ["cli", "host", "controlplane"].map((name) => join(root, name, "src")),
    outdir: join(folder, "dist"),
    external: [COMPILER, ...Object.keys(OF_THE_PROJECT)].flatMap((name) => [name, `${name}/*`]),
  });
  mkdirSync(join(folder, "bin"));
  writeFileSync(join(folder, "bin", "sluice.mjs"), LAUNCHER, { mode: 0o755 });
  copyModules(join(root, ".build", "filters"), join(folder, "modules"));
  copyTemplates(join(root, "examples", "filters"), join(folder, "templates"));
  copyTypes("cli", ["index"], join(folder, "types"));
  writeFileSync(join(folder, "THIRD-PARTY-LICENSES"), licencesOf(root, metafile));
  const { name, version, description, license } = readManifest("cli");
  writeManifest(
    folder,
    {
      name,
      version,
      description,
      keywords: ["envoy", "proxy-wasm", "assemblyscript", "filter", "wasm", "istio"],
      license,
      type: "module",
      bin: { sluice: "bin/sluice.mjs" },
      exports: {
        ".": { types: "./types/index.d.ts", default: "./dist/index.js" },
        "./package.json": "./package.json",
      },
      files: ["bin", "dist", "modules", "templates", "types", "THIRD-PARTY-LICENSES"],
      engines: { node: ">=22" },
      dependencies: { [COMPILER]: compiler },
      peerDependencies: OF_THE_PROJECT,
      peerDependenciesMeta: Object.fromEntries(Object.keys(OF_THE_PROJECT).map((peer) => [peer, { optional: true }])),
    },
    "cli",
  );
  return folder;
}

function copyModules(from, to) {
  const modules = readdirSync(from).filter((file) => file.endsWith(".wasm"));
  if (modules.length === 0) throw new Error(`${from} has no compiled policies: run \`sluice build\` first`);
  mkdirSync(to);
  for (const file of modules) copyFileSync(join(from, file), join(to, file));
}

/** The examples of single filters: what `sluice init` begins with. */
function copyTemplates(from, to) {
  const examples = readdirSync(from, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  for (const { name } of examples) {
    mkdirSync(join(to, name), { recursive: true });
    for (const file of readdirSync(join(from, name)).filter((each) => each.endsWith(".ts"))) {
      copyFileSync(join(from, name, file), join(to, name, file));
    }
  }
}
