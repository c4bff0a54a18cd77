/** ratings: how many stars each reviewer gave; POST changes them, if the mesh lets it through. */
import { fields } from "./client.ts";
import { json, notFound, readJson, serve } from "./server.ts";

const ratings: Record<string, number> = { Mole: 5, Badger: 4 };

serve("ratings", async (request, url) => {
  if (url.pathname !== "/ratings/0") return notFound();
  if (request.method === "POST") {
    for (const [reviewer, stars] of Object.entries(fields(await readJson(request)))) {
      if (!(reviewer in ratings) || typeof stars !== "number" || !Number.isInteger(stars) || stars < 1 || stars > 5) {
        return json(400, { error: `Give ${Object.keys(ratings).join(" or ")} a whole number from 1 to 5` });
      }
      ratings[reviewer] = stars;
    }
  }
  return json(200, { id: 0, ratings });
});
