import { parseDocument, type ParsedDocument } from "./parse-document.ts";
import { isYamlPath, type SourceFile } from "./source-file.ts";
import { splitDocuments } from "./split-documents.ts";

/** All documents of the YAML files, by path and then by line: the order in which the first of two duplicates wins. */
export function parseFiles(files: readonly SourceFile[]): ParsedDocument[] {
  return yamlFiles(files).flatMap((file) =>
    splitDocuments(file.text).map((source) => parseDocument(file.path, source)),
  );
}

/** The YAML files among `files`, sorted by path so that the result never depends on the order of a directory listing. */
export function yamlFiles(files: readonly SourceFile[]): SourceFile[] {
  return files
    .filter((file) => isYamlPath(file.path))
    .toSorted((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
}
