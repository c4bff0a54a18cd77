import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { PACKED, ROOT } from "../paths.ts";

/** What a new project may start as, by the name that --template takes. */
export interface Template {
  readonly name: string;
  /** The folder of examples/filters that it is. */
  readonly example: string;
  readonly summary: string;
}

export const TEMPLATES: readonly Template[] = [
  { name: "add-header", example: "add-header", summary: "adds a header to every response" },
  { name: "auth-callout", example: "auth-call-out", summary: "asks another service whether a request may pass" },
  { name: "jwt", example: "jwt", summary: "lets in requests with a valid JWT, checked by Envoy's cryptography" },
  { name: "rate-limit", example: "rate-limit", summary: "limits requests, counting across all worker threads" },
  { name: "body", example: "body-rewrite", summary: "collects a body and changes it" },
  { name: "tcp", example: "tcp-inspection", summary: "looks into TCP connections" },
  { name: "metrics", example: "metrics", summary: "counts and times requests" },
];

/** The examples; the published package has those that are templates. */
const FOLDER = PACKED ? path.join(ROOT, "templates") : path.join(ROOT, "examples", "filters");

/** A file of a project, by its path with slashes. */
export type ProjectFiles = ReadonlyMap<string, string>;

/**
 * The sources and tests of a template, as a project has them: AssemblyScript in `assembly`, what runs in Node in `test`,
 * and the tests take the module from the project.
 */
export async function templateFiles({ example }: Template): Promise<ProjectFiles> {
  const folder = path.join(FOLDER, example);
  const names = (await readdir(folder)).filter((name) => name.endsWith(".ts")).toSorted();
  const files = names.map(async (name): Promise<[string, string]> => {
    const text = await readFile(path.join(folder, name), "utf8");
    return isAssemblyScript(name) ? [`assembly/${name}`, text] : [testName(name, example), forProject(text)];
  });
  return new Map(await Promise.all(files));
}

function isAssemblyScript(name: string): boolean {
  return name === "index.ts" || name.endsWith(".as.ts");
}

function testName(name: string, example: string): string {
  return name === `${example}.test.ts` ? "test/filter.test.ts" : `test/${name}`;
}

/** In this repository an example's test names the example; a project has only one module. */
function forProject(text: string): string {
  return text
    .replace(/import \{ exampleModule \} from "\.\.\/build-example\.ts";/, 'import { buildModule } from "sluice";')
    .replaceAll(/exampleModule\("[^"]*"\)/g, "buildModule(import.meta.dirname)");
}
