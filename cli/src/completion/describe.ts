import type { Argument, Command, Option } from "commander";

/** What a shell must know of the command line to complete it. */
export interface CommandLine {
  readonly verbs: readonly VerbWords[];
  /** Options of every verb. */
  readonly options: readonly OptionWords[];
}

export interface VerbWords {
  readonly name: string;
  readonly summary: string;
  readonly options: readonly OptionWords[];
  /** Values that the arguments are chosen from; none for those that may be anything. */
  readonly choices: readonly string[];
  /** An argument may be a file or folder. */
  readonly takesFiles: boolean;
}

export interface OptionWords {
  /** `--output`, `-o`. */
  readonly flags: readonly string[];
  readonly summary: string;
  /** A value follows. */
  readonly takesValue: boolean;
  readonly choices: readonly string[];
}

const HELP: OptionWords = { flags: ["-h", "--help"], summary: "display help", takesValue: false, choices: [] };

/** Reads commander's tree, so that a new verb or flag is completed as soon as it is there. */
export function describeCommandLine(program: Command): CommandLine {
  const verbs = program.commands.map((command): VerbWords => {
    const choices = command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []);
    return {
      name: command.name(),
      summary: command.description(),
      options: [...command.options.filter(({ hidden }) => !hidden).map(describeOption), HELP],
      choices,
      takesFiles: command.registeredArguments.some(mayBeFile),
    };
  });
  return { verbs, options: program.options.map(describeOption) };
}

/** By the name that --help shows: a file, a folder, or a module. */
function mayBeFile(argument: Argument): boolean {
  return argument.argChoices === undefined && /file|folder|module|path/i.test(argument.name());
}

function describeOption(option: Option): OptionWords {
  return {
    flags: [option.short, option.long].filter((flag) => flag !== undefined && flag !== null),
    summary: option.description,
    takesValue: option.required || option.optional,
    choices: option.argChoices ?? [],
  };
}
