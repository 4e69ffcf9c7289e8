/** Schemas of bodies stop at the first fault, of a value as of its type: a list of a million faults is seconds of work. */
import { featureExtraction } from '@pilotlight/engine/internal/tasks/feature-extraction';
import { fillMask } from '@pilotlight/engine/internal/tasks/fill-mask';
import { parseUntilFault } from '@pilotlight/model-format';
import { expect, it } from 'vitest';
import type * as z from 'zod/mini';
import { inferRequest } from '../../../functions/app/src/formats/open-inference/request.ts';
import { embeddingsRequest } from '../../../functions/app/src/formats/openai/request.ts';
import {
  classifyRequest,
  decodeRequest,
  embedRequest,
} from '../../../functions/app/src/formats/tei/requests.ts';

const many = <Value>(value: Value): Value[] => Array.from({ length: 10_000 }, () => value);
const tensor = (shape: number[]) => ({ name: 'text', shape, datatype: 'BYTES', data: ['a'] });

const BODIES: readonly (readonly [title: string, schema: z.ZodMiniType, body: unknown])[] = [
  ['negative ids of TEI', embedRequest, { inputs: many(-1) }],
  ['ids of TEI above 32 bits', embedRequest, { inputs: many(2 ** 40) }],
  ['ids of TEI that are no whole numbers', embedRequest, { inputs: many(0.5) }],
  ['ids of TEI beyond all integers', decodeRequest, { ids: many(1e300) }],
  ['empty pairs of TEI', classifyRequest, { inputs: many([]) }],
  ['negative ids of OpenAI', embeddingsRequest, { model: 'a', input: many(-1) }],
  ['empty lists of ids of OpenAI', embeddingsRequest, { model: 'a', input: many([]) }],
  ['negative dimensions of a tensor', inferRequest, { inputs: [tensor(many(-1))] }],
  ['tensors without dimensions', inferRequest, { inputs: many(tensor([])) }],
  ['negative tokens', featureExtraction.input, { tokens: many(-1) }],
  ['empty targets', fillMask.parameters, { targets: many('') }],
];

it.each(BODIES)('%s cost one fault, however many there are', (_, schema, body) => {
  const { error } = parseUntilFault(schema, body);
  expect(countIssues(error?.issues ?? [])).toBeGreaterThan(0);
  expect(countIssues(error?.issues ?? [])).toBeLessThan(20);
});

/** Of a union, those of each of its members count. */
function countIssues(issues: readonly z.core.$ZodIssue[]): number {
  return issues.reduce(
    (sum, issue) => sum + 1 + (issue.code === 'invalid_union' ? countIssues(issue.errors.flat()) : 0),
    0,
  );
}
