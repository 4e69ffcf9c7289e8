/** bidaf and qanet: both answer with a span of the passage, by scores of where it begins and ends. */
import * as z from 'zod/mini';
import type { ArchiveModel } from '../../archive-model.ts';
import { bestSpan, type TokenSpan } from '../../decoding/best-span.ts';
import { matrixOf, rowOf } from '../../graph-outputs.ts';
import { stack } from '../../instance.ts';
import { parseParams } from '../../text/params.ts';
import { training } from '../../text/readers/reader-params.ts';
import type { TextArchive } from '../../text/text-archive.ts';
import { wordsOf } from '../../text/token.ts';
import {
  openPassageReader,
  type PassageMetadata,
  passageParams,
  sliceText,
  spanOf,
} from './passage-reader.ts';
import { answerSpan } from './question-answering.ts';

/** What stands for "no answer" in SQuAD 2.0. */
const SQUAD2_NO_ANSWER = '@@<NO_ANSWER>@@';

const readerSchema = z.strictObject({
  ...passageParams,
  type: z.enum(['squad', 'squad1', 'squad2']),
  skip_impossible_questions: training,
  skip_invalid_examples: training,
  no_answer_token: z.nullish(z.string()),
});

interface SpanOutput {
  readonly attention: readonly Float32Array[];
  readonly startLogits: Float32Array;
  readonly startProbs: Float32Array;
  readonly endLogits: Float32Array;
  readonly endProbs: Float32Array;
  readonly span: TokenSpan;
}

/** @throws EngineError PACKAGE_INVALID where the reader is not supported */
export function openSpanModel(
  archive: TextArchive,
  { givesOffsets }: { readonly givesOffsets: boolean },
): ArchiveModel<PassageMetadata, SpanOutput> {
  const reader = openPassageReader(archive, readerOptions(archive));
  return {
    async read(input, field) {
      const { tensors, passage, question } = await reader.read(input, field);
      return [{ tensors, metadata: { passage, question } }];
    },

    async infer(batch, graphs) {
      const outputs = await graphs.run('model', stack(batch));
      return batch.map(({ metadata: { passage, question } }, index) => {
        const tokens = passage.tokens.length;
        const row = (name: string) => rowOf(outputs, name, index, tokens);
        const [startLogits, endLogits] = [row('span_start_logits'), row('span_end_logits')];
        return {
          attention: matrixOf(outputs, 'passage_question_attention', index, [tokens, question.tokens.length]),
          startLogits,
          startProbs: row('span_start_probs'),
          endLogits,
          endProbs: row('span_end_probs'),
          span: bestSpan(startLogits, endLogits),
        };
      });
    },

    answer(_input, [instance], [output]) {
      if (!instance || !output) return {};
      const { passage, question } = instance.metadata;
      const { start, end } = output.span;
      return {
        passage_question_attention: output.attention.map((row) => [...row]),
        span_start_logits: [...output.startLogits],
        span_start_probs: [...output.startProbs],
        span_end_logits: [...output.endLogits],
        span_end_probs: [...output.endProbs],
        best_span: [start, end],
        best_span_str: sliceText(passage, spanOf(passage, start, end)),
        question_tokens: wordsOf(question.tokens),
        passage_tokens: wordsOf(passage.tokens),
        ...(givesOffsets && { token_offsets: passage.offsets }),
      };
    },

    tasks: [answerSpan],
  };
}

function readerOptions({ config: { reader } }: TextArchive) {
  const { type, ...options } = parseParams(readerSchema, reader, 'dataset_reader');
  return type === 'squad2' ? { no_answer_token: SQUAD2_NO_ANSWER, ...options } : options;
}
