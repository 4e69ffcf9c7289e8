import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DecoderPlan } from '../../../../layers/engine/src/runtimes/generation/loop/decoder-plan.ts';
import type {
  Decoder,
  TokenEvent,
  TokenRequest,
} from '../../../../layers/engine/src/runtimes/generation/loop/decoder-port.ts';
import { startDecoderThread } from '../../../../layers/engine/src/runtimes/generation/loop/decoder-thread.ts';
import { LOOP_SETTINGS, openDecoder } from '../../../support/generation/open-generator.ts';
import { plainOptions, plainSampling } from '../../../support/generation/search-options.ts';
import { smallLlama } from '../../../support/generation/small-llama.ts';

const built = smallLlama();
const PROMPT = [7, 3, 3, 81, 0, 44, 12, 5];

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'pilotlight-decoder-thread-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function request(options: Parameters<typeof plainOptions>[0] = {}): TokenRequest {
  return { input: PROMPT, options: plainOptions({ eos: [89], ...options }) };
}

/** Runs a request to its end; gives all that it was told. */
function follow(decoder: Decoder, asked: TokenRequest): Promise<readonly TokenEvent[]> {
  const events: TokenEvent[] = [];
  return new Promise((resolve) => {
    decoder.start(asked, (event) => {
      events.push(event);
      if (event.kind !== 'tokens') resolve(events);
    });
  });
}

/** What is the same wherever the loop runs. */
function withoutTimes(events: readonly TokenEvent[]): readonly unknown[] {
  return events.map((event) => (event.kind === 'end' ? { ...event, timings: event.timings.steps } : event));
}

/** A thread that does nothing but `code` once it is ready. */
async function fakeThread(name: string, code: string, runLimitMs?: number): Promise<Decoder> {
  const script = join(folder, `${name}.mjs`);
  writeFileSync(
    script,
    `import { parentPort, workerData } from 'node:worker_threads';\n${code}\nparentPort.postMessage({ kind: 'ready' });\n`,
  );
  const plan: DecoderPlan = {
    step: { file: 'none', inputs: [], outputs: [] },
    facts: built.decoder,
    session: { intraOpThreads: 1, allowSpinning: false },
    settings: LOOP_SETTINGS,
  };
  return startDecoderThread(plan, {
    script: pathToFileURL(script),
    ...(runLimitMs !== undefined && { runLimitMs }),
  });
}

