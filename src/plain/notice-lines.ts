/** A notice in plain text. Pure. */
import type { Notice } from '../core/model/index.js';
import { printableText } from '../platform/printable.js';

export function noticeLines(notice: Pick<Notice, 'level' | 'message' | 'hint'>): string[] {
  const prefix = notice.level === 'info' ? '' : `${notice.level.toUpperCase()}: `;
  return [`${prefix}${printableText(notice.message)}`, ...(notice.hint === null ? [] : [printableText(notice.hint)])];
}
