/** Models of a hub: which files are fetched, what is compared, what each refusal is called. */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, test } from 'vitest';
import { fetchModel, type Wanted } from '../../../../model-assets/toolchain/src/fetch-model.ts';
import type { Progress } from '../../../../model-assets/toolchain/src/progress.ts';
import { type FakeHub, startHub } from '../../../fixtures/hub.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const root = temporaryFolder();
const cache = join(root, 'cache');
const origin = join(root, 'origin');
let hub: FakeHub;

const WEIGHTS = Buffer.alloc(300_000, 'weights');
const CONFIG = JSON.stringify({ model_type: 'bert', architectures: ['BertModel'] });

beforeAll(async () => {
  hub = await startHub();
});
afterAll(() => hub.close());
beforeEach(() => {
  hub.asked.length = 0;
});
afterEach(() => {
  hub.fault = () => undefined;
  rmSync(cache, { recursive: true, force: true });
  rmSync(origin, { recursive: true, force: true });
});

/** Puts a model on the hub; gives its commit. */
function put(files: Readonly<Record<string, string | Buffer>>, id = 'acme/reviews'): string {
  rmSync(origin, { recursive: true, force: true });
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(origin, path, '..'), { recursive: true });
    writeFileSync(join(origin, path), content);
  }
  return hub.put(id, origin);
}

const PACKAGE: Wanted = { for: 'package' };
const fetchIt = (
  address = 'hf:acme/reviews',
  wanted: Wanted = PACKAGE,
  more: { offline?: boolean; token?: string; revision?: string } = {},
) => {
  const { token, ...options } = more;
  const environment = { HOME: root, HF_ENDPOINT: hub.url, ...(token !== undefined && { HF_TOKEN: token }) };
  return fetchModel(address, wanted, { cache, environment, ...options });
};
/** Files of a folder by their paths. */
const filesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => relative(folder, join(parentPath, name)))
    .sort();

