import { dependenciesOf } from "./packages.ts";
import type { ProjectFiles, Template } from "./templates.ts";

export interface ProjectOptions {
  readonly name: string;
  readonly template: Template;
  /** A folder of tarballs in place of the registry. */
  readonly packagesFrom: string | undefined;
}

/** Everything that a new project has, given its template's files. */
export function projectFiles(options: ProjectOptions, template: ProjectFiles): ProjectFiles {
  return new Map([
    ["package.json", packageJson(options, template)],
    ["asconfig.json", json({ extends: "proxy-wasm-assemblyscript-sdk/asconfig.json" })],
    ...template,
    ["assembly/tsconfig.json", json({ extends: "assemblyscript/std/assembly.json", include: ["./**/*.ts"] })],
    ["README.md", readme(options)],
    [".gitignore", "build/\ncoverage/\nnode_modules/\n"],
    [".github/workflows/ci.yml", WORKFLOW],
  ]);
}

function packageJson({ name, template, packagesFrom }: ProjectOptions, files: ProjectFiles): string {
  return json({
    name,
    version: "0.1.0",
    private: true,
    description: `A filter for Envoy that ${template.summary}`,
    type: "module",
    scripts: {
      build: "sluice build",
      test: "sluice test",
      dev: "sluice dev",
      check: `sluice check build/${name}.wasm`,
    },
    devDependencies: dependenciesOf(files, packagesFrom),
    engines: { node: ">=22" },
  });
}

function json(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

function readme({ name, template }: ProjectOptions): string {
  return `# ${name}

A filter for Envoy that ${template.summary}, in AssemblyScript.

\`\`\`sh
npm install
npm run build    # build/${name}.wasm, and what it is made of
npm test         # the tests, in an in-process host: no Envoy needed
npm run dev      # the filter in a real Envoy; a saved change runs within a second
npm run check    # would Envoy load the module, and if not, why
\`\`\`

| file | what it is |
|---|---|
| \`assembly/index.ts\` | the filter |
| \`test/filter.test.ts\` | what it must do, in Vitest |
| \`asconfig.json\` | the compiler's options, those of the SDK |
| \`build/${name}.wasm\` | the module, for the \`vm_config.code\` of Envoy's Wasm filter |

The build is reproducible: the same sources make the same bytes on every machine. \`npx sluice --help\` tells the rest.
`;
}

const WORKFLOW = `name: ci
on:
  push:
    branches: [main]
  pull_request:
permissions:
  contents: read
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-node@v4
        with:
          node-version: 24
      - run: npm install
      - run: npm run build
      - run: npm test
      - run: npm run check
      - uses: actions/upload-artifact@v4
        with:
          name: module
          path: build/*.wasm
`;
