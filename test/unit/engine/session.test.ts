import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Graph } from '@pilotlight/model-format';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Feeds } from '../../../layers/engine/src/ports.ts';
import { createOnnxSession, sessionOptions } from '../../../layers/engine/src/session/onnx-session.ts';
import { createWorkerSession } from '../../../layers/engine/src/session/worker-session.ts';
import { GraphBuilder } from '../../../model-assets/toolchain/src/graph/builder.ts';
import { saveModel } from '../../../model-assets/toolchain/src/graph/external.ts';
import { int } from '../../../model-assets/toolchain/src/graph/node.ts';
import { ELEMENT, int64Tensor } from '../../../model-assets/toolchain/src/graph/tensor.ts';

const GRAPH: Graph = {
  file: 'model.onnx',
  inputs: [
    { name: 'input_ids', role: 'input_ids', type: 'int64', axes: ['batch', 'tokens'] },
    { name: 'attention_mask', role: 'attention_mask', type: 'int64', axes: ['batch', 'tokens'] },
  ],
  outputs: [{ name: 'sum', role: 'logits', type: 'float32', axes: ['batch', 'labels'] }],
};
const OPTIONS = { intraOpThreads: 1, allowSpinning: false };

let folder = '';
let file = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pilotlight-session-'));
  file = join(folder, 'model.onnx');
  const builder = new GraphBuilder('masked-sum');
  const ids = builder.input('input_ids', ELEMENT.int64, ['batch', 'tokens']);
  const mask = builder.input('attention_mask', ELEMENT.int64, ['batch', 'tokens']);
  const axes = builder.constant(int64Tensor('axes', [1], [1]));
  const total = builder.op('ReduceSum', [builder.op('Mul', [ids, mask], 'masked'), axes], 'total');
  builder.op('Cast', [total], 'sum', { attributes: { to: int(ELEMENT.float32) } });
  builder.output('sum', ELEMENT.float32, ['batch', 1]);
  saveModel(builder.build(), file, join(folder, 'weights.bin'));
});
afterAll(() => rm(folder, { recursive: true }));

/** Two rows: the given ids, and the same with the last one masked. */
function feeds(...ids: number[]): Feeds {
  const tensor = (values: number[]) => ({
    dims: [2, ids.length],
    data: BigInt64Array.from(values, (value) => BigInt(value)),
  });
  const mask = ids.map(() => 1);
  return { input_ids: tensor([...ids, ...ids]), attention_mask: tensor([...mask, ...mask.with(-1, 0)]) };
}

describe.each([
  ['in the caller’s thread', createOnnxSession],
  ['in a thread of its own', createWorkerSession],
])('a session %s', (_where, create) => {
  it('gives the outputs of its graph', async () => {
    const session = await create(file, GRAPH, OPTIONS);
    await expect(session.run(feeds(1, 2, 4))).resolves.toEqual({
      sum: { dims: [2, 1], data: Float32Array.of(7, 3) },
    });
    await session.dispose();
  });

  it('answers runs that overlap each with its own outputs', async () => {
    const session = await create(file, GRAPH, OPTIONS);
    const runs = await Promise.all(Array.from({ length: 50 }, (_, i) => session.run(feeds(i, 1))));
    expect(runs.map(({ sum }) => sum?.data[0])).toEqual(Array.from({ length: 50 }, (_, i) => i + 1));
    await session.dispose();
  });

  it('survives a run that fails', async () => {
    const session = await create(file, GRAPH, OPTIONS);
    const broken = { ...feeds(1, 2, 4), attention_mask: { dims: [5], data: new BigInt64Array(5) } };
    await expect(session.run(broken)).rejects.toMatchObject({ code: 'SESSION_FAILED' });
    await expect(session.run(feeds(1, 2))).resolves.toMatchObject({ sum: { dims: [2, 1] } });
    expect(session.ended).toBe(false);
    await session.dispose();
  });

  it('is ended once disposed of, and refuses to run', async () => {
    const session = await create(file, GRAPH, OPTIONS);
    await session.dispose();
    await session.dispose();
    expect(session.ended).toBe(true);
    await expect(session.run(feeds(1))).rejects.toMatchObject({ code: 'SESSION_FAILED' });
  });

  it('refuses a file that is no graph', async () => {
    const broken = join(folder, 'broken.onnx');
    await writeFile(broken, 'not a graph');
    await expect(create(broken, GRAPH, OPTIONS)).rejects.toMatchObject({ code: 'PACKAGE_CORRUPT' });
  });

  it('refuses a graph that has not what the manifest says, by name', async () => {
    const renamed = { ...GRAPH, outputs: GRAPH.outputs.map((output) => ({ ...output, name: 'pooled' })) };
    await expect(create(file, renamed, OPTIONS)).rejects.toMatchObject({
      code: 'PACKAGE_INVALID',
      message: expect.stringContaining('pooled'),
    });
  });
});

