/** Work of one shape for a model, whatever runs it. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Feeds, LoadedModel, Prediction } from '@pilotlight/engine';
import { Predictor } from '@pilotlight/engine/internal/predict/predictor';
import { parseAnswerGoldens } from '@pilotlight/engine/internal/runtimes/allennlp/goldens/answer-goldens';
import { exactly, promptOf } from '@pilotlight/toolchain/internal/generation/package/measure-speed';
import { judgeRequests } from '@pilotlight/toolchain/internal/stages/judge';
import { readingFor } from '../compare/answers/read.ts';
import { inputOf } from '../compare/run/samples.ts';

export interface Workload {
  /** Of each text. */
  readonly tokens: number;
  /** What a measurement times. */
  run(): Promise<unknown>;
  /** A whole call of the same shape, from text to answer. */
  call(): Promise<Prediction>;
}

export interface WorkShape {
  readonly tokens: number;
  readonly batch: number;
}

/** Tokens that a text is written of beyond its prompt. */
const NEW_TOKENS = 8;

/** Throws TypeError for a model of transformers.js, which has no shapes: profiles of it are refused before. */
export async function workloadFor(model: LoadedModel, packages: string, shape: WorkShape): Promise<Workload> {
  if (model instanceof Predictor) return tokenWork(model, shape);
  const { manifest } = model;
  if (manifest.runtime === 'generation') {
    const { vocabSize } = manifest.decoder;
    const inputs = Array.from({ length: shape.batch }, (_, text) => ({
      ids: [...promptOf(shape.tokens, vocabSize, text)],
    }));
    const call = () => model.predict(inputs, exactly(NEW_TOKENS));
    return { tokens: shape.tokens, run: call, call };
  }
  if (manifest.runtime === 'allennlp') {
    const { name, version, goldens } = manifest;
    const content = await readFile(join(packages, name, version, goldens.path), 'utf8');
    const examples = parseAnswerGoldens(content).goldens.map(({ input }) => input);
    const inputs = Array.from({ length: shape.batch }, (_, index) => examples[index % examples.length]);
    const call = () => model.predict(inputs, {}, { task: 'predictor' });
    const { tokens } = await call();
    return { tokens: Math.round(tokens.total / shape.batch), run: call, call };
  }
  throw new TypeError(`There is no workload for models that are run by ${manifest.runtime}.`);
}

async function tokenWork(model: Predictor, { tokens: wanted, batch }: WorkShape): Promise<Workload> {
  const tokens = Math.min(wanted, model.manifest.textProcessing.maxTokens);
  const text = judgeRequests({ task: 'text-classification' })
    .map((request) => request.text)
    .join(' ');
  const [{ ids = [], spans = [] } = {}] = await model.tokenize([text], { addSpecialTokens: false });
  const [{ ids: special = [] } = {}] = await model.tokenize(['']);
  const length = Math.max(1, tokens - special.length);
  // Each text begins at another place, because texts that are the same are read once.
  const firsts = Array.from({ length: batch }, (_, index) => (index * 37) % Math.max(1, ids.length - tokens));
  const rows = firsts.map((first) =>
    Array.from({ length: tokens }, (_, at) => ids[(first + at) % ids.length] ?? 0),
  );
  const texts = firsts.map((first) => text.slice(spans[first]?.[0] ?? 0, spans[first + length - 1]?.[1]));
  const feeds = feedsOf(model, rows);
  return {
    tokens,
    run: () => model.run(feeds),
    call: () => callOf(model, texts),
  };
}

function feedsOf({ variant }: Predictor, rows: readonly (readonly number[])[]): Feeds {
  const dims = [rows.length, rows[0]?.length ?? 0];
  const values = {
    input_ids: rows.flat(),
    attention_mask: rows.flat().map(() => 1),
    token_type_ids: rows.flat().map(() => 0),
  };
  return Object.fromEntries(
    variant.graphs.model.inputs.map(({ name, role }) => [
      name,
      { dims, data: BigInt64Array.from(values[role], BigInt) },
    ]),
  );
}

/** A call of the task of the model, or for a task that reads more than a text, of one that its head serves too. */
function callOf(model: Predictor, texts: readonly string[]): Promise<Prediction> {
  const { kind, parameters, options } = readingFor(model.manifest);
  const mask = kind === 'tokens' ? ` ${model.manifest.textProcessing.maskToken ?? '[MASK]'}` : '';
  const inputs = texts.map((text) =>
    inputOf({ text: text + mask, pair: kind === 'answers' ? text : undefined }, model.manifest),
  );
  return model.predict(inputs, parameters, options);
}
