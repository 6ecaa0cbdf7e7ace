/** A screen on a terminal of paper: the real front end with a fake session, router, guard and clock, and an emulator that shows it. */

import { fileURLToPath } from 'node:url';
import { parseLeaveKey } from '../../src/input/leave-key.js';
import type { ModeChange, Router } from '../../src/input/router.js';
import type { InputEvent, KeyEvent, ProgramTarget } from '../../src/input/types.js';
import { BxError } from '../../src/platform/errors.js';
import type { TerminalGuard } from '../../src/platform/terminal-guard.js';
import type { ClientInfo } from '../../src/session/wire/index.js';
import { createEmulator, type Emulator } from '../../src/term/emulator.js';
import {
  type ColorDepth,
  loadTheme,
  type ScreenDeps,
  type ScreenHandle,
  startScreen,
  type TextSource,
} from '../../src/ui/index.js';
import type { FakeSession } from './fake-session.js';

const THEMES = fileURLToPath(new URL('../../themes', import.meta.url));

export interface StageOptions {
  readonly session: FakeSession;
  readonly nowMs: number;
  readonly cols: number;
  readonly rows: number;
  readonly glyphs?: 'unicode' | 'ascii';
  readonly colorDepth?: ColorDepth;
  readonly deps?: Partial<ScreenDeps>;
}

export interface Stage {
  readonly handle: ScreenHandle;
  readonly session: FakeSession;
  readonly terminal: Emulator;
  readonly target: ProgramTarget | null;
  readonly frames: readonly string[];
  /** Timers that wait for their time. */
  readonly timerCount: number;
  /** Everything that is due by then happens: timers, parsing, drawing. */
  settle(byMs?: number): Promise<void>;
  /** Key names of the decoder; single characters type themselves. */
  press(...keys: string[]): Promise<void>;
  /** The same of keys that come in one piece. */
  pressAtOnce(...keys: string[]): Promise<void>;
  event(event: InputEvent): Promise<void>;
  /** The leave key, as the router reports it. */
  leave(): Promise<void>;
  /** The leave key twice, as the router reports it: one goes to the program. */
  leaveTwice(): Promise<void>;
  resize(cols: number, rows: number): Promise<void>;
  /** A program of the session ends by itself. */
  endProcess(id: string, exitCode: number): void;
  text(): string;
  readonly copied: readonly string[];
  readonly edited: ReadonlyArray<readonly [file: string, line: number]>;
  /** Texts that were opened in the editor, and those that were written, by name. */
  readonly opened: ReadonlyArray<readonly [source: TextSource, line: number]>;
  readonly written: Map<string, TextSource>;
}

