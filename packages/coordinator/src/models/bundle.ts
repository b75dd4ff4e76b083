import { networkOf } from "@fedace/ace-core/model/architecture";
import { createHash } from "node:crypto";
import { bundleHeader, modelCard, signingPayload } from "@fedace/ace-core/export";
import type { ModelCard } from "@fedace/ace-core/export";
import { poolImages } from "@fedace/ace-core/likeness";
import { labelSpace, resolveLabelMap } from "@fedace/ace-core/labels";
import { CHUNK_VALUES } from "@fedace/ace-core/aggregation";
import { totalElements } from "@fedace/ace-core/tensors";
import { openValues } from "@fedace/ace-core/host";
import type { SigningKey, ValuesFile } from "@fedace/ace-core/host";
import { coordinatorError } from "../errors.js";
import { countedUploads } from "../records/index.js";
import type { Objects, Sql } from "../store/index.js";
import type { RunModels } from "./select.js";

interface PublishParts {
  readonly sql: Sql;
  readonly objects: Objects;
  readonly key: SigningKey;
  /** Name and version of this software. */
  readonly product: string;
}

/** A bundle as it is being written: its model card, and its bytes in parts. */
interface PublishedBundle {
  readonly card: ModelCard;
  readonly parts: AsyncIterable<Uint8Array>;
}

/**
 * Publishes a model: one safetensors file with weights, model card and the coordinator's signature. The weights are
 * read twice, as a stream, so that memory does not depend on the model.
 */
export async function publish(
  parts: PublishParts,
  run: RunModels["run"],
  model: RunModels["models"][number],
): Promise<PublishedBundle> {
  const { objects, key, product } = parts;
  const source = await openValues(await objects.open(model.published.sha256, "now"));
  try {
    const { specs } = source.header;
    const hash = createHash("sha256");
    for await (const part of values(source)) hash.update(part);
    const images = await imagesUpTo(parts.sql, run.id, model.round);
    const card = modelCard({
      product,
      run: run.id,
      plan: run.plan,
      round: model.round,
      created: new Date(model.createdAt).toISOString(),
      model: network(run.plan),
      sites: await contributors(parts.sql, run, model.round),
      scores: (model.scores?.sites ?? []).map(({ site, cases, dice, seen, metrics, spread, withheld }) => ({
        site,
        cases,
        dice: { ...dice },
        ...(seen ? { seen } : {}),
        ...said({ metrics, spread, withheld }),
      })),
      ...(images === undefined ? {} : { images }),
      tensors: hash.digest("hex"),
    });
    const signature = await key.signBytes(signingPayload(card, specs));
    const header = bundleHeader(specs, { card, signature, key: key.publicKey });
    return { card, parts: whole(header, source) };
  } catch (error) {
    await source.close();
    throw error;
  }
}

/** What came later is written where a site said it. */
function said<T extends Readonly<Record<string, object>>>(tables: T): Partial<T> {
  const full = Object.entries(tables).filter(([, table]) => Object.keys(table).length > 0);
  return Object.fromEntries(full) as Partial<T>;
}

function network(plan: RunModels["run"]["plan"]): ModelCard["model"] {
  const { architecture, filters, levels, blocks, norm, groups } = networkOf(plan);
  return { architecture, filters, levels, blocks, norm, groups };
}

/** The sites whose updates are in the average of a round. */
async function contributors(sql: Sql, { id, plan }: RunModels["run"], round: number): Promise<ModelCard["sites"]> {
  const space = labelSpace(plan.classes);
  const uploads = (await countedUploads(sql, id)).filter((upload) => upload.round === round);
  return uploads.map(({ site, numbers, labels }) => ({
    name: site,
    cases: numbers.cases,
    annotated: labels === null ? [] : resolveLabelMap(labels, space).annotated.map((k) => plan.classes[k] ?? ""),
  }));
}

/** What the images of the training cases look like: what each site has said last, up to a round. */
async function imagesUpTo(sql: Sql, run: string, round: number): Promise<ModelCard["images"]> {
  const last = new Map<string, NonNullable<ModelCard["images"]>>();
  const uploads = (await countedUploads(sql, run)).filter((upload) => upload.round <= round);
  for (const { site, numbers } of uploads.sort((a, b) => a.round - b.round)) {
    if (numbers.images !== undefined) last.set(site, numbers.images);
  }
  return poolImages([...last.values()]);
}

async function* whole(header: Uint8Array, source: ValuesFile): AsyncGenerator<Uint8Array> {
  try {
    yield header;
    yield* values(source);
  } finally {
    await source.close();
  }
}

async function* values(source: ValuesFile): AsyncGenerator<Uint8Array> {
  const total = totalElements(source.header.specs);
  for (let offset = 0; offset < total; offset += CHUNK_VALUES) {
    const part = await source.read(offset, Math.min(CHUNK_VALUES, total - offset)).catch((cause: unknown) => {
      throw coordinatorError("DATA_FOLDER_DAMAGED", `The model cannot be read: ${(cause as Error).message}.`, {
        cause,
      });
    });
    yield new Uint8Array(part.buffer, part.byteOffset, part.byteLength);
  }
}
