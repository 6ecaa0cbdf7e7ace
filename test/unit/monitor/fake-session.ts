/** A session without an engine: the real reducer over events that a test writes, and processes that a test answers for. */
import { parseDockerfile } from '../../../src/core/dockerfile/index.js';
import type { EngineEvent, SessionEvent } from '../../../src/core/events.js';
import type { BuildResult, ContainerSummary, Moment, ProcessSummary, SessionState } from '../../../src/core/model/index.js';
import { initialState, reduce } from '../../../src/core/reduce/index.js';
import { BxError } from '../../../src/platform/errors.js';
import type {
  CommandResult,
  FilesAnswer,
  FilesQuestion,
  SessionClient,
  SessionCommand,
  StepLog,
  Terminal,
} from '../../../src/session/index.js';

export const DOCKERFILE = `FROM scratch AS base
COPY busybox /bin/busybox
RUN ["/bin/busybox","--install","-s","/bin"]

FROM base AS build
WORKDIR /app
RUN --mount=type=cache,target=/cache echo one && \\
    nosuch
RUN echo two
`;

/** What a started program does: prints, and exits with a status, or goes on (null). */
export interface ProgramScript {
  readonly output: string;
  readonly exitCode: number | null;
}

export class FakeProcess {
  readonly written: string[] = [];
  readonly sizes: string[] = [];
  readonly listeners = new Set<(data: Uint8Array) => void>();
  output = '';
  isInputClosed = false;
  holds = 0;

  print(text: string): void {
    this.output += text;
    for (const listener of this.listeners) listener(Buffer.from(text));
  }
}

export class FakeSession implements SessionClient {
  state: SessionState = initialState();
  readonly commands: SessionCommand[] = [];
  readonly processes = new Map<string, FakeProcess>();
  readonly ended: Promise<void>;
  nowMs = 1_000;
  logTail = '';
  /** By step; the others have `logTail`. */
  readonly logs = new Map<string, string>();
  omittedBytes = 0;
  /** Decides what a program does, by its arguments. */
  program: (args: readonly string[]) => ProgramScript = () => ({ output: '', exitCode: 0 });
  /** What a reload does after its generation has started. */
  onReload: () => void = () => this.succeed();
  /** What is told of files. */
  files: (question: FilesQuestion) => FilesAnswer = () => {
    throw new BxError('not-found', 'there is none');
  };
  end: () => void = () => undefined;
  readonly #listeners = new Set<(event: SessionEvent, state: SessionState) => void>();

  constructor() {
    this.ended = new Promise((resolve) => {
      this.end = resolve;
    });
    this.emit({ type: 'session.started', atMs: this.nowMs, id: 'abcd', contextLabel: 'app' });
  }

