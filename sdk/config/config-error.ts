import { LogLevel } from "../abi/enums";
import { log } from "../http/log";

/**
 * Says in the host's log why a configuration is refused, and answers false for `onConfigure` to return:
 * `return configError("limits.requests", "must be above 0")`. The host keeps the last good configuration.
 * @param field the field's path; empty when the problem is not one field's
 */
export function configError(field: string, message: string): bool {
  log(LogLevel.Error, "configuration refused: " + (field.length > 0 ? field + ": " : "") + message);
  return false;
}
