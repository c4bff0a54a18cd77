import { toBinary } from "@bufbuild/protobuf";
import { describe, expect, test } from "vitest";
import { TypedExtensionConfigSchema } from "../../gen/envoy/config/core/v3/extension_pb.js";
import type { TypedExtensionConfig } from "../../gen/envoy/config/core/v3/extension_pb.js";
import type { Resource } from "../snapshot/types.ts";
import { extension } from "./extension.ts";
import type { Direction } from "./filters.ts";
import { asJson, resourceJson } from "./json-fixture.ts";

const module = { sha256: "a".repeat(64) };
const vm = "typed_config.config.vm_config";

function made(direction: Direction = "inbound"): Resource {
  return extension(direction, module, Uint8Array.of(1, 2, 3), []);
}

test.each(["inbound", "outbound"] as const)(
  "%s has a VM of its own, the module and its programs as they are",
  (direction) => {
    const json = resourceJson(made(direction));
    expect(json).toMatchObject({
      name: `sluice.${direction}`,
      typed_config: { config: { failure_policy: "FAIL_RELOAD", configuration: { value: "AQID" } } },
    });
    expect(json).toHaveProperty(`${vm}.vm_id`, `sluice.${direction}`);
    expect(json).toHaveProperty(`${vm}.code.remote.sha256`, module.sha256);
  },
);

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
