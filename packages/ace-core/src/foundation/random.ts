/**
 * Seeded random numbers in plain 32-bit integer arithmetic: the same sequence on every machine and engine.
 */
export interface Random {
  /** Uniform in [0, 1), 32 bits of resolution. */
  uniform(): number;
  /** Standard normal (Box-Muller). */
  normal(): number;
  /** Uniform integer in [0, bound). */
  integer(bound: number): number;
  /** An independent generator named by `labels`; does not advance this one. */
  fork(...labels: readonly (string | number)[]): Random;
}

/** 32-bit FNV-1a hash of the UTF-16 code units of `text`, low byte first. */
function fnv1a(text: string, hash: number): number {
  let h = hash;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    h = Math.imul(h ^ (unit & 0xff), 0x01000193);
    h = Math.imul(h ^ (unit >>> 8), 0x01000193);
  }
  return h >>> 0;
}

/** One step of splitmix32's finaliser. */
function mix(value: number): number {
  let z = value;
  z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
  z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
  return (z ^ (z >>> 15)) >>> 0;
}

/**
 * A generator from an integer seed. sfc32 (Doty-Humphrey, PractRand), its state filled by splitmix32.
 */
export function seededRandom(seed: number): Random {
  const key = seed >>> 0;
  let fill = key;
  const next = (): number => mix((fill = (fill + 0x9e3779b9) >>> 0));
  let a = next();
  let b = next();
  let c = next();
  let counter = 1;
  const word = (): number => {
    const sum = (a + b + counter) >>> 0;
    counter = (counter + 1) >>> 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) >>> 0;
    c = (((c << 21) | (c >>> 11)) + sum) >>> 0;
    return sum;
  };
  for (let i = 0; i < 12; i++) word();
  let spare: number | undefined;
  const uniform = (): number => word() / 4294967296;
  return {
    uniform,
    normal: () => {
      if (spare !== undefined) {
        const value = spare;
        spare = undefined;
        return value;
      }
      const radius = Math.sqrt(-2 * Math.log(1 - uniform()));
      const angle = 2 * Math.PI * uniform();
      spare = radius * Math.sin(angle);
      return radius * Math.cos(angle);
    },
    integer: (bound) => Math.floor(uniform() * bound),
    fork: (...labels) =>
      seededRandom(labels.reduce<number>((h, label) => fnv1a(`/${label}`, h), mix(key ^ 0x811c9dc5))),
  };
}
