/** The work with a model that generates text, which several wire formats share. */
import { EngineError } from '@pilotlight/engine';
import type { Generation } from '@pilotlight/engine/internal/predict/generation';
import type { PredictionRecord, ServedModel, ServingEngine } from '../../serve/ports.ts';
import type { AnswerStream, PredictionWork } from '../../serve/wire-format.ts';
import { predictWork } from '../predict-work.ts';
import { generationsOf } from './generations.ts';
import { summarise } from './summarise.ts';

/** @throws EngineError MODEL_NOT_FOUND, TASK_UNSUPPORTED where the model generates no text */
export async function findGenerator(engine: ServingEngine, ref: string): Promise<ServedModel> {
  const model = await engine.model(ref);
  const { name, task, runtime } = model.manifest;
  if (runtime === 'generation') return model;
  throw new EngineError(
    'TASK_UNSUPPORTED',
    `Model ${name} is for ${task}. It generates no text: send its inputs to POST /models/${name}.`,
    { details: { model: name, task } },
  );
}

export interface GenerateCall {
  readonly model: ServedModel;
  /** One input, or a list of them. */
  readonly inputs: unknown;
  /** By the names of `generate` of transformers. */
  readonly parameters: Readonly<Record<string, unknown>>;
  /** Makes the body of the answer of what each input gave. */
  readonly encode: (generations: readonly Generation[]) => unknown;
  /** @default - the answer is one body */
  readonly stream?: AnswerStream | undefined;
}

export function generateWork(
  engine: ServingEngine,
  { encode, stream, ...call }: GenerateCall,
): PredictionWork {
  return {
    ...predictWork(engine, { ...call, encode: (prediction) => encode(generationsOf(prediction)) }),
    ...(stream && { stream }),
    summarise,
    headers: seedHeader,
  };
}

/** Seeds of more inputs than this are in no header: the call may give one of its own. */
const MOST_SEEDS = 32;

/** The seed by which tokens were drawn, so that a client, or whoever reads the result of a job, can have the text again. */
export function seedHeader({ generation }: PredictionRecord): Readonly<Record<string, string>> {
  const { seeds = [] } = generation ?? {};
  return seeds.length > 0 && seeds.length <= MOST_SEEDS ? { 'x-pilotlight-seed': seeds.join(', ') } : {};
}