describe.each(['cuda', 'webgpu'] as const)('a session on %s', (executionProvider) => {
  const options = { ...OPTIONS, executionProvider };

  it.each([
    ['in the caller’s thread', createOnnxSession],
    ['in a thread of its own', createWorkerSession],
  ])('%s gives the outputs of its graph, or says that the provider is out of reach', async (_, create) => {
    const outcome = await create(file, GRAPH, options).then(
      async (session) => {
        const outputs = await session.run(feeds(1, 2, 4));
        await session.dispose();
        return { outputs };
      },
      (error: unknown) => ({ error }),
    );
    if ('outputs' in outcome) {
      expect(outcome.outputs).toEqual({ sum: { dims: [2, 1], data: Float32Array.of(7, 3) } });
    } else {
      expect(outcome.error).toMatchObject({
        code: 'SESSION_FAILED',
        message: expect.stringContaining(`execution provider ${executionProvider}`),
        cause: expect.anything(),
      });
    }
  });
});

describe('the options of a session', () => {
  it('are the same on the CPU whether it is named or not', () => {
    expect(sessionOptions({ ...OPTIONS, executionProvider: 'cpu' })).toEqual(sessionOptions(OPTIONS));
    expect(sessionOptions(OPTIONS)).toMatchObject({
      executionProviders: ['cpu'],
      graphOptimizationLevel: 'disabled',
    });
  });

  it('pack weights, unless they are told not to', () => {
    const session = (options: object) => sessionOptions({ ...OPTIONS, ...options }).extra?.session;
    expect(session({})).not.toHaveProperty('disable_prepacking');
    expect(session({ packs: false })).toMatchObject({
      'intra_op.allow_spinning': '0',
      disable_prepacking: '1',
    });
  });

  it('compute the constants of a graph whose weights are to be folded', () => {
    expect(sessionOptions({ ...OPTIONS, foldWeights: true })).toMatchObject({
      graphOptimizationLevel: 'basic',
    });
  });

  it('leave the optimisation of the graph to the provider of a GPU', () => {
    expect(sessionOptions({ ...OPTIONS, executionProvider: 'cuda' })).toMatchObject({
      executionProviders: ['cuda'],
      graphOptimizationLevel: 'all',
    });
  });
});

describe('a session in a thread of its own', () => {
  it('leaves the caller’s thread free while it runs', async () => {
    const session = await createWorkerSession(file, GRAPH, OPTIONS);
    let turns = 0;
    const turning = setInterval(() => {
      turns += 1;
    }, 1);
    for (let i = 0; i < 20; i++) await session.run(feeds(...Array.from({ length: 20_000 }, (_, k) => k)));
    clearInterval(turning);
    expect(turns).toBeGreaterThan(0);
    await session.dispose();
  });

  it.each([
    ['exits at once', 'process.exit(3)', { message: expect.stringContaining('exit code 3') }],
    ['ends without a word', '', { message: expect.stringContaining('exit code 0') }],
    ['throws at once', 'throw new TypeError("native")', { message: 'native' }],
  ])('fails to start where the thread %s', async (_, script, cause) => {
    const starting = createWorkerSession(file, GRAPH, OPTIONS, { script: scriptOf(script) });
    await expect(starting).rejects.toMatchObject({ code: 'SESSION_FAILED', cause });
  });

  it('is disposed of where the thread dies of that, and fails the run under way', async () => {
    const script = scriptOf(`
      import { parentPort } from 'node:worker_threads';
      parentPort.on('message', ({ kind }) => {
        if (kind === 'dispose') throw new TypeError('native');
      });
      parentPort.postMessage({ kind: 'ready' });`);
    const session = await createWorkerSession(file, GRAPH, OPTIONS, { script });
    const run = expect(session.run(feeds(1))).rejects.toMatchObject({
      code: 'SESSION_FAILED',
      cause: { message: 'native' },
    });
    await session.dispose();
    await run;
    expect(session.ended).toBe(true);
  });
});

