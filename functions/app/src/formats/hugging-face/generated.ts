/** Texts of models that generate, as the pipelines of Hugging Face give them, and text-generation-inference (TGI) beside them. */
import { EngineError } from '@pilotlight/engine';
import type { GeneratedSequence, Generation } from '@pilotlight/engine/internal/predict/generation';
import type { GenerationManifest, GenerationTaskName } from '@pilotlight/model-format';
import { refuseField } from '../../http/request/parse.ts';
import type { ServedModel, ServingEngine } from '../../serve/ports.ts';
import type { PredictionWork } from '../../serve/wire-format.ts';
import { generateWork } from '../generation/generator.ts';
import { describeSequence } from '../generation/hub-details.ts';
import { type HubParameters, readHubParameters } from '../generation/hub-parameters.ts';
import { requireOneText, tgiStream } from '../generation/hub-stream.ts';
import { rankByMeanLogprob } from '../generation/rank-sequences.ts';
import { taskParameters } from './parameters.ts';
import type { ReadRequest } from './request.ts';
import { textName } from './text-name.ts';

export interface GeneratedCall {
  readonly model: ServedModel;
  readonly manifest: GenerationManifest;
  readonly request: ReadRequest;
  /** The task that the path names. @default - the model's own */
  readonly task: string | undefined;
  /** See `Named`. */
  readonly answer?: (results: unknown, many: boolean) => unknown;
}

const OF_SOURCES = ['text2text-generation', 'summarization', 'translation'] as const;

/** @throws EngineError INVALID_INPUT, TASK_UNSUPPORTED */
export function generatedWork(engine: ServingEngine, call: GeneratedCall): PredictionWork {
  const { model, manifest, request, answer } = call;
  const task = findGenerationTask(call.task, manifest);
  const continues = task === 'text-generation';
  if (request.encoding_format === 'base64') throw refuseField('encoding_format', `must be float for ${task}`);
  const parameters = readHubParameters(taskParameters(request, undefined), { warpersDraw: continues });
  const isChat = isConversation(request.inputs);
  const inputs = isChat ? { messages: request.inputs } : request.inputs;
  const many = Array.isArray(inputs);
  const prompts: readonly unknown[] = many ? inputs : [inputs];
  const full = parameters.fullText ?? continues;
  if (request.stream) requireOneText(inputs, parameters);
  return generateWork(engine, {
    model,
    inputs,
    parameters: parameters.engine,
    encode: (generations) => {
      const records = generations.map((generation, index) => {
        const prompt = full ? prompts[index] : undefined;
        return recordsOf(generation, { name: textName(task), prompt, parameters });
      });
      const shaped = many ? shapeMany(records, continues) : records[0];
      return answer ? answer(shaped, many) : shaped;
    },
    stream: request.stream ? tgiStream(full ? textOf(inputs) : '') : undefined,
  });
}

/** @throws EngineError TASK_UNSUPPORTED with the tasks that the model can do */
function findGenerationTask(
  wanted: string | undefined,
  { name, task, decoder }: GenerationManifest,
): GenerationTaskName {
  if (wanted === undefined || wanted === task) return task;
  const tasks = decoder.cross ? OF_SOURCES : [task];
  const found = tasks.find((own) => own === wanted);
  if (found) return found;
  throw new EngineError(
    'TASK_UNSUPPORTED',
    `Model ${name} generates text and cannot do what is asked for; it can do ${tasks.join(', ')}.`,
    { details: { model: name, tasks } },
  );
}

interface Shown {
  readonly name: string;
  /** Stands before the text. @default - the text alone */
  readonly prompt: unknown;
  readonly parameters: HubParameters;
}

/** A record for each sequence of one input. */
function recordsOf(generation: Generation, { name, prompt, parameters }: Shown): readonly object[] {
  const { bestOf, details } = parameters;
  const shown = bestOf > 1 ? rankByMeanLogprob(generation.sequences).slice(0, 1) : generation.sequences;
  return shown.map((sequence) => ({
    [name]: withPrompt(prompt, sequence),
    ...(details && { details: describeSequence(generation, sequence) }),
  }));
}

/** A conversation goes on by a message, and a text by a text. */
function withPrompt(prompt: unknown, { text }: GeneratedSequence): unknown {
  const { messages }: { messages?: unknown } = Object(prompt);
  if (!Array.isArray(messages)) return textOf(prompt) + text;
  return [...(messages as readonly unknown[]), { role: 'assistant', content: text }];
}

/** Pipelines give a list for each of many prompts, and one list for many sources, unless each has several texts. */
function shapeMany(records: readonly (readonly object[])[], continues: boolean): readonly unknown[] {
  const isFlat = !continues && records.every(({ length }) => length === 1);
  return isFlat ? records.flat() : records;
}

/** A list of messages is one input, as pipelines take it. */
function isConversation(inputs: unknown): boolean {
  const isMessage = (item: unknown): boolean => Object.hasOwn(Object(item), 'role');
  return Array.isArray(inputs) && inputs.length > 0 && inputs.every(isMessage);
}

function textOf(input: unknown): string {
  const { text = '' }: { text?: unknown } = typeof input === 'string' ? { text: input } : Object(input);
  return typeof text === 'string' ? text : '';
}
