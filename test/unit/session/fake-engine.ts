/** An engine that does what a test tells it, for the session's own rules; the real engines have the contract suite. */
import type { EngineEvent } from '../../../src/core/events.js';
import type { EngineLine, FileEntry, Moment } from '../../../src/core/model/index.js';
import type {
  BuildRequest,
  BuildRun,
  Container,
  ContainerDefaults,
  ContainerProcess,
  ContainerSpec,
  Engine,
  FileRange,
  FilesSpec,
  ProcessExit,
  StepChanges,
  StepFiles,
} from '../../../src/engine/engine.js';
import { BxError } from '../../../src/platform/errors.js';

export class FakeProcess implements ContainerProcess {
  readonly written: string[] = [];
  readonly sizes: string[] = [];
  readonly signals: string[] = [];
  held = 0;
  /** It does not read, so that nothing more is taken until it does. */
  isDeaf = false;
  closings = 0;
  #untaken: Array<() => void> = [];
  #listeners = new Set<(data: Uint8Array) => void>();
  #exit!: (exit: ProcessExit) => void;
  readonly exited = new Promise<ProcessExit>((resolve) => {
    this.#exit = resolve;
  });

  print(text: string): void {
    for (const listener of this.#listeners) listener(Buffer.from(text));
  }
  exit(code: number | null, reason: string | null = null): void {
    this.#exit({ code, reason });
  }
  onData(listener: (data: Uint8Array) => void) {
    this.#listeners.add(listener);
    return { dispose: () => void this.#listeners.delete(listener) };
  }
  write(data: Uint8Array, onTaken: () => void = () => undefined): void {
    this.written.push(Buffer.from(data).toString());
    if (this.isDeaf) this.#untaken.push(onTaken);
    else onTaken();
  }
  /** Takes what was written; `isDeaf` stays as it is. */
  read(): void {
    for (const onTaken of this.#untaken.splice(0)) onTaken();
  }
  resize(cols: number, rows: number): void {
    this.sizes.push(`${cols}x${rows}`);
  }
  pause(): void {
    this.held++;
  }
  resume(): void {
    this.held--;
  }
  async signal(name: string): Promise<void> {
    this.signals.push(name);
    this.exit(name === 'KILL' ? 137 : 143);
  }
  closeInput(): void {
    this.closings++;
  }
}

export class FakeContainer implements Container {
  readonly moment;
  note: string | null = null;
  readonly mounts = [];
  readonly defaults;
  readonly processes: FakeProcess[] = [];
  isReleased = false;
  startError: Error | null = null;
  #gone!: (reason: string | null) => void;
  readonly gone = new Promise<string | null>((resolve) => {
    this.#gone = resolve;
  });

  constructor(
    readonly id: string,
    readonly spec: ContainerSpec,
    readonly holdsExclusiveCache: boolean,
    shell: readonly string[] = ['/bin/sh'],
    lentShell: ContainerDefaults['lentShell'] = null,
  ) {
    this.moment = spec.moment === 'auto' ? ('after' as const) : spec.moment;
    this.defaults = {
      env: [],
      user: '',
      cwd: '/',
      shell,
      lentShell,
      runShell: ['/bin/sh', '-c'],
      stepCommand: ['/bin/sh', '-c', 'false'],
      stepCommandLine: 'false',
      hasHistory: false,
    };
  }
  get step() {
    return this.spec.step;
  }
  async start(): Promise<FakeProcess> {
    if (this.startError) throw this.startError;
    const process = new FakeProcess();
    this.processes.push(process);
    return process;
  }
  async release(): Promise<void> {
    this.isReleased = true;
    for (const process of this.processes) process.exit(137);
    this.#gone(null);
  }
}

/** All files are in one directory. */
export class FakeFiles implements StepFiles {
  readonly note = null;
  isReleased = false;

  constructor(
    readonly step: string,
    readonly moment: Moment,
    readonly files: ReadonlyMap<string, string>,
  ) {}
  #entry(path: string): FileEntry {
    const content = this.files.get(path);
    if (content === undefined) throw new BxError('not-found', `there is no ${path}`);
    const name = path.slice(path.lastIndexOf('/') + 1);
    const plain = { permissions: 0o644, uid: 0, gid: 0, mtimeMs: 0, linkTarget: null };
    return { ...plain, name, kind: 'file', sizeBytes: Buffer.byteLength(content) };
  }
  async stat(path: string): Promise<FileEntry> {
    return this.#entry(path);
  }
  async list(): Promise<FileEntry[]> {
    return [...this.files.keys()].map((path) => this.#entry(path));
  }
  async *read(path: string, { offset, length }: FileRange): AsyncGenerator<Uint8Array, void> {
    this.#entry(path);
    const bytes = Buffer.from(this.files.get(path) ?? '').subarray(offset, length === null ? undefined : offset + length);
    // In pieces, as from an engine.
    for (let at = 0; at < bytes.length; at += 1000) yield bytes.subarray(at, at + 1000);
  }
  async release(): Promise<void> {
    this.isReleased = true;
  }
}

export class FakeRun implements BuildRun {
  readonly containers: FakeContainer[] = [];
  exclusive = false;
  shell: readonly string[] = ['/bin/sh'];
  lentShell: ContainerDefaults['lentShell'] = null;
  isDisposed = false;
  #queue: EngineEvent[] = [];
  #wake: () => void = () => undefined;
  #isOver = false;

  say(...events: EngineEvent[]): void {
    this.#queue.push(...events);
    this.#isOver ||= events.some((event) => /^build\.(succeeded|failed|cancelled)$/.test(event.type));
    this.#wake();
  }
  readonly events = this.#read();
  async *#read(): AsyncGenerator<EngineEvent> {
    for (;;) {
      yield* this.#queue.splice(0);
      if (this.#isOver) return;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
  #late: (event: EngineEvent) => void = () => undefined;
  onLateEvent(listener: (event: EngineEvent) => void): void {
    this.#late = listener;
  }
  /** After its end. */
  sayLate(event: EngineEvent): void {
    this.#late(event);
  }
  async cancel(): Promise<void> {
    this.say({ type: 'build.cancelled' });
  }
  async openContainer(spec: ContainerSpec, _signal?: AbortSignal): Promise<FakeContainer> {
    const container = new FakeContainer(`c${Math.random()}`, spec, this.exclusive, this.shell, this.lentShell);
    this.containers.push(container);
    return container;
  }
  readonly files = new Map<string, string>();
  readonly opened: FakeFiles[] = [];
  filesError: Error | null = null;
  async openFiles({ step, moment }: FilesSpec): Promise<StepFiles> {
    if (this.filesError) throw this.filesError;
    const files = new FakeFiles(step, moment === 'auto' ? 'after' : moment, this.files);
    this.opened.push(files);
    return files;
  }
  async changes(): Promise<StepChanges> {
    return { moment: 'after', changes: [...this.files.keys()].map((path) => ({ path, kind: 'added' })) };
  }
  hasExclusiveCache(): boolean {
    return this.exclusive;
  }
  async dispose(): Promise<void> {
    this.isDisposed = true;
  }
}

export class FakeEngine implements Engine {
  readonly runs: FakeRun[] = [];
  readonly requests: BuildRequest[] = [];
  isDisposed = false;
  lose!: (error: Error) => void;
  readonly lost = new Promise<Error>((resolve) => {
    this.lose = resolve;
  });
  readonly summary = {
    name: 'fake',
    kind: 'buildkit',
    address: 'fake://',
    source: 'test',
    capabilities: {},
  } as unknown as Engine['summary'];

  tellLine: (line: EngineLine) => void = () => undefined;
  onLine(listener: (line: EngineLine) => void): void {
    this.tellLine = listener;
  }
  build(request: BuildRequest): FakeRun {
    this.requests.push(request);
    const run = new FakeRun();
    this.runs.push(run);
    return run;
  }
  async dispose(): Promise<void> {
    this.isDisposed = true;
  }
}
