/** A compute shader with everything that starting it needs but the buffers. */
export interface Shader {
  /** What it does, for profilers. */
  readonly label: string;
  /** WGSL. Storage buffers are bound from 0 on, first those that are read, then those that are written, then uniforms. */
  readonly code: string;
  /** Workgroups along x, y and z. */
  readonly grid: readonly [number, number, number];
  /** Needs the feature `shader-f16`. */
  readonly half: boolean;
}

/** Element type of a storage buffer. */
export type Element = "f32" | "i32" | "vec2<f32>" | "vec4<f32>";

export interface Source {
  readonly label: string;
  readonly reads: Readonly<Record<string, Element>>;
  readonly writes: Readonly<Record<string, Element>>;
  /** Number of float uniforms, read by `parameter(i)`. Default 0. */
  readonly parameters?: number;
  /** Invocations per workgroup. */
  readonly threads: number;
  /** Workgroups; the body knows its own by `group`. */
  readonly groups: number;
  /** Declarations outside of the entry point. */
  readonly declarations?: string;
  /** Body of the entry point; `lane` is the invocation's number in its workgroup. */
  readonly body: string;
  readonly half?: boolean;
}

/** What every device allows along one dimension; more workgroups go to the second. */
const MOST_GROUPS_PER_DIMENSION = 65_535;

/** Puts a shader together. Shapes are written into it as constants: a compiler then divides by multiplying. */
export function shader(source: Source): Shader {
  const { label, threads, groups, half = false, parameters = 0 } = source;
  const columns = Math.max(1, Math.min(groups, MOST_GROUPS_PER_DIMENSION));
  const rows = Math.max(1, Math.ceil(groups / columns));
  const buffers = [
    ...Object.entries(source.reads).map(([name, type]) => ({ name, type, access: "read" })),
    ...Object.entries(source.writes).map(([name, type]) => ({ name, type, access: "read_write" })),
  ];
  const vectors = Math.ceil(parameters / 4);
  const code = `${half ? "enable f16;\n" : ""}${buffers
    .map(({ name, type, access }, i) => `@group(0) @binding(${i}) var<storage, ${access}> ${name} : array<${type}>;`)
    .join("\n")}
${
  vectors === 0
    ? ""
    : `@group(0) @binding(${buffers.length}) var<uniform> uniforms : array<vec4<f32>, ${vectors}>;
fn parameter(i : u32) -> f32 { return uniforms[i / 4u][i % 4u]; }`
}
${source.declarations ?? ""}
@compute @workgroup_size(${threads})
fn main(@builtin(local_invocation_index) lane : u32, @builtin(workgroup_id) place : vec3<u32>) {
  ${buffers.map(({ name }) => `_ = &${name};`).join(" ")}
  let group = place.y * ${columns}u + place.x;
  ${rows * columns > groups ? `if (group >= ${groups}u) { return; }` : ""}
  ${source.body}
}
`;
  return { label, code, grid: [columns, rows, 1], half };
}

/** Invocations per workgroup where nothing speaks for another number. */
export const THREADS = 256;

/** A shader that does one thing for each of `count` elements; the body knows its own by `i`. */
export function elementwise(source: Omit<Source, "threads" | "groups"> & { readonly count: number }): Shader {
  return shader({
    ...source,
    threads: THREADS,
    groups: Math.ceil(source.count / THREADS),
    body: `let i = group * ${THREADS}u + lane;
  if (i >= ${source.count}u) { return; }
  ${source.body}`,
  });
}

/** Four numbers at once where the channels allow it. */
export const widthFor = (channels: number): 1 | 4 => (channels % 4 === 0 ? 4 : 1);
export const elementOf = (width: 1 | 4): "f32" | "vec4<f32>" => (width === 4 ? "vec4<f32>" : "f32");

/** `count` lines made from their number. */
export function lines(count: number, line: (i: number) => string, separator = "\n"): string {
  return Array.from({ length: count }, (_, i) => line(i)).join(separator);
}

/** Buffers: → result. */
export function zerosShader(count: number): Shader {
  return elementwise({ label: "zeros", reads: {}, writes: { result: "f32" }, count, body: "result[i] = 0.0;" });
}
