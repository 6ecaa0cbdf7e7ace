/** `help`: the table of commands, or one of them. */
import { BxError } from '../../platform/errors.js';
import type { MonitorCommand } from '../command.js';
import { renderTable } from '../table.js';

export const help: MonitorCommand = {
  name: 'help',
  usage: 'help [COMMAND]',
  summary: 'lists the commands, or says what one of them does',
  details: [],
  async run({ commands }, args) {
    const [name] = args;
    if (name === undefined) return helpTable(commands);
    const command = commands.find((candidate) => candidate.name === name);
    if (command === undefined) throw new BxError('usage', `there is no command ${name}`, { hint: 'help lists them.' });
    return [`usage: ${command.usage}`, command.summary, ...command.details].join('\n');
  },
};

export function helpTable(commands: readonly MonitorCommand[]): string {
  return renderTable(
    ['COMMAND', 'WHAT IT DOES'],
    commands.map((command) => [command.name, command.summary]),
  );
}
