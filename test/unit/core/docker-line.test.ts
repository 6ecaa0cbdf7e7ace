import { describe, expect, it } from 'vitest';
import type { EngineSummary } from '../../../src/core/model/index.js';
import { dockerRunLine } from '../../../src/core/select/index.js';

const engineAt = (address: string): EngineSummary => ({
  name: '',
  kind: 'classic',
  source: '',
  capabilities: {} as never,
  address,
});

describe('the line that runs an image', () => {
  it.each([
    ['unix:///var/run/docker.sock', 'docker run --rm -it --entrypoint /bin/sh abc123'],
    ['tcp://10.0.0.1:2376', 'docker -H tcp://10.0.0.1:2376 run --rm -it --entrypoint /bin/sh abc123'],
    ["unix:///a b/'c", "docker -H 'unix:///a b/'\\''c' run --rm -it --entrypoint /bin/sh abc123"],
  ])('leads the docker command to %s', (address, line) => expect(dockerRunLine(engineAt(address), 'abc123')).toBe(line));
});
