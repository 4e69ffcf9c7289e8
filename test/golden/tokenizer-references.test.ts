/**
 * Token ids against transformers itself: small folders of our own, whose references tokenizers/references.py made, and larger ones
 * where the reference data are at hand.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { openFolder } from '../fixtures/tokenizer-folder.ts';

const own = join(import.meta.dirname, 'tokenizers');
const ids = z.array(z.int());
/** Null where no two of the three tokenizers of transformers agree. */
const encoded = z
  .tuple([ids, ids])
  .transform(([tokens, typeIds]) => ({ ids: tokens, typeIds }))
  .nullable();
const ownSchema = z.object({
  texts: z.array(z.string()),
  pairs: z.array(z.tuple([z.string(), z.string()])),
  folders: z.record(z.string(), z.object({ texts: z.array(encoded), pairs: z.array(encoded) })),
});
const references = ownSchema.parse(JSON.parse(readFileSync(join(own, 'references.json'), 'utf8')));

describe('the tokenizer of a folder without tokenizer.json', () => {
  it.each(Object.entries(references.folders))('gives the ids of transformers: %s', async (name, expected) => {
    const { encode } = await openFolder(join(own, name));
    const requests = [...references.texts.map((text) => [text] as const), ...references.pairs];
    for (const [index, reference] of [...expected.texts, ...expected.pairs].entries()) {
      const [text = '', pair] = requests[index] ?? [];
      if (reference) expect(await encode(text, pair), JSON.stringify([text, pair])).toEqual(reference);
    }
  });

  it('covers each class that a tokenizer can be built for, and random texts', () => {
    expect(Object.keys(references.folders)).toHaveLength(20);
    expect(references.texts.length).toBeGreaterThan(80);
  });
});

const shared = join(import.meta.dirname, '../../../shared/references/tok');
const encoding = z.looseObject({ ids: ids.optional(), token_type_ids: ids.nullish() });
const pairSchema = encoding.extend({ a: z.string(), b: z.string(), ids, longest_first_9: ids });
const sharedSchema = z.looseObject({
  cases: z.array(
    encoding.extend({
      text: z.string(),
      ids,
      fast_4_57_6: encoding.nullish(),
      slow_4_57_6: encoding.nullish(),
    }),
  ),
  pairs: z.array(pairSchema),
  truncated: z.array(z.looseObject({ text: z.string(), max_length: z.int(), ids })),
  fast_4_57_6: z.looseObject({ pairs: z.union([z.string(), z.array(encoding)]) }),
});

/** What counts of a case: the latest release, unless both tokenizers of the older one agree on others. */
function choose({
  fast_4_57_6: fast,
  slow_4_57_6: slow,
  ...latest
}: z.infer<typeof sharedSchema>['cases'][number]) {
  const older = fast?.ids && JSON.stringify(fast.ids) === JSON.stringify(slow?.ids) ? fast : undefined;
  const chosen = older?.ids ?? latest.ids;
  const types = older?.token_type_ids ?? latest.token_type_ids ?? (fast?.ids ? slow : fast)?.token_type_ids;
  return { ids: chosen, typeIds: types ?? chosen.map(() => 0) };
}

describe.skipIf(!existsSync(shared))('the tokenizer of a folder as people have them', () => {
  const names = existsSync(shared) ? readdirSync(shared) : ['../shared/references/tok is not at hand'];

  it.each(names)('gives the ids of transformers, also of pairs and of what is cut: %s', async (name) => {
    const file = join(shared, name, 'reference.json');
    const { cases, pairs, truncated, fast_4_57_6 } = sharedSchema.parse(
      JSON.parse(readFileSync(file, 'utf8')),
    );
    const { encode } = await openFolder(join(shared, name));
    for (const one of cases) expect(await encode(one.text), JSON.stringify(one.text)).toEqual(choose(one));
    for (const [index, { a, b, ids: tokens, token_type_ids, longest_first_9 }] of pairs.entries()) {
      // Python takes an empty second text for none.
      const pair = b === '' ? undefined : b;
      const older = Array.isArray(fast_4_57_6.pairs) ? fast_4_57_6.pairs[index]?.token_type_ids : undefined;
      const typeIds = token_type_ids ?? older ?? tokens.map(() => 0);
      expect(await encode(a, pair), `${a} | ${b}`).toEqual({ ids: tokens, typeIds });
      expect((await encode(a, pair, 9)).ids, `${a} | ${b}, cut`).toEqual(longest_first_9);
    }
    for (const { text, max_length, ids: tokens } of truncated) {
      expect((await encode(text, undefined, max_length)).ids, `${text}, cut`).toEqual(tokens);
    }
  });
});

const cases = join(import.meta.dirname, '../../../shared/findings/cases');

describe.skipIf(!existsSync(cases))('a folder that was found in the field', () => {
  it.each<[name: string, text: string, pair: string | undefined, ids: number[], maxTokens?: number]>([
    ['bert-added', '[E1]', undefined, [2, 990, 3]],
    ['bert-cased2', 'Paris', undefined, [2, 700, 3]],
    ['bert-noids', 'the cat', 'a good dog', [2, 141, 547, 3, 43, 244, 546, 3]],
    ['bert-left', 'one two three four five six', undefined, [2, 558, 559, 560, 3], 5],
    ['st-roberta-lower', 'Hello World', undefined, [0, 108, 345, 115, 398, 307, 2]],
    ['st-old', 'Hello World', undefined, [0, 108, 345, 115, 398, 307, 2]],
  ])('gives the ids of Python: %s', async (name, text, pair, expected, maxTokens) => {
    const { encode } = await openFolder(join(cases, name));
    const { ids: tokens, typeIds } = await encode(text, pair, maxTokens);
    expect(tokens).toEqual(expected);
    expect(typeIds).toEqual(expected.map(() => 0));
  });
});
