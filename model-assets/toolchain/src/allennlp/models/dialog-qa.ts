/** dialog_qa: the questions of a dialogue about one passage (arXiv:1808.07036), with the answers before each marked in the passage. */
import { z } from 'zod';
import { buildModule, count, ignored, nested } from '../modules/build.ts';
import { finishGraph } from '../modules/finish-graph.ts';
import type { ArchiveGraphs, ModuleDefinition, Scope } from '../modules/module.ts';
import { linear } from '../modules/nodes/linear.ts';
import { maskedSoftmax } from '../modules/nodes/masks.ts';
import { cast, concat, integers, op, scalar, shape, unsqueeze } from '../modules/nodes/ops.ts';
import { range } from '../modules/nodes/ranges.ts';
import { flattenRows } from '../modules/nodes/time-distributed.ts';
import { attendBothWays, type Encoded, maskScores, scoreTokens } from './passage-attention.ts';

const params = z.strictObject({
  text_field_embedder: nested,
  phrase_layer: nested,
  residual_encoder: nested,
  span_start_encoder: nested,
  span_end_encoder: nested,
  num_context_answers: z.int().min(0).max(3).default(0),
  marker_embedding_dim: count.default(10),
  max_turn_length: count.default(12),
  // The engine has it where it decodes.
  max_span_length: count.optional(),
  dropout: ignored,
  initializer: ignored,
});

/** The attention of dialog_qa is not in its parameters. */
const attentionOf = (width: number) => ({
  type: 'linear',
  tensor_1_dim: width,
  tensor_2_dim: width,
  combination: 'x,y,x*y',
});

/** Classes of "yes or no" and of "does the dialogue go on". */
const CLASSES = 3;

export const dialogQa: ModuleDefinition<z.infer<typeof params>, ArchiveGraphs> = {
  role: 'model',
  type: 'dialog_qa',
  params,
  nested: {
    text_field_embedder: { role: 'text_field_embedder' },
    phrase_layer: { role: 'seq2seq_encoder' },
    residual_encoder: { role: 'seq2seq_encoder' },
    span_start_encoder: { role: 'seq2seq_encoder' },
    span_end_encoder: { role: 'seq2seq_encoder' },
  },
  build(scope, parsed) {
    const phrases = buildModule('seq2seq_encoder', scope.at('_phrase_layer'), parsed.phrase_layer);
    const startEncoder = buildModule(
      'seq2seq_encoder',
      scope.at('_span_start_encoder'),
      parsed.span_start_encoder,
    );
    const endEncoder = buildModule('seq2seq_encoder', scope.at('_span_end_encoder'), parsed.span_end_encoder);
    const width = phrases.outputDim;

    // A row for each question from here on: [batch * questions, tokens, dim].
    const texts = embedTexts(scope, parsed);
    const encode = ({ vectors, mask }: Encoded) => ({ vectors: phrases.encode(vectors, mask), mask });
    const question = encode(texts.question);
    const passage = encode(texts.passage);
    const merged = mergeTexts(scope, parsed.residual_encoder, passage, question, width);

    const starts = startEncoder.encode(merged, passage.mask);
    const ends = endEncoder.encode(concat(scope, [merged, starts], -1), passage.mask);
    const scoresOf = (predictor: string, vectors: string, inputs: number) =>
      maskScores(scope, scoreTokens(scope.at(predictor), vectors, inputs), passage.mask);
    const classesOf = (predictor: string) => linear(scope.at(predictor), ends, endEncoder.outputDim, CLASSES);

    const tokens = ['batch', 'questions', 'passage'];
    const byDialogue = (value: string) => op(scope, 'Reshape', [value, texts.rows(value)]);
    return {
      model: finishGraph(scope, {
        span_start_logits: {
          value: byDialogue(scoresOf('_span_start_predictor._module', starts, startEncoder.outputDim)),
          axes: tokens,
        },
        span_end_logits: {
          value: byDialogue(scoresOf('_span_end_predictor._module', ends, endEncoder.outputDim)),
          axes: tokens,
        },
        span_yesno_logits: {
          value: byDialogue(classesOf('_span_yesno_predictor._module')),
          axes: [...tokens, CLASSES],
        },
        span_followup_logits: {
          value: byDialogue(classesOf('_span_followup_predictor._module')),
          axes: [...tokens, CLASSES],
        },
      }),
    };
  },
};

