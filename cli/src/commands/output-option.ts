import { Option } from "commander";

/** How a verb prints its data. */
export type OutputFormat = "text" | "json";

/** `-o json`, the same for every verb that prints data: one JSON document on stdout, and nothing else there. */
export function outputOption(): Option {
  return new Option("-o, --output <format>", "how to print it").choices(["text", "json"]).default("text");
}

/** The document of `-o json`. */
export function toJson(data: unknown): string {
  return JSON.stringify(data, undefined, 2);
}
