import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import type { Terminal } from "@fedace/ace-core/host";
import { main } from "./main.js";

export const root = mkdtempSync(join(tmpdir(), "fedace-"));
after(() => {
  rmSync(root, { recursive: true, force: true });
});

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export function terminalOf(
  env: Terminal["env"] = {},
  interactive = false,
  columns?: number,
): { terminal: Terminal; out: string[]; err: string[] } {
  const out: string[] = [];
  const err: string[] = [];
  const interrupted = new AbortController().signal;
  const terminal = {
    out: (text: string) => void out.push(text),
    err: (text: string) => void err.push(text),
    columns,
    screen: { out: false, err: interactive },
    env,
    interrupted,
  };
  return { terminal, out, err };
}

export async function run(argv: readonly string[], env: Terminal["env"] = {}, columns?: number): Promise<Ran> {
  const { terminal, out, err } = terminalOf(env, false, columns);
  const code = await main(argv, terminal);
  return { code, out: out.join(""), err: err.join("") };
}

/** As a process of its own where the engine needs flags; its streams are inherited, so the command itself is run. */
export async function runPredict(argv: readonly string[]): Promise<Ran> {
  const flags = process.execArgv;
  const { ENGINE_NODE_FLAGS } = await import("@fedace/ace-core/engine");
  process.execArgv = [...flags, ...ENGINE_NODE_FLAGS];
  try {
    return await run(argv);
  } finally {
    process.execArgv = flags;
  }
}
