import { CORE_ERRORS } from "@fedace/ace-core/foundation";
import { COORDINATOR_ERRORS } from "@fedace/coordinator";
import { SITE_ERRORS } from "@fedace/site-client";
import { publicApi } from "./api.js";
import { errorsPage } from "./errors-page.js";
import { protocolPage } from "./protocol-page.js";

/** Every generated file of the repository: path from the root → content. */
export function generatedPages(): Readonly<Record<string, string>> {
  return {
    "ERRORS.md": errorsPage({
      "Codes of both commands": CORE_ERRORS,
      "Codes of fedace-site": SITE_ERRORS,
      "Codes of fedace-coordinator": COORDINATOR_ERRORS,
    }),
    "PROTOCOL.md": protocolPage(),
    "test/snapshots/api.txt": publicApi(),
  };
}
