/** The text of a model whose tokens are single characters, so that a test can read what was generated. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type GenerationTokenizer,
  openGenerationText,
} from '@pilotlight/engine/internal/runtimes/generation/text/generation-tokenizer';

/** Id 0 is the end token, and the others are characters. */
export const END = 0;
const FIRST_CHARACTER = 33;

/** @param size tokens of the vocabulary */
export async function letterText(size: number): Promise<GenerationTokenizer> {
  const characters = Array.from({ length: size - 1 }, (_, index) =>
    String.fromCodePoint(FIRST_CHARACTER + index),
  );
  const vocab = Object.fromEntries(['<end>', ...characters].map((token, id) => [token, id]));
  const folder = mkdtempSync(join(tmpdir(), 'pilotlight-letters-'));
  try {
    const special = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };
    const json = {
      version: '1.0',
      truncation: null,
      padding: null,
      added_tokens: [{ id: END, content: '<end>', ...special }],
      normalizer: null,
      pre_tokenizer: null,
      post_processor: null,
      decoder: { type: 'Fuse' },
      model: { type: 'BPE', vocab, merges: [] },
    };
    writeFileSync(join(folder, 'tokenizer.json'), JSON.stringify(json));
    const file = { path: 'tokenizer.json', bytes: 1, sha256: '0'.repeat(64) };
    return await openGenerationText(
      { path: (name) => join(folder, name) },
      { text: { tokenizer: file, vocabSize: size } },
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}
