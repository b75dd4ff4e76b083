import type { RejectCode, Rejection } from "@fedace/ace-core/protocol";

/** The coordinator says no to a site; the rejection crosses the wire, the message stays in the log. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly rejection: Rejection;

  constructor(code: RejectCode, more: Omit<Rejection, "code"> = {}, message: string = code) {
    super(message);
    this.rejection = { code, ...more };
  }
}
