/** A model of an AllenNLP archive in the hands of those who mean it ill: inputs, packages, and the moment of its end. */
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Engine, PilotlightError } from '@pilotlight/engine';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packageArchive } from '../../model-assets/toolchain/src/allennlp/package/package-archive.ts';
import { type Service, serve } from '../e2e/http-service.ts';
import { temporaryFolder } from '../unit/toolchain/temporary-folder.ts';

const EXAMPLE = join(import.meta.dirname, '../../examples/from-allennlp/model.tar.gz');
const root = temporaryFolder();
const packages = join(root, 'packages');
const MODEL = join('ner', '1.0.0');
const SENTENCE = 'Joel Smith lives in Seattle .';

let service: Service;
beforeAll(async () => {
  await packageArchive({
    ...{ source: EXAMPLE, packages, name: 'ner', version: '1.0.0', force: true, tokenBudget: 1024 },
    tokenization: 'whitespace',
  });
  service = await serve(packages);
}, 60_000);
afterAll(() => service.stop());

/** Values that no text is, and lists that no words are. */
const WRONG: readonly unknown[] = [
  ...[null, 1, true, {}, [], [[]], [1], [null], [{}], '', ' ', [''], [{ text: 1 }], [{ text: '' }]],
  ...[{ length: 5 }, [['a']], [{ text: 'a', extra: 1 }], { __proto__: null, constructor: 'a' }, -1e308],
];

const TEXTS: Readonly<Record<string, string>> = {
  emoji: '😀👨‍👩‍👧 🇫🇷 é',
  'half of a pair': 'a \ud800 b \udc00',
  nul: 'a \u0000 b',
  'thousands of combining marks': `a${'\u0301'.repeat(5000)}`,
  'words without a character to see': '\u200b \ufeff \u00ad',
  'names of objects': '__proto__ constructor toString hasOwnProperty',
  'names of the vocabulary': '@@PADDING@@ @@UNKNOWN@@ @start@ [MASK]',
  'a word of 100,000 characters': 'a'.repeat(100_000),
  'thousands of spaces': `a${' '.repeat(100_000)}b`,
};

describe('an input', () => {
  it.each(['sentence', 'tokens'])('of a wrong type at %s is refused, and the field is named', async (key) => {
    for (const value of WRONG) {
      const { status, body } = await service.post('ner', { [key]: value });
      expect({ value, status }).toEqual({ value, status: 422 });
      expect(body).toMatchObject({ code: 'INVALID_INPUT', field: expect.stringContaining(key) });
    }
  });

  it.each(Object.entries(TEXTS))('of %s is answered', async (_, text) => {
    const { status, body } = await service.post('ner', { sentence: text });
    expect(status).toBe(200);
    expect(body).toHaveProperty('tags');
  });

  it('with keys of a prototype is read as if they were not there', async () => {
    const response = await fetch(`${service.url}/models/ner`, {
      method: 'POST',
      body: `{"__proto__":{"tokens":["x"]},"constructor":1,"sentence":${JSON.stringify(SENTENCE)}}`,
    });
    expect(await response.json()).toMatchObject({ words: SENTENCE.split(' ') });
    const inherited = await fetch(`${service.url}/models/ner`, {
      method: 'POST',
      body: '{"__proto__":{"sentence":"a"}}',
    });
    expect(inherited.status).toBe(422);
  });

  it('that makes every word as long as its longest is refused before it is read', async () => {
    const sentence = `${'a '.repeat(3000)}${'a'.repeat(100_000)}`;
    const start = performance.now();
    const { status, body } = await service.post('ner', { sentence });
    expect({ status, body }).toMatchObject({
      status: 422,
      body: { code: 'INPUT_TOO_LONG', field: 'sentence' },
    });
    expect(performance.now() - start).toBeLessThan(2_000);
  });
});

describe('a damaged package', () => {
  const copyOf = (name: string): string => {
    const folder = join(root, name);
    cpSync(packages, folder, { recursive: true });
    return folder;
  };
  const load = async (folder: string) => {
    const engine = new Engine({ packages: folder });
    try {
      await engine.model('ner');
    } finally {
      await engine.dispose();
    }
  };

  it.each([
    'archive.json',
    'vocabulary/labels.txt',
    'vocabulary/tokens.txt',
    'fp32/model/model.onnx',
    'fp32/model/weights.bin',
  ])('is refused with the name of the file: %s', async (file) => {
    const folder = copyOf(file.replaceAll('/', '-'));
    const path = join(folder, MODEL, file);
    const content = readFileSync(path);
    const middle = content.length >> 1;
    content[middle] = (content[middle] ?? 0) ^ 1;
    writeFileSync(path, content);
    await expect(load(folder)).rejects.toMatchObject({
      code: 'PACKAGE_CORRUPT',
      message: expect.stringContaining(file),
    });
  });
});

describe('a model that is disposed of', () => {
  it('answers the calls that run, and refuses later ones with a code', async () => {
    const engine = new Engine({ packages });
    const model = await engine.model('ner');
    const prepared = await Promise.all(
      Array.from({ length: 50 }, () => model.prepare({ sentence: SENTENCE }, {}, { task: 'predictor' })),
    );
    const running = prepared.map((call) => call.run());
    const disposed = model.dispose();
    const late = await model.predict({ sentence: SENTENCE }).catch((error: unknown) => error);
    for (const { results } of await Promise.all(running)) expect(results).toHaveLength(1);
    await disposed;
    await engine.dispose();
    expect(PilotlightError.is(late) && late.code).toBe('PREDICTOR_DISPOSED');
  });
});
