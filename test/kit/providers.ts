import { authorizationProviders } from "../../controlplane/src/model/kinds/extension-provider.ts";
import { decodeValue } from "../../controlplane/src/model/testing/decode-value.ts";
import type { AuthorizationProvider } from "../../controlplane/src/model/types.ts";

/** The providers of a list as it stands below `extensionProviders`; a mistake in it fails the test. */
export function decodeProviders(text: string): readonly AuthorizationProvider[] {
  const { read, problems } = decodeValue(authorizationProviders, "extensionProviders", text);
  if (read === undefined || problems.length > 0) throw new Error(problems.join("\n"));
  return read;
}
