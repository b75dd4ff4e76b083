import { elementwise } from "./shader.js";
import type { Shader } from "./shader.js";

/** Uniforms: learning rate, momentum. Buffers: variable, gradient, velocity → next variable, next velocity. */
export function sgdShader(count: number, nesterov: boolean): Shader {
  return elementwise({
    label: "sgd",
    reads: { variable: "f32", gradient: "f32", velocity: "f32" },
    writes: { next_variable: "f32", next_velocity: "f32" },
    parameters: 2,
    count,
    body: `
  let next = parameter(1u) * velocity[i] + gradient[i];
  next_velocity[i] = next;
  next_variable[i] = variable[i] - parameter(0u) * ${nesterov ? "(gradient[i] + parameter(1u) * next)" : "next"};`,
  });
}

/**
 * Uniforms: learning rate / (1 − β₁ᵗ), 1 / √(1 − β₂ᵗ), β₁, 1 − β₁, β₂, 1 − β₂, ε. Buffers: variable, gradient, m, v →
 * next variable, m, v.
 */
export function adamShader(count: number): Shader {
  return elementwise({
    label: "adam",
    reads: { variable: "f32", gradient: "f32", m: "f32", v: "f32" },
    writes: { next_variable: "f32", next_m: "f32", next_v: "f32" },
    parameters: 7,
    count,
    body: `
  let first = parameter(2u) * m[i] + parameter(3u) * gradient[i];
  let second = parameter(4u) * v[i] + parameter(5u) * gradient[i] * gradient[i];
  next_m[i] = first;
  next_v[i] = second;
  next_variable[i] = variable[i] - parameter(0u) * first / (sqrt(second) * parameter(1u) + parameter(6u));`,
  });
}

/** Buffers: x, factor (scalar) → y. */
export function scaleByShader(count: number): Shader {
  return elementwise({
    label: "scale by",
    reads: { x: "f32", factor: "f32" },
    writes: { y: "f32" },
    count,
    body: "y[i] = x[i] * factor[0];",
  });
}
