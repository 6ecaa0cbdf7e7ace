/** Settings in the words of the Engine API. */
import { describe, expect, it } from 'vitest';
import { settingsHostConfig, settingsQuery } from '../../../../src/engine/classic/settings-query.js';

const classic = {
  ...{ memoryBytes: 64, memorySwapBytes: -1, cpuShares: 2, cpuPeriodUs: 3, cpuQuotaUs: 4, cpusetCpus: '0', cpusetMems: '1' },
  ...{ isSquashed: true, securityOptions: ['a', 'b'] },
};
const given = (query: object): object => Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined));

describe('the settings of the classic builder', () => {
  it('are parameters of a build', () => {
    expect(given(settingsQuery({ classic }, true, false))).toEqual({
      ...{ memory: '64', memswap: '-1', cpushares: '2', cpuperiod: '3', cpuquota: '4', cpusetcpus: '0', cpusetmems: '1' },
      ...{ securityopt: ['a', 'b'], squash: '1', extrahosts: [] },
    });
  });

  it('are one text where lists are', () => {
    expect(settingsQuery({ classic }, true, true)).toMatchObject({ securityopt: '["a","b"]' });
  });

  it('squash no build that ends at a step', () => {
    expect(settingsQuery({ classic }, false, false).squash).toBe(undefined);
  });

  it('are those of a shell’s container, as far as they are of one', () => {
    expect(settingsHostConfig({ classic })).toEqual({
      ...{ Memory: 64, MemorySwap: -1, CpuShares: 2, CpuPeriod: 3, CpuQuota: 4, CpusetCpus: '0', CpusetMems: '1' },
      SecurityOpt: ['a', 'b'],
    });
    expect(settingsHostConfig({ classic: { isSquashed: true, isCompressed: true, isolation: '' } })).toEqual({});
  });
});
