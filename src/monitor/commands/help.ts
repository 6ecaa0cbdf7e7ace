/** `help`: the table of commands, or one of them. */
import { BxError } from '../../platform/errors.js';
import type { MonitorCommand } from '../command.js';
import { renderParagraph, renderTable } from '../table.js';

export const help: MonitorCommand = {
  name: 'help',
  usage: 'help [COMMAND]',
  summary: 'lists the commands, or says what one of them does',
  details: [],
  async run({ commands, textWidth }, args) {
    const [name] = args;
    if (name === undefined) return helpTable(commands, textWidth?.());
    const command = commands.find((candidate) => candidate.name === name);
    if (command === undefined) throw new BxError('usage', `there is no command ${name}`, { hint: 'help lists them.' });
    const paragraphs = [`usage: ${command.usage}`, command.summary, ...command.details];
    return paragraphs.map((text) => renderParagraph(text, textWidth?.())).join('\n');
  },
};

/** `width`: columns that it is wrapped at; absent: it is not. */
export function helpTable(commands: readonly MonitorCommand[], width?: number): string {
  return renderTable(
    ['COMMAND', 'WHAT IT DOES'],
    commands.map((command) => [command.name, command.summary]),
    width,
  );
}
