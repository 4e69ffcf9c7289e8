import type { OnnxManifest, PackageEntry } from '@pilotlight/engine';
import { describe, expect, it } from 'vitest';
import { fakeApp, fakeEngine } from './fake-engine.ts';

const file = (path: string, bytes: number) => ({ path, bytes, sha256: '0'.repeat(64) });

const manifest: OnnxManifest = {
  formatVersion: 1,
  runtime: 'onnx',
  name: 'sentiment',
  version: '1.1.0',
  description: 'Whether a text is positive.',
  task: 'text-classification',
  labels: ['negative', 'positive'],
  textProcessing: {
    kind: 'tokenizer.json',
    file: file('tokenizer.json', 10),
    vocabSize: 100,
    padTokenId: 0,
    maxTokens: 128,
  },
  defaultVariant: 'int8',
  variants: {
    int8: {
      graphs: { model: { file: 'int8/model.onnx', inputs: [], outputs: [] } },
      files: [file('int8/model.onnx', 100), file('int8/weights.bin', 900)],
      opset: 21,
      onnxruntime: '1.30.0',
      scheme: 'int8-dynamic-per-channel',
      tokenBudget: 1024,
      tier: 'lambda',
    },
  },
  goldens: file('goldens.jsonl', 5),
  modelCard: file('MODEL_CARD.md', 5),
  source: { kind: 'huggingface', id: 'pilotlight/sentiment', files: { 'model.safetensors': '1'.repeat(64) } },
  quality: [{ dataset: 'sst2', metric: 'accuracy', rows: 100, fp32: 0.9, served: 0.899, agreement: 0.995 }],
  toolchain: { pilotlight: '0.1.0', node: '24.21.0', onnxruntime: '1.30.0' },
};

const entries: PackageEntry[] = [
  { name: 'intent', version: '1.0.0', problem: 'Model intent@1.0.0 is refused: its manifest is not valid.' },
  { name: 'sentiment', version: '1.0.0', manifest: { ...manifest, version: '1.0.0' } },
  { name: 'sentiment', version: '1.1.0', manifest },
];

async function get(path: string) {
  const response = await fakeApp({ engine: fakeEngine({ entries }) }).request(path);
  return { status: response.status, body: JSON.parse(await response.text()) };
}

describe('GET /models', () => {
  it('lists every version of every model, and why one is refused', async () => {
    const { body } = await get('/models');
    expect(body.models).toEqual([
      { name: 'intent', version: '1.0.0', loaded: false, problem: entries[0]?.problem },
      {
        name: 'sentiment',
        version: '1.0.0',
        loaded: false,
        task: 'text-classification',
        description: manifest.description,
      },
      expect.objectContaining({ name: 'sentiment', version: '1.1.0' }),
    ]);
  });
});

describe('GET /models/{model}', () => {
  it('gives the manifest of the highest version in short', async () => {
    const { status, body } = await get('/models/sentiment');
    expect(status).toBe(200);
    expect(body).toMatchObject({
      name: 'sentiment',
      version: '1.1.0',
      versions: ['1.0.0', '1.1.0'],
      labels: ['negative', 'positive'],
      maxTokens: 128,
      variants: { int8: { bytes: 1000, tokenBudget: 1024 } },
      source: { kind: 'huggingface', id: 'pilotlight/sentiment' },
      quality: [{ dataset: 'sst2', served: 0.899 }],
    });
  });

  it.each(['/models/sentiment@1.0.0', '/models/sentiment/versions/1.0.0'])(
    'gives the version of %s',
    async (path) => {
      expect((await get(path)).body.version).toBe('1.0.0');
    },
  );

  it('gives the reason where the package is refused', async () => {
    expect(await get('/models/intent')).toEqual({
      status: 200,
      body: { ...entries[0], loaded: false, versions: ['1.0.0'] },
    });
  });

  it.each(['/models/nothing', '/models/sentiment@9.0.0', '/models/sentiment/versions/x'])(
    'is 404 with the list of models at %s',
    async (path) => {
      expect(await get(path)).toMatchObject({
        status: 404,
        body: { code: 'MODEL_NOT_FOUND', models: ['intent', 'sentiment'] },
      });
    },
  );

  it('says which versions there are where the model has another one', async () => {
    const { body } = await get('/models/sentiment/versions/9.0.0');
    expect(body.error).toBe('Model sentiment has no version 9.0.0; it has 1.0.0, 1.1.0.');
  });
});
