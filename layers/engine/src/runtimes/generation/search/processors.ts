/**
 * The processors of scores, in the order in which `generate` of transformers 5.24 applies them. Each says what it edits of one row;
 * OpenAI's penalties, which transformers does not have, stand where vLLM has them.
 */
import type { Edit } from './edits.ts';
import { ngramProcessors } from './ngrams.ts';
import type { Processor } from './processor.ts';
import type { SearchContext } from './search-context.ts';
import type { SearchOptions } from './search-options.ts';
import { sequenceBias } from './sequence-bias.ts';

const FORBIDDEN = Number.NEGATIVE_INFINITY;
const NOTHING: readonly Edit[] = [];

/** Makes those that the options ask for. */
export function createProcessors(options: SearchOptions, context: SearchContext): readonly Processor[] {
  const ends = new Set(options.eos);
  const eos = [...ends];
  const source = [...new Set(context.source ?? context.prompt)];
  return [
    ...always(options.logitBias.map(([id, amount]) => ({ kind: 'add', id, amount }))),
    ...sequenceBias(options.sequenceBias),
    ...always(scaleAll(source, 1 / options.encoderRepetitionPenalty)),
    ...repetition(options.repetitionPenalty),
    ...openAiPenalties(options.presencePenalty, options.frequencyPenalty),
    ...ngramProcessors(options, context.source ?? context.prompt),
    // A bad word of one end token would leave a text without an end.
    ...sequenceBias(
      options.badWords
        .filter((word) => word.length > 1 || !ends.has(word[0] ?? -1))
        .map((word) => [word, FORBIDDEN]),
    ),
    ...whileShorter(options.minNewTokens, forbid(eos)),
    ...grammar(context),
    ...forcedBos(options.forcedBos),
    ...forcedEos(options.forcedEos, options.maxNewTokens),
    ...(options.removeInvalid ? always([{ kind: 'finite' }]) : []),
    ...exponentialDecay(options.exponentialDecay, eos),
    ...always(forbid(options.suppress)),
    ...suppressAtBegin(options, context.prompt.length),
  ];
}

function always(edits: readonly Edit[]): readonly Processor[] {
  return edits.length === 0 ? [] : [() => edits];
}

function forbid(ids: readonly number[]): readonly Edit[] {
  return ids.map((id) => ({ kind: 'add', id, amount: FORBIDDEN }));
}

function scaleAll(ids: Iterable<number>, amount: number): readonly Edit[] {
  return amount === 1 ? [] : Array.from(ids, (id) => ({ kind: 'scale', id, amount }));
}

function repetition(penalty: number): readonly Processor[] {
  return penalty === 1 ? [] : [({ ids }) => scaleAll(new Set(ids), penalty)];
}

/** https://platform.openai.com/docs/api-reference: score - count * frequency - (count > 0) * presence, of new tokens. */
function openAiPenalties(presence: number, frequency: number): readonly Processor[] {
  if (presence === 0 && frequency === 0) return [];
  return [
    ({ added }) => {
      const counts = new Map<number, number>();
      for (const id of added) counts.set(id, (counts.get(id) ?? 0) + 1);
      return Array.from(counts, ([id, count]) => ({
        kind: 'add',
        id,
        amount: -presence - count * frequency,
      }));
    },
  ];
}

function whileShorter(minNewTokens: number, edits: readonly Edit[]): readonly Processor[] {
  return minNewTokens === 0 ? [] : [({ added }) => (added.length < minNewTokens ? edits : NOTHING)];
}

function grammar({ constraint, vocabSize }: SearchContext): readonly Processor[] {
  if (constraint === undefined) return [];
  return [
    ({ added }) => {
      const bias = new Float32Array(vocabSize);
      constraint.restrict(added, bias);
      return [{ kind: 'mask', bias }];
    },
  ];
}

/** Acts on the second token of the decoder, whether the first is a start token or a prompt of one token. */
function forcedBos(id: number | undefined): readonly Processor[] {
  if (id === undefined) return [];
  const only: readonly Edit[] = [{ kind: 'only', ids: [id] }];
  return [({ ids }) => (ids.length === 1 ? only : NOTHING)];
}

function forcedEos(ids: readonly number[] | undefined, maxNewTokens: number): readonly Processor[] {
  if (ids === undefined) return [];
  const only: readonly Edit[] = [{ kind: 'only', ids }];
  return [({ added }) => (added.length === maxNewTokens - 1 ? only : NOTHING)];
}

function exponentialDecay(
  decay: SearchOptions['exponentialDecay'],
  eos: readonly number[],
): readonly Processor[] {
  if (decay === undefined) return [];
  const [start, factor] = decay;
  return [
    ({ added }) => {
      const amount = factor ** (added.length - start) - 1;
      return added.length > start ? eos.map((id) => ({ kind: 'raise', id, amount })) : NOTHING;
    },
  ];
}

/** The first token that the model chooses: the second where the first is forced. */
function suppressAtBegin(options: SearchOptions, promptLength: number): readonly Processor[] {
  if (options.beginSuppress.length === 0) return [];
  const begin = promptLength > 1 || options.forcedBos === undefined ? 0 : 1;
  const edits = forbid(options.beginSuppress);
  return [({ added }) => (added.length === begin ? edits : NOTHING)];
}