export async function openStage(options: StageOptions): Promise<Stage> {
  let nowMs = options.nowMs;
  let timers: Array<{ atMs: number; run: () => void }> = [];
  const clock: ScreenDeps['clock'] = {
    now: () => nowMs,
    soon: (run) => void timers.push({ atMs: nowMs, run }),
    setTimeout(run, delayMs) {
      const timer = { atMs: nowMs + delayMs, run };
      timers.push(timer);
      return timer;
    },
    clearTimeout(handle) {
      timers = timers.filter((timer) => timer !== handle);
    },
  };
  const terminal = createEmulator({ cols: options.cols, rows: options.rows, scrollbackRows: 0 });
  const frames: string[] = [];
  let onResize = (): void => undefined;
  const stdout = {
    columns: options.cols,
    rows: options.rows,
    writableLength: 0,
    write(text: string) {
      frames.push(text);
      terminal.write(text);
      return true;
    },
    on(event: 'resize' | 'drain', listener: () => void) {
      if (event === 'resize') onResize = listener;
    },
    off: () => undefined,
  };
  const router = createPaperRouter();
  const copied: string[] = [];
  const edited: Array<readonly [string, number]> = [];
  const opened: Array<readonly [TextSource, number]> = [];
  const written = new Map<string, TextSource>();
  const handle = startScreen({
    session: options.session,
    router,
    guard: createPaperGuard(),
    stdin: process.stdin,
    stdout,
    theme: loadTheme('dark', THEMES),
    glyphs: options.glyphs ?? 'unicode',
    colorDepth: options.colorDepth ?? 'truecolor',
    clock,
    commandLine: {
      run: (line, signal) => (line === 'ls /slow' ? untilStopped(signal) : Promise.resolve({ text: `ran ${line}` })),
      complete: (line) => ({ candidates: ['reload', 'rollback'].filter((name) => name.startsWith(line)), start: 0 }),
      isQuestion: (line) => line.startsWith('ls'),
      help: () => [{ name: 'reload', usage: 'reload', summary: 'Build again' }],
    },
    settings: { leaveKey: parseLeaveKey('ctrl-]'), scrollbackRows: 1000, wheelRows: 3, preparesShells: true },
    canDetach: false,
    dockerfileLabel: './Dockerfile',
    openEditor(file, line) {
      edited.push([file, line]);
      return Promise.resolve();
    },
    files: {
      edit(source, line) {
        opened.push([source, line]);
        return Promise.resolve();
      },
      write(name, source, isReplacing) {
        const isThere = written.has(name) && !isReplacing;
        if (!isThere) written.set(name, source);
        return Promise.resolve({ path: name, isThere });
      },
    },
    copy(text) {
      copied.push(text);
      return Promise.resolve('clipboard');
    },
    ...options.deps,
  });
  const stage: Stage = {
    handle,
    session: options.session,
    terminal,
    frames,
    get timerCount() {
      return timers.length;
    },
    copied,
    edited,
    opened,
    written,
    get target() {
      return router.target;
    },
    async settle(byMs = 60) {
      const untilMs = nowMs + byMs;
      for (let round = 0; round < 200; round++) {
        await new Promise<void>((resolve) => setTimeout(resolve, 0));
        const due = timers.filter((timer) => timer.atMs <= untilMs).sort((a, b) => a.atMs - b.atMs)[0];
        if (due === undefined) {
          if (round > 5) break;
          continue;
        }
        timers = timers.filter((timer) => timer !== due);
        nowMs = Math.max(nowMs, due.atMs);
        due.run();
      }
      nowMs = untilMs;
      await new Promise<void>((resolve) => terminal.write('', resolve));
    },
    async press(...keys) {
      for (const key of keys) {
        router.send(keyEvent(key));
        await stage.settle();
      }
    },
    async pressAtOnce(...keys) {
      for (const key of keys) router.send(keyEvent(key));
      await stage.settle();
    },
    async event(event) {
      router.send(event);
      await stage.settle();
    },
    async leave() {
      router.leaveByKey();
      await stage.settle();
    },
    async leaveTwice() {
      router.leaveByKey();
      router.resumeByKey();
      await stage.settle();
    },
    async resize(cols, rows) {
      stdout.columns = cols;
      stdout.rows = rows;
      terminal.resize(cols, rows);
      onResize();
      await stage.settle(120);
    },
    endProcess(id, exitCode) {
      const process = options.session.state.processes.find((candidate) => candidate.id === id)!;
      const ended = { ...process, state: 'exited', endedAtMs: nowMs, exitCode } as const;
      options.session.emit({ type: 'process.updated', atMs: nowMs, process: ended });
    },
    text() {
      const { firstRow, length } = terminal.viewport;
      return Array.from({ length }, (_, y) =>
        terminal.text(firstRow + y, 0, firstRow + y, terminal.cols).replace(/\s+$/, ''),
      ).join('\n');
    },
  };
  await handle.complete;
  await stage.settle();
  return stage;
}

function keyEvent(key: string): KeyEvent {
  const text = key === 'space' ? ' ' : key.length === 1 ? key : '';
  return { type: 'key', key, text, raw: new TextEncoder().encode(text) };
}

/** Who is attached, as a remote session tells it; this screen is the first. */
export interface PaperClients extends NonNullable<ScreenDeps['clients']> {
  set(...clients: readonly PaperClient[]): void;
  lastPlace: NonNullable<ScreenDeps['clients']>['lastPlace'];
  /** Where this screen has said that the person is, the newest last. */
  readonly places: ReadonlyArray<NonNullable<ScreenDeps['clients']>['lastPlace']>;
}

