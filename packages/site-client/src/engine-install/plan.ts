import { isAbsolute, join, resolve } from "node:path";
import { siteError } from "../errors.js";

/** What the user asks for. */
export interface InstallRequest {
  readonly cuda: boolean;
  /** Python to run pip with. */
  readonly python: string;
  /** A wheel of tensorflow or tensorflow-cpu to take in place of the index's. */
  readonly wheel?: string;
  /** An archive of libtensorflow, as a file or an http(s) address, in place of a wheel. */
  readonly lib?: string;
}

/** Where libtensorflow comes from. */
export type Source =
  | { readonly kind: "index"; readonly requirement: string }
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "url"; readonly url: string }
  | { readonly kind: "venv"; readonly requirement: string };

export interface InstallPlan {
  readonly variant: "cpu" | "cuda" | "archive";
  readonly source: Source;
  /** Disk that must be free before the start, bytes. */
  readonly bytes: number;
}

/** Versions whose C interface the addon is known to build against, and those to come. */
const VERSIONS = ">=2.15,<3";
/** tensorflow-cpu 2.21: wheel 0.27 GB, library and headers 1.1 GB. */
const CPU_BYTES = 2e9;
/** tensorflow[and-cuda] 2.21: wheels of CUDA, cuDNN and the rest, and all of them unpacked. */
const CUDA_BYTES = 12e9;

/**
 * Decides what is to be installed.
 *
 * @throws COMMAND_USAGE when two sources are named
 */
export function planInstall(request: InstallRequest, folder: string): InstallPlan {
  const { cuda, wheel, lib } = request;
  if (wheel !== undefined && lib !== undefined) {
    throw siteError("COMMAND_USAGE", "--wheel and --lib both say where libtensorflow is to come from.");
  }
  if (cuda && lib !== undefined) {
    throw siteError("COMMAND_USAGE", "--cuda chooses a Python package; with --lib the archive decides by itself.");
  }
  const file = wheel === undefined ? undefined : resolve(folder, wheel);
  if (cuda) {
    const requirement = file === undefined ? `tensorflow[and-cuda]${VERSIONS}` : `${file}[and-cuda]`;
    return { variant: "cuda", source: { kind: "venv", requirement }, bytes: CUDA_BYTES };
  }
  if (file !== undefined) return { variant: "cpu", source: { kind: "file", path: file }, bytes: CPU_BYTES };
  if (lib === undefined) {
    return { variant: "cpu", source: { kind: "index", requirement: `tensorflow-cpu${VERSIONS}` }, bytes: CPU_BYTES };
  }
  const source: Source = /^https?:\/\//i.test(lib)
    ? { kind: "url", url: lib }
    : { kind: "file", path: resolve(folder, lib) };
  return { variant: "archive", source, bytes: CPU_BYTES };
}

/** The source in one line, to compare with what is installed. */
export function sourceLine({ source }: InstallPlan): string {
  if (source.kind === "file") return source.path;
  return source.kind === "url" ? source.url : source.requirement;
}

/** pip must neither ask, nor build from source, nor read a project's settings. */
const QUIET = ["--no-input", "--disable-pip-version-check", "--only-binary=:all:"] as const;

export function pipDownload(requirement: string, folder: string): string[] {
  return ["-m", "pip", "download", ...QUIET, "--no-deps", "--progress-bar=off", `--dest=${folder}`, requirement];
}

export function pipInstall(requirement: string): string[] {
  return ["-m", "pip", "install", ...QUIET, "--no-warn-script-location", "--progress-bar=off", requirement];
}

interface BuildInput {
  /** Folder of the addon's C++ sources. */
  readonly sources: string;
  /** Folder of node_api.h. */
  readonly nodeHeaders: string;
  /** The engine's folder, which has `lib/`; the addon goes to `addon/`. */
  readonly home: string;
  /** Folder of tensorflow/c/c_api.h. */
  readonly headers: string;
  /** File names in `lib/`. */
  readonly libraries: readonly string[];
  /** File name of the addon, relative to `home`. */
  readonly addon: string;
}

/** Arguments of the C++ compiler for every addon. */
function addonArguments(nodeHeaders: string): string[] {
  const language = ["-std=c++17", "-O2", "-fPIC", "-shared"];
  return [...language, "-DNAPI_VERSION=8", "-DBUILDING_NODE_EXTENSION", `-I${nodeHeaders}`];
}

/** Arguments of the C++ compiler for the addon that loads the other one. */
export function loaderArguments(input: Pick<BuildInput, "nodeHeaders">, source: string, output: string): string[] {
  return [...addonArguments(input.nodeHeaders), source, `-o${output}`, "-ldl"];
}

/**
 * Arguments of the C++ compiler for the addon: what the package's binding.gyp says, and the library found relative to
 * the addon, so that the folder can be moved when it is complete.
 */
export function compileArguments(input: BuildInput): string[] {
  if (!isAbsolute(input.home)) throw new TypeError("the engine's folder is to be absolute");
  return [
    ...addonArguments(input.nodeHeaders),
    `-I${input.headers}`,
    ...["tfjs_backend.cc", "tfjs_binding.cc"].map((name) => join(input.sources, name)),
    `-o${join(input.home, input.addon)}`,
    `-L${join(input.home, "lib")}`,
    ...input.libraries.map((name) => `-l:${name}`),
    "-Wl,-rpath,$ORIGIN/../lib",
  ];
}

/**
 * The libraries to link, of the files in `lib/`: a wheel's `libtensorflow_cc.so.2`, or an archive's
 * `libtensorflow.so.2`, and the framework beside it.
 *
 * @throws ENGINE_INSTALL_LIBRARY
 */
export function librariesOf(files: readonly string[]): string[] {
  const named = (pattern: RegExp): string | undefined => files.filter((name) => pattern.test(name)).sort()[0];
  const main = named(/^libtensorflow_cc\.so\.\d+$/) ?? named(/^libtensorflow\.so\.\d+$/);
  const framework = named(/^libtensorflow_framework\.so\.\d+$/);
  if (main === undefined || framework === undefined) {
    const missing = main === undefined ? "libtensorflow" : "libtensorflow_framework";
    throw siteError("ENGINE_INSTALL_LIBRARY", `What was taken for TensorFlow holds no ${missing} for this system.`);
  }
  return [main, framework];
}
