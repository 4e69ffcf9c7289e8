/** qanet: convolutions and self attention in place of recurrent layers (arXiv:1804.09541). */
import { z } from 'zod';
import { finishGraph } from '../modules/finish-graph.ts';
import type { ArchiveGraphs, ModuleDefinition } from '../modules/module.ts';
import { concat, softmax } from '../modules/nodes/ops.ts';
import { maskScores, scoreTokens } from './passage-attention.ts';
import { encodeQanet, qanetParams, qanetParts } from './qanet-encoding.ts';

const params = z.strictObject(qanetParams);

export const qanet: ModuleDefinition<z.infer<typeof params>, ArchiveGraphs> = {
  role: 'model',
  type: 'qanet',
  params,
  nested: qanetParts,
  build(scope, parts) {
    const { passage, attention, modeled, modelingDim } = encodeQanet(scope, parts, 3);
    const [first = '', second = '', third = ''] = modeled;
    const score = (predictor: string, ...values: string[]) => {
      const scores = scoreTokens(scope.at(predictor), concat(scope, values, -1), 2 * modelingDim);
      return maskScores(scope, scores, passage.mask);
    };
    const starts = score('_span_start_predictor', first, second);
    const ends = score('_span_end_predictor', first, third);
    const tokens = ['batch', 'passage'];
    return {
      model: finishGraph(scope, {
        passage_question_attention: { value: attention, axes: [...tokens, 'question'] },
        span_start_logits: { value: starts, axes: tokens },
        span_start_probs: { value: softmax(scope, starts), axes: tokens },
        span_end_logits: { value: ends, axes: tokens },
        span_end_probs: { value: softmax(scope, ends), axes: tokens },
      }),
    };
  },
};

/** The other name that AllenNLP has for it. */
export const rcQanet = { ...qanet, type: 'rc-qanet' };
