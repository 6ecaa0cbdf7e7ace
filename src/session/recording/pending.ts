/**
 * What has happened and is not written yet, bounded: output that comes faster than it is written loses its middle. Taking something in
 * costs next to nothing; the work is done when it is taken out.
 */
import type { SessionEvent } from '../../core/events.js';

/** Of one terminal; beyond it the oldest half goes. */
const MAX_OUTPUT_BYTES = 2 << 20;
const MERGE_WITHIN_MS = 5;
const MERGE_BYTES = 64 << 10;
/** A rough size for what is not text. */
const EVENT_CHARS = 512;

export type Happening =
  | { readonly kind: 'event'; readonly atMs: number; readonly event: SessionEvent }
  | { readonly kind: 'output'; readonly atMs: number; readonly process: string; readonly chunks: Uint8Array[]; bytes: number }
  | { readonly kind: 'resize'; readonly atMs: number; readonly process: string; readonly cols: number; readonly rows: number }
  | { readonly kind: 'dropped'; readonly atMs: number; readonly process: string; bytes: number };

export interface Pending {
  /** Characters of events and bytes of output. */
  readonly size: number;
  event(atMs: number, event: SessionEvent): void;
  output(atMs: number, process: string, data: Uint8Array): void;
  resize(atMs: number, process: string, cols: number, rows: number): void;
  take(): readonly Happening[];
}

export function createPending(): Pending {
  let happenings: Happening[] = [];
  let size = 0;
  const outputBytes = new Map<string, number>();

  const thin = (process: string): void => {
    let excess = (outputBytes.get(process) ?? 0) - MAX_OUTPUT_BYTES / 2;
    let gap: (Happening & { kind: 'dropped' }) | null = null;
    happenings = happenings.flatMap((one): Happening[] => {
      if (one.kind === 'dropped' && one.process === process) {
        if (gap === null) gap = one;
        else gap.bytes += one.bytes;
        return gap === one ? [one] : [];
      }
      if (one.kind !== 'output' || one.process !== process || excess <= 0) return [one];
      excess -= one.bytes;
      size -= one.bytes;
      outputBytes.set(process, (outputBytes.get(process) ?? 0) - one.bytes);
      if (gap !== null) {
        gap.bytes += one.bytes;
        return [];
      }
      gap = { kind: 'dropped', atMs: one.atMs, process, bytes: one.bytes };
      return [gap];
    });
  };

  return {
    get size() {
      return size;
    },
    event(atMs, event) {
      size += EVENT_CHARS;
      if (event.type === 'engine.reported' && event.event.type === 'log.appended') size += event.event.text.length;
      happenings.push({ kind: 'event', atMs, event });
    },
    output(atMs, process, data) {
      size += data.length;
      const total = (outputBytes.get(process) ?? 0) + data.length;
      outputBytes.set(process, total);
      const last = happenings.at(-1);
      const isNear = last?.kind === 'output' && last.process === process && atMs - last.atMs <= MERGE_WITHIN_MS;
      if (isNear && last.bytes < MERGE_BYTES) {
        last.chunks.push(data);
        last.bytes += data.length;
      } else happenings.push({ kind: 'output', atMs, process, chunks: [data], bytes: data.length });
      if (total > MAX_OUTPUT_BYTES) thin(process);
    },
    resize(atMs, process, cols, rows) {
      happenings.push({ kind: 'resize', atMs, process, cols, rows });
    },
    take() {
      const taken = happenings;
      happenings = [];
      size = 0;
      outputBytes.clear();
      return taken;
    },
  };
}
