/**
 * transformers.js on the same packages, for every task that both have: the same labels, tokens and answers, and scores
 * within 1e-3. Both run the graph of the package, whose numbers are proven elsewhere; what differs is everything around it.
 *
 * Compared is what transformers.js gives. It has no offsets, no token strings and no strategy but `simple`; it spells the
 * words of spans and answers anew from their tokens, so that these are compared in lower case, without blanks and `##`; it
 * takes no pairs of texts, no targets, one mask a text, and no limit to the length of an answer. It leaves out a
 * token of a blank alone (`▁`), which stands for the letter after it in Python, and here. It has no task for
 * sentence-similarity and text-ranking.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { env, pipeline } from '@huggingface/transformers';
import { Engine, type TaskName } from '@pilotlight/engine';
import { afterAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { readSource } from '../../model-assets/toolchain/src/sources/index.ts';
import {
  type CheckpointOptions,
  FAMILIES,
  type Family,
  SHAPES,
  writeCheckpoint,
} from '../fixtures/checkpoints.ts';
import { writeFp32Package } from '../fixtures/fp32-package.ts';
import { writeForTransformersJs } from '../fixtures/transformers-js.ts';

const TOLERANCE = 1e-3;
/** Without a word that a Unigram tokenizer gives a `▁` of its own: see above. */
const TEXTS = [
  'i love this',
  'the service of your orders was poor, and no people come to help me through the evening of the long day',
  'where is my order?',
] as const;

env.allowRemoteModels = false;
const folder = mkdtempSync(join(tmpdir(), 'pilotlight-peer-'));
const packages = join(folder, 'packages');
const engine = new Engine({ packages });
afterAll(async () => {
  await engine.dispose();
  rmSync(folder, { recursive: true });
});

type Head = Pick<CheckpointOptions, 'head' | 'labels' | 'config'>;

/** The package of a random checkpoint, and the pipeline that runs the same files. */
async function bothOf(family: Family, task: TaskName & Parameters<typeof pipeline>[0], head: Head) {
  const name = `${family}-${task}${head.config ? '-multi-label' : ''}`;
  const checkpoint = join(folder, 'checkpoints', name);
  writeCheckpoint({ family, shape: SHAPES.tiny, seed: 3, ...head }, checkpoint);
  const source = await readSource(checkpoint, { task });
  await writeFp32Package(source, packages);
  const model = join(folder, 'models', name);
  writeForTransformersJs(family, checkpoint, join(packages, source.id, '1.0.0/only'), model);
  const peer: unknown = await pipeline(task, model, { dtype: 'fp32' });
  const predict = async (inputs: unknown, parameters: unknown): Promise<unknown> =>
    (await engine.predict(source.id, inputs, parameters)).results[0];
  return { predict, ask: peer as (...inputs: unknown[]) => Promise<unknown> };
}

