import { packageVersion } from "@fedace/ace-core/host";

/** Version of this package. */
export const VERSION = packageVersion(new URL("../../package.json", import.meta.url));
