import type { CommandLine, OptionWords, VerbWords } from "./describe.ts";
import { quote } from "./words.ts";

/** A script for fish: `sluice completion fish | source`. */
export function fishCompletion(line: CommandLine): string {
  const verbs = line.verbs.map(
    ({ name, summary }) => `complete -c sluice -n __fish_use_subcommand -a ${name} -d ${quote(summary)}`,
  );
  const common = line.options.map((option) => `complete -c sluice ${optionWords(option)}`);
  return [
    "# fish completion of sluice",
    "complete -c sluice -f",
    ...verbs,
    ...common,
    ...line.verbs.flatMap(verbLines),
  ].join("\n");
}

function verbLines(verb: VerbWords): string[] {
  const start = `complete -c sluice -n ${quote(`__fish_seen_subcommand_from ${verb.name}`)}`;
  return [
    ...verb.options.map((option) => `${start} ${optionWords(option)}`),
    ...(verb.choices.length > 0 ? [`${start} -a ${quote(verb.choices.join(" "))}`] : []),
    ...(verb.takesFiles ? [`${start} -F`] : []),
  ];
}

function optionWords({ flags, summary, takesValue, choices }: OptionWords): string {
  const names = flags.map((flag) => (flag.startsWith("--") ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`));
  const value = !takesValue ? [] : choices.length > 0 ? ["-x", "-a", quote(choices.join(" "))] : ["-r", "-F"];
  return [...names, ...value, "-d", quote(summary)].join(" ");
}
