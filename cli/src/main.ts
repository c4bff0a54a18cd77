/** The `sluice` command: reads its arguments, runs what they ask for, and ends with the exit code that `--help` lists. */
import { CommanderError } from "commander";
import { createProgram } from "./commands/program.ts";
import { VERBS } from "./commands/verbs.ts";
import { EXIT, Failure, messageOf } from "./failure.ts";
import { createProgress } from "./output/progress.ts";
import { colourWish, styleFor } from "./output/style.ts";
import { createTerminal } from "./output/terminal.ts";

async function main(args: readonly string[]): Promise<number> {
  const wish = colourWish(args);
  const errorStyle = styleFor(process.stderr, process.env, wish);
  let exitCode: number = EXIT.ok;
  const program = createProgram(VERBS, {
    terminal: createTerminal(process.stdout, styleFor(process.stdout, process.env, wish)),
    progress: createProgress(process.stderr, errorStyle),
    setExitCode: (code) => (exitCode = code),
  });
  try {
    await program.parseAsync(args, { from: "user" });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    process.stderr.write(`${errorStyle.bad("sluice:")} ${textOf(error)}\n`);
    return error instanceof Failure ? error.exitCode : EXIT.failed;
  }
}

/** A failure that the user can mend is a sentence; anything else is ours, and its stack tells where to look. */
function textOf(error: unknown): string {
  if (error instanceof Failure) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : messageOf(error);
}

// Whoever read the output may be gone before it ends (`sluice status | head -1`); that is no error of ours.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);

const exitCode = await main(process.argv.slice(2));
// Output to a pipe is written later than the call returns; only then may the process end.
process.stdout.write("", () => process.exit(exitCode));
