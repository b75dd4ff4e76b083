import { KERNELS } from "../ops/contracts.js";
import type { AceAttributes, MarginalDiceAttributes } from "../ops/contracts.js";
import { shape5, sizeOf } from "./kernel.js";
import type { Kernel } from "./kernel.js";
import {
  aceShader,
  diceGradientShader,
  diceLossShader,
  diceSumsShader,
  lossGroups,
  meanShader,
} from "./shaders/losses.js";
import { zerosShader } from "./shaders/shader.js";

export const LOSSES: Readonly<Record<string, Kernel>> = {
  [KERNELS.ace]: (runner, input, attributes) => {
    const { sets } = attributes as unknown as AceAttributes;
    const [logits, labels] = [input("logits"), input("labels")];
    const voxels = sizeOf(labels);
    const [loss, dlogits] = [runner.make([]), runner.make(logits.shape)];
    const partial = runner.make([lossGroups(voxels)]);
    const shader = runner.shader(aceShader, voxels, shape5(logits)[4], sets);
    runner.run(shader, [logits, labels], [partial, dlogits]);
    runner.run(runner.shader(meanShader, lossGroups(voxels), voxels), [partial], [loss]);
    runner.free(partial);
    return [loss, dlogits];
  },
  [KERNELS.marginalDice]: (runner, input, attributes) => {
    const { sets, foreground } = attributes as unknown as MarginalDiceAttributes;
    const [logits, labels] = [input("logits"), input("labels")];
    const voxels = sizeOf(labels);
    const [loss, dlogits] = [runner.make([]), runner.make(logits.shape)];
    if (foreground.length === 0) {
      runner.run(runner.shader(zerosShader, 1), [], [loss]);
      runner.run(runner.shader(zerosShader, sizeOf(logits)), [], [dlogits]);
      return [loss, dlogits];
    }
    const dice = { voxels, classes: shape5(logits)[4], sets, foreground };
    const partial = runner.make([lossGroups(voxels), foreground.length, 2]);
    const slopes = runner.make([foreground.length, 2]);
    runner.run(runner.shader(diceSumsShader, dice), [logits, labels], [partial]);
    runner.run(runner.shader(diceLossShader, dice), [partial], [loss, slopes]);
    runner.run(runner.shader(diceGradientShader, dice), [logits, labels, slopes], [dlogits]);
    runner.free(partial, slopes);
    return [loss, dlogits];
  },
};
