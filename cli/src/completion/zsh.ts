import type { CommandLine, OptionWords, VerbWords } from "./describe.ts";
import { quote } from "./words.ts";

/** A script for zsh: `source <(sluice completion zsh)` behind `compinit`, or a file `_sluice` on `fpath`. */
export function zshCompletion(line: CommandLine): string {
  const names = line.verbs.map(({ name, summary }) => `    ${quote(`${name}:${summary}`)}`);
  return `#compdef sluice
# zsh completion of sluice
_sluice() {
  local -a verbs
  verbs=(
${names.join("\n")}
  )
  if (( CURRENT == 2 )); then
    if [[ $words[2] == -* ]]; then _arguments ${line.options.flatMap(optionSpecs).join(" ")}; else _describe verb verbs; fi
    return
  fi
  local verb=$words[2]
  shift words
  (( CURRENT-- ))
  case $verb in
    help) _describe verb verbs ;;
${line.verbs.map((verb) => verbCase(verb, line)).join("\n")}
  esac
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then _sluice "$@"; else compdef _sluice sluice; fi`;
}

function verbCase(verb: VerbWords, line: CommandLine): string {
  const specs = [...verb.options, ...line.options].flatMap(optionSpecs);
  const rest = verb.takesFiles ? ["'*:file:_files'"] : verb.choices.length > 0 ? [choiceSpec(verb)] : [];
  return `    ${verb.name}) _arguments ${[...specs, ...rest].join(" ")} ;;`;
}

function choiceSpec({ choices }: VerbWords): string {
  return quote(`*:value:(${choices.join(" ")})`);
}

/** `'--output[how to print it]:value:(text json)'`, once for each spelling. */
function optionSpecs({ flags, summary, takesValue, choices }: OptionWords): string[] {
  const text = summary.replaceAll(/[[\]:]/g, (sign) => `\\${sign}`);
  const value = !takesValue ? "" : choices.length > 0 ? `:value:(${choices.join(" ")})` : ":value:_files";
  return flags.map((flag) => quote(`${flag}[${text}]${value}`));
}
