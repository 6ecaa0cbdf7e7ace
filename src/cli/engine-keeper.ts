/** The process that keeps the private engine. Nobody calls it by hand: `bxtui engine start` does. */
import { type KeeperWish, keepEngine } from '../private-engine/keeper.js';

/** `args`: the wish, as JSON. Resolves with the exit status when the engine has ended. Throws `BxError`. */
export async function runEngineKeeper(args: readonly string[]): Promise<number> {
  return keepEngine(JSON.parse(args[0] ?? '') as KeeperWish, process.env);
}
