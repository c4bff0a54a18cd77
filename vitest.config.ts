import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    // The default leaves a core idle, which on two is half of them.
    maxWorkers: availableParallelism(),
    projects: [
      {
        test: {
          name: "unit",
          include: [
            "{sdk,filters,host,controlplane,cli}/**/*.test.ts",
            "test/{golden,conformance}/**/*.test.ts",
            "examples/filters/**/*.test.ts",
          ],
          exclude: ["**/node_modules/**", "**/gen/**"],
          testTimeout: 20_000,
          // Files share what they import: loading it anew for each took two thirds of the time.
          isolate: false,
        },
      },
      {
        test: {
          name: "integration",
          include: ["test/integration/**/*.test.ts"],
          // One mesh at a time: the tests share fixed ports, and two cores.
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
