// The package `@sluice/host`: an ES module for each of its exports, with the types that its sources have.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { bundle, licencesOf } from "./pack-bundle.mjs";
import { readManifest, writeManifest } from "./pack-manifest.mjs";
import { copyTypes } from "./pack-types.mjs";
import { root } from "./setup.mjs";

const SOURCE = /^\.\/src\/(.+)\.ts$/;

/** Fills the folder with what the tarball will have. */
export async function stageHost(folder) {
  const manifest = readManifest("host");
  const sources = Object.entries(manifest.exports).flatMap(([name, path]) => {
    const source = SOURCE.exec(path)?.[1];
    return source === undefined ? [] : [{ name, source, bundled: source.replaceAll("/", "-") }];
  });
  const peers = Object.keys(manifest.peerDependencies ?? {});
  const metafile = await bundle({
    root,
    entries: Object.fromEntries(sources.map(({ source, bundled }) => [bundled, `host/src/${source}.ts`])),
    sources: [join(root, "host", "src")],
    outdir: join(folder, "dist"),
    external: [...peers, ...Object.keys(manifest.dependencies ?? {})].flatMap((name) => [name, `${name}/*`]),
  });
  copyTypes(
    "host",
    sources.map(({ source }) => source),
    join(folder, "types"),
  );
  const licences = licencesOf(root, metafile);
  if (licences !== "") writeFileSync(join(folder, "THIRD-PARTY-LICENSES"), licences);
  const { devDependencies: _, exports: __, ...kept } = manifest;
  writeManifest(
    folder,
    {
      ...kept,
      exports: {
        ...Object.fromEntries(
          sources.map(({ name, source, bundled }) => [
            name,
            { types: `./types/${source}.d.ts`, default: `./dist/${bundled}.js` },
          ]),
        ),
        "./package.json": "./package.json",
      },
      files: ["dist", "types", "THIRD-PARTY-LICENSES"],
      engines: { node: ">=22" },
    },
    "host",
  );
  return folder;
}
