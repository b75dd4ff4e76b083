/** Node 20 has relaxed SIMD behind a flag; from Node 22 on it is always there, and the flag is unknown. */
const FLAGGED_BELOW_MAJOR = 22;

/** Flags for a Node process that opens an engine, this version of Node taken into account. */
export const ENGINE_NODE_FLAGS: readonly string[] =
  Number(process.versions.node.split(".")[0]) < FLAGGED_BELOW_MAJOR ? ["--experimental-wasm-relaxed-simd"] : [];
