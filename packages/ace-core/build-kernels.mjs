// Compiles the AssemblyScript kernels into dist/engine/wasm, once with plain and once with relaxed SIMD. Run by
// `npm run build`; does nothing when neither the sources nor the options have changed.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, writeFileSync, existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import asc from "assemblyscript/asc";

const here = fileURLToPath(new URL(".", import.meta.url));
const sources = `${here}kernels/`;
const out = `${here}dist/engine/wasm/`;
const stamp = `${out}kernels.sha256`;

// 65536 pages are the 4 GiB a 32-bit address reaches. The first page stays free for the control block of the pool.
const COMMON = ["-O3", "--noAssert", "--runtime", "stub", "--importMemory", "--sharedMemory"];
COMMON.push("--initialMemory", "2", "--maximumMemory", "65536", "--memoryBase", "65536", "--zeroFilledMemory");
// Addresses are 32 bits wide, and vectors pass between our own functions only.
COMMON.push("--disableWarning", "201", "--disableWarning", "112");
const VARIANTS = { "kernels-simd.wasm": "simd,threads", "kernels-relaxed.wasm": "simd,threads,relaxed-simd" };

const hash = createHash("sha256")
  .update(JSON.stringify([COMMON, VARIANTS]))
  .update(readFileSync(fileURLToPath(import.meta.url)));
for (const name of readdirSync(sources).sort())
  if (name.endsWith(".ts")) hash.update(name).update(readFileSync(sources + name));
const digest = hash.digest("hex");
const files = Object.keys(VARIANTS);
const upToDate =
  existsSync(stamp) && readFileSync(stamp, "utf8") === digest && files.every((name) => existsSync(out + name));

if (!upToDate) {
  mkdirSync(out, { recursive: true });
  for (const [name, features] of Object.entries(VARIANTS)) {
    const options = [`kernels/index.ts`, "--outFile", `dist/engine/wasm/${name}`, ...COMMON, "--enable", features];
    const { error, stderr } = await asc.main(options, { baseDir: here });
    if (error !== null) {
      process.stderr.write(`${stderr.toString()}\n${error.message}\n`);
      process.exit(1);
    }
  }
  writeFileSync(stamp, digest);
}
