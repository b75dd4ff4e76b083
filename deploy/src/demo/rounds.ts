import { duration, size } from "@fedace/ace-core/host";
import type { RunView } from "../federation/index.js";
import { diceText } from "./text.js";

const CELL = 8;

/** Prints one line per finished round: Dice per class of the model it started from, traffic, time left. */
export class RoundPrinter {
  #header = false;
  #printed = 0;

  constructor(
    readonly names: readonly string[],
    readonly say: (line: string) => void,
  ) {}

  show(view: RunView): void {
    const { history, scores } = view;
    if (!this.#header) {
      this.#header = true;
      this.say(
        `     ${"round".padEnd(9)}${this.names.map((name) => name.padStart(CELL)).join("")}${"took".padStart(10)}  sent to / from sites`,
      );
    }
    for (const round of history) {
      if (round.seconds === null || round.round <= this.#printed) continue;
      this.#printed = round.round;
      const score = scores.find(({ model }) => model === round.round - 1);
      const dice = this.names.map((name) => diceText(score?.classes[name]).padStart(CELL)).join("");
      const left = view.secondsLeft === null || view.ended ? "" : `, about ${duration(1000 * view.secondsLeft)} left`;
      const traffic = `${size(round.bytesDown)} / ${size(round.bytesUp)}`;
      this.say(
        `     ${`${round.round}/${view.rounds}`.padEnd(9)}${dice}${duration(1000 * round.seconds).padStart(10)}  ${traffic}${left}`,
      );
    }
    const final = scores.find(({ model }) => model === view.rounds);
    if (view.ended && final !== undefined)
      this.say(
        `     ${"final".padEnd(9)}${this.names.map((name) => diceText(final.classes[name]).padStart(CELL)).join("")}`,
      );
  }
}
