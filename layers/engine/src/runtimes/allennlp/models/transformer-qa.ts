/** transformer_qa: a question and a passage in, the span of the passage that answers it out. */
import { EngineError } from '@pilotlight/model-format/errors';
import * as z from 'zod/mini';
import { at, softmax } from '../../../math/activations.ts';
import { type ArchiveModelDefinition, eraseModel, type Graphs, type JsonObject } from '../archive-model.ts';
import { bestSpan, LOWEST } from '../decoding/best-span.ts';
import { outputRows } from '../graph-outputs.ts';
import { fieldOf, refuseField, textOf } from '../input-fields.ts';
import { type Instance, stack } from '../instance.ts';
import { refuseMoreTexts } from '../limits/size-limits.ts';
import { openIndexers } from '../text/indexers/index.ts';
import { parseParams } from '../text/params.ts';
import { commonReaderParams, training } from '../text/readers/reader-params.ts';
import type { TextArchive } from '../text/text-archive.ts';
import { textField, under } from '../text/text-field.ts';
import type { Token } from '../text/token.ts';
import { openPretrained } from '../text/tokenizers/pretrained-transformer.ts';
import { charactersOf, contextTokens } from './transformer-qa/context-tokens.ts';
import { placeAnswer, questionAnsweringShape } from './transformer-qa/task-shape.ts';
import { windowStarts } from './transformer-qa/windows.ts';

const readerSchema = z.strictObject({
  ...commonReaderParams,
  type: z.literal('transformer_squad'),
  transformer_model_name: z._default(z.string(), 'bert-base-cased'),
  length_limit: z._default(z.int().check(z.positive()), 384),
  stride: z._default(z.int().check(z.nonnegative()), 128),
  max_query_length: z._default(z.int().check(z.nonnegative()), 64),
  tokenizer_kwargs: z.nullish(z.record(z.string(), z.unknown())),
  skip_impossible_questions: training,
  skip_invalid_examples: training,
});

/** The part of the context that an instance has, and where it stands among its tokens. */
interface Window {
  readonly context: string;
  readonly tokens: readonly Token[];
  /** The index of its first token among those of the instance. */
  readonly first: number;
  /** Tokens of the longest window of the question: AllenNLP's probabilities and logits are as many. */
  readonly length: number;
}

export interface WindowAnswer {
  readonly startLogits: readonly number[];
  readonly endLogits: readonly number[];
  readonly startProbs: readonly number[];
  readonly endProbs: readonly number[];
  readonly score: number;
  readonly probability: number;
  /** Tokens of the window, both ends inclusive; undefined where the question has no answer in it. */
  readonly span: readonly [start: number, end: number] | undefined;
}

export const transformerQa: ArchiveModelDefinition = {
  type: 'transformer_qa',
  open(archive) {
    const read = openReader(archive);
    return eraseModel<Window, WindowAnswer>({
      read,
      infer: async (batch, graphs) => answersOf(batch, graphs),
      answer: (_input, instances, outputs) => bestAnswer(instances, outputs),
      tasks: [questionAnsweringShape],
    });
  },
};

