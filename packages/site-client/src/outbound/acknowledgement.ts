import { rejectionSchema } from "@fedace/ace-core/protocol";
import type { Rejection } from "@fedace/ace-core/protocol";
import { z } from "zod";

const acknowledgementSchema = z.discriminatedUnion("ok", [
  z.strictObject({ ok: z.literal(true), value: z.unknown() }),
  z.strictObject({ ok: z.literal(false), rejection: rejectionSchema }),
]);

/** The outer form of an answer: a result still to be checked, or a refusal; undefined for anything else. */
export function readAcknowledgement(
  raw: unknown,
): { ok: true; value: unknown } | { ok: false; rejection: Rejection } | undefined {
  const parsed = acknowledgementSchema.safeParse(raw);
  return parsed.success ? parsed.data : undefined;
}
