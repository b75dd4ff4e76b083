import { size } from "@fedace/ace-core/host";
import { siteError } from "../errors.js";
import type { InstallPlan } from "./plan.js";

/** What the installation needs to know of the machine; see `probes.ts`. */
export interface Machine {
  /** As in `process.platform` and `process.arch`. */
  readonly platform: string;
  readonly arch: string;
  /** Version of glibc; undefined with another C library. */
  readonly glibc: string | undefined;
  readonly node: string;
  /** Where node_api.h was looked for, and whether it is there. */
  readonly nodeHeaders: { readonly folder: string; readonly present: boolean };
  /** The C++ compiler's command, and why it cannot be run. */
  readonly compiler: { readonly command: string; readonly problem?: string };
  readonly python: {
    readonly command: string;
    /** Major and minor version; undefined if it cannot be run. */
    readonly version: readonly [number, number] | undefined;
    readonly pip: boolean;
    readonly venv: boolean;
  };
  /** Bytes free where the engine is to be. */
  readonly free: number;
  readonly folder: string;
  /** Whether the NVIDIA kernel driver is loaded. */
  readonly nvidia: boolean;
}

/** What TensorFlow's wheels are built for (manylinux_2_27). */
const GLIBC = [2, 27] as const;
const NODE = 20;
const PYTHON = [3, 9] as const;
const ARCHITECTURES = ["x64", "arm64"];

/**
 * Everything that must be there before anything is downloaded.
 *
 * @returns notes: what does not stand in the way but will be asked about
 * @throws ENGINE_INSTALL_PLATFORM, ENGINE_INSTALL_NODE, ENGINE_INSTALL_COMPILER, ENGINE_INSTALL_PYTHON,
 * ENGINE_INSTALL_DISK
 */
export function checkMachine(machine: Machine, plan: InstallPlan): string[] {
  checkPlatform(machine);
  if (Number(machine.node.split(".")[0]) < NODE) {
    throw siteError("ENGINE_INSTALL_NODE", `This is Node ${machine.node}; ${NODE} or newer is needed.`, {
      remedy: "Install a newer Node.",
    });
  }
  if (!machine.nodeHeaders.present) {
    throw siteError(
      "ENGINE_INSTALL_NODE",
      `There are no C headers of Node: npm has not installed node-api-headers, and ${machine.nodeHeaders.folder} lacks node_api.h.`,
    );
  }
  if (machine.compiler.problem !== undefined) {
    throw siteError(
      "ENGINE_INSTALL_COMPILER",
      `The C++ compiler ${machine.compiler.command} cannot be run: ${machine.compiler.problem}.`,
    );
  }
  checkPython(machine, plan);
  if (machine.free < plan.bytes) {
    throw siteError(
      "ENGINE_INSTALL_DISK",
      `${machine.folder} has ${size(machine.free)} free, and ${size(plan.bytes)} are needed.`,
    );
  }
  return plan.variant === "cuda" && !machine.nvidia
    ? ["no NVIDIA driver is loaded here: until there is one, the engine computes on the CPU"]
    : [];
}

function checkPlatform({ platform, arch, glibc }: Machine): void {
  if (platform !== "linux" || !ARCHITECTURES.includes(arch)) {
    throw siteError(
      "ENGINE_INSTALL_PLATFORM",
      `The tensorflow engine needs Linux on x64 or arm64, not ${platform} ${arch}.`,
    );
  }
  if (glibc === undefined) {
    throw siteError(
      "ENGINE_INSTALL_PLATFORM",
      "This Linux has another C library than glibc, which libtensorflow needs.",
    );
  }
  const [major = 0, minor = 0] = glibc.split(".").map(Number);
  if (!atLeast([major, minor], GLIBC)) {
    throw siteError("ENGINE_INSTALL_PLATFORM", `libtensorflow needs glibc ${GLIBC.join(".")}, and this is ${glibc}.`);
  }
}

function checkPython({ python }: Machine, { source }: InstallPlan): void {
  const { command, version, pip, venv } = python;
  if (version === undefined) throw siteError("ENGINE_INSTALL_PYTHON", `Python cannot be run as ${command}.`);
  if (!atLeast(version, PYTHON)) {
    throw siteError(
      "ENGINE_INSTALL_PYTHON",
      `${command} is Python ${version.join(".")}; ${PYTHON.join(".")} is needed.`,
    );
  }
  if (source.kind === "index" && !pip) throw siteError("ENGINE_INSTALL_PYTHON", `${command} has no pip.`);
  if (source.kind === "venv" && !venv) {
    throw siteError("ENGINE_INSTALL_PYTHON", `${command} cannot make environments: it has no venv or no ensurepip.`);
  }
}

const atLeast = ([major, minor]: readonly [number, number], [a, b]: readonly [number, number]): boolean =>
  major > a || (major === a && minor >= b);
