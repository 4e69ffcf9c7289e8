/** Packages that somebody tampered with are refused with a code, by load and by verify; none hangs, and none ends the process. */
import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Engine, FolderStore, PilotlightError } from '../../layers/engine/src/index.ts';
import { verifyPackage } from '../../model-assets/toolchain/src/verify-package.ts';
import { Random } from '../fixtures/random.ts';
import { cases, sampled } from '../scale.ts';
import { loopGraph } from './loop-graph.ts';
import { MODEL, TamperedPackage } from './tampered-package.ts';

type Tamper = (tampered: TamperedPackage) => void;

/** The files that serving reads. */
const SERVED = ['int8/model.onnx', 'int8/weights.bin', 'tokenizer/rest.json', 'tokenizer/vocab.txt'];
const FILES = [...SERVED, 'tokenizer.json', 'goldens.jsonl', 'MODEL_CARD.md'];

/** Runs `work` and gives the code of its refusal; undefined where it succeeded. Anything else fails the test. */
async function refusalOf(work: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    if (PilotlightError.is(error)) return error.code;
    throw error;
  }
}

async function load({ packages }: TamperedPackage): Promise<void> {
  const engine = new Engine({ packages });
  try {
    await engine.predict(MODEL, 'a text');
  } finally {
    await engine.dispose();
  }
}

async function verify({ packages }: TamperedPackage): Promise<void> {
  const [entry] = await new FolderStore(packages).list();
  await verifyPackage(packages, entry ?? MODEL);
}

async function attack(tamper: Tamper) {
  const tampered = new TamperedPackage();
  try {
    tamper(tampered);
    return {
      verify: await refusalOf(() => verify(tampered)),
      load: await refusalOf(() => load(tampered)),
    };
  } finally {
    tampered.remove();
  }
}

const CODE = /^(VERIFY_FAILED|PACKAGE_INVALID|PACKAGE_CORRUPT|MODEL_NOT_FOUND|SESSION_FAILED|GRAPH_INVALID)$/;

it('a package that nobody touched is proven and served', async () => {
  expect(await attack(() => {})).toEqual({ verify: undefined, load: undefined });
});

describe('a file that the manifest names', () => {
  const kinds = ['nothing', 'folder', 'pipe', 'device', 'link out', 'link to itself'] as const;
  const damages: [string, (tampered: TamperedPackage, file: string) => void][] = [
    ['flipped at its begin', (tampered, file) => tampered.flip(file, 0)],
    ['flipped in the middle', (tampered, file) => tampered.flip(file, 0.5)],
    ['flipped at its end', (tampered, file) => tampered.flip(file, 1)],
    ['cut by a byte', (tampered, file) => tampered.write(file, tampered.read(file).subarray(1))],
    [
      'longer by a byte',
      (tampered, file) => tampered.write(file, Buffer.concat([tampered.read(file), Buffer.of(10)])),
    ],
    ['empty', (tampered, file) => tampered.write(file, '')],
    ...kinds.map((kind): (typeof damages)[number] => [
      `replaced by ${kind}`,
      (tampered, file) => tampered.replace(file, kind),
    ]),
  ];
  const all = FILES.flatMap((file) => damages.map(([title, damage]) => ({ file, title, damage })));
  it.each(sampled(all, { short: 14 }))('$file that is $title is refused', async ({ file, damage }) => {
    const outcome = await attack((tampered) => damage(tampered, file));
    expect(outcome.verify).toMatch(CODE);
    if (SERVED.includes(file)) expect(outcome.load).toMatch(CODE);
  });
});

