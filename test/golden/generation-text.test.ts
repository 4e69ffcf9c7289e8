/** Prompts, texts and conversations of models that generate, against what transformers gives. */
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import fc from 'fast-check';
import { Tokenizer } from 'tokenizers';
import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { openGenerationFolder } from '../fixtures/generation-text.ts';
import { cases } from '../scale.ts';

const shared = join(import.meta.dirname, '../../../shared/references/gen');
const hasReferences = existsSync(shared);
const families = hasReferences
  ? readdirSync(shared).filter((name) => existsSync(join(shared, name, 'reference.json')))
  : ['../shared/references/gen is not at hand'];

const ids = z.array(z.int());
const referenceSchema = z.looseObject({
  cases: z.array(
    z.looseObject({
      kind: z.string(),
      prompts: z.array(z.string()).nullish(),
      input_ids: z.array(ids).nullish(),
      attention_mask: z.array(ids).nullish(),
      prompt_ids_transformers_4_57_6: ids.optional(),
      messages: z.array(z.looseObject({ role: z.string() })).optional(),
      rendered: z.string().optional(),
      sequences: z.array(ids),
      new_token_start: z.int(),
      text: z.array(z.string()).optional(),
      text_raw: z.array(z.string()).optional(),
    }),
  ),
});

function readCases(family: string) {
  const read = (file: string): unknown => JSON.parse(readFileSync(join(shared, family, file), 'utf8'));
  const { is_encoder_decoder } = z
    .looseObject({ is_encoder_decoder: z.boolean().default(false) })
    .parse(read('config.json'));
  return { cases: referenceSchema.parse(read('reference.json')).cases, hasEncoder: is_encoder_decoder };
}

/** The ids without the padding of a batch. */
const withoutPadding = (tokens: readonly number[], mask: readonly number[] | undefined) =>
  tokens.filter((_, index) => mask?.[index] !== 0);

describe.skipIf(!hasReferences)('the text of a checkpoint (skipped without ../shared/references)', () => {
  it.each(families)('a prompt has the ids of transformers: %s', async (family) => {
    const { text } = await openGenerationFolder(join(shared, family));
    let compared = 0;
    for (const { kind, prompts, input_ids, attention_mask, ...one } of readCases(family).cases) {
      if (kind === 'chat') continue;
      for (const [index, prompt] of (prompts ?? []).entries()) {
        const latest = withoutPadding(input_ids?.[index] ?? [], attention_mask?.[index]);
        const older = one.prompt_ids_transformers_4_57_6;
        const given = await text.encode(prompt);
        expect([latest, older], JSON.stringify(prompt)).toContainEqual(given);
        compared++;
      }
    }
    expect(compared).toBeGreaterThan(20);
  });

  it.each(families)(
    'ids have the text of transformers, with special tokens and without: %s',
    async (family) => {
      const { text } = await openGenerationFolder(join(shared, family));
      const { cases: all, hasEncoder } = readCases(family);
      for (const { sequences, new_token_start, text: plain, text_raw } of all) {
        for (const [index, sequence] of sequences.entries()) {
          const part = hasEncoder ? sequence : sequence.slice(new_token_start);
          if (plain) expect(text.decode(part)).toBe(plain[index]);
          if (text_raw) expect(text.decode(part, { skipSpecialTokens: false })).toBe(text_raw[index]);
        }
      }
    },
  );

  it.each(families)('a conversation has the text and the ids of transformers: %s', async (family) => {
    const { text } = await openGenerationFolder(join(shared, family));
    for (const { messages, rendered = '', input_ids } of readCases(family).cases) {
      if (!messages) continue;
      const given = await text.renderChat(messages);
      expect(given).toBe(rendered);
      expect(await text.encode(given, { specialTokens: false })).toEqual(input_ids?.[0]);
    }
  });
});

describe.skipIf(!hasReferences)('a stream of any ids (skipped without ../shared/references)', () => {
  it.each(families.filter((family) => family !== 'marian'))(
    'has the text of the library: %s',
    async (family) => {
      const { text, source } = await openGenerationFolder(join(shared, family));
      const native = Tokenizer.fromString(source.json);
      const ids = fc.array(fc.nat({ max: native.getVocabSize(true) }), { maxLength: 30 });
      await fc.assert(
        fc.asyncProperty(ids, fc.boolean(), async (drawn, skipSpecialTokens) => {
          const stream = text.stream({ skipSpecialTokens });
          const shown = drawn.map((id) => stream.push(id).shown).join('') + stream.end();
          expect(shown).toBe(await native.decode(drawn, skipSpecialTokens));
        }),
        { numRuns: cases({ short: 50, long: 2000 }) },
      );
    },
  );
});

