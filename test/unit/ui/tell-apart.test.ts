import { describe, expect, test } from 'vitest';
import { cutApart } from '../../../src/ui/text/tell-apart.js';

const cutAll = (names: readonly string[], max: number): string[] => names.map((name) => cutApart(name, names, max, '…'));

describe('names that are cut', () => {
  test('keep their beginning where that tells them apart', () => {
    expect(cutAll(['base', 'build-everything', 'test-everything'], 8)).toEqual(['base', 'build-e…', 'test-ev…']);
  });

  test('keep both ends where they begin alike', () => {
    expect(cutAll(['application-runtime-one', 'application-runtime-two', 'base'], 12)).toEqual([
      'applic…e-one',
      'applic…e-two',
      'base',
    ]);
  });

  test('keep more of the end where they end alike as well', () => {
    expect(cutAll(['the-application-amd64-build', 'the-application-arm64-build'], 13)).toEqual([
      'the…d64-build',
      'the…m64-build',
    ]);
  });

  test('are as wide as they may be, and no wider, also with wide characters and in very little room', () => {
    expect(cutAll(['名前名前名前-one', '名前名前名前-two'], 9)).toEqual(['名前…-one', '名前…-two']);
    expect(cutAll(['aaaa1', 'aaaa2'], 3)).toEqual(['a…1', 'a…2']);
    expect(cutAll(['aaaa1', 'aaaa2'], 1)).toEqual(['…', '…']);
    expect(cutAll(['aaaa1', 'aaaa2'], 0)).toEqual(['', '']);
    expect(cutAll(['same-name-here', 'same-name-here'], 6)).toEqual(['same-…', 'same-…']);
  });
});
