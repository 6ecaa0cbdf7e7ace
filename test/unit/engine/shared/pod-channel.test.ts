import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Endpoint } from '../../../../src/builders/endpoint.js';
import { openSocket } from '../../../../src/engine/shared/open-socket.js';

const pod: Endpoint = { kind: 'buildkitd', address: 'kube-pod://bk?namespace=ci', source: 'BUILDKIT_HOST', tls: null };

describe('a channel into a pod', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'bxtui-kubectl-test-'));
    vi.stubEnv('PATH', `${dir}:${process.env.PATH}`);
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    rmSync(dir, { recursive: true, force: true });
  });
  /** Begins as a server of HTTP/2 does, with a frame of settings. */
  const SETTINGS = String.raw`printf '\000\000\000\004\000\000\000\000\000'`;
  const open = (script: string): Promise<Duplex> => {
    writeFileSync(join(dir, 'kubectl'), `#!/bin/sh\n${script}\n`);
    chmodSync(join(dir, 'kubectl'), 0o755);
    return openSocket(pod, new AbortController().signal);
  };
  const errorOf = (stream: Duplex) => new Promise<Error>((resolve) => void stream.on('error', resolve).resume());

  it('is lost when kubectl ends, which is in order when its cluster goes away', async () => {
    const takes = `echo 'Defaulted container "buildkitd" out of: buildkitd, side' >&2`;
    const error = await errorOf(await open(`${takes}; ${SETTINGS}`));
    expect(error.message).toBe('kubectl has ended, and says no reason');
  });

  it('is lost with the last words of kubectl', async () => {
    const error = await errorOf(await open(`${SETTINGS}; echo 'error: lost connection to pod' >&2; exit 1`));
    expect(error.message).toBe('lost connection to pod');
  });

  it.each([
    'OCI runtime exec failed: exec: "buildctl": executable file not found in $PATH: unknown',
    '\\nOCI runtime exec failed: exec: "buildctl": executable file not found in $PATH',
  ])('begins with what BuildKit says, not with %j', async (words) => {
    const error = await errorOf(await open(`printf '${words}\\n'; echo 'command terminated with exit code 126' >&2; exit 126`));
    expect(error.message).toContain('there is no buildctl in the pod bk');
  });

  it('leads to nobody where the pod, which the cluster is asked for, does not run', async () => {
    const state = {
      phase: 'Pending',
      containerStatuses: [{ state: { waiting: { reason: 'ErrImagePull', message: 'no such host' } } }],
    };
    const told = JSON.stringify({ metadata: { name: 'bk' }, status: state });
    const complains = `echo 'error: unable to upgrade connection: container not found ("b")' >&2; exit 1`;
    const error = await errorOf(await open(`case "$*" in *" get pod bk "*) echo '${told}' ;; *) ${complains} ;; esac`));
    expect(error).toMatchObject({
      message: expect.stringContaining('the pod bk waits: ErrImagePull: no such host'),
      hint: 'See why: kubectl --namespace=ci describe pod bk',
    });
  });
});
