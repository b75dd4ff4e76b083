import { createHash } from "node:crypto";
import { coordinatorError } from "../errors.js";

/** One kind of structure that is kept as JSON in a column: its version of today, and the way from older ones. */
export interface Shape<T> {
  /** What it is, for people. */
  readonly name: string;
  /**
   * The step from each version to the next, from 0 on: version 0 is what 0.1.0 wrote, bare and without a seal. There are
   * as many steps as today's version says.
   */
  readonly migrations: readonly ((value: unknown) => unknown)[];
  /** Throws where the value is not of this shape. */
  readonly parse: (value: unknown) => T;
}

/** A step that changes nothing: only the envelope is new. */
export const unchanged = (value: unknown): unknown => value;

interface Envelope {
  readonly version: number;
  /** SHA-256 of version and value as JSON: a byte that rots on the disk is noticed when it is read. */
  readonly seal: string;
  readonly value: unknown;
}

/** What goes into the column. */
export function encode<T>(shape: Shape<T>, value: T): string {
  const version = shape.migrations.length;
  return JSON.stringify({ version, seal: sealOf(version, value), value } satisfies Envelope);
}

/**
 * What a column holds, whatever version wrote it.
 *
 * @throws DATA_FOLDER_DAMAGED if it is not what was written; DATABASE_NEWER if a newer version wrote it
 */
export function decode<T>(shape: Shape<T>, text: string): T {
  const { version, value } = open(shape, text);
  const newest = shape.migrations.length;
  if (version > newest) {
    const message = `A stored ${shape.name} has version ${version}, this version of FedACE knows up to ${newest}.`;
    throw coordinatorError("DATABASE_NEWER", message);
  }
  try {
    return shape.parse(shape.migrations.slice(version).reduce((before, migrate) => migrate(before), value));
  } catch (cause) {
    throw damaged(shape, cause);
  }
}

function open(shape: Shape<unknown>, text: string): Pick<Envelope, "version" | "value"> {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (cause) {
    throw damaged(shape, cause);
  }
  if (!isEnvelope(content)) return { version: 0, value: content };
  if (sealOf(content.version, content.value) !== content.seal) throw damaged(shape);
  return content;
}

function isEnvelope(content: unknown): content is Envelope {
  if (typeof content !== "object" || content === null) return false;
  const { version, seal } = content as Partial<Envelope>;
  return Number.isSafeInteger(version) && typeof seal === "string" && "value" in content;
}

function sealOf(version: number, value: unknown): string {
  return createHash("sha256")
    .update(JSON.stringify([version, value]))
    .digest("hex");
}

function damaged({ name }: Shape<unknown>, cause?: unknown): Error {
  const message = `A stored ${name} is not what was written: the database is damaged.`;
  return coordinatorError("DATA_FOLDER_DAMAGED", message, { cause });
}
