/** Vocabularies whose ids have gaps, and whose tokens have names that plain objects have. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Predictor } from '../../../layers/engine/src/predict/predictor.ts';
import { createRustTokenizer } from '../../../layers/engine/src/tokenizer/rust-tokenizer.ts';
import { highestTokenId } from '../../../model-assets/toolchain/src/stages/verify/highest-token-id.ts';
import { manifestOf, predictorOf } from './fakes.ts';

/** Eight tokens, the highest of which is 50. */
const TOKENIZER_JSON = `{
  "version": "1.0", "truncation": null, "padding": null, "added_tokens": [], "normalizer": null,
  "pre_tokenizer": {"type": "WhitespaceSplit"}, "post_processor": null, "decoder": null,
  "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100,
    "vocab": {"[PAD]": 0, "[UNK]": 1, "paris": 2, "constructor": 3, "__proto__": 20, "toString": 30, "rome": 49, "old": 50}}
}`;
const TOKENS = 8;

let folder = '';
let predictor: Predictor;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pilotlight-odd-'));
  const file = join(folder, 'tokenizer.json');
  await writeFile(file, TOKENIZER_JSON);
  const textProcessing = { ...manifestOf().textProcessing, vocabSize: TOKENS };
  const tokenizer = await createRustTokenizer({ path: () => file }, textProcessing);
  predictor = predictorOf({
    manifest: manifestOf({ task: 'feature-extraction', textProcessing }),
    tokenizer,
  });
});
afterAll(() => rm(folder, { recursive: true }));

describe('a vocabulary with gaps and odd names', () => {
  it('has each of its tokens', async () => {
    const [text] = await predictor.tokenize(['__proto__ constructor toString hasOwnProperty old']);
    expect(text?.ids).toEqual([20, 3, 30, 1, 50]);
  });

  it.each([2, 20, 49, 50])('has the id %i, however many tokens there are', async (id) => {
    expect(predictor.hasToken(id)).toBe(true);
    await expect(predictor.prepare([{ tokens: [id] }])).resolves.toMatchObject({ tokens: 1 });
  });

  it.each([21, 51, 1e6, 2 ** 32 + 2, 2 ** 53])('does not have the id %i', async (id) => {
    expect(predictor.hasToken(id)).toBe(false);
    await expect(predictor.prepare([{ tokens: [2, id] }])).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringMatching(/^inputs\[0\]/),
    });
    await expect(predictor.decode([[id]])).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  });

  it.each([-1, 0.5, Number.NaN])('does not have the id %d', (id) => {
    expect(predictor.hasToken(id)).toBe(false);
  });

  it('is known to verify by its highest id', () => {
    expect(highestTokenId(TOKENIZER_JSON)).toBe(50);
    expect(highestTokenId('{"model": {"vocab": {"a": 0, "__proto__": 7}}}')).toBe(7);
    expect(() => highestTokenId('{"model": {"vocab": {"a": 0, "__proto__": "7"}}}')).toThrow();
  });
});
