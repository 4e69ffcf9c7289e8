/** A text with masks in, tokens that may stand there out: the fill-mask of Hugging Face pipelines. */
import * as z from 'zod/mini';
import { at, softmax } from '../math/activations.ts';
import { topIndices } from '../math/top-indices.ts';
import type { Encoding, Task, TaskContext } from '../ports.ts';
import { finiteData, outputData } from './output.ts';
import { commonParameters } from './parameters.ts';
import { invalidInput, invalidParameter } from './refusals.ts';
import { oneText } from './text-input.ts';

/** Tokens that one input may ask for, all its masks together: the text is put together for each of them. */
const MOST_TOKENS = 1000;
/** The most targets of a call, and the most characters of one: it must be a single token. */
const MOST_TARGETS = 1000;
const MOST_CHARACTERS = 200;

const target = z.string().check(z.minLength(1), z.maxLength(MOST_CHARACTERS));
const parameters = z.strictObject({
  ...commonParameters,
  /** How many tokens to give for each mask; those of all masks are at most 1000. */
  top_k: z._default(z.int().check(z.positive()), 5),
  /** Tokens to choose from: one, or a list of at most 1000. Each must be one token of the model. @default - all of the vocabulary */
  targets: z.optional(
    z.pipe(
      z.union(
        [target, z.array(target).check(z.minLength(1), z.maxLength(MOST_TARGETS))],
        `must be a word, or a list of 1 to ${MOST_TARGETS} words, of at most ${MOST_CHARACTERS} characters each`,
      ),
      z.transform((targets) => [targets].flat()),
    ),
  ),
});
type Parameters = z.infer<typeof parameters>;

type Known = Pick<TaskContext, 'vocabulary'>;

export interface MaskToken {
  /** Share of the whole vocabulary, whatever the targets are. */
  readonly score: number;
  readonly token: number;
  readonly token_str: string;
  /** The text with the token in its place. */
  readonly sequence: string;
}

/** A list for each mask where there are several, as Hugging Face pipelines give them. */
export const fillMask: Task<string, Parameters, MaskToken[] | MaskToken[][]> = {
  name: 'fill-mask',
  input: oneText,
  parameters,
  outputs: ['logits'],
  alignment: false,

  serves: ({ task }) => task === 'fill-mask',

  checkParameters: async ({ targets }, context) => {
    if (targets) await targetIds(targets, context);
  },

  requests(text, { top_k, targets = { length: top_k } }, context) {
    const mask = findMaskToken(context);
    const masks = text.split(mask).length - 1;
    if (masks === 0) throw invalidInput('', `must have a ${mask}`);
    refuseMoreTokens(Math.min(top_k, targets.length), masks);
    return [{ text }];
  },

  /** Keeps the logits of masks alone, because a text has as many as its tokens times the vocabulary. */
  condense(window, _parameters, context) {
    const logits = outputData(window, 'logits');
    const size = logits.length / window.encoding.ids.length;
    const places = masksIn(window.encoding, context);
    const data = new Float32Array(places.length * size);
    for (const [row, place] of places.entries()) {
      data.set(logits.subarray(place * size, (place + 1) * size), row * size);
    }
    return { ...window, outputs: { logits: { dims: [places.length, size], data } } };
  },

  async result(_text, [windows], { top_k, targets }, context) {
    const only = windows?.[0];
    const { ids = [] } = only?.encoding ?? {};
    const places = only ? masksIn(only.encoding, context) : [];
    if (places.length === 0) {
      throw invalidInput('', `has no ${findMaskToken(context)} among the tokens that the model read`);
    }
    const logits = finiteData(only, 'logits');
    const size = logits.length / places.length;
    const allowed = targets === undefined ? undefined : await targetIds(targets, context);
    const count = Math.min(top_k, allowed?.length ?? size);
    refuseMoreTokens(count, places.length);
    const { vocabulary, giveWay } = context;
    const lists: MaskToken[][] = [];
    for (const [row, place] of places.entries()) {
      await giveWay();
      const scores = softmax(logits.subarray(row * size, (row + 1) * size));
      const best = allowed
        ? topIndices(
            allowed.map((id) => at(scores, id)),
            count,
          ).map((index) => allowed[index] ?? 0)
        : topIndices(scores, count);
      const tokens = best.map(async (token) => ({
        score: at(scores, token),
        token,
        token_str: await vocabulary.decode([token]),
        // Transformers keeps special tokens where there are several masks, because the other masks are among them.
        sequence: await vocabulary.decode(ids.with(place, token), { skipSpecialTokens: places.length === 1 }),
      }));
      lists.push(await Promise.all(tokens));
    }
    const [first = [], ...others] = lists;
    return others.length === 0 ? first : [first, ...others];
  },
};

/** `count` is of each mask. The text has as many masks as the model reads of it, or more: then no model need run to know. */
function refuseMoreTokens(count: number, masks: number): void {
  if (count * masks <= MOST_TOKENS) return;
  const most = Math.floor(MOST_TOKENS / masks);
  throw invalidParameter(
    'top_k',
    `must be at most ${most} for a text with ${masks} ${masks === 1 ? 'mask' : 'masks'}`,
  );
}

function findMaskToken({ textProcessing }: TaskContext): string {
  return textProcessing.maskToken ?? '[MASK]';
}

/** Indices of the tokens that are masks. */
function masksIn({ ids }: Encoding, context: TaskContext): number[] {
  const mask = context.vocabulary.tokenToId(findMaskToken(context));
  return [...ids.keys()].filter((place) => ids[place] === mask);
}

/**
 * Finds the id of each target once. A target that the vocabulary does not spell so is tokenised, because some models know no
 * upper case or mark the beginnings of words. Where transformers would take the first of several tokens, the target is refused,
 * because the score would be that of another word.
 */
async function findIds(targets: readonly string[], { vocabulary }: Known): Promise<number[]> {
  const others = targets.filter((target) => vocabulary.tokenToId(target) === undefined);
  const tokenised = new Map<string, number>();
  for (const [index, tokens] of (await vocabulary.textsToIds(others)).entries()) {
    const target = others[index] ?? '';
    const [only] = tokens;
    if (only === undefined || tokens.length > 1) throw notOneToken(target, tokens, vocabulary);
    tokenised.set(target, only);
  }
  return [
    ...new Set(targets.flatMap((target) => vocabulary.tokenToId(target) ?? tokenised.get(target) ?? [])),
  ];
}

function notOneToken(target: string, tokens: readonly number[], vocabulary: TaskContext['vocabulary']) {
  const spelled = tokens.map((id) => `'${vocabulary.idToToken(id) ?? id}'`).join(', ');
  const reason = `'${target}' is ${tokens.length} tokens of the model${spelled && `: ${spelled}`}; it must be one`;
  return invalidParameter('targets', reason);
}

/** The ids of a call's targets by the list of them, which all inputs of the call share. */
const idsOfCall = new WeakMap<readonly string[], Promise<number[]>>();

function targetIds(targets: readonly string[], context: Known): Promise<number[]> {
  const ids = idsOfCall.get(targets) ?? findIds(targets, context);
  idsOfCall.set(targets, ids);
  return ids;
}
