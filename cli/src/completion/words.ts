import type { CommandLine, OptionWords, VerbWords } from "./describe.ts";

/** One word for a shell, whatever is in it. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** Everything with a dash that may follow a verb. */
export function flagsOf(verb: VerbWords, line: CommandLine): string[] {
  return [...verb.options, ...line.options].flatMap(({ flags }) => flags);
}

export function valueOptions(verb: VerbWords): OptionWords[] {
  return verb.options.filter(({ takesValue }) => takesValue);
}
