import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { dirname } from "node:path";
import { Readable } from "node:stream";
import { HostError, messageOf } from "../error.ts";
import { sha256OfFile } from "./digest.ts";
import { librariesOf } from "./libraries.ts";
import { TAR_END, tarHeader, tarPadding } from "./tar.ts";
import { loadTestcontainers } from "./testcontainers.ts";

const REPOSITORY = "sluice-envoy";
/** Where the binary is in the image; the official image has it there too. */
export const BINARY_IN_IMAGE = "/usr/local/bin/envoy";

/** One at a time for each binary: several Envoys are often started at once. */
const made = new Map<string, Promise<string>>();

/**
 * The image of a binary, made when the engine does not hold it yet: the binary, the libraries it is linked to and nothing
 * else, imported as a root file system. That needs no builder, no base image and no network, so any engine can do it.
 * @returns its name, tagged by the binary's sha256
 */
export async function imageOfBinary(binary: string, log: (line: string) => void): Promise<string> {
  const image = made.get(binary) ?? makeImage(binary, log);
  made.set(binary, image);
  return await image.catch((error: unknown) => {
    made.delete(binary);
    throw error;
  });
}

async function makeImage(binary: string, log: (line: string) => void): Promise<string> {
  const tag = (await sha256OfFile(binary)).slice(0, 16);
  const image = `${REPOSITORY}:${tag}`;
  const { getContainerRuntimeClient } = await loadTestcontainers();
  const { dockerode } = (await getContainerRuntimeClient()).container;
  const held = await dockerode
    .getImage(image)
    .inspect()
    .then(
      () => true,
      () => false,
    );
  if (held) return image;
  log(`making the container image ${image} from ${binary}; Docker keeps it`);
  try {
    const options = { repo: REPOSITORY, tag, changes: [`ENTRYPOINT ["${BINARY_IN_IMAGE}"]`] };
    const progress = await dockerode.importImage(Readable.from(rootFileSystem(binary)), options);
    // The import is done when the engine closes its answer.
    for await (const _ of progress) continue;
  } catch (error) {
    throw new HostError("engine", `cannot make the container image ${image}: ${messageOf(error)}`, { cause: error });
  }
  return image;
}

async function* rootFileSystem(binary: string): AsyncGenerator<Uint8Array> {
  const files = new Map([[BINARY_IN_IMAGE, binary]]);
  for (const library of await librariesOf(binary)) files.set(library, library);
  for (const folder of foldersOf([...files.keys(), "/tmp/x", "/etc/x"])) {
    yield tarHeader({ name: `${folder.slice(1)}/`, kind: "folder", size: 0 });
  }
  for (const [target, source] of files) {
    const { size } = await stat(source);
    yield tarHeader({ name: target.slice(1), kind: "file", size });
    yield* createReadStream(source, { highWaterMark: 1 << 20 });
    yield tarPadding(size);
  }
  yield TAR_END;
}

/** Every folder above these paths, outermost first. */
export function foldersOf(paths: readonly string[]): string[] {
  const folders = new Set<string>();
  for (const path of paths) {
    for (let folder = dirname(path); folder !== "/" && folder !== "."; folder = dirname(folder)) folders.add(folder);
  }
  return [...folders].toSorted();
}
