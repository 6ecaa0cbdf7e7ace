/** Takes given values out of entries of a record, also where a value is spread over several pieces of a log or of a terminal's output. */
import type { SessionEvent } from '../../core/events.js';
import { type Bytes, decodeBytes, type Entry, encodeBytes, type Snapshot } from './format.js';
import { createScrubber, mapStrings, type StreamScrubber } from './scrubber.js';

export interface EntryScrubber {
  /** The entry without the values, behind what was held of others before it. */
  push(entry: Entry): Entry[];
  /** What was held for at least so long, up to this time, given up. */
  release(atMs: number, heldForMs: number): Entry[];
  readonly isHolding: boolean;
}

interface Held {
  readonly stream: StreamScrubber;
  sinceMs: number;
  readonly restOf: (text: string, atMs: number) => Entry;
}

/** `change`: what else is done to texts, before the values are taken out. */
export function createEntryScrubber(values: Iterable<string>, change: (text: string) => string = (text) => text): EntryScrubber {
  const known = [...values];
  const scrubber = createScrubber(known);
  // Terminals have bytes: there a value is looked for as its bytes, one character each.
  const byteScrubber = createScrubber(known.map((value) => Buffer.from(value).toString('latin1')));
  const streams = new Map<string, Held>();
  const scrub = (text: string): string => scrubber.scrub(change(text));

  const holder = (key: string, make: () => StreamScrubber, restOf: Held['restOf']): Held => {
    const found = streams.get(key) ?? { stream: make(), sinceMs: 0, restOf };
    streams.set(key, found);
    return found;
  };
  const scrubBytes = (data: Bytes): Bytes => {
    const changed = 'text' in data ? { text: change(data.text) } : data;
    return fromLatin1(byteScrubber.scrub(toLatin1(changed)));
  };
  const isClean = scrubber.isIdle;

  function pushLog(entry: Entry & { type: 'event' }, event: SessionEvent & { type: 'engine.reported' }): Entry[] {
    const log = event.event;
    if (log.type !== 'log.appended') return [];
    const withText = (text: string, atMs: number): Entry => ({
      ...entry,
      atMs,
      event: { ...event, atMs, event: { ...log, text } },
    });
    const held = holder(`${event.generation}/${log.digest}/${log.stream}`, () => scrubber.stream(), withText);
    const text = held.stream.push(change(log.text));
    held.sinceMs = entry.atMs;
    return text === '' ? [] : [{ ...entry, event: { ...event, event: { ...log, text } } }];
  }

  function pushOutput(entry: Entry & { type: 'output' }): Entry[] {
    const withText = (text: string, atMs: number): Entry => ({ ...entry, atMs, data: fromLatin1(text) });
    const held = holder(`output ${entry.process}`, () => byteScrubber.stream(), withText);
    const changed = 'text' in entry.data ? { text: change(entry.data.text) } : entry.data;
    const text = held.stream.push(toLatin1(changed));
    held.sinceMs = entry.atMs;
    return text === '' ? [] : [withText(text, entry.atMs)];
  }

  function snapshot(entry: Snapshot): Snapshot {
    const { state, logs, terminals } = entry;
    return {
      ...entry,
      state: mapStrings(state, scrub),
      logs: logs.map((one) => ({ ...one, log: { ...one.log, head: scrub(one.log.head), tail: scrub(one.log.tail) } })),
      terminals: terminals.map((one) => ({ ...one, replay: scrubBytes(one.replay) })),
    };
  }

  function release(atMs: number, heldForMs: number): Entry[] {
    return [...streams.values()].flatMap(({ stream, sinceMs, restOf }) =>
      stream.isHolding && atMs - sinceMs >= heldForMs ? [restOf(stream.release(), atMs)] : [],
    );
  }

  return {
    push(entry) {
      switch (entry.type) {
        case 'output':
          return isClean && !('text' in entry.data) ? [entry] : pushOutput(entry);
        case 'event':
          if (entry.event.type === 'engine.reported' && entry.event.event.type === 'log.appended')
            return pushLog(entry, entry.event);
          return [{ ...entry, event: mapStrings(entry.event, scrub) }];
        case 'snapshot':
          return [snapshot(entry)];
        case 'end':
          return [...release(entry.atMs, 0), entry];
        default:
          return [entry];
      }
    },
    release,
    get isHolding() {
      return [...streams.values()].some(({ stream }) => stream.isHolding);
    },
  };
}

function toLatin1(data: Bytes): string {
  return Buffer.from(decodeBytes(data)).toString('latin1');
}

function fromLatin1(text: string): Bytes {
  return encodeBytes(Buffer.from(text, 'latin1'));
}
