import type { Result } from "./compete.js";
import type { LayerReport } from "./layers.js";

/** Ratios of a case: each engine against PyTorch in its faster layout, and against stock tfjs-wasm. */
export type Ratios = Readonly<Record<string, number>>;

const print = (line: string): void => void process.stdout.write(`${line}\n`);
const whole = (value: number): string => value.toFixed(value < 100 ? 2 : 0).padStart(8);
const speed = (value: number): string => value.toFixed(1).padStart(9);
const mebibytes = (bytes: number | null): string => (bytes === null ? "–" : (bytes / 2 ** 20).toFixed(0)).padStart(9);

export const TORCH = "PyTorch";
export const STOCK = "tfjs-wasm, stock";

export function ratiosOf(results: readonly Result[]): Ratios {
  // Layouts of one arithmetic together: the faster one counts.
  const torch = new Map<string, number>();
  for (const { name, median } of results.filter((result) => result.name.startsWith(TORCH))) {
    const way = name.slice(0, name.lastIndexOf(", "));
    torch.set(way, Math.min(median, torch.get(way) ?? Infinity));
  }
  const stock = results.find(({ name }) => name === STOCK);
  const ratios: Record<string, number> = {};
  for (const { name, median: ours } of results) {
    if (name.startsWith(TORCH) || name === STOCK) continue;
    for (const [way, median] of torch) ratios[`${name} / ${way}, faster layout`] = ours / median;
    if (stock !== undefined) ratios[`${STOCK} / ${name}`] = stock.median / ours;
  }
  return ratios;
}

/** @param gflop arithmetic of the convolutions of one step, in 10⁹ multiplications and additions. */
export function printCase(title: string, gflop: number, results: readonly Result[], ratios: Ratios): void {
  print(`\n${title}: one training step, ${gflop.toFixed(1)} GFLOP in convolutions`);
  print(`${"".padEnd(42)}median ms     min     max  CPU ms  GFLOP/s  tensors  process MiB  steps  first loss`);
  for (const { name, steps, median, cpu, firstLoss, rssBytes, peakBytes } of results) {
    const times = `${whole(median)} ${whole(Math.min(...steps))}${whole(Math.max(...steps))}${whole(cpu)}`;
    const rest = `${speed((1000 * gflop) / median)}${mebibytes(peakBytes)}${mebibytes(rssBytes)}`;
    print(`${name.padEnd(42)}${times}${rest}${String(steps.length).padStart(8)}  ${firstLoss?.toFixed(5) ?? ""}`);
  }
  for (const [what, ratio] of Object.entries(ratios)) print(`  ${what.padEnd(56)}${ratio.toFixed(2).padStart(8)}`);
}

export function printLayers({ engine, device, reference, layers }: LayerReport): void {
  print(`\n${`${engine}, ${device}: GFLOP/s`.padEnd(50)}  forward    input   filter   (gradients in)`);
  const part = (value: number): string =>
    `${speed(value)} ${`${((100 * value) / reference.gflops).toFixed(0)} %`.padStart(6)}`;
  for (const { layer, forward, input, filter } of layers) {
    print(`${layer.padEnd(34)}${part(forward)}${part(input)}${part(filter)}`);
  }
  print(`${reference.what.padEnd(34)}${speed(reference.gflops)}  100 %`);
}
