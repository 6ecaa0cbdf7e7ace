/** The sessions of a person for the monitor: the records on disk, and a connection to any of them. */
import type { SessionDirectory } from '../../monitor/index.js';
import type { LineDirectory } from '../../monitor/line/index.js';
import type { TextSink } from '../../plain/index.js';
import type { Disposable } from '../../platform/byte-channel.js';
import { findSession, listSessions } from '../../session/records/session-records.js';
import { aFewAtOnce } from './a-few-at-once.js';
import { connectTo } from './connect.js';

/** `root`: the directory with their records, which need not exist. */
export function createDirectory(root: string): SessionDirectory {
  return {
    ids: () => listSessions(root).map(({ record }) => record.id),
    async list() {
      const { describeFound } = await import('./session-rows.js');
      return aFewAtOnce(listSessions(root), describeFound);
    },
    async end(id) {
      const { endSession } = await import('./end-session.js');
      await endSession(root, findSession(root, id));
    },
  };
}

/** `progress`: where builds of the sessions that are opened are told. */
export function createLineDirectory(root: string, progress: TextSink): LineDirectory {
  return {
    ...createDirectory(root),
    async open(id) {
      const [session, { startPlainProgress }] = await Promise.all([
        connectTo(findSession(root, id), { kind: 'screen' }),
        import('../../plain/index.js'),
      ]);
      const follow = (): Disposable => startPlainProgress({ session, sink: progress });
      return { session, isServed: true, opensShells: true, follow, leave: () => session.leave() };
    },
  };
}
