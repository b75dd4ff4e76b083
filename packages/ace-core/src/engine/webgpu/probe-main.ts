import { DAWN_OPTIONS, loadDawn } from "./dawn.js";
import { adapterOf } from "./device.js";
import type { ChildReport } from "./probe.js";

/** Started by `probe.ts`: says in one line of JSON what Dawn finds here. Its warnings go to a standard error of its own. */
async function look(): Promise<ChildReport> {
  try {
    const dawn = await loadDawn();
    const adapter = await dawn.create(DAWN_OPTIONS).requestAdapter({ powerPreference: "high-performance" });
    return { adapter: adapter === null ? null : adapterOf(adapter) };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}

process.stdout.write(`${JSON.stringify(await look())}\n`);
