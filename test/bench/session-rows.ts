/** Rows about a session on a terminal: first frame, prompts, echo, memory. The peer is the debug monitor of buildx 0.13. */
import { BASE, createProject, type Project } from '../helpers/project.js';
import { leaveTerminal, openSession, rollbackTo, shellOpens, tabCount } from '../helpers/session.js';
import { closeTerminals, startTerminal, type TestTerminal } from '../helpers/terminal.js';
import type { Bench } from './main.js';
import { alternate, median, quantile, residentMiB } from './measure.js';
import { ms, type Row, type RowMaker, ratio } from './table.js';

type Cells = Omit<Row, 'work' | 'goal'>;

const PROMPT = /\/ # *(│|$)/m;

export function sessionRows(bench: Bench): RowMaker[] {
  const project = createProject(`${BASE}RUN echo one > /one\nRUN exit 1\n`);
  const open = () => openSession(project, { env: bench.env });
  const peer = (): TestTerminal => {
    const { argv, env } = bench.debugPeer();
    const [program = '', ...args] = argv;
    return startTerminal({
      program,
      args: [...args, 'debug', '--on=error', 'build', project.dir],
      env: { ...bench.env, ...env, BUILDX_EXPERIMENTAL: '1' },
      cols: 120,
      rows: 40,
    });
  };
  const compare = async (mine: () => Promise<number>, theirs: (() => Promise<number>) | null): Promise<Cells> => {
    const closing = (run: () => Promise<number>) => async () => {
      try {
        return await run();
      } finally {
        await closeTerminals();
      }
    };
    await closing(mine)();
    let reason = '';
    const other = theirs === null ? null : closing(theirs);
    // A peer that cannot do it on this engine leaves our own figure standing alone.
    const canPeer =
      other !== null &&
      (await other().then(
        () => true,
        (error: Error) => {
          reason = error.message.split('\n')[0] ?? '';
          return false;
        },
      ));
    const [one, rest] = await alternate(bench.pairs, closing(mine), canPeer ? other : null);
    const [a, b] = [median(one), median(rest)];
    return {
      bxtui: ms(a),
      peer: canPeer ? ms(b) : theirs === null ? 'absolute' : `skipped: ${reason.slice(0, 60)}`,
      ratio: canPeer ? ratio(a, b) : '',
    };
  };
  return [
    { work: 'first frame', goal: '250 ms', run: () => compare(async () => await timed(async () => void (await open())), null) },
    {
      work: 'command to first prompt',
      goal: '≤ 0.75',
      run: () =>
        compare(
          () => timed(async () => shellOpens(await open(), PROMPT)),
          () => timed(async () => void (await peer().waitFor(PROMPT))),
        ),
    },
    {
      work: 'error to prompt',
      goal: '≤ 1.0',
      run: () =>
        compare(
          async () => {
            const terminal = await open();
            await terminal.waitFor(/FAILED/);
            return await timed(() => shellOpens(terminal, PROMPT));
          },
          async () => {
            const terminal = peer();
            await terminal.waitFor(/ERROR/);
            return await timed(() => terminal.waitFor(PROMPT));
          },
        ),
    },
    {
      work: 'rollback to a cached step',
      goal: '≤ 1.0',
      run: () =>
        compare(
          async () => {
            const terminal = await open();
            await shellOpens(terminal, PROMPT);
            await leaveTerminal(terminal);
            return await timed(() => rollbackTo(terminal, 5));
          },
          async () => {
            const terminal = await peerMonitor(peer());
            terminal.type('rollback\r');
            return await timed(() => promptAgain(terminal));
          },
        ),
    },
    {
      work: 'reload, to the shell',
      goal: '≤ 0.7',
      run: () =>
        compare(
          async () => {
            const terminal = await open();
            await shellOpens(terminal, PROMPT);
            await leaveTerminal(terminal);
            terminal.press('char:r');
            // The new shell opens beside; the person who pressed a key a moment ago stays where they are.
            return await timed(() => terminal.waitFor(() => tabCount(terminal) > 1, { what: 'second tab' }));
          },
          async () => {
            const terminal = await peerMonitor(peer());
            terminal.type('reload\r');
            return await timed(() => promptAgain(terminal));
          },
        ),
    },
    { work: 'key echo', goal: 'p50 ≤ 4 ms, p99 ≤ 16 ms', run: () => keyEcho(open) },
    { work: 'resident memory, full session', goal: '≤ 150 MiB', run: () => memory(open) },
    { work: 'memory growth, 1 GB in a shell', goal: 'flat', run: () => growth(project, open) },
  ];
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startMs = performance.now();
  await work();
  return performance.now() - startMs;
}

/** From the shell of the peer into its monitor. */
async function peerMonitor(terminal: TestTerminal): Promise<TestTerminal> {
  await terminal.waitFor(PROMPT);
  terminal.press('ctrl-a');
  terminal.type('c');
  await terminal.waitFor(/\(buildx\)/);
  return terminal;
}

/** A prompt below the last line of the monitor. */
async function promptAgain(terminal: TestTerminal): Promise<void> {
  await terminal.waitFor((screen) => PROMPT.test(screen.slice(screen.lastIndexOf('(buildx)'))), { what: 'a prompt' });
}

async function keyEcho(open: () => Promise<TestTerminal>): Promise<Cells> {
  try {
    const terminal = await open();
    await shellOpens(terminal, PROMPT);
    const times: number[] = [];
    for (let i = 0; i < 200; i++) {
      const before = terminal.cursor().col;
      const startMs = performance.now();
      terminal.type('x');
      await terminal.waitFor(() => terminal.cursor().col !== before, { what: 'an echo' });
      times.push(performance.now() - startMs);
      if (i % 20 === 19) {
        terminal.press('ctrl-u');
        await terminal.settled(60);
      }
    }
    return { bxtui: `p50 ${ms(median(times))}, p99 ${ms(quantile(times, 0.99))}`, peer: 'absolute', ratio: '' };
  } finally {
    await closeTerminals();
  }
}

async function memory(open: () => Promise<TestTerminal>): Promise<Cells> {
  try {
    const terminal = await open();
    await shellOpens(terminal, PROMPT);
    return { bxtui: `${residentMiB(terminal.pid).toFixed(0)} MiB`, peer: 'absolute', ratio: '' };
  } finally {
    await closeTerminals();
  }
}

async function growth(_project: Project, open: () => Promise<TestTerminal>): Promise<Cells> {
  try {
    const terminal = await open();
    await shellOpens(terminal, PROMPT);
    const before = residentMiB(terminal.pid);
    let peak = before;
    const poll = setInterval(() => (peak = Math.max(peak, residentMiB(terminal.pid))), 100);
    const startMs = performance.now();
    terminal.type(
      'yes "sixty-three bytes and a newline, a line of output from a shell" | head -c 1000000000; echo; echo en""ded\r',
    );
    await terminal.waitFor(/│ended *│/, { timeoutMs: 600_000 });
    clearInterval(poll);
    const perSecond = 1000 / ((performance.now() - startMs) / 1000);
    return { bxtui: `+${(peak - before).toFixed(0)} MiB at ${perSecond.toFixed(0)} MB/s`, peer: 'absolute', ratio: '' };
  } finally {
    await closeTerminals();
  }
}
