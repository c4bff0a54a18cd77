/** The `sluice` command: reads its arguments, runs what they ask for, and ends with the exit code that `--help` lists. */
import { Command, CommanderError } from "commander";
import { addBuildCommand } from "./commands/build.ts";
import { addControlPlaneCommand } from "./commands/controlplane.ts";
import { addStatusCommand } from "./commands/status.ts";
import { addUpCommand } from "./commands/up.ts";
import { EXIT, Failure, messageOf } from "./failure.ts";
import { styleFor } from "./output/style.ts";
import { createTerminal } from "./output/terminal.ts";

const HELP = `
Examples:
  sluice up examples/bookinfo          run the sample mesh; save a YAML file there and it follows
  sluice status                        what every Envoy has accepted, and what it has not
  sluice build                         compile the policies

Exit codes:
  0  all is well
  1  something failed, or is not as it should be
  2  wrong usage, or something needed is missing

NO_COLOR=1 switches colours off; SLUICE_ENVOY=PATH names the Envoy to use.`;

async function main(): Promise<number> {
  const terminal = createTerminal(process.stdout, styleFor(process.stdout, process.env));
  const program = new Command("sluice")
    .description("Runs a mesh of plain Envoys from Istio's YAML, with policies in WebAssembly.")
    .addHelpText("after", HELP)
    .showHelpAfterError("(sluice --help tells more)")
    .exitOverride();
  let exitCode: number = EXIT.ok;
  const context = { terminal, setExitCode: (code: number) => (exitCode = code) };
  addUpCommand(program, context);
  addStatusCommand(program, context);
  addBuildCommand(program, context);
  addControlPlaneCommand(program, context);
  try {
    await program.parseAsync();
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    const style = styleFor(process.stderr, process.env);
    const text =
      error instanceof Failure
        ? error.message
        : error instanceof Error
          ? (error.stack ?? error.message)
          : messageOf(error);
    process.stderr.write(`${style.bad("sluice:")} ${text}\n`);
    return error instanceof Failure ? error.exitCode : EXIT.failed;
  }
  return exitCode;
}

// Whoever read the output may be gone before it ends (`sluice status | head -1`); that is no error of ours.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);

const exitCode = await main();
// Output to a pipe is written later than the call returns; only then may the process end.
process.stdout.write("", () => process.exit(exitCode));
