import type { JsonValue } from "@bufbuild/protobuf";
import type { Mesh } from "../model/types.ts";
import { encode } from "../snapshot/encode.ts";
import type { EncodedResource } from "../snapshot/types.ts";
import { placeOf } from "../status/proxies.ts";
import { translate, type TranslateOptions } from "../translate/index.ts";
import type { ComparedMesh } from "./index.ts";

/** What the proxies of a mesh would be given. `show` makes the JSON of a resource. */
export function comparedMesh(
  mesh: Mesh,
  options: TranslateOptions,
  show: (resource: EncodedResource) => Promise<JsonValue>,
): ComparedMesh {
  return new Map(
    translate(mesh, options).map(({ proxy, resources }) => [
      proxy,
      resources.map((resource) => {
        const encoded = encode(resource);
        const { kind: type, name, version, origins } = encoded;
        return { type, name, version, objects: origins.map(placeOf), config: () => show(encoded) };
      }),
    ]),
  );
}