/** Refused by load and by verify. */
const REFUSED: Readonly<Record<string, Tamper>> = {
  'a file beside the graph': (tampered) => tampered.write('int8/x.bin', 'x'),
  'a file below the graph': (tampered) => tampered.write('int8/sub/x.bin', 'x'),
  'a graph of no list': (tampered) => {
    tampered.write('int8/evil.onnx', tampered.read('int8/model.onnx'));
    tampered.set(['variants', 'int8', 'graphs', 'model'], { file: 'int8/evil.onnx' });
  },
  'weights of no list': (tampered) => editGraph(tampered, 'weights.bin', 'elsewhe.bin'),
  'weights out of the folder': (tampered) => editGraph(tampered, 'weights.bin', '../../x.bin'),
  'weights by an absolute path': (tampered) => editGraph(tampered, 'weights.bin', '/etc/passwd'),
  'a graph that ends early': (tampered) =>
    tampered.sign('int8/model.onnx', tampered.read('int8/model.onnx').subarray(0, 20_000)),
  'a graph of zeros': (tampered) => tampered.sign('int8/model.onnx', Buffer.alloc(1000)),
  'a graph of nothing': (tampered) => tampered.sign('int8/model.onnx', ''),
  'a graph with a Loop': (tampered) => tampered.sign('int8/model.onnx', loopGraph()),
  'a graph of another format': (tampered) => {
    tampered.editManifest((text) => text.replaceAll('int8/model.onnx', 'int8/model.ort'));
    tampered.sign('int8/model.ort', tampered.read('int8/model.onnx'));
    tampered.replace('int8/model.onnx', 'nothing');
  },
  'a graph that nothing is fed to': (tampered) =>
    tampered.set(['variants', 'int8', 'graphs', 'model', 'inputs'], { length: 1 }),
  'a graph that is fed the same twice': (tampered) =>
    tampered.editManifest((text) => text.replaceAll('"role": "attention_mask"', '"role": "input_ids"')),
  'a file listed twice, with another sum': (tampered) =>
    tampered.editManifest((text) => {
      const manifest = JSON.parse(text);
      const { files } = manifest.variants.int8;
      files.unshift({ ...files[0], sha256: '0'.repeat(64) });
      return JSON.stringify(manifest);
    }),
  'padding beyond the vocabulary': (tampered) => tampered.set(['textProcessing'], { padTokenId: 1e9 }),
  'padding beyond 32 bits': (tampered) => tampered.set(['textProcessing'], { padTokenId: 2 ** 32 }),
  'work without end for a token': (tampered) =>
    tampered.set(['variants', 'int8'], { inferMsPerToken: 1e308 }),
  'a text given twice by its tokenizer': (tampered) => {
    for (const file of ['tokenizer/rest.json', 'tokenizer.json']) {
      const json = JSON.parse(tampered.read(file).toString());
      const { single } = json.post_processor;
      json.post_processor.single = [...single, ...single];
      tampered.sign(file, JSON.stringify(json));
    }
  },
  'sums of the source that are none, without end': (tampered) =>
    tampered.set(['source'], { files: Object.fromEntries(Array.from({ length: 3e5 }, (_, i) => [i, ''])) }),
  'names of weights that are none, without end': (tampered) =>
    tampered.set(['variants', 'int8'], { keptFp32: Array(5e5).fill('') }),
  'weights that end early': (tampered) =>
    tampered.sign('int8/weights.bin', tampered.read('int8/weights.bin').subarray(0, 5000)),
  'an input of another name': (tampered) =>
    tampered.editManifest((text) => text.replace('"name": "input_ids"', '"name": "ids"')),
  'a tokenizer that multiplies': (tampered) => {
    const normalizers = Array.from({ length: 6 }, () => ({
      type: 'Replace',
      pattern: { String: 'a' },
      content: 'a'.repeat(50),
    }));
    for (const file of ['tokenizer/rest.json', 'tokenizer.json']) {
      const json = JSON.parse(tampered.read(file).toString());
      tampered.sign(file, JSON.stringify({ ...json, normalizer: { type: 'Sequence', normalizers } }));
    }
  },
  'a vocabulary with a token less': (tampered) =>
    tampered.sign(
      'tokenizer/vocab.txt',
      tampered
        .read('tokenizer/vocab.txt')
        .toString()
        .replace(/\n.*\n$/, '\n'),
    ),
  'a tokenizer that is no JSON': (tampered) => tampered.sign('tokenizer/rest.json', '{'),
  'a default variant of every object': (tampered) => tampered.set([], { defaultVariant: 'constructor' }),
  'a default variant __proto__': (tampered) => tampered.set([], { defaultVariant: '__proto__' }),
  'variants of __proto__': (tampered) =>
    tampered.editManifest((text) => text.replace('"int8": {', '"__proto__": {')),
  'a key __proto__ in files of the source': (tampered) =>
    tampered.editManifest((text) => text.replace('"files": {', '"files": {"__proto__": "",')),
  'a path out of the package': (tampered) =>
    tampered.editManifest((text) => text.replaceAll('int8/weights.bin', '../weights.bin')),
  'an absolute path': (tampered) =>
    tampered.editManifest((text) => text.replaceAll('int8/weights.bin', '/etc/passwd')),
  'a path with a NUL': (tampered) =>
    tampered.editManifest((text) => text.replaceAll('int8/weights.bin', 'int8/a\\u0000b')),
  'the name of another model': (tampered) => tampered.set([], { name: 'other' }),
  'another version': (tampered) => tampered.set([], { version: '2.0.0' }),
  'an unknown key': (tampered) => tampered.set([], { later: true }),
  'another runtime': (tampered) => tampered.set([], { runtime: 'constructor' }),
  'a later format': (tampered) => tampered.set([], { formatVersion: 2 }),
  'no variants': (tampered) => tampered.set([], { variants: {} }),
  'no files': (tampered) => tampered.set(['variants', 'int8'], { files: [] }),
  'equal labels': (tampered) => tampered.set([], { labels: ['positive', 'positive'] }),
  'a label too many': (tampered) => tampered.set([], { labels: ['negative', 'positive', 'neutral'] }),
  'labels without end': (tampered) =>
    tampered.set([], { labels: Array.from({ length: 200_000 }, (_, i) => `${i}`) }),
  'labels that are no texts': (tampered) => tampered.set([], { labels: Array(150_000).fill(0) }),
  'files without end': (tampered) =>
    tampered.set(['variants', 'int8'], {
      files: Array.from({ length: 20_000 }, (_, i) => ({ path: `${i}`, bytes: 1, sha256: '0'.repeat(64) })),
    }),
  'a size of exabytes': (tampered) =>
    tampered.editManifest((text) => text.replace(/"bytes": 3768320/, '"bytes": 9e15')),
  'a token budget without end': (tampered) => tampered.set(['variants', 'int8'], { tokenBudget: 1e15 }),
  'tokens without end': (tampered) => tampered.set(['textProcessing'], { maxTokens: 1e15 }),
  'another number of tokens': (tampered) => tampered.set(['textProcessing'], { vocabSize: 9000 }),
  'a manifest of megabytes': (tampered) => tampered.editManifest((text) => `${text}${' '.repeat(5_000_000)}`),
  'a manifest of brackets': (tampered) => tampered.write('model.json', '['.repeat(1_000_000)),
  'a manifest of nothing': (tampered) => tampered.write('model.json', ''),
  'a manifest of null': (tampered) => tampered.write('model.json', 'null'),
  'a manifest that is a pipe': (tampered) => tampered.replace('model.json', 'pipe'),
  'a manifest that is a folder': (tampered) => tampered.replace('model.json', 'folder'),
  'a manifest without end': (tampered) => tampered.replace('model.json', 'device'),
  'a manifest from elsewhere': (tampered) => tampered.replace('model.json', 'link out'),
  'no manifest': (tampered) => tampered.replace('model.json', 'nothing'),
};