describe.skipIf(!hasReferences)('languages of mBART (skipped without ../shared/references)', () => {
  it('stand beside a source as the call says', async () => {
    const { text, source } = await openGenerationFolder(join(shared, 'mbart'));
    const [english, ...words] = await text.encode('hello');
    expect(english).toBe(source.languages?.en_XX);
    expect(await text.encode('hello', { sourceLanguage: 'de_DE' })).toEqual([
      source.languages?.de_DE,
      ...words,
    ]);
    await expect(text.encode('hello', { sourceLanguage: 'de_DF' })).rejects.toMatchObject({
      code: 'INVALID_PARAMETER',
      message: expect.stringContaining('did you mean de_DE?'),
    });
  });
});

describe.skipIf(!hasReferences)(
  'pieces of Marian that vocab.json lacks (skipped without ../shared/references)',
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'pilotlight-marian-'));
    afterAll(() => rmSync(folder, { recursive: true }));

    it('are read as the unknown token, one for each', async () => {
      const whole = z
        .record(z.string(), z.int())
        .parse(JSON.parse(readFileSync(join(shared, 'marian/vocab.json'), 'utf8')));
      // The order of keys is not that of ids: digits come first.
      const names = Object.keys(whole).toSorted((one, other) => (whole[one] ?? 0) - (whole[other] ?? 0));
      const kept = names.filter((token, index) => index < 3 || index % 7 !== 0 || token === '<pad>');
      const vocabulary = Object.fromEntries(kept.map((token, id) => [token, id]));
      for (const file of ['config.json', 'source.spm', 'target.spm', 'special_tokens_map.json'])
        cpSync(join(shared, 'marian', file), join(folder, file));
      writeFileSync(join(folder, 'vocab.json'), JSON.stringify(vocabulary));
      const [all, some] = [
        await openGenerationFolder(join(shared, 'marian')),
        await openGenerationFolder(folder),
      ];
      let unknown = 0;
      for (const { prompts } of readCases('marian').cases) {
        for (const prompt of prompts ?? []) {
          const ids = await all.text.encode(prompt);
          const expected = ids.map((id) => vocabulary[names[id] ?? ''] ?? vocabulary['<unk>']);
          expect(await some.text.encode(prompt), prompt).toEqual(expected);
          unknown += expected.filter((id) => id === vocabulary['<unk>']).length;
        }
      }
      expect(unknown).toBeGreaterThan(10);
    });
  },
);

/** Texts that tokenizers disagree on: spaces, marks, other scripts, names of tokens. */
const ODD_TEXTS = [
  '',
  ' ',
  'a  b',
  ' a\n\nb\t',
  "don't 3.14",
  'été 日本語 😀',
  '</s> a<unk>',
  '<start_of_turn>a\n',
  'ﬁ Ａ\u00a0½',
  '▁a',
];

describe.skipIf(!hasReferences)(
  'a folder without tokenizer.json (skipped without ../shared/references)',
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'pilotlight-vocabulary-'));
    afterAll(() => rmSync(folder, { recursive: true }));
    const built = [
      'bart',
      'gemma',
      'gemma3',
      'gpt2',
      'llama',
      'mbart',
      'mistral',
      'opt',
      'phi3',
      'qwen2',
      'qwen3',
      't5',
    ];

    it.each(built)('has the ids and the texts of the one that has it: %s', async (family) => {
      const path = join(folder, family);
      const left = new Set(['tokenizer.json', 'model.safetensors', 'reference.json']);
      cpSync(join(shared, family), path, { recursive: true, filter: (file) => !left.has(basename(file)) });
      const [whole, made] = [
        await openGenerationFolder(join(shared, family)),
        await openGenerationFolder(path),
      ];
      expect(made.source.notes.join()).toContain('the tokenizer was built from');
      const { cases: all } = readCases(family);
      const texts = [
        ...all.flatMap(({ prompts }) => prompts ?? []),
        ...(family === 'mbart' ? [] : ODD_TEXTS),
      ];
      for (const text of texts) {
        const ids = await whole.text.encode(text);
        expect(await made.text.encode(text), JSON.stringify(text)).toEqual(ids);
        expect(made.text.decode(ids)).toBe(whole.text.decode(ids));
      }
    });
  },
);
