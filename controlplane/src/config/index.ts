export { parseDocument, type ParsedDocument } from "./parse-document.ts";
export { parseFiles, yamlFiles } from "./parse-files.ts";
export { isYamlPath, type SourceFile } from "./source-file.ts";
export { splitDocuments, type DocumentText } from "./split-documents.ts";
export {
  describe,
  entryOf,
  isNull,
  stringAt,
  type ListValue,
  type MapEntry,
  type MapValue,
  type ScalarValue,
  type Value,
} from "./value.ts";