describe('of a model of the hub are fetched', () => {
  it.each([
    {
      title: 'safetensors before anything else, the tokenizer and the card, and nothing of a training',
      files: {
        'config.json': CONFIG,
        'model.safetensors': WEIGHTS,
        'pytorch_model.bin': WEIGHTS,
        'tf_model.h5': WEIGHTS,
        'onnx/model.onnx': WEIGHTS,
        'optimizer.pt': WEIGHTS,
        'training_args.bin': WEIGHTS,
        'trainer_state.json': '{}',
        'eval_results.json': '{}',
        'tokenizer.json': '{}',
        'vocab.txt': 'a',
        'README.md': 'card',
        'run.py': 'print()',
        '1_Pooling/config.json': '{}',
      },
      fetched: [
        '1_Pooling/config.json',
        'README.md',
        'config.json',
        'model.safetensors',
        'tokenizer.json',
        'vocab.txt',
      ],
    },
    {
      title: 'the shards that the index names',
      files: {
        'config.json': CONFIG,
        'model.safetensors.index.json': JSON.stringify({
          weight_map: { a: 'model-1.safetensors', b: 'model-2.safetensors' },
        }),
        'model-1.safetensors': WEIGHTS,
        'model-2.safetensors': WEIGHTS,
        'model-3.safetensors': WEIGHTS,
      },
      fetched: ['config.json', 'model-1.safetensors', 'model-2.safetensors', 'model.safetensors.index.json'],
    },
    {
      title: 'pytorch_model.bin, where there is nothing else',
      files: { 'config.json': CONFIG, 'pytorch_model.bin': WEIGHTS, 'model.pkl': WEIGHTS },
      fetched: ['config.json', 'pytorch_model.bin'],
    },
    {
      title: 'an export, where no graph can be built of the checkpoint, with the data beside it',
      files: {
        'config.json': JSON.stringify({ model_type: 'deberta-v2' }),
        'model.safetensors': WEIGHTS,
        'onnx/model.onnx': WEIGHTS,
        'onnx/model.onnx_data': WEIGHTS,
        'onnx/model_fp16.onnx': WEIGHTS,
      },
      fetched: ['config.json', 'onnx/model.onnx', 'onnx/model.onnx_data'],
    },
    {
      title: 'the weights of an adapter alone',
      files: {
        'adapter_config.json': '{}',
        'adapter_model.safetensors': WEIGHTS,
        'adapter_model.bin': WEIGHTS,
      },
      fetched: ['adapter_config.json', 'adapter_model.safetensors'],
    },
    {
      title: 'the encoder in a folder of its own that modules.json names',
      files: {
        'modules.json': JSON.stringify([
          { path: '0_Transformer', type: 'sentence_transformers.models.Transformer' },
        ]),
        '0_Transformer/config.json': CONFIG,
        '0_Transformer/model.safetensors': WEIGHTS,
        '0_Transformer/pytorch_model.bin': WEIGHTS,
      },
      fetched: ['0_Transformer/config.json', '0_Transformer/model.safetensors', 'modules.json'],
    },
  ])('$title', async ({ files, fetched }) => {
    const commit = put(files);
    const { path, id, revision } = await fetchIt();
    expect({ id, revision, files: filesIn(path) }).toEqual({
      id: 'acme/reviews',
      revision: commit,
      files: fetched,
    });
    expect(readdirSync(join(path, '../..')).sort()).toEqual(['listings', 'refs', 'snapshots']);
  });

  it('the archive alone, where the model is an archive of AllenNLP', async () => {
    put({ 'model.tar.gz': WEIGHTS, 'README.md': 'card' });
    const { path, card } = await fetchIt();
    expect(filesIn(join(path, '..'))).toEqual(['README.md', 'model.tar.gz']);
    expect([path.endsWith('/model.tar.gz'), card?.endsWith('/README.md')]).toEqual([true, true]);
  });

  it('no weights, where an archive lacks a tokenizer', async () => {
    put({ 'config.json': CONFIG, 'vocab.txt': 'a', 'model.safetensors': WEIGHTS });
    expect(filesIn((await fetchIt('hf:acme/reviews', { for: 'archive' })).path)).toEqual([
      'config.json',
      'vocab.txt',
    ]);
  });

  it('no byte of a pickle that would run code', async () => {
    put({ 'config.json': CONFIG, 'model.ckpt': WEIGHTS });
    await expect(fetchIt()).rejects.toMatchObject({
      code: 'SOURCE_UNSUPPORTED',
      message: expect.stringContaining('model.ckpt'),
    });
    put({ 'config.json': CONFIG, 'model.safetensors': WEIGHTS, 'model_head.pkl': WEIGHTS });
    await expect(fetchIt()).rejects.toMatchObject({
      code: 'SOURCE_UNSUPPORTED',
      message: expect.stringContaining('SetFit'),
    });
    expect(hub.asked.filter(({ path }) => /ckpt|pkl|safetensors/.test(path))).toEqual([]);
  });
});