function openReader(archive: TextArchive) {
  const options = parseParams(readerSchema, archive.config.reader, 'dataset_reader');
  const place = { archive, path: 'dataset_reader' };
  const { transformer_model_name: modelName, tokenizer_kwargs: kwargs } = options;
  const pretrained = { model_name: modelName, ...(kwargs && { tokenizer_kwargs: kwargs }) };
  const tokenizer = openPretrained({ ...pretrained, add_special_tokens: false }, place);
  const indexers = openIndexers({ tokens: { type: 'pretrained_transformer', ...pretrained } }, place);
  return async (input: unknown, field: string): Promise<Instance<Window>[]> => {
    const question = textOf(input, 'question', field);
    const name = fieldOf(input, 'passage') === undefined ? 'context' : 'passage';
    const context = textOf(input, name, field);
    const { pair } = await tokenizer.specialTokens();
    const asked = (await tokenizer.tokenize(question)).slice(0, options.max_query_length);
    const specials = pair.start.length + pair.middle.length + pair.end.length;
    const room = options.length_limit - asked.length - specials;
    const tokens = await contextTokens(context, tokenizer);
    if (tokens.length === 0) throw refuseField(field, name, 'has no tokens');
    const starts = room > 0 ? windowStarts(tokens.length, { room, stride: options.stride }) : undefined;
    if (starts === undefined) {
      throw refuseField(
        field,
        'question',
        `has ${asked.length} tokens, which leave room for ${Math.max(room, 0)} of the ${name}; windows over it take more than ` +
          `their stride of ${options.stride}`,
      );
    }
    const first = pair.start.length + asked.length + pair.middle.length;
    const length = first + Math.min(room, tokens.length) + pair.end.length;
    refuseMoreTexts(`${field}.${name}`, starts.length, length);
    return Promise.all(
      starts.map(async (start) => {
        const window = tokens.slice(start, start + room);
        const sequence = await tokenizer.addSpecialTokens(asked, window);
        const fields = await textField(sequence, indexers, `${field}.${name}`);
        const padded = Object.entries(fields).map(([path, tensor]) => [path, { ...tensor, least: [length] }]);
        return {
          tensors: {
            ...under('question_with_context', Object.fromEntries(padded)),
            context_span: {
              dims: [2],
              data: BigInt64Array.of(BigInt(first), BigInt(first + window.length - 1)),
            },
          },
          metadata: { context, tokens: window, first, length },
        };
      }),
    );
  };
}

async function answersOf(batch: readonly Instance<Window>[], graphs: Graphs): Promise<WindowAnswer[]> {
  const outputs = await graphs.run('model', stack(batch));
  const starts = outputRows(outputs, 'span_start_logits');
  const ends = outputRows(outputs, 'span_end_logits');
  return batch.map(({ metadata }, row) => {
    const { length } = metadata;
    return answerOf(metadata, starts(row).subarray(0, length), ends(row).subarray(0, length));
  });
}

/** Both logits are `[tokens]`, padding up to the longest window included: AllenNLP's probabilities are over all of them. */
function answerOf({ tokens, first }: Window, start: Float32Array, end: Float32Array): WindowAnswer {
  const masked = (logits: Float32Array) =>
    Array.from(logits, (logit, index) =>
      index === 0 || (index >= first && index < first + tokens.length) ? logit : LOWEST,
    );
  const startLogits = masked(start);
  const endLogits = masked(end);
  const startProbs = Array.from(softmax(start), Math.fround);
  const endProbs = Array.from(softmax(end), Math.fround);
  const best = bestSpan(startLogits, endLogits);
  return {
    startLogits,
    endLogits,
    startProbs,
    endProbs,
    score: Math.fround(at(startLogits, best.start) + at(endLogits, best.end)),
    probability: Math.fround(at(startProbs, best.start) * at(endProbs, best.end)),
    // A span from the first token on says that there is no answer.
    span: best.start === 0 ? undefined : [best.start - first, best.end - first],
  };
}

function bestAnswer(instances: readonly Instance<Window>[], outputs: readonly WindowAnswer[]): JsonObject {
  const scores = outputs.map(({ score }) => score);
  const index = scores.indexOf(Math.max(...scores));
  const best = outputs[index];
  const window = instances[index]?.metadata;
  if (!best || !window) throw new EngineError('SESSION_FAILED', 'The question was not read.');
  const [from, to] = best.span ? charactersOf(window.tokens, best.span, window.context) : [0, 0];
  const answer = {
    span_start_logits: best.startLogits,
    span_end_logits: best.endLogits,
    best_span_scores: best.score,
    span_start_probs: best.startProbs,
    span_end_probs: best.endProbs,
    best_span_probs: best.probability,
    best_span_str: Array.from(window.context).slice(from, to).join(''),
    best_span: best.span ?? [-1, -1],
    // AllenNLP counts the questions of a process.
    id: '1',
    context_tokens: window.tokens.map(({ text }) => text),
  };
  return placeAnswer(answer, [from, to]);
}
