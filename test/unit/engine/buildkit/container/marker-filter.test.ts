import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createMarkerFilter, type Marker } from '../../../../../src/engine/buildkit/container/marker-filter.js';

const NONCE = 'a1b2c3d4';
const marker = (body: string): string => `\x1b]7717;${NONCE};${body}\x1b\\`;

function run(chunks: readonly string[], ends = true) {
  let text = '';
  const markers: Marker[] = [];
  const filter = createMarkerFilter(
    NONCE,
    (data) => {
      text += Buffer.from(data).toString('latin1');
    },
    (found) => markers.push(found),
  );
  for (const chunk of chunks) filter.push(Buffer.from(chunk, 'latin1'));
  if (ends) filter.end();
  return { text, markers };
}

describe('the marker filter', () => {
  it('takes markers out and keeps the rest, cut at every place', () => {
    const stream = `${marker('S;42')}\x1b[31mred\x1b[0m \x1b]0;title\x07${marker('E;3')}`;
    for (let cut = 0; cut <= stream.length; cut++) {
      const { text, markers } = run([stream.slice(0, cut), stream.slice(cut)]);
      expect(text).toBe('\x1b[31mred\x1b[0m \x1b]0;title\x07');
      expect(markers).toEqual([
        { letter: 'S', text: '42' },
        { letter: 'E', text: '3' },
      ]);
    }
  });

  it('survives a stream of single bytes', () => {
    const stream = `a\x1b${marker('E;0')}b`;
    expect(run([...stream])).toEqual({ text: 'a\x1bb', markers: [{ letter: 'E', text: '0' }] });
  });

  it('loses no byte of any stream without markers', () => {
    const piece = fc.string({ unit: fc.constantFrom('\x1b', ']', '7', '1', ';', 'a', '\\', 'x', NONCE) });
    fc.assert(fc.property(fc.array(piece), (chunks) => run(chunks).text === chunks.join('') || chunks.join('').includes(NONCE)));
  });

  it('does not take a marker with another word for its own', () => {
    const foreign = '\x1b]7717;ffffffff;E;0\x1b\\';
    expect(run([foreign])).toEqual({ text: foreign, markers: [] });
  });

  it('holds nothing back but the possible beginning of a marker', () => {
    expect(run(['text\x1b['], false).text).toBe('text\x1b[');
    expect(run(['text\x1b]77'], false).text).toBe('text');
    expect(run(['text\x1b]77', 'x'], false).text).toBe('text\x1b]77x');
  });

  it('gives up on a marker without an end', () => {
    const endless = `\x1b]7717;${NONCE};${'9'.repeat(400)}`;
    expect(run([endless, 'more'])).toEqual({ text: `${endless}more`, markers: [] });
  });
});
