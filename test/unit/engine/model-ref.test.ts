import {
  formatModelRef,
  manifestText,
  modelRefSchema,
  parseManifest,
  parseModelRef,
} from '@pilotlight/model-format';
import { describe, expect, it } from 'vitest';
import { manifestOf } from './fakes.ts';

describe('a reference to a model', () => {
  it.each(['sentiment', 'sentiment@1.0.0', 'a.b-c_d@1.10.0-rc.1'])(
    '%s is the same once parsed and written',
    (text) => {
      expect(formatModelRef(parseModelRef(text))).toBe(text);
      expect(modelRefSchema.safeParse(text).success).toBe(true);
    },
  );

  it.each(['', '@1.0.0', 'sentiment@', 'sentiment@1', 'sentiment@1.0.0@2.0.0', 'Sentiment', 'a/b'])(
    'the schema refuses %j',
    (text) => {
      expect(modelRefSchema.safeParse(text).success).toBe(false);
    },
  );
});

describe('the runtime of a manifest', () => {
  const ref = { name: 'parity', version: '1.0.0' };

  it('is onnx where model.json does not say, and is left out again when it is written', () => {
    const text = manifestText(manifestOf());
    expect(JSON.parse(text)).not.toHaveProperty('runtime');
    expect(parseManifest(text, ref)).toEqual(manifestOf());
  });

  it('is refused by name where the engine does not know it', () => {
    const text = JSON.stringify({ ...manifestOf(), runtime: 'tensorflow' });
    expect(() => parseManifest(text, ref)).toThrow('at runtime: must be one of onnx, transformers.js');
  });
});
