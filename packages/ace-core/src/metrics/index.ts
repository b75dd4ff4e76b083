export { diceTable, IGNORE } from "./dice.js";
