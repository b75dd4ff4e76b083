import { siteError } from "../errors.js";
import type { Line } from "../transport/index.js";

/**
 * Sends one message and resolves with its acknowledgement as it came. A connection that does not acknowledge in time
 * is given up: it may be dead without saying so.
 *
 * @throws CONNECTION_LOST
 */
export async function emit(line: Line, event: string, payload: unknown, timeoutMs: number): Promise<unknown> {
  const socket = line.current();
  if (socket === undefined) throw siteError("CONNECTION_LOST", `There is no connection to send ${event} on.`);
  try {
    return (await socket.timeout(timeoutMs).emitWithAck(event, payload)) as unknown;
  } catch (cause) {
    if (line.current() === socket) line.reset();
    throw siteError("CONNECTION_LOST", `The connection was lost before ${event} was answered.`, { cause });
  }
}