describe('the token', () => {
  const MODEL = { 'config.json': CONFIG, 'model.safetensors': WEIGHTS };

  it('is shown to the hub, and never to the host that it sends to', async () => {
    put(MODEL);
    await fetchIt('hf:acme/reviews', PACKAGE, { token: 'hf_secret' });
    const shown = new Set(hub.asked.map(({ host, authorization }) => `${host} ${authorization}`));
    expect([...shown].sort()).toEqual(['cdn undefined', 'hub Bearer hf_secret']);
  });

  it('may be in the file where Python leaves it', async () => {
    put(MODEL);
    mkdirSync(join(root, '.cache/huggingface'), { recursive: true });
    writeFileSync(join(root, '.cache/huggingface/token'), 'hf_file\n');
    await fetchIt();
    rmSync(join(root, '.cache'), { recursive: true });
    expect(hub.asked[0]?.authorization).toBe('Bearer hf_file');
  });

  it.each([
    [
      404,
      {},
      undefined,
      'SOURCE_NOT_FOUND',
      /has no model 'acme\/reviews', or none that it shows without HF_TOKEN/,
    ],
    [401, {}, undefined, 'SOURCE_DENIED', /no public model 'acme\/reviews'.*set HF_TOKEN/],
    [401, {}, 'hf_secret', 'SOURCE_DENIED', /does not accept the token in HF_TOKEN.*settings\/tokens/],
    [403, {}, 'hf_secret', 'SOURCE_DENIED', /The token in HF_TOKEN may not read hf:acme\/reviews/],
    [
      403,
      { 'x-error-code': 'GatedRepo' },
      undefined,
      'SOURCE_DENIED',
      /is gated: ask for access at http.*acme\/reviews, then set HF_TOKEN/,
    ],
    [
      403,
      { 'x-error-code': 'GatedRepo' },
      'hf_secret',
      'SOURCE_DENIED',
      /account of the token in HF_TOKEN has no access/,
    ],
    [
      429,
      { 'retry-after': '1200' },
      undefined,
      'SOURCE_UNAVAILABLE',
      /takes no requests from here for 20 min \(429\).*With a token in HF_TOKEN more/,
    ],
  ])(
    '%i with %j and the token %s is one line with what to do',
    async (status, headers, token, code, message) => {
      put(MODEL);
      hub.fault = ({ path }) =>
        path.includes('/resolve/') ? { kind: 'status', status, headers: { ...headers } } : undefined;
      const error = await fetchIt('hf:acme/reviews', PACKAGE, token === undefined ? {} : { token }).then(
        () => undefined,
        (caught: Error) => caught,
      );
      expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
      expect(error?.message).not.toMatch(/hf_secret|\n/);
    },
  );

  it('is asked for, where the hub does not know a model, and a revision that is missing is named', async () => {
    await expect(fetchIt('hf:acme/none')).rejects.toMatchObject({ code: 'SOURCE_DENIED' });
    put(MODEL);
    await expect(fetchIt('hf:acme/reviews@v9')).rejects.toThrow(/has no revision 'v9'/);
    await expect(fetchIt('hf:../x')).rejects.toMatchObject({ code: 'USAGE' });
    await expect(fetchIt('hf:acme/reviews@v1', PACKAGE, { revision: 'main' })).rejects.toThrow(
      /two revisions/,
    );
  });
});

describe('a file arrives whole', () => {
  const MODEL = {
    'config.json': CONFIG,
    'model.safetensors': Buffer.from(Array.from({ length: 200_000 }, (_, i) => i % 251)),
  };
  const weights = async () => readFileSync(join((await fetchIt()).path, 'model.safetensors'));

  it('over connections that are cut again and again, each byte asked for once', async () => {
    put(MODEL);
    hub.fault = ({ host, start }) =>
      host === 'cdn' && start < 150_000 ? { kind: 'cut', afterBytes: 40_000 } : undefined;
    expect(await weights()).toEqual(MODEL['model.safetensors']);
    expect(hub.asked.filter(({ host }) => host === 'cdn').map(({ start }) => start)).toEqual([
      0, 40_000, 80_000, 120_000, 160_000,
    ]);
  });

  it('from a host that knows no ranges', async () => {
    put(MODEL);
    let asked = 0;
    hub.fault = ({ host }) =>
      host !== 'cdn' ? undefined : asked++ === 0 ? { kind: 'cut', afterBytes: 70_000 } : { kind: 'no-range' };
    expect(await weights()).toEqual(MODEL['model.safetensors']);
  });

  it('after a pause that the hub asks for with Retry-After', async () => {
    put(MODEL);
    let asked = 0;
    hub.fault = ({ host }) =>
      host === 'hub' && asked++ === 1
        ? { kind: 'status', status: 429, headers: { 'retry-after': '1' } }
        : undefined;
    const start = performance.now();
    const told: string[] = [];
    const progress: Progress = {
      stage: (_name, work) => work((_share, _bytes, note) => void (note && told.push(note))),
    };
    const environment = { HOME: root, HF_ENDPOINT: hub.url };
    const { path } = await fetchModel('hf:acme/reviews', PACKAGE, { cache, environment }, progress);
    expect(readFileSync(join(path, 'model.safetensors'))).toEqual(MODEL['model.safetensors']);
    expect(told[0]).toMatch(/^waits 1 s, as 127\.0\.0\.1:\d+ asks$/);
    expect(performance.now() - start).toBeGreaterThan(950);
  });

  it('after a signed address has expired', async () => {
    put(MODEL);
    let asked = 0;
    hub.fault = ({ host }) =>
      host !== 'cdn'
        ? undefined
        : asked++ === 1
          ? { kind: 'status', status: 403 }
          : asked === 1
            ? { kind: 'cut', afterBytes: 9 }
            : undefined;
    expect(await weights()).toEqual(MODEL['model.safetensors']);
  });

  it('once more, where it came with another byte; twice is an error, and nothing of it stays', async () => {
    put(MODEL);
    let asked = 0;
    hub.fault = ({ host }) => (host === 'cdn' && asked++ === 0 ? { kind: 'flip', at: 77 } : undefined);
    expect(await weights()).toEqual(MODEL['model.safetensors']);
    rmSync(cache, { recursive: true });
    hub.fault = ({ host }) => (host === 'cdn' ? { kind: 'flip', at: 77 } : undefined);
    await expect(fetchIt()).rejects.toMatchObject({
      code: 'SOURCE_INVALID',
      message: expect.stringMatching(/model\.safetensors has the sha256/),
    });
    expect(filesIn(cache).filter((file) => /safetensors|part/.test(file))).toEqual([]);
    hub.fault = ({ path }) => (path.endsWith('/config.json') ? { kind: 'flip', at: 3 } : undefined);
    rmSync(cache, { recursive: true });
    await expect(fetchIt()).rejects.toThrow(/config\.json has the Git id/);
  });
});

