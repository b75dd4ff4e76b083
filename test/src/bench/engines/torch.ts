import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Precision } from "@fedace/ace-core/engine/ops";

/** How PyTorch computes a step. */
interface TorchWay {
  readonly device: string;
  /** What convolutions multiply in: tf32 is PyTorch's default on a GPU, the 16 bit types are autocast's. */
  readonly arithmetic: "float32" | "tf32" | "float16" | "bfloat16";
  readonly layout: "contiguous" | "channels_last";
}

const ARITHMETIC: Readonly<Record<string, Readonly<Record<Precision, readonly TorchWay["arithmetic"][]>>>> = {
  cpu: { float32: ["float32"], mixed: ["bfloat16"] },
  cuda: { float32: ["float32", "tf32"], mixed: ["float16", "bfloat16"] },
};

/** What PyTorch can run on: the CPU, and a GPU where it has one. */
export async function torchDevices(python: string): Promise<readonly string[]> {
  const code = "import torch; print('cpu cuda' if torch.cuda.is_available() else 'cpu')";
  const { stdout } = await promisify(execFile)(python, ["-W", "ignore", "-c", code]);
  return stdout.trim().split(" ");
}

/**
 * Every way to compute a step that PyTorch has for a precision.
 *
 * @param devices those asked for. Default: all there are.
 */
export async function torchWays(
  python: string,
  devices: readonly string[] | undefined,
  precision: Precision,
): Promise<readonly TorchWay[]> {
  return (devices ?? (await torchDevices(python))).flatMap((device) =>
    (ARITHMETIC[device]?.[precision] ?? []).flatMap((arithmetic) =>
      (["contiguous", "channels_last"] as const).map((layout) => ({ device, arithmetic, layout })),
    ),
  );
}
