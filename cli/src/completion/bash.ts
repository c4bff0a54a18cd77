import type { CommandLine, VerbWords } from "./describe.ts";
import { flagsOf, quote, valueOptions } from "./words.ts";

/** A script for bash 4: `source <(sluice completion bash)`. */
export function bashCompletion(line: CommandLine): string {
  const names = line.verbs.map(({ name }) => name).join(" ");
  return `# bash completion of sluice
_sluice() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]} verb= i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    if [[ \${COMP_WORDS[i]} != -* ]]; then verb=\${COMP_WORDS[i]}; break; fi
  done
  local words= files=
  case $verb in
    '') words=${quote(names)} ;;
    help) words=${quote(names)} ;;
${line.verbs.map((verb) => verbCase(verb, line)).join("\n")}
  esac
  if [[ $word == -* && -z $verb ]]; then words=${quote(line.options.flatMap(({ flags }) => flags).join(" "))}; fi
  COMPREPLY=($(compgen -W "$words" -- "$word"))
  if [[ -n $files && $word != -* ]]; then COMPREPLY+=($(compgen -f -- "$word")); compopt -o filenames 2>/dev/null; fi
}
complete -F _sluice sluice`;
}

function verbCase(verb: VerbWords, line: CommandLine): string {
  const values = valueOptions(verb).map(
    ({ flags, choices }) =>
      `        ${flags.join("|")}) ${choices.length > 0 ? `words=${quote(choices.join(" "))}` : "files=1"} ;;`,
  );
  const rest = `if [[ $word == -* ]]; then words=${quote(flagsOf(verb, line).join(" "))}; else words=${quote(
    verb.choices.join(" "),
  )}${verb.takesFiles ? " files=1" : ""}; fi`;
  return `    ${verb.name})
      case $before in
${[...values, `        *) ${rest} ;;`].join("\n")}
      esac ;;`;
}
