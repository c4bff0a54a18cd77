import type { Verb } from "./verb.ts";

export const testVerb: Verb = {
  name: "test",
  group: "Write a filter",
  summary: "build the project and run its tests by Vitest, in the in-process host",
  about: `Tests run against the module as it would ship. What stands behind \`--\` goes to Vitest, as do names of files.`,
  examples: [
    ["sluice test", ""],
    ["sluice test --envoy", "what goes through `fetch` and `play` also in a real Envoy, which has to agree"],
    ["sluice test --coverage", "which lines of AssemblyScript the tests reach"],
    ["sluice test limits -- -t 'denies'", "files and tests by name"],
  ],
  exitCodes: {
    0: "all tests passed",
    1: "a test failed, or the filter has errors",
    2: "no project here, or no Vitest",
  },
  define: (command, { setExitCode }) =>
    command
      .argument("[args...]", "for Vitest")
      .option("--envoy", "also in a real Envoy", false)
      .option("--coverage", "measure coverage", false)
      .option("--debug", "the debug build: assertions, and lines in traps", false)
      .option("--watch", "run again when a file is saved", false)
      .action(async (args: readonly string[], flags: TestFlags) => {
        const { runTests } = await import("../test/run.ts");
        setExitCode(await runTests({ args, ...flags }, process.cwd()));
      }),
};

interface TestFlags {
  readonly envoy: boolean;
  readonly coverage: boolean;
  readonly debug: boolean;
  readonly watch: boolean;
}
