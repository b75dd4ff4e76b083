import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import type { Probed } from "../driver.js";
import { adapterSchema, describeAdapter } from "./device.js";

const childSchema = z.union([
  z.object({ adapter: adapterSchema.nullable() }),
  /** Dawn cannot be loaded. */
  z.object({ error: z.string() }),
]);
export type ChildReport = z.output<typeof childSchema>;

/** What a look at the adapters came to. */
export interface Look {
  /** What the process said, undefined if it ended without a word. */
  readonly report: ChildReport | undefined;
  /** What Dawn and the drivers wrote. */
  readonly warnings: string;
  /** Exit code or signal. */
  readonly ended: string;
}

/** Loading every driver of a machine takes a second or two; one that hangs must not hang us. */
const PATIENCE_MS = 30_000;
/** Characters of warnings that are kept. */
const MOST_WARNINGS = 20_000;
const MAIN = fileURLToPath(new URL("./probe-main.js", import.meta.url));

/**
 * Looks for an adapter in a process of its own: a driver may crash or write to the console, and Dawn stays out of a
 * process that does not use it.
 */
export function lookForAdapter(): Promise<Look> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [MAIN], { stdio: ["ignore", "pipe", "pipe"], timeout: PATIENCE_MS });
    let output = "";
    let warnings = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      if (warnings.length < MOST_WARNINGS) warnings += text;
    });
    child.on("error", ({ message }) => {
      resolve({ report: undefined, warnings, ended: message });
    });
    child.on("close", (code, signal) => {
      resolve({ report: parse(output), warnings, ended: signal ?? `exit code ${code ?? "unknown"}` });
    });
  });
}

function parse(output: string): ChildReport | undefined {
  try {
    return childSchema.parse(JSON.parse(output));
  } catch {
    return undefined;
  }
}

const INSTALL_DRIVER = "Install the GPU's driver with its Vulkan part; `vulkaninfo --summary` must list the GPU.";

/** What a look at the adapters means for a user. */
export function judge({ report, warnings, ended }: Look): Probed {
  if (report === undefined) {
    return { reason: `looking for a GPU ended with ${ended}`, remedy: "Update the GPU's driver." };
  }
  if ("error" in report) return judgeLoading(report.error);
  const { adapter } = report;
  if (adapter !== null) return { device: describeAdapter(adapter), processor: adapter.software ? "CPU" : "GPU" };
  if (warnings.includes("Couldn't load Vulkan")) {
    return {
      reason: "there is no Vulkan loader (libvulkan.so.1)",
      remedy: "Install it: `apt-get install libvulkan1`, `dnf install vulkan-loader`; then the GPU's driver.",
    };
  }
  if (warnings.includes("Found no drivers")) return { reason: "there is no Vulkan driver", remedy: INSTALL_DRIVER };
  const detail = /Warning: (.*)/.exec(warnings)?.[1];
  return { reason: `no GPU can be used${detail === undefined ? "" : ` (${detail})`}`, remedy: INSTALL_DRIVER };
}

function judgeLoading(message: string): Probed {
  const detail = message.split("\n", 1)[0] ?? message;
  if (/Cannot find package|Cannot find module '?webgpu/.test(message)) {
    return { reason: "the package webgpu is not installed", remedy: "Install FedACE again with npm." };
  }
  const remedy = /GLIBC|GLIBCXX/.test(message)
    ? "It needs a newer C library: a system of 2021 or later (Debian 12, Ubuntu 22.04, RHEL 9)."
    : "It is made for x64 and arm64 of Linux and Windows, and for macOS.";
  return { reason: `the binary of the package webgpu does not load: ${detail}`, remedy };
}
