import type { TransformersJsManifest } from '@pilotlight/engine';
import { describe, expect, it } from 'vitest';
import { fakeApp, fakeEngine, post, preparing } from './fake-engine.ts';

const sha256 = '0'.repeat(64);
const file = { path: 'config.json', bytes: 1, sha256 };
const manifest: TransformersJsManifest = {
  formatVersion: 1,
  runtime: 'transformers.js',
  name: 'pictures',
  version: '1.0.0',
  task: 'image-classification',
  dtype: 'q8',
  files: [file],
  goldens: file,
  modelCard: file,
  source: { kind: 'huggingface', id: 'pictures', files: {} },
  toolchain: { pilotlight: '0.1.0', node: '24.0.0', transformers: '4.3.1' },
};

function pictures() {
  const engine = fakeEngine();
  const seen: unknown[] = [];
  const predict: typeof engine.predict = async (_ref, inputs) => {
    seen.push(inputs);
    return {
      results: [[{ label: 'cat', score: 1 }]],
      timings: { tokenizeMs: 0, queueMs: 0, inferMs: 1, postprocessMs: 0 },
      tokens: { total: 0, padded: 0, truncated: 0 },
      truncated: [0],
      model: { name: 'pictures', version: '1.0.0', variant: 'q8' },
    };
  };
  const model = async () => ({
    ...(await engine.predictor('sentiment')),
    manifest,
    loadTimings: { openMs: 0, verifyMs: 0, tokenizerMs: 0, sessionMs: 0, totalMs: 0 },
  });
  return { app: fakeApp({ engine: { ...engine, model, prepare: preparing(predict) } }), seen };
}

const PNG = new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0xff, 0]);

describe('a file by itself', () => {
  it.each(['image/png', 'Audio/wav', 'application/octet-stream'])(
    'is the input of a model that transformers.js runs, under %s',
    async (type) => {
      const { app, seen } = pictures();
      const response = await app.request('/models/pictures', post(PNG, { 'content-type': type }));
      expect([response.status, await response.json()]).toEqual([200, [{ label: 'cat', score: 1 }]]);
      expect(seen).toEqual([Buffer.from(PNG)]);
    },
  );

  it('is refused by a model that reads text', async () => {
    const response = await fakeApp().request('/models/sentiment', post(PNG, { 'content-type': 'image/png' }));
    expect([response.status, await response.json()]).toEqual([
      415,
      expect.objectContaining({ code: 'UNSUPPORTED_MEDIA_TYPE' }),
    ]);
  });

  it('is held to the limit of a body', async () => {
    const app = fakeApp({ limits: { maxBodyBytes: 5 } });
    const response = await app.request('/models/sentiment', post(PNG, { 'content-type': 'image/png' }));
    expect(response.status).toBe(413);
  });
});
