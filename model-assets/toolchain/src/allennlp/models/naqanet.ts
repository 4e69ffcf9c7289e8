/** naqanet: QANet that answers by a span of the passage or the question, by adding and subtracting numbers, or by counting (arXiv:1903.00161). */
import { z } from 'zod';
import { buildModule } from '../modules/build.ts';
import { finishGraph } from '../modules/finish-graph.ts';
import type { ArchiveGraphs, GraphOutput, ModuleDefinition, Scope } from '../modules/module.ts';
import { maskedSoftmax, takeRows } from '../modules/nodes/masks.ts';
import { concat, integer, op, shape, squeeze } from '../modules/nodes/ops.ts';
import { maskScores, scoreTokens, weightedMean } from './passage-attention.ts';
import { encodeQanet, type QanetEncoding, qanetParams, qanetParts } from './qanet-encoding.ts';

const ABILITIES = [
  'passage_span_extraction',
  'question_span_extraction',
  'addition_subtraction',
  'counting',
] as const;
type Ability = (typeof ABILITIES)[number];

const params = z.strictObject({
  ...qanetParams,
  answering_abilities: z.array(z.enum(ABILITIES)).min(1).nullish(),
});

/** Counts that a question can have for an answer: 0 to 9. */
const COUNTS = 10;
/** A number is left out, added or subtracted. */
const SIGNS = 3;

export const naqanet: ModuleDefinition<z.infer<typeof params>, ArchiveGraphs> = {
  role: 'model',
  type: 'naqanet',
  params,
  nested: qanetParts,
  build(scope, { answering_abilities: named, ...parts }) {
    const abilities: readonly Ability[] = named ?? ABILITIES;
    const encoding = encodeQanet(scope, parts, 4);
    const { passage, question, modeled, modelingDim, encodingDim } = encoding;
    const [first = ''] = modeled;
    const summarise = (predictor: string, vectors: string, width: number, mask: string) =>
      weightedMean(
        scope,
        maskedSoftmax(scope, scoreTokens(scope.at(predictor), vectors, width), mask),
        vectors,
      );
    // Both are [batch, 1, dim].
    const passageVector = summarise('_passage_weights_predictor', first, modelingDim, passage.mask);
    const questionVector = summarise(
      '_question_weights_predictor',
      question.vectors,
      encodingDim,
      question.mask,
    );

    const outputs: Record<string, GraphOutput> = {
      passage_question_attention: { value: encoding.attention, axes: ['batch', 'passage', 'question'] },
    };
    if (abilities.length > 1) {
      const summary = concat(scope, [passageVector, questionVector], -1);
      const width = modelingDim + encodingDim;
      const logits = predict(
        scope.at('_answer_ability_predictor'),
        summary,
        width,
        modelingDim,
        abilities.length,
      );
      outputs.answer_ability_logits = {
        value: squeeze(scope, logits, 1),
        axes: ['batch', abilities.length],
      };
    }
    for (const ability of abilities) Object.assign(outputs, PREDICT[ability](scope, encoding, passageVector));
    return { model: finishGraph(scope, outputs) };
  },
};

type Predict = (scope: Scope, encoding: QanetEncoding, passageVector: string) => Record<string, GraphOutput>;

const PREDICT: Readonly<Record<Ability, Predict>> = {
  passage_span_extraction(scope, { modeled, modelingDim, passage }) {
    const [first = '', second = '', third = ''] = modeled;
    const score = (predictor: string, other: string) => {
      const values = concat(scope, [first, other], -1);
      const scores = predict(scope.at(predictor), values, 2 * modelingDim, modelingDim, 1);
      return {
        value: maskScores(scope, squeeze(scope, scores, -1), passage.mask),
        axes: ['batch', 'passage'],
      };
    };
    return {
      passage_span_start_logits: score('_passage_span_start_predictor', second),
      passage_span_end_logits: score('_passage_span_end_predictor', third),
    };
  },

  question_span_extraction(scope, { question, modelingDim, encodingDim }, passageVector) {
    const values = besideEach(scope, question.vectors, passageVector);
    const score = (predictor: string) => {
      // AllenNLP makes the layers for twice the width of the modeling layer, which must be that of both together.
      const scores = predict(scope.at(predictor), values, encodingDim + modelingDim, modelingDim, 1);
      return {
        value: maskScores(scope, squeeze(scope, scores, -1), question.mask),
        axes: ['batch', 'question'],
      };
    };
    return {
      question_span_start_logits: score('_question_span_start_predictor'),
      question_span_end_logits: score('_question_span_end_predictor'),
    };
  },

  addition_subtraction(scope, { modeled, modelingDim }, passageVector) {
    const [first = '', , , fourth = ''] = modeled;
    const indices = scope.input('number_indices', 'int64', ['batch', 'numbers', 1]);
    const clamped = squeeze(scope, op(scope, 'Max', [indices, integer(scope, 0)]), -1);
    const numbers = takeRows(scope, concat(scope, [first, fourth], -1), clamped);
    const values = besideEach(scope, numbers, passageVector);
    return {
      number_sign_logits: {
        value: predict(scope.at('_number_sign_predictor'), values, 3 * modelingDim, modelingDim, SIGNS),
        axes: ['batch', 'numbers', SIGNS],
      },
    };
  },

  counting(scope, { modelingDim }, passageVector) {
    const logits = predict(
      scope.at('_count_number_predictor'),
      passageVector,
      modelingDim,
      modelingDim,
      COUNTS,
    );
    return { count_number_logits: { value: squeeze(scope, logits, 1), axes: ['batch', COUNTS] } };
  },
};

/** A layer with a relu, then a linear one. */
function predict(place: Scope, x: string, inputs: number, hidden: number, outputs: number): string {
  const layers = buildModule('feedforward', place, {
    input_dim: inputs,
    num_layers: 2,
    hidden_dims: [hidden, outputs],
    activations: ['relu', 'linear'],
  });
  return layers.apply(x);
}

/** `[batch, 1, dim]` beside each vector of `[batch, rows, dim]`. */
function besideEach(scope: Scope, vectors: string, vector: string): string {
  const dims = concat(scope, [shape(scope, vectors, 0, 2), shape(scope, vector, 2)], 0);
  return concat(scope, [vectors, op(scope, 'Expand', [vector, dims])], -1);
}
