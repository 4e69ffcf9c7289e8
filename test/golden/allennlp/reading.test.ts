/** Reading comprehension and coreference: what AllenNLP answers to the references of ../shared, and the same in batches. */
import { beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import type {
  ArchiveModelDefinition,
  JsonObject,
} from '../../../layers/engine/src/runtimes/allennlp/archive-model.ts';
import { settleTie } from '../../../layers/engine/src/runtimes/allennlp/goldens/tied-spans.ts';
import { stack } from '../../../layers/engine/src/runtimes/allennlp/instance.ts';
import { bidaf } from '../../../layers/engine/src/runtimes/allennlp/models/bidaf.ts';
import { coref } from '../../../layers/engine/src/runtimes/allennlp/models/coref.ts';
import { dialogQa } from '../../../layers/engine/src/runtimes/allennlp/models/dialog-qa.ts';
import { naqanet } from '../../../layers/engine/src/runtimes/allennlp/models/naqanet.ts';
import { qanet } from '../../../layers/engine/src/runtimes/allennlp/models/qanet.ts';
import { flattenInputs, hasArchives, type ReferenceCase, readReference } from '../../fixtures/allennlp.ts';
import { openSharedModel, type SharedModel } from '../../fixtures/allennlp-model.ts';
import { describeShared } from '../../fixtures/shared.ts';

const ARCHIVES: ReadonlyMap<string, ArchiveModelDefinition> = new Map([
  ['bidaf', bidaf],
  ['qanet', qanet],
  ['naqanet', naqanet],
  ['dialog_qa', dialogQa],
  ['made_coref_lstm', coref],
  ['made_coref_spanbert', coref],
  ['made_coref_wordpieces', coref],
]);

describeShared({ folder: 'allennlp', isThere: hasArchives }, [...ARCHIVES.keys()], (name) => {
  const definition = ARCHIVES.get(name);
  const { cases, degenerate } = readReference(name);
  let shared: SharedModel;
  beforeAll(async () => {
    if (!definition) throw new RangeError(name);
    shared = await openSharedModel(name, definition);
  });

  it('makes the tensors that AllenNLP makes', async () => {
    for (const reference of cases) {
      const instances = await shared.model.read(inputOf(reference), 'inputs');
      const expected = flattenInputs(reference.model_inputs ?? {});
      const made = stack(instances);
      for (const [path, { dims, data }] of Object.entries(made)) {
        expect(dims, path).toEqual(expected[path]?.shape);
        expect(Array.from(data, Number), path).toEqual(
          [expected[path]?.data].flat(Number.POSITIVE_INFINITY).map(Number),
        );
      }
    }
  });

  it('answers what AllenNLP answers, each input alone', async () => {
    for (const reference of cases) {
      const [answer] = await shared.predict([inputOf(reference)]);
      expectAnswer(answer, reference.output);
    }
  });

  it('answers the same to all inputs in one batch', async () => {
    const answers = await shared.predict(cases.map(inputOf));
    for (const [index, { output }] of cases.entries()) expectAnswer(answers[index], output);
  });

  it('refuses what AllenNLP cannot read, before anything runs', async () => {
    for (const { input, error, output } of degenerate) {
      if (error !== undefined) {
        await expect(shared.model.read(input, 'inputs'), JSON.stringify(input)).rejects.toMatchObject({
          code: 'INVALID_INPUT',
        });
      } else {
        const [answer] = await shared.predict([input]);
        expectAnswer(answer, output ?? {});
      }
    }
  });
});

describe.skipIf(!hasArchives)('a document as a text (skipped without ../shared/allennlp)', () => {
  it.each(['made_coref_lstm', 'made_coref_spanbert', 'made_coref_wordpieces'])(
    'has by our rules for words and sentences the clusters of %s that it has by those of spaCy',
    async (name) => {
      const shared = await openSharedModel(name, coref);
      for (const { input, method, output } of readReference(name).cases) {
        const { args } = z.parse(z.object({ args: z.optional(z.tuple([z.array(z.string())])) }), input);
        const [answer] = await shared.predict([method === undefined ? input : { document: args?.[0] }]);
        expect(answer).toEqual(output);
      }
    },
  );
});

/** spaCy's sentences stand in the references of coreference, whose predictor has them of its parser. */
function inputOf({ input, sentences }: ReferenceCase): unknown {
  return sentences === undefined ? input : { sentences };
}

function expectAnswer(answer: JsonObject | undefined, output: Readonly<Record<string, unknown>>): void {
  expect(settleTie(output, answer)).toEqual(closeTo(output));
}

/** The same value, where every fraction may be 1e-4 off. */
function closeTo(value: unknown): unknown {
  if (typeof value === 'number' && !Number.isInteger(value)) return expect.closeTo(value, 4);
  if (Array.isArray(value)) return value.map(closeTo);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, closeTo(part)]));
}
