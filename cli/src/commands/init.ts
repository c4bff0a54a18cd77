import { Option } from "commander";
import { TEMPLATES } from "../init/templates.ts";
import type { Verb } from "./verb.ts";

const [first] = TEMPLATES;
const width = Math.max(...TEMPLATES.map(({ name }) => name.length));

export const initVerb: Verb = {
  name: "init",
  group: "Write a filter",
  summary: "make a project that builds, tests and runs, with nothing to edit first",
  about: `Templates:\n${TEMPLATES.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`).join("\n")}`,
  examples: [
    ["sluice init my-filter", "a folder my-filter, with the template add-header"],
    ["sluice init my-jwt --template jwt", ""],
    ["cd my-filter && npm install && npm test", "what comes next"],
  ],
  exitCodes: { 0: "the project is there", 2: "the name is no name, or the folder is not empty" },
  define: (command, { terminal }) =>
    command
      .argument("<name>", "the project's name, or a folder to make")
      .addOption(
        new Option("--template <template>", "what it starts as")
          .choices(TEMPLATES.map(({ name }) => name))
          .default(first?.name),
      )
      .addOption(
        new Option(
          "--packages-from <folder>",
          "take Sluice's packages from tarballs in a folder, not from the registry",
        ).env("SLUICE_PACKAGES"),
      )
      .action(async (folder: string, { template, packagesFrom }: InitFlags) => {
        const { createProject } = await import("../init/create-project.ts");
        const files = await createProject({ folder, template, packagesFrom });
        const { style } = terminal;
        terminal.line(`${style.good("✓")} ${folder} ${style.faint(`from the template ${template}`)}`);
        for (const file of files) terminal.line(`  ${file}`);
        terminal.line(`\nNext:\n  cd ${folder}\n  npm install\n  npm test\n  npm run dev`);
      }),
};

interface InitFlags {
  readonly template: string;
  readonly packagesFrom?: string;
}
