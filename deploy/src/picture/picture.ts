import { readNifti, writeWhole } from "@fedace/site-client";
import { Canvas, textWidth, type Colour } from "./canvas.js";
import { rasVolume, sliceOf, tellingSlice, type RasVolume, type Slice, type View } from "./slices.js";

interface PictureOptions {
  /** Image files with their titles, in the order of the columns. */
  readonly images: readonly { readonly title: string; readonly file: string }[];
  /** Label files whose values are indices into `classes`, with their titles: further columns. The first says which slices are shown. */
  readonly segmentations: readonly { readonly title: string; readonly file: string }[];
  /** Default: axial, coronal, sagittal. */
  readonly views?: readonly View[];
  /** Columns side by side, then the next begin below. Default: all. */
  readonly columns?: number;
  /** In the order of the labels, the background first. */
  readonly classes: readonly string[];
  /** Dice of each class, shown in the legend where there is one. */
  readonly scores?: Readonly<Record<string, number>>;
  /** The PNG to write. */
  readonly file: string;
}

const BACKGROUND: Colour = [13, 17, 23];
const TEXT: Colour = [201, 209, 217];
const FAINT: Colour = [110, 118, 129];
/** Blue, green, cream, red, and further ones for further classes. */
const PALETTE: readonly Colour[] = [
  [64, 132, 214],
  [92, 158, 116],
  [238, 228, 198],
  [242, 66, 84],
  [240, 160, 48],
  [168, 112, 220],
  [60, 190, 190],
];
const VIEWS = ["axial", "coronal", "sagittal"] as const;
/** Pixels per mm, and between panels. */
const SCALE = 2;
const GAP = 14;
const HEADER = 34;
const LEGEND = 50;

/**
 * Draws a PNG: a row per view through most of the last class, a column per image, then the segmentations over the first
 * image, and a legend.
 * @throws the NIFTI_* codes, FILE_UNREADABLE, FILE_UNWRITABLE
 */
export async function writePicture(options: PictureOptions): Promise<void> {
  const { classes, scores = {}, views = VIEWS } = options;
  const read = async (file: string): Promise<RasVolume> => rasVolume(await readNifti(file));
  const images = await Promise.all(options.images.map(({ file }) => read(file)));
  const segmentations = await Promise.all(options.segmentations.map(({ file }) => read(file)));
  const [base] = images;
  const [telling] = segmentations;
  if (base === undefined || telling === undefined) throw new RangeError("a picture needs an image and a segmentation");
  const columns: Column[] = [
    ...images.map((volume, i) => imageColumn(options.images[i]?.title ?? "", volume)),
    ...segmentations.map((labels, i) =>
      labelColumn(options.segmentations[i]?.title ?? "", labels, base, classes.length),
    ),
  ];
  const rows = views.map((view) => {
    const index = tellingSlice(telling, view, classes.length - 1);
    const slice = sliceOf(base, view, index);
    const width = Math.round(slice.width * slice.spacing[0] * SCALE);
    return { view, index, width, height: Math.round(slice.height * slice.spacing[1] * SCALE) };
  });
  const perBlock = Math.min(options.columns ?? columns.length, columns.length);
  const blockHeight = HEADER + rows.reduce((sum, row) => sum + row.height + GAP, 0);
  const panelWidth = Math.max(...rows.map(({ width }) => width));
  const width = GAP + perBlock * (panelWidth + GAP);
  const height = Math.ceil(columns.length / perBlock) * blockHeight + LEGEND;
  const canvas = new Canvas(width, height, BACKGROUND);
  columns.forEach((column, c) => {
    const left = GAP + (c % perBlock) * (panelWidth + GAP);
    let top = Math.floor(c / perBlock) * blockHeight;
    canvas.text(column.title, left + Math.round((panelWidth - textWidth(column.title, 2)) / 2), top + 12, 2, TEXT);
    top += HEADER;
    for (const row of rows) {
      const paint = column.painter(row.view, row.index);
      drawPanel(canvas, left + Math.round((panelWidth - row.width) / 2), top, row, paint);
      top += row.height + GAP;
    }
  });
  drawLegend(canvas, height - LEGEND + 12, classes, scores);
  await writeWhole(options.file, canvas.toPng());
}

/** The colour at a position of a slice, in its pixels. */
type Painter = (x: number, y: number) => Colour;

