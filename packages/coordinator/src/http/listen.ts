import type { AddressInfo } from "node:net";
import type { Server } from "node:http";
import { LIMITS } from "@fedace/ace-core/protocol";
import { coordinatorError } from "../errors.js";

/**
 * Connections that the machine keeps until the server takes them: all sites at once, and as many strangers. Beyond it a
 * site's attempt is dropped without a word and made again a second later.
 */
const BACKLOG = 2 * LIMITS.connections;

/**
 * Listens and returns the port, which matters where 0 was asked for.
 *
 * @param host undefined listens on every address of the machine
 * @throws PORT_IN_USE, PORT_FORBIDDEN, ADDRESS_UNAVAILABLE
 */
export async function listen(server: Server, host: string | undefined, port: number): Promise<number> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen({ port, backlog: BACKLOG, ...(host === undefined ? {} : { host }) }, () => {
        server.removeListener("error", reject);
        resolve();
      });
    });
  } catch (cause) {
    throw listenError(cause, host, port);
  }
  return (server.address() as AddressInfo).port;
}

function listenError(cause: unknown, host: string | undefined, port: number): unknown {
  const place = `port ${port}${host === undefined ? "" : ` of ${host}`}`;
  switch ((cause as { code?: unknown }).code) {
    case "EADDRINUSE":
      return coordinatorError("PORT_IN_USE", `Another program listens on ${place}.`, { cause, fields: { port } });
    case "EACCES":
      return coordinatorError("PORT_FORBIDDEN", `This account may not listen on ${place}.`, {
        cause,
        fields: { port },
      });
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return coordinatorError("ADDRESS_UNAVAILABLE", `${host ?? "The host"} is no address of this machine.`, { cause });
    default:
      return cause;
  }
}
