import { run } from "./run.ts";

/** The shared libraries that `ldd` names, by the path that the loader will look at. A static binary has none. */
export function parseLdd(output: string): string[] {
  const paths = new Set<string>();
  for (const line of output.split("\n")) {
    // `libm.so.6 => /lib/…/libm.so.6 (0x…)`, or `/lib64/ld-linux-x86-64.so.2 (0x…)` for the loader itself.
    const path = /(?:=>\s*)?(\/\S+)\s+\(0x[0-9a-f]+\)/.exec(line)?.[1];
    if (path !== undefined) paths.add(path);
  }
  return [...paths];
}

/** The libraries that a binary needs on this machine, loader included. */
export async function librariesOf(binary: string): Promise<string[]> {
  return parseLdd((await run("ldd", [binary])).stdout);
}
