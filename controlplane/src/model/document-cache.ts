import { parseDocument, splitDocuments, type DocumentText, type SourceFile } from "../config/index.ts";
import { yamlFiles } from "../config/parse-files.ts";
import { decodeDocument, type DocumentContent } from "./declared-object.ts";

/** A file as it was last read; its documents by the line on which each begins. */
interface ReadFile {
  readonly text: string;
  readonly contents: ReadonlyMap<number, DocumentContent>;
}

/**
 * Remembers what each document decoded to, by its place and text, so that an edit costs the documents that it changed.
 * The result of a lookup never depends on what was looked up before. Hold one for the life of a control plane: it keeps
 * the files of the last call, and what the last good versions that still exist decoded to.
 */
export class DocumentCache {
  #files = new Map<string, ReadFile>();
  /** By the object that names the document, as long as someone holds that. */
  readonly #named = new WeakMap<object, DocumentContent>();

  /** What all documents of the YAML files say, by path and line. */
  readFiles(files: readonly SourceFile[]): DocumentContent[] {
    const before = this.#files;
    this.#files = new Map(yamlFiles(files).map((file) => [file.path, readFile(file, before.get(file.path))]));
    return [...this.#files.values()].flatMap(({ contents }) => [...contents.values()]);
  }

  /** What one document says, whether it is still in its file or not. */
  read(named: DocumentText & { readonly file: string }): DocumentContent {
    const found = this.#named.get(named) ?? readDocument(named.file, named, this.#files.get(named.file));
    this.#named.set(named, found);
    return found;
  }

  /** Tells in advance what `read` of this very object would find. */
  remember(named: object, content: DocumentContent): void {
    this.#named.set(named, content);
  }
}

function readFile(file: SourceFile, before: ReadFile | undefined): ReadFile {
  if (before?.text === file.text) return before;
  const documents = splitDocuments(file.text);
  const contents = new Map(documents.map((source) => [source.line, readDocument(file.path, source, before)]));
  return { text: file.text, contents };
}

function readDocument(file: string, { line, text }: DocumentText, known: ReadFile | undefined): DocumentContent {
  const found = known?.contents.get(line);
  return found?.document.text === text ? found : decodeDocument(parseDocument(file, { line, text }));
}
