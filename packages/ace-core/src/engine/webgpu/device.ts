import { z } from "zod";
import type { GpuAdapter, GpuDevice, GpuLimit } from "./gpu.js";

/** Features that are asked for where the adapter has them. */
const FEATURES = ["shader-f16", "subgroups", "timestamp-query"] as const;

/** Limits that are raised to all the adapter has; a device gets the least of what every one has otherwise. */
const LIMITS: readonly GpuLimit[] = [
  "maxBufferSize",
  "maxStorageBufferBindingSize",
  "maxComputeWorkgroupStorageSize",
  "maxComputeInvocationsPerWorkgroup",
  "maxComputeWorkgroupSizeX",
  "maxComputeWorkgroupsPerDimension",
  "maxStorageBuffersPerShaderStage",
];

/** What is known of an adapter, and can go from one process to another. */
export const adapterSchema = z.object({
  /** As its driver names it. */
  name: z.string(),
  /** It computes on the CPU. */
  software: z.boolean(),
  /** Those of its features that are used. */
  features: z.array(z.string()),
  /** The largest tensor, bytes. */
  largest: z.number(),
});
type AdapterReport = z.output<typeof adapterSchema>;

/** Vulkan implementations on the CPU; Dawn marks the first of them only. */
const SOFTWARE = /swiftshader|llvmpipe|lavapipe|basic render/i;

/** What is known of an adapter. */
export function adapterOf({ info, features, limits }: Pick<GpuAdapter, "info" | "features" | "limits">): AdapterReport {
  const { vendor, architecture, device, description } = info;
  const words = [vendor, architecture, device, description].join(" ");
  return {
    name: namesOf([device, description, vendor, architecture]),
    software: info.isFallbackAdapter === true || SOFTWARE.test(words),
    features: FEATURES.filter((feature) => features.has(feature)),
    largest: Math.min(limits.maxBufferSize, limits.maxStorageBufferBindingSize),
  };
}

/** The card's own name and its driver; numbers such as `0x2330` mean nothing to people. */
function namesOf(candidates: readonly string[]): string {
  const names = candidates
    .map((name) => name.replace(/[\s-]+$/, ""))
    .filter((name) => name !== "" && !/^0x[0-9a-f]+$/i.test(name));
  const distinct = names.filter((name, i) => !names.slice(0, i).some((other) => other.includes(name)));
  return distinct.slice(0, 2).join(", ") || "unnamed adapter";
}

/** A few words for people: `NVIDIA H100, 550.54 (16 bit floats)`. */
export function describeAdapter({ name, software, features }: AdapterReport): string {
  const notes = [
    ...(software ? ["software adapter"] : []),
    ...(features.includes("shader-f16") ? ["16 bit floats"] : []),
  ];
  return `${name}${notes.length > 0 ? ` (${notes.join(", ")})` : ""}`;
}

/** A device with all that the adapter has and a training can use. */
export function requestDevice(adapter: GpuAdapter): Promise<GpuDevice> {
  return adapter.requestDevice({
    requiredFeatures: FEATURES.filter((feature) => adapter.features.has(feature)),
    requiredLimits: Object.fromEntries(LIMITS.map((limit) => [limit, adapter.limits[limit]])),
  });
}
