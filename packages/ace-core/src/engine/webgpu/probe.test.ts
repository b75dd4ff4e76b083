import assert from "node:assert/strict";
import { test } from "node:test";
import { webgpuDriver } from "../drivers/webgpu.js";
import { adapterOf } from "./device.js";
import type { GpuAdapter, GpuAdapterInfo } from "./gpu.js";
import { judge, lookForAdapter } from "./probe.js";
import type { Look } from "./probe.js";

const look = (report: Look["report"], warnings = ""): Look => ({ report, warnings, ended: "exit code 0" });

/** An adapter as Dawn would describe it. */
function adapter(info: Partial<GpuAdapterInfo>, features: readonly string[] = []): GpuAdapter {
  const limits = { maxBufferSize: 2 ** 30, maxStorageBufferBindingSize: 2 ** 27 };
  const whole = { vendor: "", architecture: "", device: "", description: "", ...info };
  return { info: whole, features: new Set(features), limits } as unknown as GpuAdapter;
}

// What Dawn 0.6.2 wrote on Debian 12 in each case.
const CASES: readonly {
  readonly what: string;
  readonly seen: Look;
  readonly reason: RegExp;
  readonly remedy: RegExp;
}[] = [
  {
    what: "no package",
    seen: look({ error: "Cannot find package 'webgpu' imported from /x/dawn.js" }),
    reason: /package webgpu is not installed/,
    remedy: /npm/,
  },
  {
    what: "an old C library",
    seen: look({ error: "/lib/libc.so.6: version `GLIBC_2.34' not found (required by dawn.node)\nmore" }),
    reason: /does not load: .*GLIBC_2\.34.*dawn\.node\)$/,
    remedy: /newer C library/,
  },
  {
    what: "a processor without a binary",
    seen: look({ error: "Cannot find module '/x/dist/linux-riscv64/dawn.node'" }),
    reason: /does not load/,
    remedy: /x64 and arm64/,
  },
  {
    what: "no Vulkan loader",
    seen: look(
      { adapter: null },
      "Warning: Couldn't load Vulkan: libvulkan.so.1: cannot open shared object file: No such file or directory\n",
    ),
    reason: /no Vulkan loader/,
    remedy: /libvulkan1/,
  },
  {
    what: "a loader without a driver",
    seen: look({ adapter: null }, "Warning: vkCreateInstance: Found no drivers!\nWarning: vkCreateInstance failed\n"),
    reason: /^there is no Vulkan driver$/,
    remedy: /vulkaninfo/,
  },
  {
    what: "a driver that Dawn does not take",
    seen: look({ adapter: null }, "Warning: Vulkan shaderUniform*ArrayDynamicIndexing required.\n - While\n"),
    reason: /no GPU can be used \(Vulkan shaderUniform\*ArrayDynamicIndexing required\.\)/,
    remedy: /driver/,
  },
  {
    what: "a driver that crashes",
    seen: { report: undefined, warnings: "", ended: "SIGSEGV" },
    reason: /SIGSEGV/,
    remedy: /driver/,
  },
];

for (const { what, seen, reason, remedy } of CASES) {
  test(`${what} is a reason with a next step`, () => {
    const probed = judge(seen);
    assert.ok("reason" in probed);
    assert.match(probed.reason, reason);
    assert.match(probed.remedy, remedy);
  });
}

test("a driver's reason is what ENGINE_UNAVAILABLE says, and is looked for once", async () => {
  let looks = 0;
  const driver = webgpuDriver({
    look: () => {
      looks += 1;
      return Promise.resolve(look({ adapter: null }, "Found no drivers"));
    },
  });
  const [first, second] = [await driver.probe([]), await driver.probe([])];
  assert.deepEqual(first, second);
  assert.equal(looks, 1);
});

test("software adapters compute on the CPU, by Dawn's mark or by their name; a card is a GPU", () => {
  const of = (info: Partial<GpuAdapterInfo>, features?: readonly string[]): ReturnType<typeof judge> =>
    judge(look({ adapter: adapterOf(adapter(info, features)) }));
  assert.deepEqual(of({ vendor: "google", description: "SwiftShader driver 5.0.0", isFallbackAdapter: true }), {
    device: "SwiftShader driver 5.0.0, google (software adapter)",
    processor: "CPU",
  });
  assert.deepEqual(of({ device: "llvmpipe (LLVM 15.0.6, 256 bits)", isFallbackAdapter: false }), {
    device: "llvmpipe (LLVM 15.0.6, 256 bits) (software adapter)",
    processor: "CPU",
  });
  assert.deepEqual(of({ vendor: "nvidia", device: "0x2330", description: "NVIDIA: 550.54.15" }, ["shader-f16"]), {
    device: "NVIDIA: 550.54.15, nvidia (16 bit floats)",
    processor: "GPU",
  });
});

test("the largest tensor is bounded by buffer and binding", () => {
  assert.equal(adapterOf(adapter({})).largest, 2 ** 27);
});

test("a look at this machine ends with a report, and prints nothing here", async () => {
  const seen = await lookForAdapter();
  assert.notEqual(seen.report, undefined, seen.ended);
  const probed = judge(seen);
  assert.ok("device" in probed || (probed.reason !== "" && probed.remedy !== ""));
});
