/** dialog_qa: answers each question of a dialogue with a span of the passage, "yes or no", and "does the dialogue go on". */
import * as z from 'zod/mini';
import { argmax } from '../../../math/activations.ts';
import type { Outputs } from '../../../ports.ts';
import { type ArchiveModel, type ArchiveModelDefinition, eraseModel } from '../archive-model.ts';
import { bestSpanGreedily, type TokenSpan } from '../decoding/best-span.ts';
import { outputOf } from '../graph-outputs.ts';
import { stack } from '../instance.ts';
import { parseParams } from '../text/params.ts';
import type { TextArchive } from '../text/text-archive.ts';
import { type Dialogue, openDialogueReader, type Turn } from './reading/dialogue-reader.ts';
import { sliceText, spanOf } from './reading/passage-reader.ts';

const positive = z.int().check(z.positive());
const modelSchema = z.looseObject({
  max_span_length: z._default(positive, 30),
  max_turn_length: z._default(positive, 12),
});

const CLASSES = 3;

/** What the graph says of one question. */
interface TurnScores {
  readonly starts: Float32Array;
  readonly ends: Float32Array;
  /** Three scores for each word of the passage. */
  readonly yesno: Float32Array;
  readonly followup: Float32Array;
}

interface DialogueOutput {
  readonly answers: readonly {
    readonly span: TokenSpan;
    readonly yesno: number;
    readonly followup: number;
  }[];
  readonly loss: number;
}

export const dialogQa: ArchiveModelDefinition = {
  type: 'dialog_qa',
  open: (archive) => eraseModel(openModel(archive)),
};

function openModel(archive: TextArchive): ArchiveModel<Dialogue, DialogueOutput> {
  const { vocabulary, config } = archive;
  const { max_span_length: maxLength, max_turn_length: maxTurns } = parseParams(
    modelSchema,
    config.model,
    'model',
  );
  const reader = openDialogueReader(archive, maxTurns);
  return {
    async read(input, field) {
      const { tensors, passage, turns } = await reader.read(input, field);
      return [{ tensors, metadata: { passage, turns } }];
    },

    async infer(batch, graphs) {
      const outputs = await graphs.run('model', stack(batch));
      return batch.map(({ metadata: { passage, turns } }, index) => {
        const scores = turns.map((_, turn) => scoresOf(outputs, index, turn, passage.tokens.length));
        const answers = scores.map(({ starts, ends, yesno, followup }) => {
          const span = bestSpanGreedily(starts, ends, maxLength);
          return {
            span,
            yesno: argmax(classesAt(yesno, span.end)),
            followup: argmax(classesAt(followup, span.end)),
          };
        });
        return { answers, loss: lossOf(scores, turns) };
      });
    },

    answer(_input, [instance], [output]) {
      if (!instance || !output) return {};
      const { passage, turns } = instance.metadata;
      return {
        loss: output.loss,
        best_span_str: output.answers.map(({ span }) =>
          sliceText(passage, spanOf(passage, span.start, span.end)),
        ),
        qid: turns.map(({ id }) => id),
        yesno: output.answers.map(({ yesno }) => vocabulary.token(yesno, 'yesno_labels') ?? ''),
        followup: output.answers.map(({ followup }) => vocabulary.token(followup, 'followup_labels') ?? ''),
      };
    },
  };
}

function scoresOf(outputs: Outputs, index: number, turn: number, words: number): TurnScores {
  const row = (name: string, width: number) => {
    const { dims, data } = outputOf(outputs, name);
    const [, turns = 0, passage = 0] = dims;
    const start = (index * turns + turn) * passage * width;
    return data.subarray(start, start + words * width);
  };
  return {
    starts: row('span_start_logits', 1),
    ends: row('span_end_logits', 1),
    yesno: row('span_yesno_logits', CLASSES),
    followup: row('span_followup_logits', CLASSES),
  };
}

const classesAt = (scores: Float32Array, word: number) =>
  scores.subarray(word * CLASSES, (word + 1) * CLASSES);

/** How far the scores are from the answers of the dialogue, which AllenNLP's predictor answers too: it always has them. */
function lossOf(scores: readonly TurnScores[], turns: readonly Turn[]): number {
  const total = scores.reduce((sum, { starts, ends, yesno, followup }, index) => {
    const { answer, yesno: yesnoLabel, followup: followupLabel } = turns[index] ?? NO_TURN;
    return (
      sum +
      surprise(starts, answer.start) +
      surprise(ends, answer.end) +
      surprise(classesAt(yesno, answer.end), yesnoLabel) +
      surprise(classesAt(followup, answer.end), followupLabel)
    );
  }, 0);
  return total / scores.length;
}

const NO_TURN: Turn = { id: '', answer: { start: 0, end: 0 }, yesno: 0, followup: 0 };

/** The negative logarithm of the softmax at a place. */
function surprise(logits: Float32Array, place: number): number {
  const greatest = logits.reduce((most, logit) => Math.max(most, logit), Number.NEGATIVE_INFINITY);
  const sum = logits.reduce((total, logit) => total + Math.exp(logit - greatest), 0);
  return greatest + Math.log(sum) - (logits[place] ?? 0);
}
