import { randomBytes } from "node:crypto";
import { coreError } from "@fedace/ace-core/foundation";
import { initialise, networkOf, tensorSpecs } from "@fedace/ace-core/model/architecture";
import { LIMITS } from "@fedace/ace-core/protocol";
import type { Plan } from "@fedace/ace-core/protocol";
import { encodeSafetensors, totalElements } from "@fedace/ace-core/tensors";
import type { WeightSet } from "@fedace/ace-core/tensors";
import { coordinatorError } from "../errors.js";
import { findSite, insertModel, insertRun, record } from "../records/index.js";
import { CREATED } from "../rounds/index.js";
import type { ModelRef } from "../rounds/index.js";
import type { Database, Objects } from "../store/index.js";

/**
 * Creates a run: stores the plan and the initial model.
 *
 * @param sites the sites that may take part; null for all that have joined.
 * @param weights what training begins with, of the plan's layout; without them they follow from the plan's seed.
 * @throws PLAN_INVALID where no round and no model is asked for or the background is missing, PLAN_TOO_LARGE, DISK_FULL, SITE_NOT_FOUND
 */
export async function createRun(
  parts: { readonly database: Database; readonly objects: Objects },
  plan: Plan,
  now: number,
  sites: readonly string[] | null = null,
  weights?: WeightSet,
): Promise<{ readonly id: string; readonly model: ModelRef }> {
  if (plan.rounds === 0 && plan.init === undefined) {
    throw coreError("PLAN_INVALID", "The plan cannot be used. rounds is 0, and there is no model to be scored.", {
      remedy: "Name it under `init`, or train for a round at least.",
    });
  }
  requireBackground(plan);
  const network = networkOf(plan);
  const values = totalElements(tensorSpecs(network));
  const bytes = values * Float32Array.BYTES_PER_ELEMENT + LIMITS.headerBytes;
  if (bytes > LIMITS.updateBytes) {
    const message = `The network has ${values} weights; an update carries at most ${Math.floor(LIMITS.updateBytes / 4)}.`;
    throw coordinatorError("PLAN_TOO_LARGE", message);
  }
  const writer = await parts.objects.create();
  try {
    await writer.append(encodeSafetensors(weights ?? initialise(network, plan.seed)));
    const id = runId(plan.name);
    const model = await parts.database.transaction(async (sql) => {
      for (const site of sites ?? []) {
        if ((await findSite(sql, site)) === undefined) {
          throw coordinatorError("SITE_NOT_FOUND", `There is no site ${site}.`);
        }
      }
      // Within the transaction, as pruning is: an equal object of another run cannot go in between.
      const written = await writer.commit();
      await insertRun(sql, { id, createdAt: now, updatedAt: now, plan, sites, state: CREATED });
      await insertModel(sql, id, { round: 0, model: written }, now);
      await record(sql, now, "run.created", {
        run: id,
        model: written.sha256,
        ...(sites === null ? {} : { sites }),
        ...(plan.init === undefined ? {} : { initialRun: plan.init.run, initialRound: plan.init.round }),
      });
      return written;
    });
    return { id, model };
  } finally {
    await writer.discard();
  }
}

/** What a plan may call the class that is everything else. */
const BACKGROUND = /^(background|bg|rest|other|outside|none)$/i;

/** The first class is the background: it is not scored, and every archive's value 0 means it. */
function requireBackground({ classes: [first = "", ...others] }: Plan): void {
  if (BACKGROUND.test(first)) return;
  const named = others.find((name) => BACKGROUND.test(name)) ?? "background";
  const right = [named, first, ...others.filter((name) => name !== named)];
  throw coreError(
    "PLAN_INVALID",
    `The plan cannot be used. classes: the first is the background, and ${first} is none.`,
    {
      remedy: `Write classes: [${right.join(", ")}].`,
    },
  );
}

/** The plan's name as far as an identifier can carry it, and eight random digits. */
function runId(name: string): string {
  const stem = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-|-$/g, "")
    .slice(0, 48);
  return `${stem === "" ? "run" : stem}-${randomBytes(4).toString("hex")}`;
}
