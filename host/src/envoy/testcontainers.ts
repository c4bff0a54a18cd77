import type * as Testcontainers from "testcontainers";
import { HostError, messageOf } from "../error.ts";

/**
 * Loads testcontainers when a container is first wanted: programs that run Envoy as a process need not have it.
 * Its reaper is a second container from an image that would have to be pulled; our guardian does its work instead.
 */
export async function loadTestcontainers(): Promise<typeof Testcontainers> {
  process.env["TESTCONTAINERS_RYUK_DISABLED"] = "true";
  // Our containers are on the host's network. Left to itself, testcontainers inside a container asks the engine for the
  // gateway of its bridge, and finds no engine at all where that network does not exist.
  process.env["TESTCONTAINERS_HOST_OVERRIDE"] ??= "127.0.0.1";
  try {
    return await import("testcontainers");
  } catch (error) {
    const fix = "npm install --save-dev testcontainers";
    throw new HostError(
      "engine",
      `Envoy in a container needs the package testcontainers (${fix}): ${messageOf(error)}`,
      {
        cause: error,
      },
    );
  }
}
