import type { Machine } from "./checks.js";

/** A machine on which every installation may start. */
export const goodMachine: Machine = {
  platform: "linux",
  arch: "x64",
  glibc: "2.36",
  node: "20.19.0",
  nodeHeaders: { folder: "/usr/include/node", present: true },
  compiler: { command: "g++" },
  python: { command: "python3", version: [3, 11], pip: true, venv: true },
  free: 50e9,
  folder: "/cache/engines",
  nvidia: true,
};
