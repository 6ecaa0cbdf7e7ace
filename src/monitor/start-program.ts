/** A program that a command starts, shown as the front end shows one. */
import type { SessionCommand } from '../session/index.js';
import type { MonitorContext } from './command.js';

/** Returns what is to be said about it. Throws `BxError`. */
export async function startProgram(context: MonitorContext, command: SessionCommand): Promise<string> {
  if (context.start !== undefined) {
    await context.start(command);
    return '';
  }
  const { process } = await context.session.execute(command, context.signal);
  return process === null ? '' : context.attach(process, true);
}
