import { PNG } from "pngjs";
import { GLYPH_HEIGHT, GLYPH_WIDTH, glyphPixel } from "./font.js";

/** Red, green, blue, 0 to 255. */
export type Colour = readonly [number, number, number];

/** An image to draw on, written as PNG. */
export class Canvas {
  readonly #png: PNG;

  constructor(
    readonly width: number,
    readonly height: number,
    background: Colour,
  ) {
    this.#png = new PNG({ width, height });
    this.rectangle(0, 0, width, height, background);
  }

  set(x: number, y: number, [red, green, blue]: Colour): void {
    if (x < 0 || y < 0 || x >= this.width || y >= this.height) return;
    this.#png.data.set([red, green, blue, 255], 4 * (y * this.width + x));
  }

  rectangle(left: number, top: number, width: number, height: number, colour: Colour): void {
    for (let y = top; y < top + height; y++) for (let x = left; x < left + width; x++) this.set(x, y, colour);
  }

  /** Writes `text` with its upper left corner at (`left`, `top`), each dot of the font `scale` pixels wide. */
  text(text: string, left: number, top: number, scale: number, colour: Colour): void {
    // Descenders take the eighth bit of a column.
    Array.from(text).forEach((character, n) => {
      for (let column = 0; column < GLYPH_WIDTH; column++) {
        for (let row = 0; row <= GLYPH_HEIGHT; row++) {
          if (!glyphPixel(character, column, row)) continue;
          const x = left + (n * (GLYPH_WIDTH + 1) + column) * scale;
          this.rectangle(x, top + row * scale, scale, scale, colour);
        }
      }
    });
  }

  toPng(): Buffer {
    return PNG.sync.write(this.#png);
  }
}

/** Pixels that a text takes in width. */
export function textWidth(text: string, scale: number): number {
  return Array.from(text).length * (GLYPH_WIDTH + 1) * scale;
}