/** Refused by verify; load reads nothing of it. */
const UNPROVEN: Readonly<Record<string, Tamper>> = {
  'a file too many': (tampered) => tampered.write('extra.bin', ''),
  'labels in another order': (tampered) => tampered.set([], { labels: ['positive', 'negative'] }),
  'labels of another language': (tampered) => tampered.set([], { labels: ['schlecht', 'gut'] }),
  'one golden': (tampered) => tampered.editGoldens((lines) => lines.slice(0, 2)),
  'no goldens': (tampered) => tampered.editGoldens((lines) => lines.slice(0, 1)),
  'one golden many times': (tampered) =>
    tampered.editGoldens(([header = '', golden = '']) => [header, ...Array<string>(40).fill(golden)]),
  'goldens without outputs': (tampered) =>
    tampered.editGoldenObjects((_, goldens) => {
      for (const golden of goldens) golden.outputs = {};
    }),
  'goldens without values': (tampered) =>
    tampered.editGoldens((lines) => lines.map((line) => line.replace(/"values":\[[^\]]*\]/, '"values":[]'))),
  'goldens without labels of their rows': (tampered) =>
    tampered.editGoldens((lines) => lines.map((line) => line.replace(/,"top":\[\[[^\]]*\]\]/, ''))),
  'a tolerance that takes all': (tampered) =>
    tampered.editGoldenObjects((header) => Object.assign(header, { tolerance: { int8: 1e9 } })),
  'a tolerance that takes zeros': (tampered) =>
    tampered.editGoldenObjects((header) => Object.assign(header, { tolerance: { int8: 2.1 } })),
  'a tolerance below zero': (tampered) =>
    tampered.editGoldenObjects((header) => Object.assign(header, { tolerance: { int8: -1 } })),
  'no tolerance': (tampered) =>
    tampered.editGoldenObjects((header) => Object.assign(header, { tolerance: { constructor: 0.1 } })),
  'a tolerance of __proto__': (tampered) =>
    tampered.editGoldens((lines) =>
      lines.with(0, '{"goldens":1,"tolerance":{"int8":0.04,"__proto__":{"int8":9}}}'),
    ),
  'an answer that is off': (tampered) =>
    tampered.editGoldens((lines) => lines.map((line) => line.replace(/"values":\[[^,]+/, '"values":[1.5'))),
  'ids that are off': (tampered) =>
    tampered.editGoldens((lines) => lines.map((line) => line.replace('"ids":[2,', '"ids":[3,'))),
  'goldens without end': (tampered) =>
    tampered.editGoldens(([header = '', golden = '']) => [header, ...Array<string>(20_000).fill(golden)]),
  'goldens of one long line': (tampered) =>
    tampered.sign('goldens.jsonl', `{"goldens":1,${' '.repeat(9_000_000)}`),
  'goldens with ids that are none, without end': (tampered) =>
    tampered.editGoldenObjects((_, [golden = {}]) => Object.assign(golden, { ids: Array(3e5).fill(-1) })),
  'goldens that are no JSON': (tampered) => tampered.sign('goldens.jsonl', 'goldens'),
  'goldens of bytes': (tampered) => tampered.sign('goldens.jsonl', Buffer.from([0xff, 0xfe, 0, 10, 0x80])),
  'another tokenizer.json than its parts': (tampered) =>
    tampered.sign('tokenizer.json', tampered.read('tokenizer.json').toString().replace('"[PAD]"', '"[PAT]"')),
  'a tokenizer.json of nothing': (tampered) => tampered.sign('tokenizer.json', '{}'),
};

