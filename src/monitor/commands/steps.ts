/** `steps`: the steps of the current build with the numbers that `rollback` takes. */
import { selectCurrent, selectInstructions, stepElapsedMs } from '../../core/select/index.js';
import { printableLine } from '../../platform/printable.js';
import { ellipsize } from '../../platform/text-width.js';
import { type MonitorCommand, usageError } from '../command.js';
import { renderTable } from '../table.js';

const TEXT_CELLS = 100;

export const steps: MonitorCommand = {
  name: 'steps',
  usage: 'steps',
  summary: 'lists the steps of this build with the numbers that rollback takes',
  details: [],
  async run({ session, now }, args) {
    if (args.length > 0) throw usageError(steps, 'steps takes no arguments');
    const generation = selectCurrent(session.state);
    if (generation === null) return 'there is no build yet';
    const instructions = selectInstructions(generation);
    const hasImages = instructions.some(({ imageId }) => imageId != null);
    const rows = instructions.map((step) => {
      const elapsedMs = stepElapsedMs(step, now());
      return [
        String(step.number ?? step.key),
        step.stage === null ? '' : (generation.stages[step.stage]?.label ?? ''),
        step.state,
        elapsedMs === null || step.state === 'cached' ? '' : `${(elapsedMs / 1000).toFixed(1)}s`,
        step.lines === null ? '' : `L${step.lines.start}`,
        ...(hasImages ? [(step.imageId ?? '').replace(/^sha256:/, '').slice(0, 12)] : []),
        ellipsize(step.text, TEXT_CELLS),
      ].map(printableLine);
    });
    return renderTable(['STEP', 'STAGE', 'STATE', 'TIME', 'LINE', ...(hasImages ? ['IMAGE'] : []), 'INSTRUCTION'], rows);
  },
};