interface DialogueTexts {
  readonly question: Encoded;
  readonly passage: Encoded;
  /** The shape of a value with a row for each question, with an axis for the batch and one for the questions. */
  rows(value: string): string;
}

function embedTexts(scope: Scope, parsed: z.infer<typeof params>): DialogueTexts {
  const { num_context_answers: answers, marker_embedding_dim: markerDim, max_turn_length: turns } = parsed;
  const embedder = buildModule(
    'text_field_embedder',
    scope.at('_text_field_embedder'),
    parsed.text_field_embedder,
  );
  const questions = embedder.embed('question', ['questions']);
  const passage = embedder.embed('passage');
  const dialogue = shape(scope, questions.mask, 0, 2);
  const forEachQuestion = (x: string, axis: number) =>
    op(scope, 'Expand', [unsqueeze(scope, x, 1), concat(scope, [dialogue, shape(scope, x, axis)], 0)]);
  const passages = forEachQuestion(passage.vectors, 1);

  const questionParts = [questions.vectors];
  const passageParts = [passages];
  if (answers > 0) {
    const turnMarkers = slicedTo(
      scope,
      scope.weight('_question_num_marker.weight', [turns, answers * markerDim]),
      questions.mask,
    );
    const eachToken = concat(scope, [shape(scope, questions.mask, 0), shape(scope, turnMarkers, 1)], 0);
    questionParts.push(op(scope, 'Expand', [unsqueeze(scope, turnMarkers, 1), eachToken]));
    const markers = scope.weight('_prev_ans_marker.weight', [answers * 4 + 1, markerDim]);
    for (let answer = 1; answer <= answers; answer++) {
      const ids = scope.input(`p${answer}_answer_marker`, 'int64', ['batch', 'questions', 'passage/tokens']);
      passageParts.push(op(scope, 'Gather', [markers, ids]));
    }
  }
  const asRows = (parts: readonly string[], mask: string) => ({
    vectors: flattenRows(scope, concat(scope, parts, -1), 2),
    mask: flattenRows(scope, mask, 1),
  });
  return {
    question: asRows(questionParts, questions.mask),
    passage: asRows(passageParts, forEachQuestion(passage.mask, 1)),
    rows: (value) => concat(scope, [dialogue, shape(scope, value, 1)], 0),
  };
}

/** As many rows of a table as a mask has questions. */
function slicedTo(scope: Scope, table: string, mask: string): string {
  return op(scope, 'Slice', [table, integers(scope, [0]), shape(scope, mask, 1, 2), integers(scope, [0])]);
}

/** Attends to the question, then from every token of the passage to all others. */
function mergeTexts(
  scope: Scope,
  residual: z.infer<typeof nested>,
  passage: Encoded,
  question: Encoded,
  width: number,
): string {
  const residualEncoder = buildModule('seq2seq_encoder', scope.at('_residual_encoder'), residual);
  const attention = buildModule('matrix_attention', scope.at('_matrix_attention'), attentionOf(width));
  const selfAttention = buildModule('matrix_attention', scope.at('_self_attention'), attentionOf(width));
  const similarity = attention.score(passage.vectors, question.vectors);
  const { merged } = attendBothWays(scope, similarity, passage, question);
  const narrow = op(scope, 'Relu', [linear(scope.at('_merge_atten._module'), merged, 4 * width, width)]);

  const residuals = residualEncoder.encode(narrow, passage.mask);
  const weights = maskedSoftmax(scope, selfAttention.score(residuals, residuals), othersMask(scope, passage));
  const attended = op(scope, 'MatMul', [weights, residuals]);
  const parts = concat(scope, [attended, residuals, op(scope, 'Mul', [residuals, attended])], -1);
  const mergedSelf = linear(scope.at('_merge_self_attention._module'), parts, 3 * width, width);
  return op(scope, 'Add', [narrow, op(scope, 'Relu', [mergedSelf])]);
}

/** Every token of the passage sees all but itself: `[rows, passage, passage]`. */
function othersMask(scope: Scope, { vectors, mask }: Encoded): string {
  const positions = range(scope, vectors, 1);
  const isSelf = op(scope, 'Equal', [unsqueeze(scope, positions, 0), unsqueeze(scope, positions, 1)]);
  const others = op(scope, 'Sub', [scalar(scope, 1), cast(scope, isSelf, 'float32')]);
  const pairs = op(scope, 'Mul', [unsqueeze(scope, mask, 1), unsqueeze(scope, mask, 2)]);
  return op(scope, 'Mul', [pairs, others]);
}
