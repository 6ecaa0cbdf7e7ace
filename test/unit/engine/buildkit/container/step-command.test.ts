import { describe, expect, it } from 'vitest';
import { stepCommand } from '../../../../../src/engine/buildkit/container/step-command.js';

const SH = ['/bin/sh', '-c'];
const lineOf = (text: string, shell: readonly string[] = SH): string => stepCommand([...shell, text], shell).line;

describe('the command of a step as a line', () => {
  it('is the text itself where a shell can take it', () => {
    expect(lineOf('npm ci --omit=dev')).toBe('npm ci --omit=dev');
    expect(stepCommand([...SH, 'make'], SH)).toMatchObject({ args: ['/bin/sh', '-c', 'make'] });
    expect(stepCommand([...SH, 'make'], SH).files.get('history')).toBe('make\n');
  });

  it('cannot end or change the shell that it is typed into', () => {
    for (const text of ['make || exit 1', 'cd /src && make', 'set -e; make', 'export A=b; env'])
      expect(lineOf(text)).toBe(`( ${text} )`);
  });

  it('is a script when it has several lines, or what a history would expand', () => {
    for (const text of ['echo a\necho b', 'echo wow!here', 'echo # comment', 'x'.repeat(1001)]) {
      const { line, files } = stepCommand([...SH, text], SH);
      expect(line).toBe('/bin/sh /.bxtui/step.sh');
      expect(files.get('step.sh')).toBe(`${text}\n`);
      expect(files.get('history')).toBe(`${line}\n`);
    }
  });

  it('keeps the options of SHELL', () => {
    expect(lineOf('false | true', ['/bin/bash', '-o', 'pipefail', '-ec'])).toBe('/bin/bash -o pipefail -e /.bxtui/step.sh');
  });

  it('quotes the exec form', () => {
    expect(stepCommand(['/bin/echo', 'a b', "it's"], SH).line).toBe(`/bin/echo 'a b' 'it'\\''s'`);
  });

  it('hands a shell of another kind its own command line', () => {
    const shell = ['pwsh', '-Command'];
    expect(lineOf('Get-Item .', shell)).toBe(`pwsh -Command 'Get-Item .'`);
  });
});
