import type { Command } from "commander";
import type { CommandContext } from "./context.ts";

/** Under which heading of `sluice --help` a verb stands. */
export type VerbGroup = "Write a filter" | "Run a mesh" | "This command";

/**
 * One verb of the command, in a file of its own; `verbs.ts` lists them all. What it says of itself is data, so that
 * `--help`, the shell completions and the tests are made from the same.
 */
export interface Verb {
  readonly name: string;
  readonly group: VerbGroup;
  /** One line, without a full stop. */
  readonly summary: string;
  /** What the one line leaves open; stands below the summary. */
  readonly about?: string;
  /** At least one: a command line that works as it stands, and what it does. */
  readonly examples: readonly Example[];
  /** What the codes of `EXIT` mean for this verb. */
  readonly exitCodes: Readonly<Partial<Record<0 | 1 | 2 | 79, string>>>;
  /**
   * Adds arguments, options and the action. Anything heavy is imported inside the action: `sluice --help` must not wait
   * for a compiler.
   */
  readonly define: (command: Command, context: CommandContext) => void;
}

export type Example = readonly [line: string, what: string];

/** What stands behind the options in `sluice VERB --help`. */
export function verbHelp({ about, examples, exitCodes }: Verb): string {
  const codes = Object.entries(exitCodes).map(([code, meaning]) => `${code} ${meaning}`);
  const parts = [about, `Examples:\n${formatExamples(examples)}`, `Exit codes: ${codes.join(", ")}.`];
  return parts.flatMap((part) => (part === undefined ? [] : [`\n${part}`])).join("\n");
}

/** Command lines in one column, what they do in the next; a line that is too long stands above its explanation. */
export function formatExamples(examples: readonly Example[]): string {
  const widest = 46;
  const width = Math.max(...examples.map(([line]) => (line.length > widest ? 0 : line.length)));
  return examples
    .map(([line, what]) =>
      what === ""
        ? `  ${line}`
        : line.length > widest
          ? `  ${line}\n  ${" ".repeat(width)}  ${what}`
          : `  ${line.padEnd(width)}  ${what}`,
    )
    .join("\n");
}
