import { extname } from "node:path";

/** The file of a worker thread beside the one that starts it: `.ts` in the sources, `.js` in what is published. */
export function workerUrl(name: string, importer: string): URL {
  return new URL(`${name}${extname(importer)}`, importer);
}
