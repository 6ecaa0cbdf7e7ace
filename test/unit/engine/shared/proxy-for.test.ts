import { describe, expect, it } from 'vitest';
import { proxyFor } from '../../../../src/engine/shared/proxy-for.js';

const named = (url: string, env: Record<string, string>): string | null => proxyFor(new URL(url), env)?.href ?? null;
const direct = (url: string, noProxy: string): boolean =>
  named(url, { HTTP_PROXY: 'p:1', HTTPS_PROXY: 'p:2', NO_PROXY: noProxy }) === null;

describe('proxyFor', () => {
  it('is that of the scheme, in upper case before lower case, with or without a scheme of its own', () => {
    const env = { HTTP_PROXY: 'http://up:1', http_proxy: 'http://low:1', https_proxy: 'tls.low:3128' };
    expect(named('http://a.example/x', env)).toBe('http://up:1/');
    expect(named('https://a.example/x', env)).toBe('http://tls.low:3128/');
    expect(named('http://a.example/', { https_proxy: 'p:1' })).toBeNull();
    expect(named('https://a.example/', { HTTP_PROXY: 'p:1' })).toBeNull();
    expect(named('http://a.example/', { HTTP_PROXY: 'socks5://p:1' })).toBe('socks5://p:1');
    expect(named('http://a.example/', { HTTP_PROXY: '', http_proxy: 'http://u:s@p:1' })).toBe('http://u:s@p:1/');
  });

  it('is none for this machine', () => {
    for (const url of [
      'http://localhost/',
      'http://localhost:8/',
      'http://127.0.0.1/',
      'http://127.3.3.3/',
      'https://[::1]:5/',
    ]) {
      expect(direct(url, ''), url).toBe(true);
    }
    expect(direct('http://localhost.example/', '')).toBe(false);
  });

  it.each([
    ['http://a.example/', 'example', true],
    ['http://example/', 'example', true],
    ['http://notexample/', 'example', false],
    ['http://a.example/', ' other , .EXAMPLE ', true],
    ['http://example/', '.example', false],
    ['http://a.example/', '*.example', true],
    ['http://a.example/', 'a.example:80', true],
    ['https://a.example/', 'a.example:80', false],
    ['http://a.example/', '*', true],
    ['http://10.1.2.3/', '10.0.0.0/8', true],
    ['http://11.1.2.3/', '10.0.0.0/8', false],
    ['http://10.1.2.3:99/', '10.1.2.3', true],
    ['http://10.1.2.3:99/', '10.1.2.3:98', false],
    ['http://[fd00::1]/', 'fd00::/8', true],
    ['http://[fd00::1]:7/', '[fd00::1]:7', true],
    ['http://[fd00::1]/', 'fd00::2', false],
    ['http://a.example/', '10.0.0.0/99,,', false],
  ])('has %s go past NO_PROXY=%s: %s', (url, noProxy, isDirect) => {
    expect(direct(url, noProxy)).toBe(isDirect);
  });
});