const closeTo = (score: number) => expect.closeTo(score, -Math.log10(2 * TOLERANCE));
const spelled = (text: string) => text.toLowerCase().replaceAll(/\s|^##/g, '');
const tensor = z.custom<{ tolist(): unknown }>(
  (value) => typeof value === 'object' && value !== null && 'tolist' in value,
);
const labelScores = z.array(z.object({ label: z.string(), score: z.number() }));

/** A comparison of scores that are all alike would prove nothing. */
function expectSpread(scores: readonly number[]): void {
  expect(Math.max(...scores) - Math.min(...scores)).toBeGreaterThan(20 * TOLERANCE);
}

const LABELS = ['negative', 'neutral', 'positive'];

async function compareLabels(family: Family, config?: CheckpointOptions['config']): Promise<void> {
  const { predict, ask } = await bothOf(family, 'text-classification', {
    head: 'sequence-classification',
    labels: LABELS,
    ...(config && { config }),
  });
  for (const text of TEXTS) {
    const expected = labelScores.parse(await ask(text, { top_k: 3 }));
    expectSpread(expected.map(({ score }) => score));
    expect(await predict(text, { top_k: 3 })).toEqual(
      expected.map(({ label, score }) => ({ label, score: closeTo(score) })),
    );
  }
}

it.each(FAMILIES)('text-classification of %s gives the same labels and scores', async (family) => {
  await compareLabels(family);
});

/** One family for each kind of tokenizer: WordPiece, byte-level BPE, Unigram. */
describe.each(['bert', 'roberta', 'xlm-roberta'] as const)('%s', (family) => {
  it('text-classification of many labels gives the same labels and scores', async () => {
    await compareLabels(family, { problem_type: 'multi_label_classification' });
  });

  it('token-classification gives the same entities and scores, token by token and in groups', async () => {
    const labels = ['O', 'B-PER', 'I-PER', 'B-LOC', 'I-LOC'];
    const { predict, ask } = await bothOf(family, 'token-classification', {
      head: 'token-classification',
      labels,
    });
    const scored = { score: z.number(), word: z.string() };
    const tokens = z.array(z.object({ entity: z.string(), index: z.number(), ...scored }));
    const groups = z.array(z.object({ entity_group: z.string(), ...scored }));
    const found: string[] = [];
    for (const text of TEXTS) {
      const single = tokens.parse(await ask(text, { ignore_labels: [] }));
      found.push(...single.map(({ entity }) => entity));
      const own = tokens.parse(await predict(text, { aggregation_strategy: 'none', ignore_labels: [] }));
      expect(own.map(({ entity, index, score }) => ({ entity, index, score }))).toEqual(
        single.map(({ entity, index, score }) => ({ entity, index, score: closeTo(score) })),
      );
      const grouped = groups.parse(await ask(text, { aggregation_strategy: 'simple', ignore_labels: [] }));
      const ownGroups = groups.parse(await predict(text, { ignore_labels: [] }));
      expect(ownGroups.map((group) => ({ ...group, word: spelled(group.word) }))).toEqual(
        grouped.map((group) => ({ ...group, score: closeTo(group.score), word: spelled(group.word) })),
      );
    }
    expect(new Set(found).size).toBeGreaterThan(1);
  });

  it('question-answering gives the same answers and scores', async () => {
    const { predict, ask } = await bothOf(family, 'question-answering', { head: 'question-answering' });
    const answers = z.array(z.object({ answer: z.string(), score: z.number() }));
    for (const question of ['who came?', 'where is the order of your staff']) {
      const context = TEXTS[1];
      const expected = answers.parse(await ask(question, context, { top_k: 5 }));
      const own = answers.parse(
        await predict({ question, context }, { top_k: 5, max_answer_len: 64, align_to_words: false }),
      );
      expect(own.map(({ answer, score }) => ({ answer: spelled(answer), score }))).toEqual(
        expected.map(({ answer, score }) => ({ answer: spelled(answer), score: closeTo(score) })),
      );
    }
  });

  it('fill-mask gives the same tokens and scores', async () => {
    const { predict, ask } = await bothOf(family, 'fill-mask', { head: 'masked-lm' });
    const schema = z.array(
      z.object({ score: z.number(), token: z.number(), token_str: z.string(), sequence: z.string() }),
    );
    const mask = family === 'bert' ? '[MASK]' : '<mask>';
    for (const text of [`the ${mask} of the day`, `where is my ${mask}?`]) {
      const expected = schema.parse(await ask(text, { top_k: 5 }));
      const own = schema.parse(await predict(text, { top_k: 5 }));
      expect(own.map((each) => ({ ...each, sequence: spelled(each.sequence) }))).toEqual(
        expected.map((each) => ({
          ...each,
          score: closeTo(each.score),
          sequence: spelled(each.sequence),
        })),
      );
    }
  });

  it('zero-shot-classification gives the same order of labels and scores', async () => {
    const { predict, ask } = await bothOf(family, 'zero-shot-classification', {
      head: 'sequence-classification',
      labels: ['contradiction', 'neutral', 'entailment'],
    });
    const schema = z.object({
      sequence: z.string(),
      labels: z.array(z.string()),
      scores: z.array(z.number()),
    });
    const candidate_labels = ['music', 'travel', 'money', 'a terrible service'];
    for (const multi_label of [false, true]) {
      for (const text of TEXTS) {
        const expected = schema.parse(await ask(text, candidate_labels, { multi_label }));
        const own = await predict(text, { candidate_labels, multi_label });
        expect(own).toEqual({ ...expected, scores: expected.scores.map(closeTo) });
      }
    }
  });

  it('feature-extraction gives the same vectors, of every token and pooled', async () => {
    const { predict, ask } = await bothOf(family, 'feature-extraction', { head: 'base' });
    const row = z.array(z.number());
    const near = (vector: readonly number[]) => vector.map((value) => closeTo(value));
    for (const text of TEXTS) {
      const [states] = z.array(z.array(row)).parse(tensor.parse(await ask(text)).tolist());
      expect(await predict(text, { pooling: 'none' })).toEqual(states?.map(near));
      for (const pooling of ['mean', 'cls'] as const) {
        const [pooled = []] = z
          .array(row)
          .parse(tensor.parse(await ask(text, { pooling, normalize: true })).tolist());
        expect(await predict(text, { pooling, normalize: true })).toEqual(near(pooled));
      }
    }
  });
});
