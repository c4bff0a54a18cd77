import { parseDocument, splitDocuments, type DocumentText, type SourceFile } from "../config/index.ts";
import { yamlFiles } from "../config/parse-files.ts";
import { decodeDocument, type DocumentContent } from "./declared-object.ts";

/**
 * Remembers what each document decoded to, by its place and text, so that an edit costs the documents that it changed.
 * The result of a lookup never depends on what was looked up before. Hold one for the life of a control plane.
 */
export class DocumentCache {
  #current = new Map<string, DocumentContent>();
  #previous = new Map<string, DocumentContent>();

  /** What all documents of the YAML files say, by path and line. */
  readFiles(files: readonly SourceFile[]): DocumentContent[] {
    return yamlFiles(files).flatMap((file) => splitDocuments(file.text).map((source) => this.read(file.path, source)));
  }

  read(file: string, source: DocumentText): DocumentContent {
    const key = `${file}\n${source.line}\n${source.text}`;
    const found = this.#current.get(key) ?? this.#previous.get(key) ?? decodeDocument(parseDocument(file, source));
    this.#current.set(key, found);
    return found;
  }

  /** Forgets what was not read since the last call, so that the cache is never larger than two states of the folder. */
  sweep(): void {
    this.#previous = this.#current;
    this.#current = new Map();
  }
}
