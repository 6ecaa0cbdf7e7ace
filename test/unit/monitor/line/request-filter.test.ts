import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRequestFilter } from '../../../../src/monitor/line/request-filter.js';
import { createEmulator } from '../../../../src/term/emulator.js';

const E = '\u001b';
const ST = `${E}\\`;
const bytes = (text: string) => Buffer.from(text, 'latin1');
const text = (data: Uint8Array) => Buffer.from(data).toString('latin1');
const filtered = (given: string) => text(createRequestFilter().push(bytes(given), false));

const REQUESTS = [
  `${E}[c`,
  `${E}[>0c`,
  `${E}[=c`,
  `${E}Z`,
  '\u0005',
  `${E}[5n`,
  `${E}[6n`,
  `${E}[?6n`,
  `${E}[6\u000bn`,
  `${E}[?2026$p`,
  `${E}[x`,
  `${E}[18t`,
  `${E}[?u`,
  `${E}[?1;1;0S`,
  `${E}[>q`,
  `${E}]11;?\u0007`,
  `${E}]10;?;?${ST}`,
  `${E}]4;1;?${ST}`,
  `${E}]52;c;AAAA${ST}`,
  `${E}]52;c;?\u0007`,
  `${E}]1337;ReportCellSize\u0007`,
  `${E}P+q544e${ST}`,
  `${E}P$qm${ST}`,
  `${E}_Gi=31,a=q;AAAA${ST}`,
  '\u00c2\u009b6n',
  '\u00c2\u009d11;?\u00c2\u009c',
];
const REST = [
  'plain ',
  '\u00c3\u00a9 \u00c2\u00b0C \u00e6\u00bc\u00a2',
  `${E}[31mred${E}[0m`,
  `${E}[2J${E}[1;1H${E}[?25l`,
  `${E}[?1049h${E}[>4;2m${E}[>1u${E}[?6c`,
  `${E}]0;what?\u0007`,
  `${E}]11;#000000${ST}`,
  `${E}]8;;http://a/?b${ST}link${E}]8;;${ST}`,
  `${E}P0;1q#0~~${ST}`,
  `${E}(B${E}7${E}8${E}=`,
  `${E}${E}[1m`,
];

describe('createRequestFilter', () => {
  it.each(REQUESTS)('takes out %j', (request) => {
    expect(filtered(`a${request}b`)).toBe('ab');
  });

  it('takes out what tmux would hand on to the terminal around it', () => {
    expect(filtered(`a${E}Ptmux;${E}${E}[6n${ST}b`)).toBe(`a${E}${ST}b`);
  });

  it('keeps everything else, byte for byte', () => {
    for (const rest of REST) expect(filtered(`a${rest}b`)).toBe(`a${rest}b`);
  });

  it('takes nothing out of what this terminal answers', () => {
    const all = [...REQUESTS, ...REST].join('|');
    expect(text(createRequestFilter().push(bytes(all), true))).toBe(all);
  });

  it('does the same wherever the output is cut', () => {
    const all = [...REQUESTS, ...REST, `${E}]52;c;${'A'.repeat(9000)}${ST}end`].join('|');
    const whole = filtered(all);
    expect(whole).not.toContain('AAAA');
    fc.assert(
      fc.property(fc.array(fc.nat(all.length)), (cuts) => {
        const filter = createRequestFilter();
        let seen = '';
        let at = 0;
        for (const cut of [...cuts.toSorted((a, b) => a - b), all.length]) {
          seen += text(filter.push(bytes(all.slice(at, cut)), false));
          at = cut;
        }
        expect(seen).toBe(whole);
      }),
    );
  });

  it('lets nothing through that makes an emulator answer', async () => {
    const emulator = createEmulator({ cols: 80, rows: 24, scrollbackRows: 0 });
    let answers = 0;
    emulator.onReply(() => answers++);
    const write = (data: Uint8Array | string) => new Promise<void>((resolve) => emulator.write(data, resolve));
    await write(createRequestFilter().push(bytes(REQUESTS.join('')), false));
    expect(answers).toBe(0);
    await write(createRequestFilter().push(bytes(REQUESTS.join('')), true));
    expect(answers).toBeGreaterThan(5);
    emulator.dispose();
  });

  it('judges a question where it ends: whoever answers then sees all of it, everybody else nothing', () => {
    for (const turn of [true, false]) {
      const filter = createRequestFilter();
      expect(text(filter.push(bytes(`a${E}[6`), !turn))).toBe('a');
      expect(text(filter.push(bytes('nb'), turn))).toBe(turn ? `${E}[6nb` : 'b');
    }
  });

  it('holds no more back than a question is long', () => {
    const filter = createRequestFilter();
    const picture = `${E}P0;1q${'~'.repeat(5000)}`;
    expect(text(filter.push(bytes(picture), false))).toBe(picture);
    expect(text(filter.push(bytes(`~~${ST}x`), false))).toBe(`~~${ST}x`);
    expect(text(filter.push(bytes(`${E}[${'1;'.repeat(400)}`), false)).length).toBeGreaterThan(500);
  });
});
