/** Texts of many thousand tokens: their encodings are copied piece by piece, and must be those of the library. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { Tokenizer as NativeTokenizer } from 'tokenizers';
import { afterAll, describe, expect, it } from 'vitest';
import { openTokenizer } from '../../fixtures/open-tokenizer.ts';
import { byteLevelBpe, unigram } from '../../fixtures/tokenizers.ts';
import { tokenizerJson, vocabulary } from '../../fixtures/vocabulary.ts';

const SIZE = 500;
const FAMILIES = {
  BERT: tokenizerJson(vocabulary(SIZE)),
  RoBERTa: byteLevelBpe(SIZE),
  'XLM-RoBERTa': unigram(SIZE),
} as const;
const NAMES = ['BERT', 'RoBERTa', 'XLM-RoBERTa'] as const;

const folder = await mkdtemp(join(tmpdir(), 'pilotlight-long-'));
afterAll(() => rm(folder, { recursive: true }));

async function opened(name: keyof typeof FAMILIES) {
  const file = join(folder, `${name}.json`);
  await writeFile(file, JSON.stringify(FAMILIES[name]));
  return { engine: await openTokenizer(FAMILIES[name]), native: NativeTokenizer.fromFile(file) };
}

/** Where each code point of a text begins in UTF-16 code units, and where the last one ends. */
function unitsOf(text: string): number[] {
  let unit = 0;
  return [0, ...Array.from(text, ({ length }) => (unit += length))];
}

const whole = { maxTokens: Number.MAX_SAFE_INTEGER, alignment: true };
const word = fc.constantFrom('the', 'people', 'zyzzyva', 'Ünïcode', '😀', '日本', '.', 'watching', 'e\u0301');

/** Some words, again and again, up to a few thousand. */
const longText = fc
  .tuple(fc.array(word, { minLength: 1, maxLength: 20 }), fc.integer({ min: 1000, max: 4000 }))
  .map(([words, count]) => Array.from({ length: count }, (_, i) => words[i % words.length]).join(' '));

describe.each(NAMES)('a long text of %s', (name) => {
  it('has the very encoding of the library, alone and as one of a pair', async () => {
    const { engine, native } = await opened(name);
    const pair = fc.option(longText, { nil: undefined });
    await fc.assert(
      fc.asyncProperty(longText, pair, async (text, second) => {
        const request = second === undefined ? { text } : { text, pair: second };
        const [[encoding] = []] = await engine.encode([request], whole);
        const expected = await native.encode(text, second ?? null);
        const sequenceIds = expected.getSequenceIds().map((id) => id ?? null);
        const units = [text, second ?? ''].map(unitsOf);
        expect(encoding).toEqual({
          ids: expected.getIds(),
          typeIds: expected.getTypeIds(),
          untruncatedLength: expected.getLength(),
          alignment: {
            spans: expected
              .getOffsets()
              .map((span, i) => span.map((offset) => units[sequenceIds[i] ?? 0]?.[offset])),
            wordIds: expected.getWordIds().map((id) => id ?? null),
            tokens: expected.getTokens(),
            specialTokensMask: expected.getSpecialTokensMask(),
            sequenceIds,
          },
        });
      }),
      { numRuns: 4 },
    );
  });
});

/** Of this thread alone, so that other processes do not count. */
function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

/** What this thread worked at most without a break while `work` was under way. */
async function longestHold(work: () => Promise<unknown>): Promise<number> {
  let [last, longest, over] = [cpuMs(), 0, false];
  const tick = () => {
    longest = Math.max(longest, cpuMs() - last);
    last = cpuMs();
    if (!over) setImmediate(tick);
  };
  setImmediate(tick);
  await work();
  tick();
  over = true;
  return longest;
}

const bestOf = async (measure: () => Promise<number>): Promise<number> => {
  let best = Number.POSITIVE_INFINITY;
  for (let attempt = 0; attempt < 3; attempt++) best = Math.min(best, await measure());
  return best;
};

describe('a text of sixty thousand tokens', () => {
  const text = 'the people 😀 of the world '.repeat(10_000);

  it.each([
    ['as one', {}, whole],
    ['in windows', { windows: { of: 'text', stride: 16 } as const }, { maxTokens: 128, alignment: true }],
  ])('lets other work go while it is copied %s', async (_how, windows, options) => {
    const { engine, native } = await opened('BERT');
    const copying = await bestOf(async () => {
      const encoding = await native.encode(text, null);
      const begun = cpuMs();
      const copied = [encoding.getIds(), encoding.getTypeIds(), encoding.getOffsets(), encoding.getWordIds()];
      copied.push(encoding.getSpecialTokensMask(), encoding.getSequenceIds());
      expect(copied[0]).toHaveLength(60_002);
      return cpuMs() - begun;
    });
    const longest = await bestOf(() => longestHold(() => engine.encode([{ text, ...windows }], options)));
    expect(longest / copying).toBeLessThan(0.5);
  });
});
