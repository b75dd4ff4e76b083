/** What is used of the WebGPU API (W3C, Candidate Recommendation), as Dawn for Node has it. */
export interface Gpu {
  requestAdapter(options?: { readonly powerPreference?: "high-performance" }): Promise<GpuAdapter | null>;
}

export interface GpuAdapterInfo {
  readonly vendor: string;
  readonly architecture: string;
  readonly device: string;
  readonly description: string;
  readonly isFallbackAdapter?: boolean;
}

export interface GpuAdapter {
  readonly info: GpuAdapterInfo;
  readonly features: ReadonlySet<string>;
  readonly limits: Readonly<Record<GpuLimit, number>>;
  requestDevice(descriptor: {
    readonly requiredFeatures: readonly string[];
    readonly requiredLimits: Readonly<Partial<Record<GpuLimit, number>>>;
  }): Promise<GpuDevice>;
}

export type GpuLimit =
  | "maxBufferSize"
  | "maxStorageBufferBindingSize"
  | "maxComputeWorkgroupStorageSize"
  | "maxComputeInvocationsPerWorkgroup"
  | "maxComputeWorkgroupSizeX"
  | "maxComputeWorkgroupsPerDimension"
  | "maxStorageBuffersPerShaderStage";

export interface GpuDevice {
  readonly features: ReadonlySet<string>;
  readonly limits: Readonly<Record<GpuLimit, number>>;
  readonly queue: { onSubmittedWorkDone(): Promise<undefined> };
  readonly lost: Promise<{ readonly reason: string | undefined; readonly message: string }>;
  createShaderModule(descriptor: { readonly code: string; readonly label: string }): GpuShaderModule;
  createComputePipeline(descriptor: GpuPipelineDescriptor): GpuPipeline;
  createComputePipelineAsync(descriptor: GpuPipelineDescriptor): Promise<GpuPipeline>;
  createBindGroup(descriptor: {
    readonly layout: object;
    readonly entries: readonly { readonly binding: number; readonly resource: GpuBinding }[];
  }): object;
  createBuffer(descriptor: {
    readonly size: number;
    readonly usage: number;
    readonly mappedAtCreation?: boolean;
  }): GpuBuffer;
  addEventListener(
    type: "uncapturederror",
    listener: (event: { readonly error: GpuError; preventDefault?: () => void }) => void,
  ): void;
  destroy(): void;
}

export interface GpuError {
  readonly message: string;
  readonly constructor: { readonly name: string };
}

interface GpuShaderModule {
  getCompilationInfo(): Promise<{ readonly messages: readonly { readonly type: string; readonly message: string }[] }>;
}

interface GpuPipelineDescriptor {
  readonly label: string;
  readonly layout: "auto";
  readonly compute: { readonly module: GpuShaderModule; readonly entryPoint: string };
}

export interface GpuPipeline {
  getBindGroupLayout(index: number): object;
}

export interface GpuBuffer {
  getMappedRange(): ArrayBuffer;
  unmap(): void;
  destroy(): void;
}

/** A whole buffer. */
export interface GpuBinding {
  readonly buffer: object;
}

export interface GpuPass {
  setPipeline(pipeline: GpuPipeline): void;
  setBindGroup(index: number, group: object): void;
  dispatchWorkgroups(x: number, y: number, z: number): void;
}
