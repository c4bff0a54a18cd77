import { LogLevel } from "../abi/enums";
import { log } from "../http/log";
import { Bytes } from "../wire/bytes";
import { Text } from "../wire/text";
import { utf8 } from "../wire/utf8";

/**
 * Says in the host's log why a configuration is refused, and answers false for `onConfigure` to return:
 * `return configError("limits.requests", "must be above 0")`. The host keeps the last good configuration.
 * @param field the field's path, as `Bytes` or a `string`; empty when the problem is not one field's
 * @param message the same
 */
export function configError<F, M>(field: F, message: M): bool {
  const path = bytesOf(field);
  const text = Text.create().add(utf8("configuration refused: "));
  if (path.length > 0) text.add(path).add(utf8(": "));
  log(LogLevel.Error, text.add(bytesOf(message)).end());
  return false;
}

function bytesOf<T>(text: T): Bytes {
  return isString<T>() ? Bytes.encode(changetype<string>(text)) : changetype<Bytes>(text);
}
