import { packageFolder, findCompiler } from "../build/packages.ts";
import { findProject } from "../project/find-project.ts";
import type { Diagnosis } from "./diagnosis.ts";

/** The compiler that a build from this folder would use, and the project's SDK if there is a project. */
export function checkCompiler(folder: string, fallback: string): Diagnosis[] {
  const project = findProject(folder);
  const root = project?.folder ?? fallback;
  const compiler = findCompiler(root);
  const install = `run \`npm install\`${project === undefined ? "" : ` in ${project.folder}`}`;
  const compilerDiagnosis: Diagnosis =
    compiler === undefined
      ? { name: "Compiler", state: "failed", found: "assemblyscript is not installed", fix: install }
      : { name: "Compiler", state: "ok", found: `AssemblyScript ${compiler.version}` };
  if (project === undefined) return [compilerDiagnosis];
  const missing = ["proxy-wasm-assemblyscript-sdk", "@sluice/host", "vitest"].filter(
    (name) => packageFolder(root, name) === undefined,
  );
  const projectDiagnosis: Diagnosis =
    missing.length === 0
      ? { name: "Project", state: "ok", found: `${project.name} in ${project.folder}` }
      : { name: "Project", state: "failed", found: `${project.name} lacks ${missing.join(", ")}`, fix: install };
  return [compilerDiagnosis, projectDiagnosis];
}
