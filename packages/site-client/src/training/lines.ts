import type { Readable } from "node:stream";

/** Calls `heed` with each whole line of a stream; a last one that is cut off by the stream's end is dropped. */
export function onLines(stream: Readable, heed: (line: string) => void): void {
  let begun: string[] = [];
  stream.setEncoding("utf8").on("data", (text: string) => {
    const [first = "", ...others] = text.split("\n");
    begun.push(first);
    for (const part of others) {
      heed(begun.join(""));
      begun = [part];
    }
  });
}
