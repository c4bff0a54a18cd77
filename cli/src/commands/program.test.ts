import { join } from "node:path";
import { CommanderError } from "commander";
import { describe, expect, test } from "vitest";
import { PLAIN } from "../output/style.ts";
import type { CommandContext } from "./context.ts";
import { createProgram } from "./program.ts";
import { VERBS } from "./verbs.ts";

const context: CommandContext = {
  terminal: { style: PLAIN, line: () => {}, step: () => Promise.reject(new Error("no step here")) },
  progress: { during: (_what, work) => work },
  setExitCode: () => {},
};

/** What a command line prints that runs no verb, and the exit code that it asks for. */
async function told(...args: string[]): Promise<{ text: string; code: number }> {
  let text = "";
  const write = (part: string): void => void (text += part);
  const program = createProgram(VERBS, context, {
    writeOut: write,
    writeErr: write,
    getOutHelpWidth: () => 100,
    getErrHelpWidth: () => 100,
    getOutHasColors: () => false,
    getErrHasColors: () => false,
  });
  try {
    await program.parseAsync(args, { from: "user" });
    throw new Error(`${args.join(" ")} ran`);
  } catch (error) {
    if (error instanceof CommanderError) return { text, code: error.exitCode };
    throw error;
  }
}

const golden = (name: string): string => join(import.meta.dirname, "golden", `${name}.txt`);

describe("help", () => {
  test("of all", async () => {
    const { text, code } = await told("--help");
    await expect(text).toMatchFileSnapshot(golden("help"));
    expect(code).toBe(0);
  });

  test.each(VERBS.map(({ name }) => name))("of %s", async (name) => {
    const { text, code } = await told(name, "--help");
    await expect(text).toMatchFileSnapshot(golden(`help-${name}`));
    expect(code).toBe(0);
    expect((await told("help", name)).text).toBe(text);
  });

  test.each(VERBS)(
    "of $name has examples that begin with its name, and exit codes",
    ({ name, examples, exitCodes }) => {
      expect(examples.length).toBeGreaterThan(0);
      expect(examples.some(([line]) => line.includes(`sluice ${name}`))).toBe(true);
      expect(Object.keys(exitCodes).length).toBeGreaterThan(0);
    },
  );

  test("of every verb that prints data has -o json", () => {
    const printing = ["build", "check", "inspect", "run", "doctor", "status", "bench"];
    const program = createProgram(VERBS, context);
    for (const name of printing) {
      const verb = program.commands.find((command) => command.name() === name);
      expect(
        verb?.options.some(({ flags }) => flags.startsWith("-o, --output")),
        name,
      ).toBe(true);
    }
  });
});

test.each<[string, string[], RegExp]>([
  ["an unknown verb", ["biuld"], /unknown command 'biuld'\n\(Did you mean build\?\)/],
  ["an unknown option", ["build", "--dbug"], /unknown option '--dbug'\n\(Did you mean --debug\?\)/],
  ["an option of another verb", ["inspect", "x.wasm", "--debug"], /unknown option '--debug'/],
  ["a missing argument", ["check"], /missing required argument 'module'/],
  ["one argument too many", ["init", "a", "b"], /too many arguments for 'init'/],
  ["an option without its value", ["build", "--out"], /option '--out <folder>' argument missing/],
  ["a format that is none", ["inspect", "x.wasm", "-o", "yaml"], /'yaml' is invalid\. Allowed choices are text, json/],
  ["a template that is none", ["init", "x", "--template", "jwtt"], /Allowed choices are add-header, auth-callout, jwt/],
  ["a port that is none", ["up", "x", "--xds-port", "70000"], /whole number from 1 to 65535/],
  ["a time limit that is none", ["check", "x", "--time-limit", "0"], /a number above zero/],
  ["a status that is none", ["run", "x", "--response-status", "99"], /a number from 200 to 599/],
  ["a point in time that is none", ["run", "x", "--time", "soon"], /2026-01-01T00:00:00Z/],
  ["a shell that nobody knows", ["completion", "tcsh"], /Allowed choices are bash, zsh, fish/],
])("%s is wrong usage", async (_name, args, expected) => {
  const { text, code } = await told(...args);
  expect(text).toMatch(expected);
  expect(text).toMatch(/--help tells more\)/);
  expect(code).not.toBe(0);
});
