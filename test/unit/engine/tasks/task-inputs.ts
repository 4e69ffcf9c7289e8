/** What a task is given where no model runs: windows of chosen tokens and outputs, and what it may know of a model. */
import type {
  Alignment,
  Encoding,
  OutputRole,
  TaskContext,
  TokenResult,
} from '../../../../layers/engine/src/ports.ts';
import { manifestOf } from '../fakes.ts';
import { WORDS } from './task-model.ts';

/** What a task knows of a model whose vocabulary is WORDS. */
export function contextOf(changes: Partial<TaskContext> = {}): TaskContext {
  return {
    labels: [],
    textProcessing: { ...manifestOf().textProcessing, vocabSize: WORDS.length },
    vocabulary: {
      tokenToId: (token) => (WORDS.includes(token) ? WORDS.indexOf(token) : undefined),
      idToToken: (id) => WORDS[id],
      decode: async (ids) => ids.map((id) => WORDS[id]).join(' '),
      textsToIds: async (texts) => texts.map(() => []),
    },
    giveWay: async () => {},
    ...changes,
  };
}

/** The values of each output, row after row. */
type Values = Readonly<Partial<Record<OutputRole, readonly number[]>>>;

export function windowOf(values: Values, encoding: Partial<Encoding> = {}): TokenResult {
  const ids = encoding.ids ?? [2, 3];
  const tensors = Object.entries(values).map(([role, data]) => [
    role,
    { dims: [data.length], data: Float32Array.from(data) },
  ]);
  return {
    encoding: { ids, typeIds: ids.map(() => 0), untruncatedLength: ids.length, ...encoding },
    outputs: Object.fromEntries(tensors),
  };
}

/** Where the tokens of a text are: `null` for a special one. Every token is a word unless `wordIds` says otherwise. */
export function alignmentOf(
  spans: readonly (readonly [number, number] | null)[],
  changes: Partial<Alignment> = {},
): Alignment {
  return {
    spans: spans.map((span) => span ?? [0, 0]),
    wordIds: spans.map((span, token) => (span ? token : null)),
    tokens: spans.map((_, token) => `t${token}`),
    specialTokensMask: spans.map((span) => (span ? 0 : 1)),
    sequenceIds: spans.map((span) => (span ? 0 : null)),
    ...changes,
  };
}

/** Counts how often it is looked whether others wait. */
export function countingGiveWay(): { giveWay: () => Promise<void>; readonly looks: number } {
  let looks = 0;
  return {
    giveWay: async () => {
      looks += 1;
    },
    get looks() {
      return looks;
    },
  };
}
