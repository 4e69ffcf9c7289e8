/** Token ids against transformers.js, whose tokenizer is another implementation of the same files. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PreTrainedTokenizer } from '@huggingface/transformers';
import { Engine, type TokenRequest } from '@pilotlight/engine';
import { afterAll, describe, expect, it } from 'vitest';
import { readSource } from '../../model-assets/toolchain/src/sources/index.ts';
import { type Family, SHAPES, writeCheckpoint } from '../fixtures/checkpoints.ts';
import { writeFp32Package } from '../fixtures/fp32-package.ts';

const folder = mkdtempSync(join(tmpdir(), 'pilotlight-tokenizers-'));
const packages = join(folder, 'packages');
const engine = new Engine({ packages });
afterAll(async () => {
  await engine.dispose();
  rmSync(folder, { recursive: true });
});

const REQUESTS: readonly TokenRequest[] = [
  { text: '' },
  { text: 'The service was terrible, and nobody came to help us!' },
  { text: "don't  can't\twon't\nI'd've" },
  { text: 'Zürich café 日本語 👍🏽 Привет' },
  { text: 'what a [MASK] or <mask> day', pair: 'it was' },
  { text: 'Where is my order?', pair: 'It was sent to the old address.' },
  { text: '1,299.99 (about $1,400) — or x = f(y)' },
];

describe('token ids', () => {
  it.each<[string, Family]>([
    ['WordPiece', 'bert'],
    ['WordPiece with the special tokens of MPNet', 'mpnet'],
    ['byte-level BPE', 'roberta'],
    ['Unigram', 'xlm-roberta'],
  ])('of %s are those of the tokenizer of the checkpoint', async (_, family) => {
    const checkpoint = join(folder, family);
    writeCheckpoint({ family, head: 'masked-lm', shape: SHAPES.tiny }, checkpoint);
    await writeFp32Package(await readSource(checkpoint), packages);
    const json = (file: string) => JSON.parse(readFileSync(join(checkpoint, file), 'utf8'));
    const reference = new PreTrainedTokenizer(json('tokenizer.json'), json('tokenizer_config.json'));
    const results = await (await engine.predictor(family)).infer(REQUESTS);
    for (const [index, { text, pair }] of REQUESTS.entries()) {
      const expected = reference.encode(text, pair === undefined ? {} : { text_pair: pair });
      expect(results[index]?.encoding.ids, text).toEqual(expected);
    }
  });
});
