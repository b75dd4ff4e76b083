/** What peers that mean harm can do to a coordinator: its memory, other sites' answers, and who still gets in. */
import { parseArgs } from "node:util";
import type { Benchmark } from "../benchmark.js";
import { measureLatency } from "./latency.js";
import { measureMemory } from "./memory.js";
import { measureReach } from "./reach.js";
import { lines } from "./report.js";
import { Stage } from "./stage.js";

const PARTS = ["memory", "latency", "reach"] as const;

async function bench(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      parts: { type: "string", default: PARTS.join(",") },
      seconds: { type: "string", default: "15" },
      times: { type: "string", default: "10" },
    },
  });
  const wanted = values.parts.split(",");
  const print = (text: readonly string[]): void => void process.stdout.write(`${text.join("\n")}\n\n`);
  // Each part meets a server that knows nothing of the part before.
  const measured = async <T>(measure: (stage: Stage) => Promise<T>): Promise<T> => {
    const stage = await Stage.open();
    try {
      return await measure(stage);
    } finally {
      await stage.close();
    }
  };
  const seconds = Number(values.seconds);
  if (wanted.includes("memory")) {
    const findings = await measured((stage) => measureMemory(stage, seconds));
    print(lines("memory of the server", "MiB", "limit", findings));
  }
  if (wanted.includes("latency")) {
    const findings = await measured((stage) => measureLatency(stage, seconds));
    print(lines("answers to an honest site while another one floods", "ms", "limit of the ratio", findings));
  }
  if (wanted.includes("reach")) {
    const findings = await measured((stage) => measureReach(stage, Number(values.times)));
    print(lines(`connecting, the slowest of ${values.times}`, "s", "limit", findings));
  }
}

export const peersBenchmark: Benchmark = {
  summary: "what peers that mean harm do to a coordinator over TLS: memory, others' answers, who still gets in (Linux)",
  options: [
    "--parts LIST         of memory, latency, reach (default: all)",
    "--seconds N          for each figure of memory and latency (default 15)",
    "--times N            attempts to connect for each figure (default 10)",
  ],
  run: bench,
};
