/** Reads the inputs of a call: what each of them is, its instances, and whether it is larger than it may be. */
import { EngineError } from '@pilotlight/model-format/errors';
import { longInput, refuseMoreTokens, type TokenLimits } from '../../batching/token-limits.ts';
import { AnswerSize } from '../../predict/answer-size.ts';
import { CharacterCount } from '../../predict/character-limits.ts';
import type { PredictOptions } from '../../predict/loaded-model.ts';
import { Slices } from '../../tokenizer/slices.ts';
import type { ArchiveModel } from './archive-model.ts';
import type { Instance } from './instance.ts';
import { sizeOf } from './instance-size.ts';
import { countCharacters } from './limits/count-characters.ts';
import { refuseLarge } from './limits/size-limits.ts';
import { type AskedInput, askedInput, type Named } from './task-shape.ts';
import { inField, OF_INPUT } from './text/in-field.ts';

/** An input that has been read: its instances, or why there are none. */
export type ReadInput =
  | { readonly asked: AskedInput; readonly instances: readonly Instance[]; readonly tokens: number }
  | { readonly error: EngineError };

export interface ReadInputs {
  readonly inputs: readonly ReadInput[];
  /** Of all of them, without padding. */
  readonly tokens: number;
}

export interface ReadOptions extends Pick<PredictOptions, 'task' | 'limits' | 'signal'> {
  /** The place of the first input in the list of the caller, by which errors name it. @default 0 */
  readonly first?: number;
}

/**
 * Reads every input: an array has several, anything else is one. An error that is the fault of one input stays with it; limits of a call
 * are for all of it.
 *
 * @throws EngineError TOO_MANY_TOKENS, ANSWER_TOO_LARGE, TASK_UNSUPPORTED
 */
export async function readInputs(
  model: ArchiveModel,
  named: Named,
  inputs: unknown,
  { task, limits = {}, signal, first = 0 }: ReadOptions,
): Promise<ReadInputs> {
  const listed = Array.isArray(inputs);
  const list: readonly unknown[] = listed ? inputs : [inputs];
  const slices = new Slices(signal);
  const characters = new CharacterCount(limits);
  const read: ReadInput[] = [];
  for (const [place, input] of list.entries()) {
    const index = first + place;
    await slices.giveWay();
    try {
      const asked = askedInput(model, input, task, { named, index: listed ? index : undefined });
      characters.addCharacters(countCharacters(asked.json), index);
      read.push(
        await readOne(model, asked, { field: listed ? `inputs[${index}]` : 'inputs', index }, limits),
      );
    } catch (error) {
      const isOfInput = error instanceof EngineError && OF_INPUT.includes(error.code);
      if (!isOfInput) throw error;
      read.push({ error });
    }
  }
  const size = new AnswerSize(limits.maxAnswerBytes);
  for (const input of read) if ('asked' in input) size.addNumbers(numbersOf(model, input));
  const counts = read.map((input) => ('error' in input ? 0 : input.tokens));
  refuseMoreTokens(counts, { ...limits, maxInputTokens: Number.POSITIVE_INFINITY });
  return { inputs: read, tokens: counts.reduce((sum, tokens) => sum + tokens, 0) };
}

async function readOne(
  model: ArchiveModel,
  asked: AskedInput,
  { field, index }: { readonly field: string; readonly index: number },
  { maxInputTokens = Number.POSITIVE_INFINITY }: TokenLimits,
): Promise<ReadInput> {
  const instances = await inField(field, () => model.read(asked.json, field));
  const tokens = instances.reduce((sum, instance) => sum + sizeOf(instance).tokens, 0);
  if (tokens > maxInputTokens) throw longInput({ index, tokens, maxTokens: maxInputTokens });
  for (const instance of instances) refuseLarge(instance, model, field);
  return { asked, instances, tokens };
}

/** Numbers of the answer to an input that are known to come; a task shows none of them. */
function numbersOf(
  { numbersOf: ofInstance }: ArchiveModel,
  { asked, instances }: Extract<ReadInput, { asked: AskedInput }>,
): number {
  if (asked.shape || !ofInstance) return 0;
  return instances.reduce((sum, instance) => sum + ofInstance(instance), 0);
}
