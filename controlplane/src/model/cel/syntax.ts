/** A CEL expression as it is written, before anything is known of its names. `at` counts UTF-16 units from its start. */
export type CelNode =
  | { readonly kind: "literal"; readonly value: string | number | boolean | null; readonly at: number }
  | { readonly kind: "name"; readonly name: string; readonly at: number }
  | { readonly kind: "select"; readonly of: CelNode; readonly field: string; readonly at: number }
  | { readonly kind: "index"; readonly of: CelNode; readonly index: CelNode; readonly at: number }
  | {
      readonly kind: "call";
      readonly name: string;
      /** What stands before the dot: `TARGET.name(…)`. */
      readonly target?: CelNode;
      readonly args: readonly CelNode[];
      readonly at: number;
    }
  | {
      readonly kind: "operator";
      readonly operator: CelOperator;
      readonly args: readonly CelNode[];
      readonly at: number;
    }
  | { readonly kind: "list"; readonly items: readonly CelNode[]; readonly at: number };

/** `?:` has three arguments, `!` and `neg` one, all others two. */
export type CelOperator =
  | "?:"
  | "||"
  | "&&"
  | "=="
  | "!="
  | "<"
  | "<="
  | ">"
  | ">="
  | "in"
  | "+"
  | "-"
  | "*"
  | "/"
  | "%"
  | "!"
  | "neg";

/** Why a text is no expression, or not one that can be used: where, what, what may stand there. */
export interface CelProblem {
  readonly at: number;
  readonly message: string;
  readonly allowed?: string;
  readonly fix?: string;
}

/** The dotted name that a node is (`request.headers`); undefined for anything else. */
export function dottedName(node: CelNode): string | undefined {
  if (node.kind === "name") return node.name;
  if (node.kind !== "select") return undefined;
  const before = dottedName(node.of);
  return before === undefined ? undefined : `${before}.${node.field}`;
}
