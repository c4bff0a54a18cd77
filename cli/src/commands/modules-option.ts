import { Option } from "commander";
import { MODULES_FOLDER } from "../paths.ts";

/** `--modules`: what the help says of its default does not depend on where the command is installed. */
export function modulesOption(): Option {
  return new Option("--modules <folder>", "the compiled policies").default(MODULES_FOLDER, "those of `sluice build`");
}