  emit(event: SessionEvent): void {
    this.state = reduce(this.state, event);
    for (const listener of [...this.#listeners]) listener(event, this.state);
  }

  report(event: EngineEvent): void {
    this.emit({ type: 'engine.reported', atMs: this.nowMs, generation: this.generation, event });
  }

  get generation(): number {
    return this.state.generations.length;
  }

  startBuild(text: string = DOCKERFILE, target: string | null = null): void {
    const dockerfile = { path: '/src/app/Dockerfile', text };
    this.emit({
      type: 'generation.started',
      atMs: this.nowMs,
      generation: this.generation + 1,
      dockerfile,
      plan: parseDockerfile(text),
      target,
    });
  }

  /** A vertex of the plan at these lines. */
  plan(...vertices: ReadonlyArray<readonly [digest: string, name: string, line: number]>): void {
    this.report({
      type: 'plan.resolved',
      vertices: vertices.map(([digest, name, line]) => ({
        digest,
        name,
        inputs: [],
        lines: { start: line, end: line },
        op: 'exec',
      })),
    });
  }

  vertex(digest: string, name: string, change: Partial<Extract<EngineEvent, { type: 'vertex.updated' }>> = {}): void {
    const startedAtMs = this.nowMs;
    this.report({
      type: 'vertex.updated',
      digest,
      name,
      inputs: [],
      isCached: false,
      startedAtMs,
      completedAtMs: null,
      error: '',
      ...change,
    });
  }

  log(digest: string, text: string): void {
    this.report({ type: 'log.appended', digest, stream: 'stdout', text });
  }

  succeed(result: BuildResult = { imageId: 'sha256:0123', tags: ['app'], outputs: [] }): void {
    this.report({ type: 'build.succeeded', result });
  }

  /** Fails at step 6, `RUN … nosuch`. */
  fail(): void {
    this.plan(['d6', '[build 2/3] RUN nosuch', 7]);
    this.report({
      type: 'build.failed',
      failure: { digest: 'd6', message: 'exit code: 127', hint: null, exitCode: 127, line: 7 },
    });
  }

  onEvent(listener: (event: SessionEvent, state: SessionState) => void) {
    this.#listeners.add(listener);
    return { dispose: () => void this.#listeners.delete(listener) };
  }

  async execute(command: SessionCommand): Promise<CommandResult> {
    this.commands.push(command);
    switch (command.type) {
      case 'step.rollback': {
        const container = this.openContainer(command.step, command.moment === 'auto' ? 'after' : command.moment);
        return { process: this.start(container.id, command.args ?? [], command.tty ?? true) };
      }
      case 'process.exec':
        return { process: this.start(command.container, command.args, command.tty) };
      case 'process.disconnect':
        this.disconnect(command.process);
        return { process: null };
      case 'session.reload':
        this.startBuild();
        queueMicrotask(this.onReload);
        return { process: null };
      case 'step.files':
        return { process: null, files: this.files(command.question) };
      case 'session.disconnect':
        this.end();
        return { process: null };
      default:
        return { process: null };
    }
  }

  openContainer(step: string, moment: Moment, more: Partial<ContainerSummary> = {}): ContainerSummary {
    const container: ContainerSummary = {
      id: `c${Object.keys(this.state.containers).length + 1}`,
      generation: this.generation,
      step,
      moment,
      state: 'running',
      user: 'root',
      cwd: '/app',
      shell: ['/bin/sh'],
      mounts: [],
      stepCommand: null,
      hasHistory: false,
      note: null,
      ...more,
    };
    this.emit({ type: 'container.updated', atMs: this.nowMs, container });
    return container;
  }

  start(container: string, args: readonly string[], tty: boolean): string {
    const id = `p${this.state.processes.length + 1}`;
    const argv = args.length > 0 ? args : ['/bin/sh'];
    const summary: ProcessSummary = {
      id,
      container,
      kind: args.length > 0 ? 'exec' : 'shell',
      args: argv,
      command: argv.join(' '),
      tty,
      user: this.state.containers[container]?.user ?? null,
      state: 'running',
      startedAtMs: this.nowMs,
      endedAtMs: null,
      exitCode: null,
      reason: null,
    };
    const process = new FakeProcess();
    this.processes.set(id, process);
    this.emit({ type: 'process.updated', atMs: this.nowMs, process: summary });
    const script = this.program(args);
    queueMicrotask(() => {
      process.print(script.output);
      if (script.exitCode !== null) this.exit(id, script.exitCode);
    });
    return id;
  }

  /** The container goes with the last program in it. */
  disconnect(id: string): void {
    const process = this.state.processes.find((candidate) => candidate.id === id)!;
    const container = this.state.containers[process.container];
    if (process.endedAtMs === null) this.exit(id, null);
    if (container === undefined || this.state.processes.some((one) => one.container === container.id && one.endedAtMs === null))
      return;
    this.emit({ type: 'container.updated', atMs: this.nowMs, container: { ...container, state: 'released' } });
  }

  exit(id: string, exitCode: number | null): void {
    const process = this.state.processes.find((candidate) => candidate.id === id)!;
    const state = exitCode === null ? 'lost' : 'exited';
    this.emit({ type: 'process.updated', atMs: this.nowMs, process: { ...process, state, exitCode, endedAtMs: this.nowMs } });
  }

  terminal(id: string): Terminal {
    const process = this.processes.get(id);
    if (process === undefined) throw new BxError('not-found', `no process ${id}`);
    const own = new Set<(data: Uint8Array) => void>();
    return {
      process: id,
      replay: () => Buffer.from(process.output),
      onData(listener) {
        own.add(listener);
        process.listeners.add(listener);
        return { dispose: () => void process.listeners.delete(listener) };
      },
      size: { cols: 80, rows: 24 },
      onSize: () => ({ dispose: () => undefined }),
      write: (data) => void process.written.push(Buffer.from(data).toString('latin1')),
      resize: (cols, rows) => void process.sizes.push(`${cols}x${rows}`),
      pause: () => void process.holds++,
      resume: () => void process.holds--,
      detach: () => {
        for (const listener of own) process.listeners.delete(listener);
      },
      closeInput: () => {
        process.isInputClosed = true;
      },
    };
  }

  stepLog(_generation?: number, step = ''): StepLog {
    return { head: '', tail: this.logs.get(step) ?? this.logTail, omittedBytes: this.omittedBytes, file: null };
  }

  async wholeLog(generation: number, step: string): Promise<StepLog> {
    return this.stepLog(generation, step);
  }

  hasExclusiveCache(): boolean {
    return false;
  }
}
