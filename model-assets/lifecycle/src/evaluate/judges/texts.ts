/** Texts that a model writes: generation, and text2text-generation of archives. */
import { chrFOfCounts, type GramCounts } from '@pilotlight/toolchain/internal/generation/package/chrf';
import * as z from 'zod';
import { type Rouge, rouge } from '../metrics/rouge.ts';
import { bestGrams } from '../metrics/text-overlap.ts';
import { askEach, refusedAnswer } from './ask.ts';
import { type Judge, type JudgeOptions, parseRow } from './judge.ts';
import { meanOf } from './means.ts';

const rowSchema = z
  .object({
    text: z.string(),
    reference: z.string().optional(),
    references: z.array(z.string()).min(1, 'must have a text').optional(),
  })
  .refine(({ reference, references }) => (reference ?? references) !== undefined, {
    path: ['reference'],
    message: 'is missing',
  });

interface TextFacts extends Rouge {
  readonly exact: number;
  readonly grams: GramCounts;
}

const generation = z.object({
  sequences: z.array(z.object({ text: z.string() })).min(1),
  promptTokens: z.number(),
});
const archiveText = z.object({ generated_text: z.string() });

/** The most likely text, and the same each time. */
const NO_CHANCE = { do_sample: false, num_return_sequences: 1 };

export function textJudge({ model, parameters }: JudgeOptions): Judge<readonly string[], TextFacts> {
  const isArchive = model.manifest.runtime === 'allennlp';
  return {
    rows: '{"text", "reference"}, or "references" for several',
    countsTokens: !isArchive,

    read: (rows, file) =>
      rows.map((row) => {
        const { text, reference, references = [] } = parseRow(rowSchema, row, file);
        const gold = reference === undefined ? references : [reference, ...references];
        return { line: row.line, shown: text, shownGold: gold.join(' | '), input: text, gold };
      }),

    async answer(examples) {
      const inputs = examples.map(({ input }) => input);
      const outcomes = isArchive
        ? await askEach(model, inputs, parameters, 'text2text-generation')
        : await askEach(model, inputs, { ...NO_CHANCE, ...parameters });
      return examples.map(({ gold, shown }, index) => {
        const outcome = outcomes[index];
        if (outcome && 'error' in outcome) return refusedAnswer(outcome, shown.length, toFacts('', gold));
        const { text, size } = readText(outcome?.result, shown);
        const facts = toFacts(text, gold);
        return {
          shown: text,
          isRight: facts.exact === 1,
          badness: facts.exact === 1 ? 0 : 100 - chrFOfCounts([facts.grams]),
          size,
          facts,
        };
      });
    },

    measure: (facts) =>
      new Map([
        ['chrf', chrFOfCounts(facts.map(({ grams }) => grams))],
        ['rouge-1', meanOf(facts, ({ rouge1 }) => rouge1)],
        ['rouge-2', meanOf(facts, ({ rouge2 }) => rouge2)],
        ['rouge-l', meanOf(facts, ({ rougeL }) => rougeL)],
        ['exact-match', meanOf(facts, ({ exact }) => exact)],
      ]),
  };
}

function readText(result: unknown, input: string): { text: string; size: number } {
  const written = archiveText.safeParse(result).data;
  if (written !== undefined) return { text: written.generated_text, size: input.length };
  const { sequences, promptTokens } = generation.parse(result);
  return { text: sequences[0]?.text ?? '', size: promptTokens };
}

/** Blanks at the ends of a text are no difference. */
function toFacts(text: string, gold: readonly string[]): TextFacts {
  const exact = gold.some((one) => one.trim() === text.trim()) ? 1 : 0;
  return { exact, grams: bestGrams(text, gold), ...rouge(text, gold) };
}
