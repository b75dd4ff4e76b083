/** One attack in a process of its own, so that what it costs is not taken from those who measure. Ends with its input. */
import { z } from "zod";
import { identitySchema, token } from "../site.js";
import { flood, slowReader } from "./members.js";
import type { Target } from "./peer.js";
import { connects, halfHandshakes, halfMessages, silence, storm } from "./strangers.js";

/** What an attack is told, as JSON in its only argument. */
const orderSchema = z.strictObject({
  attack: z.enum(["slow-reader", "half-messages", "silence", "half-handshakes", "storm", "connects", "flood"]),
  site: identitySchema,
  run: z.string(),
  /** Connections at once. */
  count: z.number().int().default(1),
  kinds: z.array(z.string()).default([]),
  perSecond: z.number().default(0),
  modelBytes: z.number().default(0),
});
export type Order = z.input<typeof orderSchema>;

async function attack({ attack: name, site, run, count, ...rest }: z.output<typeof orderSchema>): Promise<void> {
  const target: Target = { host: "127.0.0.1", port: Number(new URL(site.invitation.url).port) };
  switch (name) {
    case "slow-reader":
      await slowReader(site, run);
      break;
    case "flood":
      await flood(site, run, rest);
      break;
    case "half-messages":
      halfMessages(target, count);
      break;
    case "silence":
      silence(target, count);
      break;
    case "half-handshakes":
      halfHandshakes(target, count);
      break;
    case "storm":
      storm(target, count);
      break;
    case "connects":
      connects(target, count, await token(site));
      break;
  }
}

const [text] = process.argv.slice(2);
if (text !== undefined) {
  process.stdin.resume().once("end", () => process.exit(0));
  await attack(orderSchema.parse(JSON.parse(text)));
}
