/** Eight hexadecimal digits. It names a session and guards nothing, so it need not wait for the library of cryptography to load. */
export function makeSessionId(): string {
  return Math.floor(Math.random() * 2 ** 32)
    .toString(16)
    .padStart(8, '0');
}

export function isSessionId(text: string): boolean {
  return /^[0-9a-f]{8}$/.test(text);
}
