/** The product page as HTML: a pure function of what the services answered. */
import { fields } from "./client.ts";

export interface PageData {
  readonly user: string;
  readonly details: Readonly<Record<string, unknown>> | { readonly error: string; readonly status: number };
  readonly reviews: Readonly<Record<string, unknown>> | { readonly error: string; readonly status: number };
}

export function renderPage({ user, details, reviews }: PageData): string {
  const book = fields(details);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${text(book["title"] ?? "Bookinfo")}</title>
<style>${STYLE}</style>
</head>
<body>
<header><strong>Bookinfo</strong><nav>${login(user)}</nav></header>
<main>
<h1>${text(book["title"] ?? "A book")}</h1>
<div class="columns">
<section><h2>Details</h2>${renderDetails(book)}</section>
<section><h2>Reviews <small>${version(fields(reviews))}</small></h2>${renderReviews(fields(reviews))}</section>
</div>
</main>
</body>
</html>
`;
}

const STYLE = `
:root { color-scheme: light; --ink: #1d2733; --soft: #5b6b7c; --line: #dde4ea; --accent: #0b6e99; }
* { box-sizing: border-box; }
body { margin: 0; font: 16px/1.55 system-ui, sans-serif; color: var(--ink); background: #f4f7f9; }
header { display: flex; justify-content: space-between; padding: 14px 32px; background: var(--accent); color: #fff; }
header a { color: #fff; margin-left: 14px; }
main { max-width: 960px; margin: 32px auto; padding: 0 24px; }
h1 { margin: 0 0 20px; font: 600 34px/1.2 Georgia, serif; }
h2 { margin: 0 0 12px; font-size: 18px; }
small { color: var(--soft); font-weight: 400; }
.columns { display: grid; grid-template-columns: 1fr 2fr; gap: 20px; }
section { background: #fff; border: 1px solid var(--line); border-radius: 10px; padding: 20px 24px; }
dl { display: grid; grid-template-columns: auto 1fr; gap: 4px 16px; margin: 0; }
dt { color: var(--soft); } dd { margin: 0; }
blockquote { margin: 0 0 18px; padding-left: 14px; border-left: 3px solid var(--line); }
blockquote p { margin: 0; } cite { color: var(--soft); font-style: normal; }
.stars { font-size: 20px; letter-spacing: 2px; }
.error { color: #8a4b00; background: #fff4e0; border-radius: 6px; padding: 6px 10px; display: inline-block; }
@media (max-width: 700px) { .columns { grid-template-columns: 1fr; } }
`;

function login(user: string): string {
  if (user === "") return `<a href="?user=jason">Sign in as jason</a><a href="?user=chaos">Sign in as chaos</a>`;
  return `Signed in as <strong>${text(user)}</strong><a href="?user=">Sign out</a>`;
}

function version(reviews: Readonly<Record<string, unknown>>): string {
  return typeof reviews["version"] === "string" ? `answered by reviews ${text(reviews["version"])}` : "";
}

function renderDetails(book: Readonly<Record<string, unknown>>): string {
  if (typeof book["error"] === "string") return problem(book);
  const rows = Object.entries(book).filter(([name]) => name !== "id" && name !== "title");
  return `<dl>${rows.map(([name, value]) => `<dt>${text(capitalised(name))}</dt><dd>${text(value)}</dd>`).join("")}</dl>`;
}

function renderReviews(answer: Readonly<Record<string, unknown>>): string {
  if (typeof answer["error"] === "string") return problem(answer);
  const reviews: readonly unknown[] = Array.isArray(answer["reviews"]) ? answer["reviews"] : [];
  return reviews.map((review) => renderReview(fields(review))).join("");
}

function renderReview(review: Readonly<Record<string, unknown>>): string {
  const rating = fields(review["rating"]);
  return `<blockquote><p>${text(review["text"])}</p><cite>${text(review["reviewer"])}</cite><div>${renderRating(rating)}</div></blockquote>`;
}

function renderRating(rating: Readonly<Record<string, unknown>>): string {
  if (typeof rating["error"] === "string") return problem(rating);
  const stars = rating["stars"];
  if (typeof stars !== "number") return "";
  const colour = rating["color"] === "red" ? "#c8102e" : "#1d2733";
  const drawn = "★".repeat(stars) + "☆".repeat(Math.max(0, 5 - stars));
  return `<span class="stars" style="color: ${colour}" title="${stars} of 5">${drawn}</span>`;
}

function problem(answer: Readonly<Record<string, unknown>>): string {
  const status = typeof answer["status"] === "number" && answer["status"] > 0 ? ` (${answer["status"]})` : "";
  return `<span class="error">${text(answer["error"])}${status}</span>`;
}

function capitalised(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}

/** Text that came from elsewhere, safe inside an element or a quoted attribute. */
function text(value: unknown): string {
  const plain = typeof value === "string" || typeof value === "number" ? String(value) : "";
  return plain.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}