export type PaperClient = Pick<ClientInfo, 'label' | 'isReadOnly' | 'connectedAtMs'>;

export function createPaperClients(...first: readonly PaperClient[]): PaperClients {
  const listeners = new Set<(clients: readonly ClientInfo[]) => void>();
  const seen: string[] = [];
  const infos = (given: readonly PaperClient[]): ClientInfo[] =>
    given.map((client) => {
      if (!seen.includes(client.label)) seen.push(client.label);
      return { ...client, id: seen.indexOf(client.label) + 1, kind: 'screen', version: '1.2.3' };
    });
  let clients = infos(first);
  const places: Array<PaperClients['lastPlace']> = [];
  return {
    lastPlace: null,
    places,
    tellPlace: (place) => void places.push(place),
    get clients() {
      return clients;
    },
    clientId: 1,
    onClients(listener) {
      listeners.add(listener);
      return { dispose: () => void listeners.delete(listener) };
    },
    onRefused: () => ({ dispose: () => undefined }),
    set(...next) {
      clients = infos(next);
      for (const listener of listeners) listener(clients);
    },
  };
}

interface PaperRouter extends Router {
  send(event: InputEvent): void;
  leaveByKey(): void;
  /** The leave key again, after `leaveByKey`. */
  resumeByKey(): void;
}

function untilStopped(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_, reject) => signal?.addEventListener('abort', () => reject(new BxError('cancelled', 'stopped'))));
}

function createPaperRouter(): PaperRouter {
  const listeners = new Set<(event: InputEvent, mode: 'normal' | 'terminal') => void>();
  const modeListeners = new Set<(change: ModeChange) => void>();
  let target: ProgramTarget | null = null;
  let left: ProgramTarget | null = null;
  let held: InputEvent[] | null = null;
  const nothing = { dispose: () => undefined };
  return {
    get mode() {
      return target === null ? 'normal' : 'terminal';
    },
    get target() {
      return target;
    },
    attach: () => undefined,
    detach: () => undefined,
    feed: () => undefined,
    enterTerminal(next) {
      target = next;
      for (const listener of modeListeners) listener('entered');
    },
    leaveTerminal() {
      target = null;
      for (const listener of modeListeners) listener('left');
    },
    onEvent(listener) {
      listeners.add(listener);
      return { dispose: () => void listeners.delete(listener) };
    },
    onModeChange(listener) {
      modeListeners.add(listener);
      return { dispose: () => void modeListeners.delete(listener) };
    },
    onEnd: () => nothing,
    paste: (to, data) => to.write(data),
    sendLeaveKey: (to) => to.write(Uint8Array.of(0x1d)),
    dispose: () => listeners.clear(),
    hold() {
      held = [];
      return {
        dispose: () => {
          const events = held ?? [];
          held = null;
          for (const event of events) this.send(event);
        },
      };
    },
    send(event) {
      if (held !== null) held.push(event);
      else if (target !== null && (event.type === 'key' || event.type === 'paste')) target.write(event.raw);
      else for (const listener of listeners) listener(event, target === null ? 'normal' : 'terminal');
    },
    resumeByKey() {
      target = left;
      left?.write(Uint8Array.of(0x1d));
      for (const listener of modeListeners) listener('resumed');
    },
    leaveByKey() {
      left = target;
      target = null;
      for (const listener of modeListeners) listener('leave-key');
    },
  };
}

function createPaperGuard(): TerminalGuard {
  let isActive = false;
  let isMouseEnabled = true;
  const nothing = { dispose: () => undefined };
  return {
    get isActive() {
      return isActive;
    },
    get isMouseEnabled() {
      return isMouseEnabled;
    },
    enter() {
      isActive = true;
    },
    leave() {
      isActive = false;
    },
    setMouse(isEnabled) {
      isMouseEnabled = isEnabled;
    },
    suspend: () => undefined,
    suspendFor: (run) => run(new AbortController().signal),
    onRelease: () => nothing,
    onTake: () => nothing,
    onSignal: () => nothing,
    dispose: () => undefined,
  };
}
