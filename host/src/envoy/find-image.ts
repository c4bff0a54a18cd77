import type { EnvoyImage, Search } from "./found.ts";
import { run } from "./run.ts";
import { ENVOY_IMAGE } from "./version.ts";

const PULL_TIMEOUT_MS = 600_000;

/** The official image, when the engine has it or may pull it. */
export async function findImage(search: Search, tried: string[]): Promise<EnvoyImage | undefined> {
  const env = { ...search.env };
  const held = await run("docker", ["image", "inspect", "--format", "{{.Id}}", ENVOY_IMAGE], {
    env,
    timeoutMs: 10_000,
  });
  if (held.code === 0) return { kind: "image", image: ENVOY_IMAGE };
  if (held.code === undefined) {
    tried.push("no docker command");
    return undefined;
  }
  if (!search.allowFetch) {
    tried.push(`the image ${ENVOY_IMAGE} is not here`);
    return undefined;
  }
  search.log(`pulling the image ${ENVOY_IMAGE}; Docker keeps it`);
  const pulled = await run("docker", ["pull", "--quiet", ENVOY_IMAGE], { env, timeoutMs: PULL_TIMEOUT_MS });
  if (pulled.code === 0) return { kind: "image", image: ENVOY_IMAGE };
  tried.push(`docker pull ${ENVOY_IMAGE}: ${pulled.stderr.trim().split("\n").at(-1) ?? "failed"}`);
  return undefined;
}
