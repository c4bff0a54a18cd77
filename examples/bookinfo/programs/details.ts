/** details: what is printed on the book. */
import { json, notFound, serve } from "./server.ts";

const BOOK = {
  id: 0,
  title: "The Wind in the Willows",
  author: "Kenneth Grahame",
  year: 1908,
  publisher: "Methuen",
  language: "English",
  pages: 302,
};

serve("details", (request, url) => {
  if (url.pathname !== "/details/0") return notFound();
  if (request.method !== "GET") return json(405, { error: "Details can only be read" }, { allow: "GET" });
  return json(200, BOOK);
});
