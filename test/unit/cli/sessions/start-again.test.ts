import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { startAgain } from '../../../../src/cli/sessions/start-again.js';

const record = (args?: readonly string[]) => ({
  ...{ id: 'a', pid: 1, bornAt: null, version: '1', startedAtMs: 1, context: '.', dockerfile: '/x/Dockerfile', cwd: '/x' },
  ...(args === undefined ? {} : { args }),
});

describe('the command that starts a session again', () => {
  it('has the whole command line, in the background, in the directory that it was in', () => {
    expect(startAgain(record(['-t', 'app', '.']), null, '/x')).toBe('bxtui build --detach -t app .');
    expect(startAgain(record(['--detach=false', '.']), null, '/x')).toBe('bxtui build --detach .');
    expect(startAgain(record(['--detach', '--secret', 'id=a,src=b', '.']), null, '/y')).toBe(
      'cd /x && bxtui build --detach --secret id=a,src=b .',
    );
  });

  it('has the place where it was found, unless the command line names one', () => {
    expect(startAgain(record(['.']), 'r', '/y')).toBe('cd /x && bxtui build --detach --root /y/r .');
    expect(startAgain(record(['--root=q', '.']), 'r', '/x')).toBe('bxtui build --detach --root=q .');
  });

  it('is what is known of a session of an older program', () => {
    expect(startAgain(record(), null, '/x')).toBe('bxtui build --detach -f /x/Dockerfile .');
  });

  it.each(['sh', 'bash', 'dash', 'busybox sh'])(
    'is read back by %s as it was, and has nothing that a terminal would not show',
    (shell) => {
      const [program = '', ...flags] = shell.split(' ');
      if (!isInstalled(program)) return;
      const args = [
        "it's",
        '$HOME `a` "b"',
        '#c',
        '~',
        '',
        'a\\b',
        '100%',
        'é名',
        "line\nbreak\x1b[2J'q\\n%s",
        'end\n\n',
        '\u0085\u202e',
      ];
      const command = startAgain(record(args), null, '/x');
      expect(command).not.toMatch(/[\p{Cc}\u202e]/u);
      expect(command).not.toContain("$'");
      const words = execFileSync(program, [...flags, '-c', `bxtui() { printf '%s\\0' "$@"; }; ${command}`]).toString();
      expect(words.split('\0')).toEqual(['build', '--detach', ...args, '']);
    },
  );

  it('stays readable where there is nothing to hide', () => {
    expect(startAgain(record(['-t', 'é', "it's"]), null, '/a b')).toBe(`cd /x && bxtui build --detach -t 'é' 'it'\\''s'`);
  });
});

function isInstalled(program: string): boolean {
  try {
    execFileSync(program, ['-c', ':'], { stdio: 'ignore' });
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ENOENT';
  }
}
