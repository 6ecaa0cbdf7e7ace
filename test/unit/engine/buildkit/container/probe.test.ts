import { describe, expect, it } from 'vitest';
import { cutDockerfile, probeDockerfile } from '../../../../../src/engine/buildkit/container/probe.js';

const TEXT = 'FROM alpine AS one\nENV A=b\nRUN make\nFROM one\nCMD x\n';

describe('a Dockerfile that is cut', () => {
  it('ends with the line asked for, and the probe', () => {
    expect(probeDockerfile(TEXT, 2)).toBe('FROM alpine AS one\nENV A=b\nRUN true\n');
    expect(cutDockerfile(TEXT, 3)).toBe('FROM alpine AS one\nENV A=b\nRUN make\n');
  });

  it('keeps directives at the top and carriage returns inside', () => {
    expect(probeDockerfile('# escape=`\r\nFROM a\r\nENV B=c\r\nRUN d\r\n', 3)).toBe(
      '# escape=`\r\nFROM a\r\nENV B=c\nRUN true\n',
    );
  });

  it('does not let an open continuation swallow the probe', () => {
    expect(probeDockerfile('FROM a\nENV B=c \\', 2)).toBe('FROM a\nENV B=c \nRUN true\n');
    expect(probeDockerfile('# escape=`\nFROM a\nENV B=c `', 3)).toBe('# escape=`\nFROM a\nENV B=c \nRUN true\n');
    expect(probeDockerfile('# escape=`\nFROM a\nWORKDIR c:\\', 3)).toBe('# escape=`\nFROM a\nWORKDIR c:\\\nRUN true\n');
  });
});
