import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const script = fileURLToPath(new URL("../../scripts/sdk-reference.mjs", import.meta.url));

it("the API reference is up to date, and everything in it has a docstring (node scripts/sdk-reference.mjs)", async () => {
  const { stderr } = await promisify(execFile)(process.execPath, [script, "--check"]).catch(
    (error: Error & { stderr: string }) => error,
  );
  expect(stderr).toBe("");
});
