import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** What PyTorch can run on: the CPU, and a GPU where it has one. */
export async function torchDevices(python: string): Promise<readonly string[]> {
  const code = "import torch; print('cpu cuda' if torch.cuda.is_available() else 'cpu')";
  const { stdout } = await promisify(execFile)(python, ["-W", "ignore", "-c", code]);
  return stdout.trim().split(" ");
}
