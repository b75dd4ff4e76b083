import type { ArchitectureName } from "../../protocol/index.js";
import type { TensorSpec } from "../../tensors/index.js";
import { macs, saved, UNET_FIRST, unetTensors } from "./unet/index.js";
import type { NetworkSpec } from "./spec.js";

/** A kind of network: what follows from its description without computing anything. Its forward pass is in `forward.ts`. */
interface Architecture {
  /** Name and shape of every weight tensor, in the order in which they are stored and sent. The last two are the classifier's. */
  readonly tensors: (spec: NetworkSpec) => TensorSpec[];
  /** Name of the convolution that the images go into, `[…, inputs, out]`. */
  readonly first: string;
  /** Multiply-adds of a forward pass over a patch of these sides. */
  readonly macs: (spec: NetworkSpec, patch: readonly [number, number, number]) => number;
  /** Values that a forward pass over so many voxels keeps for the backward pass. */
  readonly saved: (spec: NetworkSpec, voxels: number, checkpointing: boolean) => number;
}

const ARCHITECTURES: Readonly<Record<ArchitectureName, Architecture>> = {
  unet: { tensors: unetTensors, first: UNET_FIRST, macs, saved },
};

/** The kind of a network. */
export function architectureOf({ architecture }: NetworkSpec): Architecture {
  return ARCHITECTURES[architecture];
}

/** Name and shape of every weight tensor of a network, in the order in which they are stored and sent. */
export function tensorSpecs(spec: NetworkSpec): TensorSpec[] {
  return architectureOf(spec).tensors(spec);
}
