import type { Diagnosis } from "./diagnosis.ts";

/** The sources run from Node 24 on, which reads TypeScript; what is published is JavaScript. */
export function checkNode(version: string, packed: boolean): Diagnosis {
  const needed = packed ? 22 : 24;
  const found = `Node ${version.replace(/^v/, "")}`;
  if (Number(/\d+/.exec(version)?.[0]) >= needed) return { name: "Node", state: "ok", found };
  const fix = `install Node ${needed} or newer from https://nodejs.org, or run \`npm install --save-dev node@24\` in the project`;
  return { name: "Node", state: "failed", found: `${found}, needed is ${needed} or newer`, fix };
}