interface Column {
  readonly title: string;
  readonly painter: (view: View, index: number) => { readonly slice: Slice; readonly paint: Painter };
}

function drawPanel(
  canvas: Canvas,
  left: number,
  top: number,
  { width, height }: { readonly width: number; readonly height: number },
  { slice, paint }: { readonly slice: Slice; readonly paint: Painter },
): void {
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const sx = ((x + 0.5) / width) * slice.width - 0.5;
      const sy = ((y + 0.5) / height) * slice.height - 0.5;
      canvas.set(left + x, top + y, paint(sx, sy));
    }
  }
}

/** The four pixels around a position, with their bilinear weights. */
function around(x: number, y: number): readonly (readonly [number, number, number])[] {
  const [i, j] = [Math.floor(x), Math.floor(y)];
  const [u, v] = [x - i, y - j];
  return [
    [i, j, (1 - u) * (1 - v)],
    [i + 1, j, u * (1 - v)],
    [i, j + 1, (1 - u) * v],
    [i + 1, j + 1, u * v],
  ];
}

function interpolate(slice: Slice, x: number, y: number): number {
  return around(x, y).reduce((sum, [i, j, weight]) => sum + weight * slice.at(i, j), 0);
}

/** Grey from 0 to the 99.5th percentile of what is not 0. */
function greyOf(volume: RasVolume): (value: number) => number {
  const values = volume.data.filter((value) => value > 0).sort();
  const white = values[Math.floor(0.995 * (values.length - 1))] ?? 1;
  return (value) => Math.min(1, Math.max(0, value / white));
}

function imageColumn(title: string, volume: RasVolume): Column {
  const grey = greyOf(volume);
  return {
    title,
    painter: (view, index) => {
      const slice = sliceOf(volume, view, index);
      const paint: Painter = (x, y) => mix(BACKGROUND, [245, 245, 245], grey(interpolate(slice, x, y)));
      return { slice, paint };
    },
  };
}

/** Labels in their colours, shaded by the image; the outlines are those of the interpolated share of each label. */
function labelColumn(title: string, labels: RasVolume, base: RasVolume, classes: number): Column {
  const grey = greyOf(base);
  return {
    title,
    painter: (view, index) => {
      const slice = sliceOf(labels, view, index);
      const image = sliceOf(base, view, index);
      const shares = new Float64Array(classes);
      const paint: Painter = (x, y) => {
        shares.fill(0);
        for (const [i, j, weight] of around(x, y)) {
          const label = slice.at(i, j);
          shares[label] = (shares[label] ?? 0) + weight;
        }
        const label = shares.indexOf(Math.max(...shares));
        const shade = grey(interpolate(image, x, y));
        if (label === 0) return mix(BACKGROUND, [245, 245, 245], 0.45 * shade);
        return mix([0, 0, 0], colourOf(label), 0.78 + 0.22 * shade);
      };
      return { slice, paint };
    },
  };
}

function colourOf(label: number): Colour {
  return PALETTE[(label - 1) % PALETTE.length] ?? TEXT;
}

function mix(a: Colour, b: Colour, share: number): Colour {
  const channel = (n: 0 | 1 | 2): number => Math.round(a[n] + share * (b[n] - a[n]));
  return [channel(0), channel(1), channel(2)];
}

function drawLegend(
  canvas: Canvas,
  top: number,
  classes: readonly string[],
  scores: Readonly<Record<string, number>>,
): void {
  const entries = classes.slice(1).map((name, i) => {
    const score = scores[name];
    return { name, colour: colourOf(i + 1), note: score === undefined ? "" : `Dice ${score.toFixed(2)}` };
  });
  const width = ({ name, note }: { name: string; note: string }): number =>
    28 + textWidth(name, 2) + (note === "" ? 0 : 8 + textWidth(note, 2)) + 24;
  let left = Math.round((canvas.width - entries.reduce((sum, entry) => sum + width(entry), 0) + 24) / 2);
  for (const entry of entries) {
    canvas.rectangle(left, top, 16, 16, entry.colour);
    canvas.text(entry.name, left + 26, top + 1, 2, TEXT);
    if (entry.note !== "") canvas.text(entry.note, left + 34 + textWidth(entry.name, 2), top + 1, 2, FAINT);
    left += width(entry);
  }
}
