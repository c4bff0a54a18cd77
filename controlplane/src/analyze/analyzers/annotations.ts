import { didYouMean } from "../../model/suggestion.ts";
import type { Found, Inventory, Item } from "../inventory.ts";
import { plainAt, plainKeys, type Plain } from "../plain.ts";
import { ANNOTATIONS, type Annotation } from "./annotation-table.ts";

/** Istio's annotations, which nobody complains of when they are misspelt, on the wrong object, or have no good value. */
export function checkAnnotations({ all }: Inventory): readonly Found[] {
  return all.flatMap((item) => [
    ...ofObject(item, item.ref.kind, "metadata.annotations", item.annotations),
    ...(TEMPLATES.has(item.ref.kind)
      ? ofObject(item, "Pod", "spec.template.metadata.annotations", podAnnotations(item))
      : []),
  ]);
}

/** Kinds of Kubernetes that make Pods by a template. */
const TEMPLATES: ReadonlySet<string> = new Set(["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job"]);

function podAnnotations({ spec }: Item): Plain | undefined {
  return plainAt(spec, "template", "metadata", "annotations");
}

function ofObject({ ref }: Item, kind: string, path: string, annotations: Plain | undefined): Found[] {
  return plainKeys(annotations)
    .filter(isOfIstio)
    .flatMap((name) => {
      const known = Object.hasOwn(ANNOTATIONS, name) ? ANNOTATIONS[name] : undefined;
      const problems =
        known === undefined ? [unknown(name)] : problemsOf(name, known, kind, plainAt(annotations, name));
      return problems.map((problem) => ({ ...problem, object: ref, field: `${path}["${name}"]` }));
    });
}

function isOfIstio(name: string): boolean {
  const [domain = "", key] = name.split("/");
  return name === "kubernetes.io/ingress.class" || (key !== undefined && /(^|\.)istio\.io$/.test(domain));
}

type Problem = Pick<Found, "code" | "message" | "allowed" | "fix">;

function unknown(name: string): Problem {
  const fix = didYouMean(name, Object.keys(ANNOTATIONS));
  const message = `Istio has no annotation ${name}, so it has no effect`;
  return { code: "IST0108", message, fix: fix ?? "remove it" };
}

function problemsOf(name: string, known: Annotation, kind: string, value: Plain | undefined): Problem[] {
  const { on, deprecated, experimental } = known;
  const isMisplaced = on !== undefined && !on.includes(kind);
  return [
    ...(deprecated === undefined ? [] : [outdated(name, deprecated)]),
    ...(experimental === undefined ? [] : [untried(name)]),
    ...(isMisplaced ? [misplaced(name, on, kind)] : wrongValue(name, known, value)),
  ];
}

function outdated(name: string, instead: string): Problem {
  const fix = instead.startsWith("nothing") ? "remove it: it has no effect any more" : `use ${instead}`;
  return { code: "IST0135", message: `the annotation ${name} is deprecated`, fix };
}

function untried(name: string): Problem {
  return { code: "IST0136", message: `the annotation ${name} is experimental in Istio: it may change, or go` };
}

function misplaced(name: string, on: readonly string[], kind: string): Problem {
  const template = TEMPLATES.has(kind) && on.includes("Pod");
  return {
    code: "IST0107",
    message: `the annotation ${name} has no effect on a ${kind}`,
    allowed: on.join(", "),
    fix: template ? "move it to spec.template.metadata.annotations" : `move it to the ${on[0]}, or remove it`,
  };
}

function wrongValue(name: string, { value: rule }: Annotation, value: Plain | undefined): Problem[] {
  // One that is no text is the schema's to report.
  if (rule === undefined || typeof value !== "string" || rule.fits(value)) return [];
  const message = `the annotation ${name} is "${value}", which is none of its values`;
  return [{ code: "IST0125", message, allowed: rule.allowed }];
}
