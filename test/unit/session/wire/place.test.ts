/** Where the person was who was there last: kept for the next screen. */

import { duplexPair } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { createSplitter, encodeMessage } from '../../../../src/session/wire/frames.js';
import { connectSession, PROTOCOL, type ScreenPlace } from '../../../../src/session/wire/index.js';
import { failure, hello, messages, plan, SCREEN, serve, settle, until, vertex } from './harness.js';

const place: ScreenPlace = { process: 'p1', isTyping: true, panel: 'terminal', step: '3' };

describe('the place on a screen', () => {
  it('is told to the next one, whoever told it last', async () => {
    const served = serve();
    const first = await served.connect();
    expect(first.lastPlace).toBeNull();
    first.tellPlace({ ...place, process: 'p7' });
    first.tellPlace(place);
    await settle();
    expect((await served.connect()).lastPlace).toEqual(place);
    first.leave();
    await until(() => served.server.clients.length === 1);
    expect((await served.connect()).lastPlace).toEqual(place);
    await served.local.execute({ type: 'session.disconnect' });
    first.tellPlace(place);
  });

  it('is not that of who only looks, nor anything else', async () => {
    const served = serve();
    (await served.connect({ isReadOnly: true })).tellPlace(place);
    const stream = served.stream();
    const seen = messages(stream);
    stream.write(hello());
    for (const odd of [{}, { ...place, process: 7 }, { ...place, panel: 'x'.repeat(10_000) }, { ...place, isTyping: 1 }])
      stream.write(encodeMessage({ type: 'place', place: odd }));
    await settle();
    expect(seen.map(({ type }) => type)).not.toContain('refused');
    expect((await served.connect()).lastPlace).toBeNull();
  });

  it("is nobody's once a shell has opened by itself while nobody was there", async () => {
    const served = serve({}, 'error');
    const first = await served.connect();
    first.tellPlace({ ...place, isTyping: false, panel: 'logs' });
    await settle();
    first.leave();
    await until(() => served.server.clients.length === 0);
    await served.local.start();
    served.engine.runs[0]!.say(plan, vertex(2), failure);
    await until(() => served.local.state.processes.length === 1);
    expect((await served.connect()).lastPlace).toBeNull();
  });

  it('is kept from a server of before, which knows no such message', async () => {
    const [near, far] = duplexPair();
    const said: string[] = [];
    const splitter = createSplitter();
    far.on('data', (chunk: Buffer) => {
      for (const frame of splitter.push(chunk)) if (frame.kind === 'message') said.push(JSON.parse(frame.text).type);
    });
    const joined = connectSession(near, SCREEN);
    const { state } = serve().local;
    far.write(encodeMessage({ type: 'hello', protocol: PROTOCOL, version: '1.0.0' }));
    far.write(encodeMessage({ type: 'snapshot', session: 's1', client: 1, state, clients: [], idleEndsAtMs: null }));
    far.write(encodeMessage({ type: 'ready' }));
    (await joined).tellPlace(place);
    await settle();
    expect(said).toEqual(['hello']);
  });
});
