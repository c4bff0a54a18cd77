import { toBinary } from "@bufbuild/protobuf";
import { describe, expect, test } from "vitest";
import { TypedExtensionConfigSchema } from "../../gen/envoy/config/core/v3/extension_pb.js";
import type { TypedExtensionConfig } from "../../gen/envoy/config/core/v3/extension_pb.js";
import type { Resource } from "../snapshot/types.ts";
import { extension } from "./extension.ts";
import { policyNames } from "./filters.ts";
import type { PolicyName } from "./filters.ts";
import { asJson, resourceJson } from "./json-fixture.ts";

const module = { sha256: "a".repeat(64) };
const vm = "typed_config.config.vm_config";

function made(policy: PolicyName = "authorization"): Resource {
  return extension(policy, module, Uint8Array.of(1, 2, 3), []);
}

test.each([
  ["authorization", "FAIL_RELOAD"],
  ["fault", "FAIL_OPEN"],
  ["headers", "FAIL_RELOAD"],
  ["telemetry", "FAIL_OPEN"],
] as const)("%s has failure policy %s", (policy, failurePolicy) => {
  expect(resourceJson(made(policy))).toMatchObject({
    name: `sluice.${policy}`,
    typed_config: { config: { failure_policy: failurePolicy, vm_config: { vm_id: `sluice.${policy}` } } },
  });
});

test("all policies have a module of their own and the program as it is", () => {
  for (const policy of policyNames) {
    const json = resourceJson(made(policy));
    expect(json).toHaveProperty(`${vm}.code.remote.sha256`, module.sha256);
    expect(json).toHaveProperty("typed_config.config.configuration.value", "AQID");
  }
});

describe("updates", () => {
  const updates = (made().updates ?? []) as readonly TypedExtensionConfig[]; // Its schema says so.

  test("are refused while the code is not there, the first version waits for it", () => {
    expect(resourceJson(made())).not.toHaveProperty(`${vm}.nack_on_code_cache_miss`);
    for (const update of updates) {
      expect(asJson(TypedExtensionConfigSchema, update)).toHaveProperty(`${vm}.nack_on_code_cache_miss`, true);
    }
  });

  test("differ in their bytes", () => {
    const bytes = updates.map((update) => String(toBinary(TypedExtensionConfigSchema, update)));
    expect(new Set(bytes).size).toBe(2);
  });
});
