import { writeDurably } from "@fedace/ace-core/host";
import type { NoticeFile } from "@fedace/ace-core/protocol";
import type { Command } from "commander";
import { coordinatorError } from "../errors.js";
import { moveCoordinator } from "../service/index.js";
import type { TlsChoice } from "../service/index.js";
import { isServed } from "../store/index.js";
import { addCommand, printerOf, withCoordinator } from "./command.js";
import type { CommandContext, CommonOptions } from "./command.js";
import { FORCE_OPTION, outputError, readInput, requireOutput } from "./files.js";

interface MoveOptions extends CommonOptions {
  readonly url: string;
  readonly out: string;
  readonly force?: boolean;
  readonly renewCertificate?: boolean;
  readonly tlsCert?: string;
  readonly behindProxy?: boolean;
}

export function addMove(program: Command, context: CommandContext): void {
  addCommand(
    program,
    "move",
    "give the coordinator another address or certificate; sites follow by a signed notice",
    "fedace-coordinator move --url https://fedace.example.org:9443 --out moved.json",
  )
    .requiredOption("--url <url>", "address at which sites are to reach the coordinator from its next start on")
    .requiredOption("--out <file>", "notice file to write, for sites that are not connected before the move")
    .option(...FORCE_OPTION)
    .option("--renew-certificate", "make a new certificate of its own")
    .option("--tls-cert <file>", "certificate chain that `serve` will be given, PEM")
    .option("--behind-proxy", "a proxy will end TLS, with a certificate that sites' machines trust")
    .action((options: MoveOptions) => move(context, options));
}

async function move(context: CommandContext, options: MoveOptions): Promise<void> {
  const { clock } = context;
  const tls = choiceOf(options);
  const renew = options.renewCertificate ?? false;
  await requireOutput(options.out, { force: options.force ?? false });
  await withCoordinator(context, options, async (opened) => {
    const { jws, notice } = await moveCoordinator(opened, { url: options.url, tls, renew }, clock.now());
    const file: NoticeFile = { format: "fedace-notice-file", version: 1, jws };
    await writeDurably(options.out, `${JSON.stringify(file, null, 2)}\n`).catch((cause: unknown) => {
      throw outputError(options.out, cause);
    });
    const served = isServed(opened.folder);
    const pinned = notice.tls.mode === "pinned" ? notice.tls.fingerprint : undefined;
    printerOf(context, options).result({ url: notice.url, file: options.out, fingerprint: pinned ?? null, served }, [
      `From its next start on the coordinator is at ${notice.url}.`,
      `  certificate  ${pinned === undefined ? "one that sites' machines trust" : `SHA-256 ${pinned}`}`,
      `  notice       ${options.out}`,
      served
        ? "The server that is running tells the sites that are connected; restart it when they have been told."
        : "No server is running: sites are told when they have the notice.",
      `Other sites: fedace-site follow ${options.out}, and the same \`serve\` as before.`,
    ]);
  });
}

function choiceOf(options: MoveOptions): TlsChoice {
  const chosen = [options.renewCertificate, options.tlsCert, options.behindProxy].filter((one) => one !== undefined);
  if (chosen.length > 1) {
    const message = "--renew-certificate, --tls-cert and --behind-proxy exclude each other.";
    throw coordinatorError("COMMAND_USAGE", message);
  }
  if (options.behindProxy === true) return { mode: "behind-proxy" };
  if (options.tlsCert === undefined) return { mode: "own" };
  return { mode: "given", certificate: readInput(options.tlsCert), key: "" };
}
