import assert from "node:assert/strict";
import { test } from "node:test";
import { isFedaceError } from "../../foundation/index.js";
import { deviceError, watchDevice } from "./failure.js";
import type { GpuDevice, GpuError } from "./gpu.js";

/** A device whose errors and loss the test makes. */
function fakeDevice(): {
  device: GpuDevice;
  fail: (error: GpuError) => void;
  lose: (message: string) => Promise<void>;
} {
  let listener: (event: { error: GpuError }) => void = () => undefined;
  let lose: (info: { reason: undefined; message: string }) => void = () => undefined;
  const lost = new Promise<{ reason: undefined; message: string }>((resolve) => (lose = resolve));
  const device = {
    lost,
    addEventListener: (_type: string, heard: typeof listener) => {
      listener = heard;
    },
  } as unknown as GpuDevice;
  return {
    device,
    fail: (error) => {
      listener({ error });
    },
    lose: async (message) => {
      lose({ reason: undefined, message });
      await lost;
    },
  };
}

class GPUOutOfMemoryError {
  readonly message = "no room\nat x";
}

test("memory and other errors of a device have codes, and one line of its words", () => {
  const memory = deviceError("GPUOutOfMemoryError", "no room\nat x");
  assert.ok(isFedaceError(memory, "ENGINE_MEMORY") && memory.message.endsWith(": no room"));
  assert.ok(isFedaceError(deviceError("GPUInternalError", "VK_ERROR_OUT_OF_DEVICE_MEMORY"), "ENGINE_MEMORY"));
  assert.ok(isFedaceError(deviceError("GPUValidationError", "bad"), "ENGINE_FAILED"));
});

test("the first error is the one that every later look finds", () => {
  const { device, fail } = fakeDevice();
  const failure = watchDevice(device);
  failure.check();
  fail(new GPUOutOfMemoryError());
  fail({ message: "later", constructor: { name: "GPUValidationError" } });
  for (let look = 0; look < 2; look++) {
    assert.throws(
      () => {
        failure.check();
      },
      (error) => isFedaceError(error, "ENGINE_MEMORY"),
    );
  }
});

test("a lost GPU is an error, but not when the engine closes it", async () => {
  const [expected, sudden] = [fakeDevice(), fakeDevice()];
  const closing = watchDevice(expected.device);
  closing.expectLoss();
  await expected.lose("destroyed");
  closing.check();
  const failing = watchDevice(sudden.device);
  await sudden.lose("driver reset");
  assert.throws(
    () => {
      failing.check();
    },
    (error) => isFedaceError(error, "ENGINE_FAILED") && error.message.includes("driver reset"),
  );
});
