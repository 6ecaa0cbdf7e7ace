/** Resident memory of processes, from Linux's /proc. Watches only; starts and ends nothing. */
import { readdirSync, readFileSync } from 'node:fs';

const SAMPLE_EVERY_MS = 15;

/**
 * Of a process and its descendants together: a screen and the server of its session. What they share, such as Node's own code, counts in
 * each of them.
 * @param {number} pid @returns {number} bytes; 0 when they are gone
 */
export function residentBytes(pid) {
  return familyOf(pid).reduce((sum, member) => sum + statusField(member, 'VmRSS'), 0);
}

/** Of one process alone. @param {number} pid @returns {number} bytes; 0 when it is gone */
export function processBytes(pid) {
  return statusField(pid, 'VmRSS');
}

/**
 * The sum over a process and its descendants of the most that each had resident (the kernel keeps that figure itself, so a sample
 * that comes late loses nothing of a process that still lives).
 * @param {number} pid
 * @param {Promise<unknown>} ended
 */
export async function peakResidentBytes(pid, ended) {
  /** @type {Map<number, number>} */
  const peaks = new Map();
  const look = () => {
    for (const member of familyOf(pid)) peaks.set(member, Math.max(peaks.get(member) ?? 0, statusField(member, 'VmHWM')));
  };
  const timer = setInterval(look, SAMPLE_EVERY_MS);
  try {
    await ended;
  } finally {
    clearInterval(timer);
  }
  return [...peaks.values()].reduce((sum, bytes) => sum + bytes, 0);
}

/**
 * Samples a process and its descendants until it is told to stop.
 * @param {number} pid
 * @returns {{ stop: () => number[] }} bytes, in an even rhythm from this call on
 */
export function watchResident(pid) {
  const samples = [residentBytes(pid)];
  const timer = setInterval(() => samples.push(residentBytes(pid)), 100);
  return {
    stop: () => {
      clearInterval(timer);
      return samples;
    },
  };
}

/** @param {number} pid @returns {number[]} */
function familyOf(pid) {
  const members = [pid];
  for (const member of members) {
    try {
      for (const task of readdirSync(`/proc/${member}/task`)) {
        const children = readFileSync(`/proc/${member}/task/${task}/children`, 'utf8').split(' ');
        members.push(...children.filter((child) => child !== '').map(Number));
      }
    } catch {}
  }
  return members;
}

/** @param {number} pid @param {string} field */
function statusField(pid, field) {
  try {
    const value = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return Number(value ?? 0) * 1024;
  } catch {
    return 0;
  }
}
