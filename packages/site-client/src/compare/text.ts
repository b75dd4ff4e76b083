import { table } from "@fedace/ace-core/host";
import type { Line } from "@fedace/ace-core/host";
import { metricOf } from "@fedace/ace-core/metrics";
import type { Metric, MetricName } from "@fedace/ace-core/metrics";
import type { ComparedFigure } from "./figures.js";

/** What of a comparison says which cases were scored. */
interface Scored {
  readonly training: number;
  readonly heldBack: number;
  readonly leftOut: number;
  readonly standing: "absent" | "known" | "unknown";
  readonly annotated: readonly string[];
  readonly absent: readonly string[];
}

const HEADER = ["alone", "joint", "change", "95 % interval", "cases", "joint is"];

const WORDS: Readonly<Record<ComparedFigure["jointIs"], string>> = {
  better: "better",
  worse: "worse",
  same: "the same",
  unclear: "unclear",
};

/** A table per class, and how it is to be read. */
export function figureLines(figures: readonly ComparedFigure[]): Line[] {
  const classes = [...new Set(figures.map((figure) => figure.class))];
  const of = (what: ComparedFigure["jointIs"]): number => figures.filter(({ jointIs }) => jointIs === what).length;
  return [
    ...classes.flatMap((name) => [
      "",
      table([name, ...HEADER], figures.filter((figure) => figure.class === name).map(row), {
        numbers: [1, 2, 3, 4, 5],
      }),
    ]),
    "",
    `Of ${figures.length} figures the joint model is better in ${of("better")} and worse in ${of("worse")}; ${of("same")} are the same, ${of("unclear")} unclear.`,
    "↓: less is better; volumeDifference is compared without its sign. Each figure is the mean over the cases where it is defined for both models, the change joint minus alone, its interval by the bootstrap over cases, from 3 cases on. Of 20 intervals one leaves out 0 by chance alone.",
  ];
}

function row({ metric, cases, alone, joint, difference, interval, jointIs }: ComparedFigure): string[] {
  const { most, unit }: Metric = metricOf(metric);
  const digits = most === 1 ? 3 : unit === "mL" ? 2 : 1;
  const signed = (value: number): string => {
    const text = value.toFixed(digits);
    return Number(text) === 0 ? (0).toFixed(digits) : value > 0 ? `+${text}` : text;
  };
  return [
    titleOf(metric),
    alone.toFixed(digits),
    joint.toFixed(digits),
    signed(difference),
    interval === null ? "–" : `${signed(interval[0])} to ${signed(interval[1])}`,
    String(cases),
    WORDS[jointIs],
  ];
}

/** `hd95, mm ↓`. */
function titleOf(metric: MetricName): string {
  const { unit, better }: Metric = metricOf(metric);
  return `${[metric, unit].filter((text) => text !== "").join(", ")}${better === "higher" ? "" : " ↓"}`;
}

/** Which cases were trained on and scored, and why those that were scored are new to both models. */
export function caseLines({ training, heldBack, leftOut, standing }: Scored, run: string): string[] {
  const scored = heldBack === 1 ? "1 case" : `${heldBack} cases`;
  const they = heldBack === 1 ? "it" : "they";
  const why = {
    absent: `this site took no part in run ${run}`,
    known: `by what this site wrote down, ${they} never trained in run ${run}`,
    unknown: `but that ${they} never trained in run ${run} is NOT KNOWN`,
  }[standing];
  return [
    `cases    ${training} to train on, ${scored} kept back and scored; ${why}`,
    ...(standing === "unknown"
      ? [
          "         This site took part in the run, and what trained there is not written down here, or the archive is another one by now. If a scored case trained there, the joint model looks better than it is.",
        ]
      : []),
    ...(leftOut === 0
      ? []
      : [`         ${leftOut} more would be kept back, but trained in the run: left out of training and scores`]),
  ];
}

/** The classes of which this archive says nothing, or only that they are not there. */
export function classLines(classes: readonly string[], { annotated, absent }: Scored): string[] {
  const others = classes.slice(1).filter((name) => !annotated.includes(name));
  const [gone, untold] = [
    others.filter((name) => absent.includes(name)),
    others.filter((name) => !absent.includes(name)),
  ];
  return [
    ...(untold.length === 0
      ? []
      : [`${untold.join(", ")}: in the joint model only; the labels here can neither teach nor score this.`]),
    ...(gone.length === 0
      ? []
      : [
          `${gone.join(", ")}: in the joint model only; there is none here by the labels, so what is seen of it is false (falseVolume).`,
        ]),
  ];
}
