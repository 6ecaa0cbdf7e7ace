/** Tables of commands on narrow terminals. */
import { expect, test } from 'vitest';
import { renderTable } from '../../../src/monitor/table.js';

const HEAD = ['ID', 'STATE', 'ENGINE', 'CONTEXT'];
const ROWS = [
  ['0690610d', 'failed', 'Docker 28.5.2', 'shop'],
  ['bdc9e772', 'failed', 'Docker 20.10.24, classic builder', 'logs'],
];

test('are as wide as their cells where that fits', () => {
  expect(renderTable(HEAD, ROWS, 80)).toBe(renderTable(HEAD, ROWS));
  expect(renderTable(HEAD, ROWS).split('\n')[0]).toBe('ID        STATE   ENGINE                            CONTEXT');
});

test('wrap between the words of whichever column can spare them', () => {
  expect(renderTable(HEAD, ROWS, 44).split('\n')).toEqual([
    'ID        STATE   ENGINE            CONTEXT',
    '0690610d  failed  Docker 28.5.2     shop',
    'bdc9e772  failed  Docker 20.10.24,  logs',
    '                  classic builder',
  ]);
});

test('have the last column below the rest of a row that is too long', () => {
  const address = 'unix:///tmp/a/very/long/path/to/a/docker.sock';
  const text = renderTable(
    ['SOURCE', 'ADDRESS', 'STATE'],
    [['default socket', address, 'ready, without files of a failed command']],
    60,
  );
  expect(text.split('\n')).toEqual([
    'SOURCE   ADDRESS',
    '    STATE',
    `default  ${address}`,
    'socket',
    '    ready, without files of a failed command',
  ]);
});

test('are aligned behind wide letters', () => {
  const lines = renderTable(
    ['A', 'B'],
    [
      ['你好', 'x'],
      ['ab', 'y'],
    ],
  ).split('\n');
  expect(lines).toEqual(['A     B', '你好  x', 'ab    y']);
});
