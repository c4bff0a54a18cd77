import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { decodeSpecText } from "../testing/decode-text.ts";
import type { SupportedKind } from "./api-versions.ts";

// The schemas in docs/ name the fields that the decoders take: no more, no fewer.

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, Schema>>;
}

const docs = join(import.meta.dirname, "../../../../docs");
const schemaIn = (file: string): Schema =>
  JSON.parse(/```json\n([^]*?)```/.exec(readFileSync(join(docs, file), "utf8"))?.[1] ?? "null") as Schema;

const SUBJECTS = [
  ["FaultInjection", "fault-injection.md", ""],
  ["FaultInjection", "fault-injection.md", "selector"],
  ["FaultInjection", "fault-injection.md", "match[]"],
  ["FaultInjection", "fault-injection.md", "limits"],
  ["FaultInjection", "fault-injection.md", "delay"],
  ["FaultInjection", "fault-injection.md", "delay.uniform"],
  ["FaultInjection", "fault-injection.md", "delay.normal"],
  ["FaultInjection", "fault-injection.md", "delay.lognormal"],
  ["FaultInjection", "fault-injection.md", "delay.exponential"],
  ["FaultInjection", "fault-injection.md", "abort"],
  ["FaultInjection", "fault-injection.md", "abort.mix[]"],
  ["HeaderPolicy", "headers.md", ""],
  ["HeaderPolicy", "headers.md", "selector"],
  ["HeaderPolicy", "headers.md", "request"],
  ["HeaderPolicy", "headers.md", "response"],
  ["HeaderPolicy", "headers.md", "cookies[]"],
] as const satisfies readonly (readonly [SupportedKind, string, string])[];

test.each(SUBJECTS)("%s, %s: spec.%s", (kind, file, path) => {
  const schema = schemaIn(file);
  const steps = path === "" ? [] : path.split(".");
  const { properties = {}, required = [] } = steps.reduce((at, step) => below(at, step, schema), schema);
  const names = Object.keys(properties);
  // A field that is none makes the decoder tell all that there are.
  const spec = steps.reduceRight(
    (inner, step) => (step.endsWith("[]") ? `{ ${step.slice(0, -2)}: [${inner}] }` : `{ ${step}: ${inner} }`),
    '{ "?": 1 }',
  );
  const told = decodeSpecText(kind, spec).problems.find((problem) => problem.includes("is not a field of"));
  expect(
    /allowed: ([^|]*)/
      .exec(told ?? "")?.[1]
      ?.trim()
      .split(", "),
  ).toEqual(names.toSorted());
  expect(names).toEqual(expect.arrayContaining([...required]));
});

function below(at: Schema, step: string, root: Schema): Schema {
  const found = at.properties?.[step.replace("[]", "")];
  const inner = step.endsWith("[]") ? found?.items : found;
  return (inner?.$ref === undefined ? inner : root.$defs?.[inner.$ref.replace("#/$defs/", "")]) ?? {};
}
