import { Argument } from "commander";
import { bashCompletion } from "../completion/bash.ts";
import { describeCommandLine } from "../completion/describe.ts";
import type { CommandLine } from "../completion/describe.ts";
import { fishCompletion } from "../completion/fish.ts";
import { zshCompletion } from "../completion/zsh.ts";
import type { Verb } from "./verb.ts";

const SHELLS: Readonly<Record<string, (line: CommandLine) => string>> = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
};

export const completionVerb: Verb = {
  name: "completion",
  group: "This command",
  summary: "print a script that completes verbs, options and values in your shell",
  examples: [
    ["source <(sluice completion bash)", "in ~/.bashrc"],
    ["source <(sluice completion zsh)", "in ~/.zshrc, behind compinit"],
    ["sluice completion fish | source", "in ~/.config/fish/config.fish"],
  ],
  exitCodes: { 0: "the script is printed", 2: "no such shell" },
  define: (command, { terminal }) =>
    command.addArgument(new Argument("<shell>", "which shell").choices(Object.keys(SHELLS))).action((shell: string) => {
      const program = command.parent;
      if (program !== null) terminal.line(SHELLS[shell]?.(describeCommandLine(program)) ?? "");
    }),
};
