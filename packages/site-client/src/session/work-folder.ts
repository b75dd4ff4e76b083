import { existsSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { join } from "node:path";
import { fileDigest, mebibytes, writeDurably } from "@fedace/ace-core/host";
import { updateNumbersSchema } from "@fedace/ace-core/protocol";
import { z } from "zod";
import type { VerifiedAssignment } from "../identity/index.js";
import type { OutgoingUpdate } from "../outbound/index.js";
import { saysSchema } from "../ledger/index.js";
import { siteError } from "../errors.js";

/** What is written beside an update when it is finished. The assignment is kept signed, and checked again when read. */
const sidecarSchema = z.strictObject({
  assignment: z.string(),
  bytes: z.int().min(1),
  sha256: z.string(),
  numbers: updateNumbersSchema,
  /** 0.1.0 wrote none. */
  says: saysSchema.optional(),
});

/** The files of the assignment in hand. */
interface WorkFiles {
  readonly model: string;
  /** Other models that the assignment names. */
  readonly previous: string;
  readonly average: string;
  readonly update: string;
  readonly sidecar: string;
}

/** The `work` folder of a site: models and updates, each under the name of its assignment. */
export interface WorkFolder {
  files(assignment: VerifiedAssignment): WorkFiles;
  /** Whether an earlier process had begun with this assignment. */
  wasBegun(assignment: VerifiedAssignment): boolean;
  /** Removes the files of every other assignment. */
  keepOnly(assignment: VerifiedAssignment): void;
  discard(assignment: VerifiedAssignment): void;
  /** Marks an update as finished: from here on it survives restarts. */
  finish(assignment: VerifiedAssignment, update: OutgoingUpdate): Promise<void>;
  /** A finished update of an earlier process whose assignment `verify` still accepts. */
  restore(
    verify: (jws: string) => Promise<VerifiedAssignment>,
  ): Promise<{ assignment: VerifiedAssignment; update: OutgoingUpdate } | undefined>;
  /** @throws SITE_DISK */
  requireRoom(bytes: number): Promise<void>;
}

function stem({ run, round, kind, model }: VerifiedAssignment): string {
  return `${run}.${round}.${kind}.${model.sha256.slice(0, 16)}`;
}

export function workFolder(folder: string): WorkFolder {
  const files = (assignment: VerifiedAssignment): WorkFiles => {
    const base = join(folder, stem(assignment));
    return {
      model: `${base}.model.safetensors`,
      previous: `${base}.previous.safetensors`,
      average: `${base}.average.safetensors`,
      update: `${base}.update.safetensors`,
      sidecar: `${base}.update.json`,
    };
  };
  const before = readdirSync(folder);
  const removeWhere = (matches: (name: string) => boolean): void => {
    for (const name of readdirSync(folder)) if (matches(name)) rmSync(join(folder, name), { force: true });
  };
  return {
    files,
    wasBegun: (assignment) => before.some((name) => name.startsWith(`${stem(assignment)}.`)),
    keepOnly: (assignment) => {
      removeWhere((name) => !name.startsWith(`${stem(assignment)}.`));
    },
    discard: (assignment) => {
      removeWhere((name) => name.startsWith(`${stem(assignment)}.`));
    },
    finish: async (assignment, { bytes, sha256, numbers, says }) => {
      const sidecar: z.output<typeof sidecarSchema> = { assignment: assignment.jws, bytes, sha256, numbers, says };
      await writeDurably(files(assignment).sidecar, JSON.stringify(sidecar));
    },
    restore: async (verify) => {
      for (const name of readdirSync(folder).filter((entry) => entry.endsWith(".update.json"))) {
        try {
          const { assignment: jws, ...update } = sidecarSchema.parse(
            JSON.parse(readFileSync(join(folder, name), "utf8")),
          );
          const assignment = await verify(jws);
          const path = files(assignment).update;
          if (!existsSync(path) || statSync(path).size !== update.bytes) continue;
          if ((await fileDigest(path)) !== update.sha256) continue;
          return { assignment, update: { ...update, run: assignment.run, round: assignment.round, path } };
        } catch {
          // Not whole, or not of this coordinator: the next assignment clears it away.
        }
      }
      return undefined;
    },
    requireRoom: async (bytes) => {
      const { bavail, bsize } = await statfs(folder);
      if (bavail * bsize >= bytes) return;
      throw siteError(
        "SITE_DISK",
        `The round needs ${mebibytes(bytes)} of disk, and there are ${mebibytes(bavail * bsize)}.`,
      );
    },
  };
}