describe('the cache', () => {
  const MODEL = { 'config.json': CONFIG, 'model.safetensors': WEIGHTS };

  it('is asked first, and is all that --offline asks', async () => {
    const commit = put(MODEL);
    await expect(fetchIt('hf:acme/reviews', PACKAGE, { offline: true })).rejects.toMatchObject({
      code: 'SOURCE_UNAVAILABLE',
      message: expect.stringMatching(/not in the cache .*Run the command once without --offline/),
    });
    await fetchIt();
    hub.asked.length = 0;
    await fetchIt();
    expect(hub.asked.map(({ path }) => path)).toEqual(['/api/models/acme/reviews/revision/main']);
    hub.asked.length = 0;
    await fetchIt(`hf:acme/reviews@${commit}`);
    expect(await fetchIt('hf:acme/reviews', PACKAGE, { offline: true })).toMatchObject({ revision: commit });
    expect(hub.asked).toEqual([]);
  });

  it('has weights once, where another commit has the same', async () => {
    put(MODEL);
    const first = await fetchIt();
    put({ ...MODEL, 'README.md': 'a card' });
    hub.asked.length = 0;
    const second = await fetchIt();
    expect(readFileSync(join(second.path, 'model.safetensors'))).toEqual(WEIGHTS);
    expect([second.revision === first.revision, hub.asked.filter(({ host }) => host === 'cdn')]).toEqual([
      false,
      [],
    ]);
  });

  it('gives no file that was changed', async () => {
    put(MODEL);
    const weights = join((await fetchIt()).path, 'model.safetensors');
    writeFileSync(weights, Buffer.alloc(WEIGHTS.length, 'others'));
    await expect(fetchIt('hf:acme/reviews', PACKAGE, { offline: true })).rejects.toThrow(
      /lacks model\.safetensors/,
    );
    await fetchIt();
    expect(readFileSync(weights)).toEqual(WEIGHTS);
  });
});

test('a hub that cannot be reached is named, with what to do', async () => {
  const environment = { HOME: root, HF_ENDPOINT: 'http://127.0.0.1:1' };
  await expect(fetchModel('hf:acme/reviews', PACKAGE, { cache, environment })).rejects.toMatchObject({
    code: 'SOURCE_UNAVAILABLE',
    message: expect.stringMatching(/cannot be fetched from 127\.0\.0\.1:1: .*--offline/),
  });
}, 20_000);

test('what an ended process left half-written, and nobody can go on with, goes with the next run', async () => {
  put({ 'config.json': CONFIG, 'model.safetensors': WEIGHTS });
  const partial = join((await fetchIt()).path, '../../partial');
  mkdirSync(partial);
  const [ended, running] = ['1.whole.999999999.part', `2.whole.${process.ppid}.part`];
  for (const name of [ended, running]) writeFileSync(join(partial, name), '{');
  await fetchIt();
  expect(readdirSync(partial)).toEqual([running]);
});
