import { relative } from "node:path";

/** A path as a person in the working directory would write it: relative where it lies below, absolute otherwise. */
export function shortPath(path: string): string {
  const short = relative(process.cwd(), path);
  return short === "" || short.startsWith("..") ? path : short;
}
