/**
 * A function of a text of its own. V8 learns what objects look like for each text and not for each function: one function
 * for all types of messages is told about hundreds of shapes and looks up each field in a table, while one for each
 * type takes it from where it lies. That is worth a factor of three in what making and writing messages costs. `body` may
 * name the parameters and `context`, where all that is not text comes from; names from outside stand in it as JSON only.
 */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- what it returns is text, so only the caller knows
export function specialized<F>(parameters: readonly string[], body: string, context: unknown): F {
  const text = `"use strict"; return (${parameters.join(", ")}) => { ${body} };`;
  // oxlint-disable-next-line typescript/no-implied-eval, typescript/no-unsafe-type-assertion, typescript/no-unsafe-call -- made of descriptors that are part of this program, never of input
  return new Function("context", text)(context) as F;
}
