/** basic_classifier: a label for a text, or for a premise and a hypothesis that are read as one. */
import { EngineError } from '@pilotlight/model-format/errors';
import * as z from 'zod/mini';
import { argmax } from '../../../math/activations.ts';
import { type ArchiveModel, type ArchiveModelDefinition, eraseModel } from '../archive-model.ts';
import { outputRows } from '../graph-outputs.ts';
import { invalidInput } from '../input-fields.ts';
import { type Instance, paddedDims, stack } from '../instance.ts';
import type { FieldTensors } from '../text/indexers/indexer.ts';
import { type Named, namedParams, parseParams } from '../text/params.ts';
import { openPairReader } from '../text/readers/pair-reader.ts';
import { openTextReader } from '../text/readers/text-reader.ts';
import type { TextArchive } from '../text/text-archive.ts';
import { dependsOnPadding, embedsIdsOnly } from './embedders.ts';
import { encodesNothing } from './encoders-of-nothing.ts';
import { requirePredictor, wordsField } from './input-checks.ts';
import { labelTask } from './label-task.ts';

const params = z.object({
  label_namespace: z._default(z.string(), 'labels'),
  namespace: z._default(z.string(), 'tokens'),
  seq2seq_encoder: z.optional(z.unknown()),
  seq2vec_encoder: z.unknown(),
  text_field_embedder: z.unknown(),
});
type ClassifierParams = z.infer<typeof params>;

/** Encoders to one vector that take a text without tokens; others raise in torch. */
const VECTORS_OF_NOTHING = ['bag_of_embeddings', 'boe', 'cnn', 'cnn-highway'];

interface Output {
  readonly logits: readonly number[];
  readonly probabilities: readonly number[];
}

export const basicClassifier: ArchiveModelDefinition = {
  type: 'basic_classifier',
  open: (archive) => eraseModel(openModel(archive)),
};

function openModel(archive: TextArchive): ArchiveModel<undefined, Output> {
  const parsed = parseParams(params, archive.config.model, 'model');
  const isPair = archive.config.predictor === 'textual_entailment';
  const readTensors = openReader(archive);
  const encoder = namedParams(parsed.seq2vec_encoder, '', 'model.seq2vec_encoder');
  const check = lengthCheck(parsed, encoder);
  const { vocabulary } = archive;
  const label = (index: number) => vocabulary.token(index, parsed.label_namespace) ?? String(index);
  return {
    runsAlone: encoder.type === 'cnn-highway' || dependsOnPadding(parsed.text_field_embedder),
    async read(input, field) {
      const instance = { tensors: await readTensors(input, field), metadata: undefined };
      check(instance, isPair ? field : wordsField(input, field));
      return [instance];
    },
    async infer(batch, graphs) {
      const outputs = await graphs.run('model', stack(batch));
      const logits = outputRows(outputs, 'logits');
      const probabilities = outputRows(outputs, 'probs');
      return batch.map((_, row) => ({
        logits: [...logits(row)],
        probabilities: [...probabilities(row)],
      }));
    },
    answer(_input, [instance], [output]) {
      const ids = instance ? tokenIds(instance) : [];
      const { logits = [], probabilities = [] } = output ?? {};
      return {
        logits,
        probs: probabilities,
        token_ids: ids,
        label: label(argmax(probabilities)),
        tokens: ids.map((id) => vocabulary.token(id, parsed.namespace) ?? String(id)),
      };
    },
    tasks: [labelTask({ key: 'probs', label, ...(isPair && { pair: ['premise', 'hypothesis'] }) })],
  };
}

/** Opens the way from an input to the tensors of its field `tokens`. */
function openReader(archive: TextArchive): (input: unknown, field: string) => Promise<FieldTensors> {
  requirePredictor(archive, 'text_classifier', 'textual_entailment');
  if (archive.config.predictor === 'text_classifier') {
    const reader = openTextReader(archive);
    return async (input, field) => (await reader.read(input, field)).tensors;
  }
  const reader = openPairReader(archive);
  return async (input, field) => {
    const { combined, tensors } = await reader.read(input, field);
    if (combined) return tensors;
    throw new EngineError(
      'PACKAGE_INVALID',
      'The reader makes two texts of an input, but the model takes one.',
    );
  };
}

/** The names of tensors in which AllenNLP looks for ids, in any indexer. */
const ID_TENSORS = ['tokens', 'token_ids', 'input_ids'];

/** The ids of the first indexer that has some, with the padding that it asks for. */
function tokenIds({ tensors }: Instance): number[] {
  const found = Object.entries(tensors).find(([name]) => ID_TENSORS.includes(name.split('.').at(-1) ?? ''));
  if (!found) throw new EngineError('PACKAGE_INVALID', 'The model has no indexer that gives ids of tokens.');
  const [, tensor] = found;
  const [length = 0] = paddedDims([tensor]);
  return Array.from({ length }, (_, place) => Number(tensor.data[place] ?? tensor.padding ?? 0));
}

/** Refuses texts on which AllenNLP raises: those without tokens, and those that are shorter than a filter. */
function lengthCheck(
  parsed: ClassifierParams,
  { type, params: encoder }: Named,
): (instance: Instance, field: string) => void {
  const least = widestFilter(type, encoder);
  const { seq2seq_encoder: sequence } = parsed;
  const takesNothing =
    VECTORS_OF_NOTHING.includes(type) && (!sequence || encodesNothing(sequence, 'model.seq2seq_encoder'));
  const idsOnly = embedsIdsOnly(parsed.text_field_embedder);
  return (instance, field) => {
    const dims = Object.values(instance.tensors).map((tensor) => tensor.dims[0] ?? 0);
    const padded = Math.max(...Object.values(instance.tensors).map((tensor) => paddedDims([tensor])[0] ?? 0));
    if (Math.min(...dims) === 0 && !(takesNothing && idsOnly))
      throw invalidInput(field, 'must have at least one token that the model can read');
    if (padded < least) {
      throw invalidInput(
        field,
        `must have at least ${least} tokens for the filters of the model, not ${padded}`,
      );
    }
  };
}

const cnnParams = z.object({ ngram_filter_sizes: z._default(z.array(z.int()), [2, 3, 4, 5]) });
/** Each filter is a width and a number. */
const highwayParams = z.object({ filters: z.array(z.tuple([z.int(), z.int()])) });

/** The tokens that torch needs for the widest convolution; 0 for other encoders. */
function widestFilter(type: string, encoder: unknown): number {
  const place = 'model.seq2vec_encoder';
  if (type === 'cnn') return Math.max(...parseParams(cnnParams, encoder, place).ngram_filter_sizes);
  if (type !== 'cnn-highway') return 0;
  return Math.max(...parseParams(highwayParams, encoder, place).filters.map(([width]) => width));
}
