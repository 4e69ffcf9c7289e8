/** The texts that sides are compared on, in the form that the task of a model reads. */
import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { parseAnswerGoldens } from '@pilotlight/engine/internal/runtimes/allennlp/goldens/answer-goldens';
import { type PackageManifest, TASK_FACTS } from '@pilotlight/model-format';
import { explainIssue } from '@pilotlight/model-format/errors';
import { textLines } from '@pilotlight/toolchain/internal/sources/text-lines';
import { judgeRequests, selectRequests } from '@pilotlight/toolchain/internal/stages/judge';
import * as z from 'zod';
import { LifecycleError } from '../../errors.ts';

/** One text, or two that are read together, or the JSON that a predictor of AllenNLP reads. */
export const sampleSchema = z.strictObject({
  text: z.string(),
  pair: z.string().optional(),
  json: z.record(z.string(), z.unknown()).optional(),
});
export type Sample = z.infer<typeof sampleSchema>;

/** Texts that are generated for: each takes as long as a hundred that are classified. */
const MOST_GENERATED = 32;

const row = z.union(
  [
    z.string().transform((text): Sample => ({ text })),
    z.object({ inputs: z.string() }).transform(({ inputs }): Sample => ({ text: inputs })),
    z.object({ question: z.string(), context: z.string() }).transform(
      ({ question, context, ...more }): Sample => ({
        text: question,
        pair: context,
        json: { question, context, ...more },
      }),
    ),
    z
      .object({
        text: z.string(),
        pair: z.string().nullish(),
        text_pair: z.string().nullish(),
        context: z.string().nullish(),
      })
      .transform(({ text, pair, text_pair, context }): Sample => {
        const second = pair ?? text_pair ?? context;
        return second ? { text, pair: second } : { text };
      }),
    z.record(z.string(), z.unknown()).transform((json): Sample => ({ text: firstText(json), json })),
  ],
  'must be a text or an object with "text"',
);

/**
 * Reads the rows of a file: every line is a text, or in a `.jsonl` file a string or an object. Of an object, `text` and `pair`,
 * `question` and `context`, or `inputs` count; other keys, such as a label, are ignored. Anything else is JSON for a predictor.
 *
 * @throws LifecycleError DATASET_INVALID with the number of the line
 */
export async function readSamples(file: string): Promise<readonly Sample[]> {
  const content = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new LifecycleError('DATASET_INVALID', `The texts ${file} cannot be read. Check the path.`, {
      cause,
    });
  });
  const lines = textLines(content);
  if (lines.length === 0) throw new LifecycleError('DATASET_INVALID', `${file} has no texts.`);
  if (extname(file) !== '.jsonl') return lines.map(({ line }) => ({ text: line }));
  return lines.map(({ line, number }) => parseRow(line, `Line ${number} of ${file}`));
}

/** The texts that a model is compared on where nobody brings others: those that int8 is judged on; of an archive, those of its goldens. */
export async function builtInSamples(manifest: PackageManifest, folder: string): Promise<readonly Sample[]> {
  switch (manifest.runtime) {
    case 'onnx': {
      const { task, textProcessing } = manifest;
      const { maskToken } = textProcessing;
      const facts = maskToken === undefined ? { task } : { task, maskToken };
      return judgeRequests(facts).map(({ text, pair }) => (pair === undefined ? { text } : { text, pair }));
    }
    case 'generation':
      return selectRequests(judgeRequests({ task: 'text-classification' }), MOST_GENERATED).map(
        ({ text }) => ({
          text,
        }),
      );
    case 'allennlp': {
      const content = await readFile(join(folder, manifest.goldens.path), 'utf8');
      return parseAnswerGoldens(content).goldens.map(({ input }) =>
        parseRow(JSON.stringify(input), 'A golden'),
      );
    }
    case 'transformers.js':
      throw new LifecycleError(
        'NOT_COMPARABLE',
        `Models of transformers.js read images, sounds and texts of many kinds: bring inputs of ${manifest.task} in a .jsonl file, with --texts.`,
      );
  }
}

/** Makes of a sample what `predict` takes. */
export function inputOf(sample: Sample, manifest: PackageManifest): unknown {
  const { text, pair, json } = sample;
  switch (manifest.runtime) {
    case 'onnx':
      switch (TASK_FACTS[manifest.task].head) {
        case 'question-answering':
          return { question: text, context: pair ?? '' };
        case 'sequence-classification':
          return pair === undefined ? text : { text, text_pair: pair };
        default:
          return text;
      }
    case 'allennlp': {
      if (json) return json;
      const fields = Object.keys(manifest.example ?? { sentence: '' });
      return Object.fromEntries(fields.map((field, index) => [field, index === 0 ? text : (pair ?? '')]));
    }
    default:
      return json ?? text;
  }
}

function parseRow(line: string, place: string): Sample {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch (cause) {
    throw new LifecycleError('DATASET_INVALID', `${place} is not JSON.`, { cause });
  }
  const parsed = row.safeParse(json);
  if (parsed.success) return parsed.data;
  throw new LifecycleError(
    'DATASET_INVALID',
    `${place} is not usable: it ${explainIssue(parsed.error.issues[0])}.`,
  );
}

function firstText(json: Readonly<Record<string, unknown>>): string {
  return String(Object.values(json).find((value) => typeof value === 'string') ?? JSON.stringify(json));
}
