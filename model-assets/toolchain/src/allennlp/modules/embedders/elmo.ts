/**
 * elmo_token_embedder (https://arxiv.org/abs/1802.05365): words out of their characters, a language model in both directions, and a
 * mix of its layers. AllenNLP begins where the batch before ended; here every instance begins anew, as the first one does there. The
 * second text of an instance, a hypothesis after its premise, begins where the first one ended.
 */
import { z } from 'zod';
import { int, ints } from '../../../graph/node.ts';
import { int64Tensor } from '../../../graph/tensor.ts';
import { count, ignored } from '../build.ts';
import type { Mask, ModuleDefinition, Scope, TokenEmbedder } from '../module.ts';
import { applyActivation } from '../nodes/activations.ts';
import { convolveLong } from '../nodes/convolution.ts';
import { highway } from '../nodes/highway.ts';
import { linear } from '../nodes/linear.ts';
import { column, lengths, maskOfCharacters, zeroPadding } from '../nodes/masks.ts';
import { cast, concat, integer, integers, op, shape, slice, unsqueeze } from '../nodes/ops.ts';
import { type ProjectedRun, type ProjectedState, runProjectedLstm } from '../nodes/projected-lstm.ts';
import { range } from '../nodes/ranges.ts';
import { scalarMix } from '../nodes/scalar-mix.ts';
import { flattenRows, unflattenRows } from '../nodes/time-distributed.ts';
import { type ElmoShape, readElmoOptions, readElmoShape } from './elmo-options.ts';

const params = z.strictObject({
  options_file: z.string().optional(),
  projection_dim: count.nullish(),
  do_layer_norm: z.boolean().default(false),
  weight_file: ignored,
  dropout: ignored,
  requires_grad: ignored,
  scalar_mix_parameters: ignored,
  vocab_to_cache: z.null().optional(),
});

export const elmoEmbedder: ModuleDefinition<z.infer<typeof params>, TokenEmbedder> = {
  role: 'token_embedder',
  type: 'elmo_token_embedder',
  params,
  build(scope, { options_file: file, projection_dim: projection, do_layer_norm: isNormed }) {
    const elmo = scope.at('_elmo');
    const options = readElmoOptions(scope, file);
    const shapes = readElmoShape(elmo.at('_elmo_lstm'));
    const width = 2 * shapes.hidden;
    let before: EmbeddedTexts | undefined;
    return {
      outputDim: projection ?? width,
      embed(indexer, axes) {
        const ids = scope.input(`${indexer}.elmo_tokens`, 'int64', [...axes, CHARACTERS]);
        const mask = () => maskOfCharacters(scope, ids);
        // A list of texts is a batch of them.
        const texts = axes.length === 2 ? ids : flattenRows(scope, ids, 2);
        const bounded = addBoundaries(scope, texts);
        const words = encodeWords(elmo.at('_elmo_lstm._token_embedder'), bounded.ids, shapes, options);
        const lstm = elmo.at('_elmo_lstm._elmo_lstm');
        const start = before && endsOf(scope, before, axes.length, shapes);
        const { layers, runs } = runLayers(lstm, { words, mask: bounded.mask }, shapes, options, start);
        before = { runs, ids, axes: axes.length };
        const mixed = slice(
          scope,
          scalarMix(elmo.at('scalar_mix_0'), layers, isNormed ? bounded.mask : undefined),
          1,
          1,
          -1,
        );
        const inner = zeroPadding(scope, mixed, maskOfCharacters(scope, texts));
        const vectors = projection ? linear(scope.at('_projection'), inner, width, projection) : inner;
        return {
          vectors: axes.length === 2 ? vectors : unflattenRows(scope, vectors, ids, 1, [projection ?? width]),
          maskFrom: 'characters',
          mask,
        };
      },
    };
  },
};

/** Ids of each word: 50, of which 0 is padding, those of bytes begin at 1. */
const CHARACTERS = 50;
const PADDING = 261;
const WORD_BEGIN = 259;
const WORD_END = 260;
const SENTENCE_BEGIN = 257;
const SENTENCE_END = 258;

