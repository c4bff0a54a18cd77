import { existsSync, readdirSync, statSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { EXIT, Failure } from "../failure.ts";
import { projectFiles } from "./project-files.ts";
import { TEMPLATES, templateFiles } from "./templates.ts";

export interface InitOptions {
  /** The folder to make; its last part is the project's name. */
  readonly folder: string;
  /** The name of one of TEMPLATES. */
  readonly template: string;
  readonly packagesFrom: string | undefined;
}

/** What npm takes for the name of a package, and what is well as a file's name. */
const NAME = /^[a-z0-9][a-z0-9._-]{0,100}$/;

/** Makes a project in a folder that is not there, or empty. Returns the files' paths; a Failure says why not. */
export async function createProject(options: InitOptions): Promise<readonly string[]> {
  const folder = path.resolve(options.folder);
  const name = path.basename(folder);
  if (!NAME.test(name)) {
    const advice = "a name has lower-case letters, digits, - . _, and begins with a letter or digit";
    throw new Failure(`${name} cannot be a package's name: ${advice}`, EXIT.usage);
  }
  const template = TEMPLATES.find((candidate) => candidate.name === options.template);
  if (template === undefined) throw new Failure(`there is no template ${options.template}`, EXIT.usage);
  refuseOccupied(folder, options.folder);
  const files = projectFiles({ name, template, packagesFrom: options.packagesFrom }, await templateFiles(template));
  for (const [file, text] of files) {
    const target = path.join(folder, file);
    await mkdir(path.dirname(target), { recursive: true });
    await writeFile(target, text, { flag: "wx" });
  }
  return [...files.keys()];
}

/** A folder may be there if it has nothing but what version control puts into an empty one. */
function refuseOccupied(folder: string, given: string): void {
  if (!existsSync(folder)) return;
  if (!statSync(folder).isDirectory()) throw new Failure(`${given} is a file: choose another name`, EXIT.usage);
  const held = readdirSync(folder).filter((name) => name !== ".git");
  if (held.length === 0) return;
  const some = `${held.slice(0, 3).join(", ")}${held.length > 3 ? ", ..." : ""}`;
  throw new Failure(`${given} is not empty (${some}), and nothing is overwritten: choose another name`, EXIT.usage);
}