describe('a decoder in a thread', () => {
  it('tells the same as one in the caller’s thread: greedy, samples and beams', async () => {
    const [here, there] = await Promise.all([openDecoder(built), openDecoder(built, { where: 'worker' })]);
    for (const options of [
      { topTokens: 3 },
      { numReturnSequences: 2, sampling: plainSampling({ seed: 5 }) },
      { numBeams: 3, numReturnSequences: 2 },
    ]) {
      const told = await follow(there, request(options));
      expect(withoutTimes(told)).toStrictEqual(withoutTimes(await follow(here, request(options))));
      expect(told.length).toBeGreaterThan(1);
    }
    expect(there.load).toMatchObject({ running: 0, waiting: 0, slots: 16 });
    expect(there.load.cacheBytes).toBeGreaterThan(0);
    await Promise.all([here.dispose(), there.dispose()]);
    expect(there.ended).toBe(true);
    expect(() => there.start(request(), () => {})).toThrow(
      expect.objectContaining({ code: 'SESSION_FAILED' }),
    );
  });

  it('keeps first tokens that its requests share', async () => {
    const decoder = await openDecoder(built, { where: 'worker', prefixBytes: 2 ** 20 });
    const input = Array.from({ length: 100 }, (_, place) => (place * 7) % 89);
    const ends: (TokenEvent | undefined)[] = [];
    for (let time = 0; time < 3; time++) ends.push((await follow(decoder, { ...request(), input })).at(-1));
    expect(ends).toMatchObject(
      [0, 0, 64].map((prefixTokens) => ({ kind: 'end', timings: { prefixTokens } })),
    );
    await decoder.dispose();
  });

  it('ends a request that is cancelled, with what it has, and lets the next one in', async () => {
    const decoder = await openDecoder(built, { where: 'worker', slots: 1 });
    const found = await new Promise<TokenEvent>((resolve) => {
      const running = decoder.start(request({ maxNewTokens: 4000, eos: [] }), (event) => {
        if (event.kind === 'tokens') running.cancel();
        else resolve(event);
      });
    });
    expect(found).toMatchObject({ kind: 'end', found: [{ finish: 'cancelled' }] });
    expect((await follow(decoder, request())).at(-1)).toMatchObject({ kind: 'end' });
    await decoder.dispose();
  });

  it('lets the caller’s thread go on while it runs', async () => {
    const decoder = await openDecoder(built, { where: 'worker' });
    let turns = 0;
    const turning = setInterval(() => turns++, 1);
    const start = performance.now();
    await Promise.all(
      Array.from({ length: 8 }, () => follow(decoder, request({ maxNewTokens: 100, eos: [] }))),
    );
    clearInterval(turning);
    expect(turns).toBeGreaterThan((performance.now() - start) / 20);
    await decoder.dispose();
  });

  it('refuses in the caller’s thread what it has no room for', async () => {
    const decoder = await openDecoder(built, {
      where: 'worker',
      slots: 1,
      maxWaiting: 1,
      cacheBytes: 2 ** 20,
    });
    const all = [follow(decoder, request()), follow(decoder, request())];
    expect(() => decoder.start(request(), () => {})).toThrow(expect.objectContaining({ code: 'OVERLOADED' }));
    await Promise.all(all);
    expect(() => decoder.start(request({ maxNewTokens: 4000, numBeams: 8 }), () => {})).toThrow(
      expect.objectContaining({ code: 'TOO_MUCH_WORK' }),
    );
    await decoder.dispose();
  });

  it('says that stop strings need the texts of the tokens', async () => {
    const decoder = await openDecoder(built, { where: 'worker' });
    expect(await follow(decoder, request({ stopStrings: ['.'] }))).toMatchObject([
      { kind: 'failure', error: { code: 'SESSION_FAILED' } },
    ]);
    await decoder.dispose();
  });

  it('is refused with the reason of the thread where a graph does not load', async () => {
    const file = join(folder, 'broken.onnx');
    writeFileSync(file, 'not a graph');
    const plan: DecoderPlan = {
      step: { file, inputs: [], outputs: [] },
      facts: built.decoder,
      session: { intraOpThreads: 1, allowSpinning: false },
      settings: LOOP_SETTINGS,
    };
    await expect(startDecoderThread(plan)).rejects.toMatchObject({ code: 'PACKAGE_CORRUPT' });
  });

  it('that dies fails all its requests, and those that come later', async () => {
    const decoder = await fakeThread(
      'dies',
      "parentPort.on('message', () => { throw new Error('out of memory'); });",
    );
    const both = await Promise.all([follow(decoder, request()), follow(decoder, request())]);
    for (const events of both) {
      expect(events).toMatchObject([{ kind: 'failure', error: { code: 'SESSION_FAILED' } }]);
    }
    expect(decoder.ended).toBe(true);
    expect(() => decoder.start(request(), () => {})).toThrow(
      expect.objectContaining({ code: 'SESSION_FAILED' }),
    );
    await decoder.dispose();
  });

  it('whose run does not end is given up after its time', async () => {
    const hang =
      "parentPort.on('message', () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0));";
    const decoder = await fakeThread('hangs', hang, 100);
    const [failure] = await follow(decoder, request());
    expect(failure).toMatchObject({
      kind: 'failure',
      error: { message: expect.stringContaining('did not end within 0.1 s') },
    });
    expect(decoder.ended).toBe(true);
  });

  it('is not given up while it has nothing to do', async () => {
    const echo =
      "parentPort.on('message', ({ id }) => parentPort.postMessage({ kind: 'event', id, event: { kind: 'end' } }));";
    const decoder = await fakeThread('idles', echo, 400);
    await new Promise((resolve) => setTimeout(resolve, 900));
    expect(decoder.ended).toBe(false);
    expect(await follow(decoder, request())).toEqual([{ kind: 'end' }]);
  });
});