describe('a run that does not end', () => {
  const script = scriptOf(`
    import { parentPort } from 'node:worker_threads';
    parentPort.on('message', () => { for (;;); });
    parentPort.postMessage({ kind: 'ready' });`);

  it('is given up after its deadline, and the session with it, while others go on', async () => {
    const stuck = await createWorkerSession('stuck', GRAPH, OPTIONS, { script, runMs: 50 });
    const other = await createWorkerSession(file, GRAPH, OPTIONS);
    await expect(stuck.run(feeds(1))).rejects.toMatchObject({
      code: 'SESSION_FAILED',
      message: 'A run of the model did not end within 0.05 s, and was given up.',
    });
    expect(stuck.ended).toBe(true);
    await expect(other.run(feeds(1, 2))).resolves.toMatchObject({ sum: { dims: [2, 1] } });
    await Promise.all([stuck.dispose(), other.dispose()]);
  });

  it('does not keep whoever disposes of the session', async () => {
    const stuck = await createWorkerSession('kept', GRAPH, OPTIONS, { script, disposeMs: 50 });
    const run = expect(stuck.run(feeds(1))).rejects.toMatchObject({ code: 'SESSION_FAILED' });
    await stuck.dispose();
    await run;
  });

  it('keeps its graph from being opened anew as long as any thread runs it', async () => {
    /** Blocks its thread until the file is there, as native code does: nobody can end it. */
    const waitingFor = (path: string) => {
      const poll = `setInterval(() => require('node:fs').existsSync(${JSON.stringify(path)}) && process.exit(), 10)`;
      return scriptOf(`
        import { spawnSync } from 'node:child_process';
        import { parentPort } from 'node:worker_threads';
        parentPort.on('message', () => spawnSync(process.execPath, ['-e', ${JSON.stringify(poll)}]));
        parentPort.postMessage({ kind: 'ready' });`);
    };
    const [one, other] = [join(folder, 'one-ends'), join(folder, 'other-ends')];
    const open = (by: URL) => createWorkerSession('busy', GRAPH, OPTIONS, { script: by, runMs: 50 });
    const sessions = [await open(waitingFor(one)), await open(waitingFor(other))];
    await Promise.all(sessions.map((session) => expect(session.run(feeds(1))).rejects.toThrow('given up')));
    await writeFile(one, '');
    await sleep(500);
    await expect(open(script)).rejects.toThrow('still goes on');
    await writeFile(other, '');
    const again = await vi.waitFor(() => open(script), { timeout: 30_000, interval: 50 });
    await again.dispose();
  });

  it('is told of by the time of the run itself, however long it waited for others', async () => {
    const slow = scriptOf(`
      import { parentPort } from 'node:worker_threads';
      parentPort.on('message', async ({ id }) => {
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);
        parentPort.postMessage({ kind: 'outputs', id, outputs: {} });
      });
      parentPort.postMessage({ kind: 'ready' });`);
    const session = await createWorkerSession(file, GRAPH, OPTIONS, { script: slow, runMs: 3_000 });
    const runs = Array.from({ length: 12 }, () => session.run(feeds(1)));
    await expect(Promise.all(runs)).resolves.toHaveLength(12);
  });
});

