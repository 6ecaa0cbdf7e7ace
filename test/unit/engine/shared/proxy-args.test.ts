import { describe, expect, it } from 'vitest';
import type { BuildRequest } from '../../../../src/engine/engine.js';
import { withProxyArgs } from '../../../../src/engine/shared/proxy-args.js';

const PROXIES: BuildRequest['proxies'] = {
  default: [['HTTP_PROXY', 'd']],
  'unix:///e.sock': [
    ['HTTP_PROXY', 'h'],
    ['NO_PROXY', 'n'],
  ],
};

describe('withProxyArgs', () => {
  const args = (buildArgs: BuildRequest['buildArgs'], address: string, inBothCases = false) =>
    withProxyArgs({ buildArgs, proxies: PROXIES } as unknown as BuildRequest, address, inBothCases).buildArgs;

  it('has those of the engine, else those of all engines', () => {
    expect(args([], 'unix:///e.sock')).toEqual(PROXIES?.['unix:///e.sock']);
    expect(args([['A', 'b']], 'unix:///other.sock')).toEqual([
      ['A', 'b'],
      ['HTTP_PROXY', 'd'],
    ]);
    expect(args([], 'unix:///other.sock', true)).toEqual([
      ['HTTP_PROXY', 'd'],
      ['http_proxy', 'd'],
    ]);
  });

  it('leaves out what is given in any spelling', () => {
    expect(args([['http_proxy', 'mine']], 'unix:///e.sock')).toEqual([
      ['http_proxy', 'mine'],
      ['NO_PROXY', 'n'],
    ]);
  });
});