/** Puts a word for the begin before the words, and one for the end after the last: `[batch, tokens + 2, 50]`. */
function addBoundaries(scope: Scope, ids: string): { readonly ids: string; readonly mask: Mask } {
  const boundary = (name: string, id: number) => {
    const word = [WORD_BEGIN, id, WORD_END];
    const values = Array.from({ length: CHARACTERS }, (_, index) => word[index] ?? PADDING);
    return scope.graph.constant(int64Tensor(scope.name(name), [1, 1, CHARACTERS], values));
  };
  const one = integers(scope, [1]);
  const before = op(scope, 'Expand', [
    boundary('begin', SENTENCE_BEGIN),
    concat(scope, [shape(scope, ids, 0, 1), one, one], 0),
  ]);
  const padded = op(scope, 'Pad', [ids, integers(scope, [0, 0, 0, 0, 1, 0])]);
  const longer = concat(scope, [before, padded], 1);
  const end = op(scope, 'Add', [
    cast(scope, lengths(scope, maskOfCharacters(scope, ids)), 'int64'),
    integer(scope, 1),
  ]);
  const positions = range(scope, longer, 1);
  const isEnd = op(scope, 'Equal', [unsqueeze(scope, positions, 0, 2), unsqueeze(scope, end, 1, 2)]);
  const bounded = op(scope, 'Where', [isEnd, boundary('end', SENTENCE_END), longer]);
  return { ids: bounded, mask: maskOfCharacters(scope, bounded) };
}

type Options = ReturnType<typeof readElmoOptions>;

/** Words out of their characters, `[batch, tokens, hidden]`. */
function encodeWords(scope: Scope, ids: string, shapes: ElmoShape, options: Options): string {
  const { characters, characterDim, filters, highways, hidden } = shapes;
  const table = scope.weight('_char_embedding_weights', [characters, characterDim]);
  const embedded = op(scope, 'Gather', [table, flattenRows(scope, ids, 1)], { axis: int(0) });
  const byDim = op(scope, 'Transpose', [embedded], { perm: ints([0, 2, 1]) });
  const pooled = filters.map(([width, number], index) => {
    const place = scope.at(`char_conv_${index}`);
    const greatest = convolveLong(place, byDim, characterDim, number, width);
    return applyActivation(place, options.char_cnn.activation, greatest);
  });
  const width = filters.reduce((sum, [, number]) => sum + number, 0);
  const carried = highway(scope.at('_highways'), concat(scope, pooled, -1), width, highways);
  return unflattenRows(scope, linear(scope.at('_projection'), carried, width, hidden), ids, 1, [hidden]);
}

type Direction = 'forward' | 'backward';
type LayerRuns = readonly Readonly<Record<Direction, ProjectedRun>>[];
/** Where the runs of a layer begin. */
type Starts = (layer: number, direction: Direction) => ProjectedState | undefined;

interface EmbeddedTexts {
  readonly runs: LayerRuns;
  readonly ids: string;
  readonly axes: number;
}

/** Where the texts before ended: the first one of each list, where one text follows a list of them, as the first question of a dialogue. */
function endsOf(scope: Scope, { runs, ids, axes }: EmbeddedTexts, next: number, shapes: ElmoShape): Starts {
  const first = (value: string, width: number) =>
    axes === next
      ? value
      : op(scope, 'Gather', [unflattenRows(scope, value, ids, 2, [width]), integer(scope, 0)], {
          axis: int(1),
        });
  return (layer, direction) => {
    const end = runs[layer]?.[direction].end();
    return end && { state: first(end.state, shapes.hidden), memory: first(end.memory, shapes.cell) };
  };
}

interface BoundedWords {
  readonly words: string;
  readonly mask: Mask;
}

/**
 * The words twice side by side, then every layer of the language model with its two directions so: `[batch, tokens, 2 * hidden]`. It
 * begins with zeros where nothing else is given.
 */
function runLayers(
  scope: Scope,
  { words, mask }: BoundedWords,
  shapes: ElmoShape,
  { lstm }: Options,
  starts: Starts | undefined,
): { readonly layers: readonly string[]; readonly runs: LayerRuns } {
  const layer = {
    inputs: shapes.hidden,
    cell: shapes.cell,
    hidden: shapes.hidden,
    cellBound: lstm.cell_clip ?? 0,
    stateBound: lstm.proj_clip ?? 0,
  };
  const byTime = { perm: ints([1, 0, 2]) };
  const layers = [op(scope, 'Mul', [concat(scope, [words, words], -1), column(scope, mask)])];
  const runs: LayerRuns[number][] = [];
  let forward = op(scope, 'Transpose', [words], byTime);
  let backward = forward;
  for (let index = 0; index < shapes.layers; index++) {
    const run = (direction: Direction, x: string) => {
      const start = starts?.(index, direction);
      const isReverse = direction === 'backward';
      return runProjectedLstm(scope.at(`${direction}_layer_${index}`), layer, x, mask, { isReverse, start });
    };
    const both = { forward: run('forward', forward), backward: run('backward', backward) };
    runs.push(both);
    const add = (made: string, x: string) => (index === 0 ? made : op(scope, 'Add', [made, x]));
    forward = add(both.forward.states, forward);
    backward = add(both.backward.states, backward);
    layers.push(op(scope, 'Transpose', [concat(scope, [forward, backward], -1)], byTime));
  }
  return { layers, runs };
}
