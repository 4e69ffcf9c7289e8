import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { TextProcessing } from '@pilotlight/model-format';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRustTokenizer } from '../../../layers/engine/src/tokenizer/rust-tokenizer.ts';
import { splitTokenizer } from '../../../model-assets/toolchain/src/stages/split-tokenizer.ts';
import { byteLevelBpe, unigram } from '../../fixtures/tokenizers.ts';
import { tokenizerJson, vocabulary } from '../../fixtures/vocabulary.ts';
import { manifestOf } from '../engine/fakes.ts';
import { temporaryFolder } from './temporary-folder.ts';

const root = temporaryFolder();
const base = manifestOf().textProcessing;

interface TokenizerJson {
  added_tokens: { id: number; content: string }[];
  model: { vocab: Record<string, number>; [option: string]: unknown };
}

/** A folder with this tokenizer.json, which has been divided where that can be done. */
async function divided(name: string, content: object) {
  const folder = join(root, name);
  mkdirSync(folder);
  writeFileSync(join(folder, base.file.path), JSON.stringify(content));
  const split = await splitTokenizer(folder, base);
  return { folder, split, path: (file: string) => join(folder, file) };
}

const wordPiece = (): TokenizerJson => structuredClone(tokenizerJson(vocabulary(400))) as TokenizerJson;
const bpe = (): TokenizerJson => structuredClone(byteLevelBpe(400)) as TokenizerJson;

async function encoderOf(files: { path(file: string): string }, textProcessing: TextProcessing) {
  const tokenizer = await createRustTokenizer(files, textProcessing);
  return (text: string, pair: string) =>
    tokenizer.encode([{ text, pair }], { maxTokens: 64, alignment: true });
}

describe('splitTokenizer', () => {
  it.each([
    ['WordPiece', wordPiece, ['tokenizer/vocab.txt']],
    ['byte-level BPE', bpe, ['tokenizer/vocab.json', 'tokenizer/merges.txt']],
  ])('divides a %s into files that give the encodings of the whole', async (name, make, files) => {
    const json = make();
    const vocabSize = Object.keys(json.model.vocab).length;
    const { split, path } = await divided(name, json);
    expect(split?.vocabulary.map((file) => file.path)).toEqual(files);
    if (!split) return;
    const whole = await encoderOf({ path }, { ...base, vocabSize });
    const parts = await encoderOf({ path }, { ...base, vocabSize, split });
    const unit = fc.oneof(
      fc.constantFrom('the ', 'what', 'not', ' [MASK]', '<mask>', 'é', '字', '😀', '\n', '!'),
      fc.string({ unit: 'grapheme', maxLength: 4 }),
    );
    const text = fc.array(unit, { maxLength: 12 }).map((units) => units.join(''));
    await fc.assert(
      fc.asyncProperty(text, text, async (left, right) => {
        expect(await parts(left, right)).toEqual(await whole(left, right));
      }),
    );
  });

  it('keeps the ids of tokens that were added beyond the vocabulary', async () => {
    const json = wordPiece();
    const id = Object.keys(json.model.vocab).length;
    const flags = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };
    json.added_tokens.push({ id, content: '<order>', ...flags } as TokenizerJson['added_tokens'][number]);
    const { split, path } = await divided('added', json);
    expect(split).toBeDefined();
    const tokenizer = await createRustTokenizer(
      { path },
      { ...base, vocabSize: id + 1, ...(split && { split }) },
    );
    const [[encoding] = []] = await tokenizer.encode([{ text: 'the <order>' }], { maxTokens: 16 });
    expect(encoding?.ids).toContain(id);
    expect(tokenizer.idToToken(id)).toBe('<order>');
  });

  it.each<[string, () => object]>([
    ['a Unigram', () => unigram(400)],
    [
      'ids with a gap',
      () => {
        const json = wordPiece();
        json.model.vocab.unreachable = 1000;
        return json;
      },
    ],
    [
      'a token that ends with a line break',
      () => {
        const json = wordPiece();
        json.model.vocab['line\n'] = Object.keys(json.model.vocab).length;
        return json;
      },
    ],
    [
      'merges that are ignored for whole words',
      () => {
        const json = bpe();
        json.model.ignore_merges = true;
        return json;
      },
    ],
    [
      'merges that are dropped by chance',
      () => {
        const json = bpe();
        json.model.dropout = 0.1;
        return json;
      },
    ],
  ])('leaves %s whole', async (name, make) => {
    const { split, folder } = await divided(name, make());
    expect(split).toBeUndefined();
    expect(existsSync(join(folder, 'tokenizer'))).toBe(false);
  });
});

describe('a divided tokenizer', () => {
  it.each(['tokenizer/vocab.txt', 'tokenizer/rest.json'])('is refused where %s is broken', async (file) => {
    const { folder, split } = await divided(`damaged ${basename(file)}`, wordPiece());
    const broken = `${folder} broken`;
    cpSync(folder, broken, { recursive: true });
    writeFileSync(join(broken, file), readFileSync(join(broken, file)).fill(0xff));
    const files = { path: (name: string) => join(broken, name) };
    const opening = createRustTokenizer(files, { ...base, vocabSize: 400, ...(split && { split }) });
    await expect(opening).rejects.toMatchObject({ code: 'PACKAGE_CORRUPT' });
  });
});
