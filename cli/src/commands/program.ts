import { Command, Help, Option } from "commander";
import type { OutputConfiguration } from "commander";
import { VERSION } from "../version.ts";
import type { CommandContext } from "./context.ts";
import type { Verb, VerbGroup } from "./verb.ts";
import { formatExamples, verbHelp } from "./verb.ts";

const HELP = `
Examples:
${formatExamples([
  ["sluice init my-filter", "a project that builds, tests and runs"],
  ["sluice build", "compile it, or all filters of the folder given"],
  ["sluice check build/my-filter.wasm", "would Envoy load it, and if not, why"],
  ["sluice up examples/bookinfo", "run the sample mesh; save a YAML file there and it follows"],
  ["sluice status", "what every Envoy has accepted, and what it has not"],
])}

Exit codes:
  0    all is well
  1    something failed, or is not as it should be
  2    wrong usage, or something needed is missing
  130  stopped by Ctrl-C before the end

Environment:
  NO_COLOR=1         no colours; so does --no-color
  SLUICE_ENVOY=PATH  the Envoy to use

Nothing is sent anywhere about you or your use.`;

/**
 * The command line of all verbs. Parsing throws a CommanderError for wrong usage, and what an action throws. `output`:
 * where help and wrong usage are written to, in place of the process's streams.
 */
export function createProgram(
  verbs: readonly Verb[],
  context: CommandContext,
  output: OutputConfiguration = {},
): Command {
  const program = new Command("sluice")
    .configureOutput(output)
    .version(VERSION, "-V, --version", "the version")
    .description("Filters for Envoy in AssemblyScript, and a mesh of plain Envoys from Istio's YAML.")
    .usage("VERB [options]")
    // Read before the parse, by `colourWish`: they are here for --help, and so that they are no mistake.
    .addOption(new Option("--color", "colours also where the output is no terminal"))
    .addOption(new Option("--no-color", "no colours"))
    .addHelpText("after", HELP)
    .addHelpCommand(
      new Command("help")
        .argument("[verb]")
        .description("the same as VERB --help")
        .helpGroup(groupTitle("This command")),
    )
    .configureHelp({ showGlobalOptions: true, optionDescription: describeOption })
    .showHelpAfterError("(sluice --help tells more)")
    .exitOverride();
  for (const verb of verbs) addVerb(program, verb, context);
  return program;
}

function addVerb(program: Command, verb: Verb, context: CommandContext): void {
  const command = program
    .command(verb.name)
    .helpGroup(groupTitle(verb.group))
    .description(verb.summary)
    .addHelpText("after", verbHelp(verb))
    .showHelpAfterError(`(sluice ${verb.name} --help tells more)`);
  verb.define(command, context);
}

/** A default of nothing is no news. */
function describeOption(option: Option): string {
  return new Help().optionDescription(option).replace(/ ?\(default: (\[\]|"")\)$/, "");
}

function groupTitle(group: VerbGroup): string {
  return `${group}:`;
}