describe('a graph with a Loop', () => {
  const op = (...before: readonly number[]) => Buffer.from([7, ...before, ...Buffer.from('Loop'), 7]);

  it.each<[string, Buffer]>([
    ['as protobuf writes it', op(0x22, 4)],
    ['with a longer length', op(0x22, 0x84, 0)],
    ['with an even longer one', op(0x22, 0x84, 0x80, 0)],
    ['with a longer tag', op(0xa2, 0, 4)],
    ['over the border of two pieces', Buffer.concat([Buffer.alloc((1 << 20) - 4), op(0x22, 4)])],
  ])('is refused by that name before it runs, %s', async (_title, bytes) => {
    const path = join(folder, 'loop.onnx');
    await writeFile(path, bytes);
    await expect(createOnnxSession(path, GRAPH, OPTIONS)).rejects.toMatchObject({
      code: 'PACKAGE_INVALID',
      message: expect.stringContaining('the operator Loop'),
    });
  });

  it('is not one with a node that is only called so', async () => {
    const path = join(folder, 'named.onnx');
    await writeFile(path, Buffer.from('\x1a\x06/Loop2 Loop'));
    await expect(createOnnxSession(path, GRAPH, OPTIONS)).rejects.toMatchObject({ code: 'PACKAGE_CORRUPT' });
  });
});

describe('a graph with functions of its own', () => {
  const other = Buffer.from([0x08, 8, 0x1a, 3, 1, 2, 3, 0x2d, 0, 0, 0, 0, 0x31, 0, 0, 0, 0, 0, 0, 0, 0]);
  const group = Buffer.from([0x1b, 0x08, 1]);

  it.each<[string, Buffer]>([
    ['as protobuf writes it', Buffer.from([0xca, 0x01, 1, 0])],
    ['with a longer tag', Buffer.from([0xca, 0x81, 0x80, 0x00, 1, 0])],
    ['with a tag of more than 32 bits', Buffer.from([0xca, 0x81, 0x80, 0x80, 0x10, 1, 0])],
    ['after other fields', Buffer.concat([other, Buffer.from([0xca, 0x01, 1, 0])])],
    ['inside of a group', Buffer.concat([group, Buffer.from([0xca, 0x01, 1, 0])])],
  ])('is refused before it is opened, %s', async (_title, bytes) => {
    const path = join(folder, 'functions.onnx');
    await writeFile(path, bytes);
    await expect(createOnnxSession(path, GRAPH, OPTIONS)).rejects.toMatchObject({
      code: 'PACKAGE_INVALID',
      message: expect.stringContaining('functions of its own'),
    });
  });

  it('is refused where it has so many fields that looking takes long', async () => {
    const path = join(folder, 'fields.onnx');
    await writeFile(path, Buffer.alloc(40_000, Buffer.from([0x08, 8])));
    await expect(createOnnxSession(path, GRAPH, OPTIONS)).rejects.toMatchObject({ code: 'PACKAGE_INVALID' });
  });

  it('is not one whose weights look like it', async () => {
    const path = join(folder, 'weights.onnx');
    await writeFile(path, Buffer.from([0x3a, 4, 0xca, 0x01, 1, 0]));
    await expect(createOnnxSession(path, GRAPH, OPTIONS)).rejects.toMatchObject({ code: 'PACKAGE_CORRUPT' });
  });
});

it('a graph that needs more than the manifest feeds it is refused, not run', async () => {
  const unfed = { ...GRAPH, inputs: GRAPH.inputs.filter(({ role }) => role === 'input_ids') };
  await expect(createOnnxSession(file, unfed, OPTIONS)).rejects.toMatchObject({
    code: 'PACKAGE_INVALID',
    message: expect.stringContaining('attention_mask'),
  });
});

/** What a thread is to run instead. */
function scriptOf(script: string): URL {
  return new URL(`data:text/javascript,${encodeURIComponent(script)}`);
}

it('a session in a thread keeps the process until its thread has ended, where a run is under way as it is disposed of', async () => {
  const module = new URL('../../../layers/engine/src/session/worker-session.ts', import.meta.url);
  const script = `
    (async () => {
      const { createWorkerSession } = await import(${JSON.stringify(module.href)});
      const [file, graph, options] = JSON.parse(process.argv[1]);
      const session = await createWorkerSession(file, graph, options);
      const tensor = () => ({ dims: [1, 2], data: BigInt64Array.of(1n, 1n) });
      const run = session.run({ input_ids: tensor(), attention_mask: tensor() });
      await session.dispose();
      console.log('disposed of', (await run).sum.data[0]);
    })();`;
  const command = ['-e', script, JSON.stringify([file, GRAPH, OPTIONS])];
  const { stdout } = await promisify(execFile)(process.execPath, command);
  expect(stdout).toBe('disposed of 2\n');
});
