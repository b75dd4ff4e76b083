import { parseAddress } from "@fedace/ace-core/host";
import type { Address } from "@fedace/ace-core/host";
import { siteError } from "../errors.js";

/**
 * Reads the coordinator's address in an invitation.
 *
 * @throws INVITATION_INVALID
 */
export function checkAddress(text: string): Address {
  const address = parseAddress(text);
  switch (address) {
    case "scheme":
      throw siteError("INVITATION_INVALID", `The coordinator's address ${text} is neither https nor http.`);
    case "surplus":
      throw siteError("INVITATION_INVALID", `The coordinator's address ${text} has more than host, port and path.`);
    case "insecure":
      throw siteError("INVITATION_INVALID", `The coordinator's address ${text} is plain http to another machine.`, {
        remedy: "Ask the operator for an invitation with an https address.",
      });
    default:
      return address;
  }
}
