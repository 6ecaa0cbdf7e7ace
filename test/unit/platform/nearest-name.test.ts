import { describe, expect, it } from 'vitest';
import { nearestName } from '../../../src/platform/nearest-name.js';

describe('nearestName', () => {
  const commands = ['build', 'debug', 'kill', 'ls', 'logs'];

  it('finds what was most likely meant', () => {
    expect(nearestName('buil', commands)).toBe('build');
    expect(nearestName('log', commands)).toBe('logs');
    expect(nearestName('bulid', commands)).toBe('build');
    expect(nearestName('sl', commands)).toBe('ls');
  });

  it('guesses nothing far away', () => {
    expect(nearestName('exec', commands)).toBeNull();
    expect(nearestName('', commands)).toBeNull();
  });
});
