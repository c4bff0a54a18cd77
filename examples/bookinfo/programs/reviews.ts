/**
 * reviews: what readers say. Its version is the first argument: v1 has no stars, v2 has black ones, v3 red ones;
 * v2 and v3 ask the ratings service for them.
 */
import { call, fields, unavailable } from "./client.ts";
import type { Unavailable } from "./client.ts";
import { json, notFound, serve } from "./server.ts";
import type { IncomingHttpHeaders } from "node:http";

const COLOURS: Readonly<Record<string, string>> = { v2: "black", v3: "red" };

const REVIEWS = [
  { reviewer: "Mole", text: "I came for the river and stayed for the picnics. Pack twice the sandwiches." },
  { reviewer: "Badger", text: "Sound on cellars, sensible about winter, far too kind about motor-cars." },
];

const version = process.argv[2] ?? "v1";
const colour = COLOURS[version];

type Rating = { readonly stars: number; readonly color: string } | Unavailable;

async function rate(headers: IncomingHttpHeaders, color: string): Promise<(reviewer: string) => Rating> {
  const answer = await call("http://ratings:9080/ratings/0", headers);
  const ratings = fields(fields(answer.body)["ratings"]);
  return (reviewer) => {
    const stars = ratings[reviewer];
    return answer.status === 200 && typeof stars === "number"
      ? { stars, color }
      : unavailable("Ratings service", answer);
  };
}

serve(`reviews ${version}`, async (request, url) => {
  if (url.pathname !== "/reviews/0") return notFound();
  const rating = colour === undefined ? undefined : await rate(request.headers, colour);
  const reviews = REVIEWS.map((review) =>
    rating === undefined ? review : { ...review, rating: rating(review.reviewer) },
  );
  return json(200, { id: 0, version, reviews });
});
