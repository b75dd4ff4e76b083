import { connect, createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";

/** A TCP proxy whose cable can be pulled. */
export class CuttingProxy {
  readonly #server;
  readonly #pairs = new Set<Socket>();
  #sent = 0;
  #cutAfter = Infinity;
  #cuts = 0;

  constructor(target: () => number) {
    this.#server = createServer((client) => {
      const upstream = connect(target(), "127.0.0.1");
      for (const socket of [client, upstream]) {
        this.#pairs.add(socket);
        socket.on("error", () => socket.destroy());
        socket.on("close", () => {
          this.#pairs.delete(socket);
          client.destroy();
          upstream.destroy();
        });
      }
      client.on("data", (data) => {
        this.#sent += data.length;
        if (this.#sent > this.#cutAfter) this.cut();
        else upstream.write(data);
      });
      upstream.pipe(client);
    });
  }

  async listen(): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return (this.#server.address() as AddressInfo).port;
  }

  /** Bytes that clients have sent since the last call of {@link cutAfter} or the last cut. */
  get sent(): number {
    return this.#sent;
  }

  /** How often the cable was pulled. */
  get cuts(): number {
    return this.#cuts;
  }

  /** Counts from here on, and pulls the cable once clients have sent more than so many bytes. */
  cutAfter(bytes: number): void {
    this.#sent = 0;
    this.#cutAfter = bytes;
  }

  /** Pulls the cable, and puts it back: connections are gone, new ones are let through. */
  cut(): void {
    this.#cuts += 1;
    this.cutAfter(Infinity);
    for (const socket of this.#pairs) socket.destroy();
  }

  async close(): Promise<void> {
    for (const socket of this.#pairs) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
