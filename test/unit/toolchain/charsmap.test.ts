import fc from 'fast-check';
import { Tokenizer } from 'tokenizers';
import { describe, expect, it } from 'vitest';
import { SourceFolder } from '../../../model-assets/toolchain/src/sources/folder.ts';
import { refuseBrokenRules } from '../../../model-assets/toolchain/src/sources/tokenizer/charsmap.ts';
import { readSentencePieceModel } from '../../../model-assets/toolchain/src/sources/tokenizer/sentence-piece-model.ts';

const { charsmap } = readSentencePieceModel(new SourceFolder('test/golden/tokenizers/t5'), 'spiece.model');
const rules = Buffer.from(charsmap, 'base64');
const normalizer = (bytes: Uint8Array) => ({
  type: 'Sequence',
  normalizers: [{ type: 'Precompiled', precompiled_charsmap: Buffer.from(bytes).toString('base64') }],
});

/** What the library makes of a text by these rules; broken ones would end this process. */
async function follow(bytes: Uint8Array): Promise<void> {
  const model = { type: 'Unigram', unk_id: 0, vocab: [['a', 0]], byte_fallback: false };
  const parts = { pre_tokenizer: null, post_processor: null, decoder: null, truncation: null, padding: null };
  const json = { version: '1.0', added_tokens: [], normalizer: normalizer(bytes), model, ...parts };
  await Tokenizer.fromString(JSON.stringify(json)).encode('Ａ　e\u0301ﬁ½② \u2028a\tb'.repeat(3));
}

describe('the compiled rules of a normalizer', () => {
  it('are taken as SentencePiece writes them', async () => {
    expect(rules.length).toBeGreaterThan(1000);
    refuseBrokenRules(normalizer(rules));
    await follow(rules);
  });

  it.each([
    ['without a byte', Buffer.alloc(0)],
    ['with a trie of no size', Buffer.alloc(4)],
    ['with a trie that is longer than they are', rules.subarray(0, 500)],
    [
      'with a root that calls itself a leaf, and leads nowhere',
      Buffer.from(new Uint8Array(rules).with(7, 0xf8)),
    ],
    ['with texts that are no UTF-8', Buffer.concat([rules, Buffer.from([0xff])])],
  ])('are refused %s', (_, bytes) => {
    expect(() => refuseBrokenRules(normalizer(bytes))).toThrow(/precompiled_charsmap\) is broken/);
  });

  it('are refused or can be followed, whichever bytes are changed', async () => {
    const change = fc.tuple(fc.nat(rules.length - 1), fc.nat(255));
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), async (changes) => {
        const bytes = Buffer.from(rules);
        for (const [at, value] of changes) bytes[at] = value;
        try {
          refuseBrokenRules(normalizer(bytes));
        } catch (error) {
          expect(error).toMatchObject({ code: 'SOURCE_INVALID' });
          return;
        }
        await follow(bytes);
      }),
      { numRuns: 200 },
    );
  });
});

it('a SentencePiece model is read: its pieces with scores, its algorithm, its symbols', () => {
  const model = readSentencePieceModel(new SourceFolder('test/golden/tokenizers/xlnet'), 'spiece.model');
  expect(model).toMatchObject({ algorithm: 'unigram', unknown: { id: 0, piece: '<unk>' } });
  expect(model.pieces[0]).toEqual({ piece: '<unk>', score: 0, type: 2 });
  expect(model.symbols.map(({ content }) => content)).toEqual([
    '<s>',
    '</s>',
    '<cls>',
    '<sep>',
    '<pad>',
    '<mask>',
    '<eod>',
    '<eop>',
  ]);
});