function editGraph(tampered: TamperedPackage, from: string, to: string): void {
  const graph = tampered.read('int8/model.onnx').toString('latin1').replaceAll(from, to);
  tampered.write('x.bin', tampered.read('int8/weights.bin'));
  tampered.write(`int8/${to.replaceAll('/', '_')}`, tampered.read('int8/weights.bin'));
  tampered.sign('int8/model.onnx', Buffer.from(graph, 'latin1'));
}

it.each(sampled(Object.entries(REFUSED), { short: 24 }))(
  'a package with %s is neither proven nor served',
  async (_title, tamper) => {
    const outcome = await attack(tamper);
    expect(outcome.verify).toMatch(CODE);
    expect(outcome.load).toMatch(CODE);
  },
);

it.each(sampled(Object.entries(UNPROVEN), { short: 12 }))(
  'a package with %s is not proven',
  async (_title, tamper) => {
    const outcome = await attack(tamper);
    expect(outcome.verify).toMatch(CODE);
  },
);

it('a manifest with any character exchanged is refused, or served as it was, and never anything else', async () => {
  const random = new Random(14);
  const characters = ['{', '}', '[', ']', '"', ',', ':', '0', 'a', '\\', '\n', '-'] as const;
  for (let trial = 0; trial < cases({ short: 15, long: 1000 }); trial++) {
    const outcome = await attack((tampered) =>
      tampered.editManifest((text) => {
        const at = random.below(text.length);
        return `${text.slice(0, at)}${random.pick(characters)}${text.slice(at + 1)}`;
      }),
    );
    for (const code of Object.values(outcome)) if (code !== undefined) expect(code).toMatch(CODE);
  }
});

it('a process ends though a thread of it runs a graph without end', async () => {
  const tampered = new TamperedPackage();
  tampered.write('loop.onnx', loopGraph());
  const room = new URL('../../layers/engine/src/session/', import.meta.url).href;
  const runtime = createRequire(import.meta.url).resolve('onnxruntime-node');
  // The thread of a session that does not look for a Loop.
  const thread = `
    import { parentPort, workerData } from 'node:worker_threads';
    import { createRequire } from 'node:module';
    import { whileBusy } from '${room}busy-threads.ts';
    const ort = createRequire('file:///')(${JSON.stringify(runtime)});
    const session = await ort.InferenceSession.create(workerData.file);
    parentPort.on('message', ({ feeds }) => {
      const tensor = new ort.Tensor('int64', feeds.input_ids.data, [1, 2]);
      return whileBusy(workerData.busy, () => session.run({ input_ids: tensor, attention_mask: tensor }));
    });
    parentPort.postMessage({ kind: 'ready' });`;
  const program = `
    const { createWorkerSession } = await import('${room}worker-session.ts');
    const script = new URL('data:text/javascript,' + encodeURIComponent(process.argv[2]));
    const session = await createWorkerSession(process.argv[1], {}, {}, { script, disposeMs: 200 });
    session.run({ input_ids: { dims: [1, 2], data: new BigInt64Array(2) } }).catch(({ code }) => console.log(code));
    setTimeout(() => session.dispose().then(() => { console.log('disposed of'); process.exit(0); }), 500);`;
  const outcome = await new Promise<{ signal: unknown; stdout: string }>((resolve) => {
    const command = ['--input-type=module', '-e', program, join(tampered.folder, 'loop.onnx'), thread];
    execFile(process.execPath, command, { timeout: 50_000, killSignal: 'SIGTERM' }, (error, stdout) =>
      resolve({ signal: error?.signal, stdout }),
    );
  });
  tampered.remove();
  expect(outcome.stdout.split('\n').sort()).toEqual(['', 'SESSION_FAILED', 'disposed of']);
  expect(outcome.signal).toBe('SIGKILL');
});
