/** Chooses the outputs of an exported graph that a task reads: by the name that exporters give them, else by type and shape. */
import { type Graph, TASK_FACTS, type TaskFacts, type TaskName } from '@pilotlight/model-format';
import { ToolchainError } from '../errors.ts';
import type { OnnxGraph, OnnxValueInfo } from '../graph/onnx.ts';
import { ELEMENT } from '../graph/tensor.ts';
import { removeUnused } from '../graph/unused.ts';
import { findFixed, fixedLength } from './onnx-inputs.ts';

type Output = Graph['outputs'][number];
type Wanted = Pick<Output, 'role'> & Pick<TaskFacts['outputs'][number], 'axes' | 'names'>;

/** One vector a text, by a graph that pools. BERT's `pooler_output` is none: it was trained for another purpose. */
const EMBEDDINGS: Wanted = {
  role: 'embeddings',
  axes: ['batch', 'hidden'],
  names: [
    'sentence_embedding',
    'sentence_embeddings',
    'embeddings',
    'embedding',
    'text_embeds',
    'dense_vecs',
  ],
};

export interface OutputChoice {
  readonly task: TaskName;
  readonly labels: number;
  /** The name of the output that the caller wants. */
  readonly output?: string | undefined;
  /** Whether the caller chooses how token vectors become one, so that the graph must give these. */
  readonly pools: boolean;
}

/**
 * The outputs that the task reads; the graph is left with those and with what they need. `notes` say what was chosen where
 * names do not say it. Throws SOURCE_UNSUPPORTED when one is not there, or is not float32 of the shape that the task needs,
 * SOURCE_INVALID when several could be meant, or one has another number of labels.
 */
export function mapOutputs(graph: OnnxGraph, choice: OutputChoice): { outputs: Output[]; notes: string[] } {
  const wanted = TASK_FACTS[choice.task].outputs;
  if (choice.output !== undefined && wanted.length > 1) {
    throw unsupported(`${choice.task} reads ${wanted.length} outputs: leave --output out.`);
  }
  const embeds = wanted.some(({ role }) => role === 'hidden_states');
  const chosen = embeds
    ? chooseVectors(graph, choice)
    : wanted.map((one, index) => find(graph, one, choice, index));
  const notes = describeChoice(graph, chosen);
  graph.output = chosen.map(({ value }) => value);
  removeUnused(graph);
  const outputs = chosen.map(({ value, wanted: { role, axes } }) => ({
    name: value.name,
    role,
    type: 'float32' as const,
    axes: [...axes],
  }));
  return { outputs, notes };
}

interface Chosen {
  readonly value: OnnxValueInfo;
  readonly wanted: Wanted;
}

/** Token vectors, the vector of a text, or both: where the graph pools, a call may still ask for another pooling. */
function chooseVectors(graph: OnnxGraph, choice: OutputChoice): readonly Chosen[] {
  const [states] = TASK_FACTS[choice.task].outputs;
  if (states === undefined) return [];
  if (choice.output !== undefined) {
    const named = graph.output.find(({ name }) => name === choice.output);
    return [find(graph, named && rank(named) === 2 ? EMBEDDINGS : states, choice)];
  }
  const fitting = (wanted: Wanted) =>
    graph.output.filter((value) => misfit(value, wanted, choice) === undefined);
  const vector = choice.pools ? undefined : byName(fitting(EMBEDDINGS), EMBEDDINGS);
  if (vector === undefined) return [find(graph, states, choice)];
  const own = { value: vector, wanted: EMBEDDINGS };
  const tokens = byName(fitting(states), states);
  return tokens === undefined ? [own] : [{ value: tokens, wanted: states }, own];
}

/**
 * The output that `wanted` describes, the one at `index` among those of the task: the one that the caller names, the first of the
 * usual names, or the one that fits where no other does that the task has no place for.
 */
function find(graph: OnnxGraph, wanted: Wanted, choice: OutputChoice, index = 0): Chosen {
  const { output, task } = choice;
  const names = output === undefined ? wanted.names : [output];
  const fitting = graph.output.filter((value) => misfit(value, wanted, choice) === undefined);
  const named = byName(fitting, { names });
  if (named !== undefined) return { value: named, wanted };
  const candidates = output === undefined ? fitting : [];
  const found = candidates.length === TASK_FACTS[task].outputs.length ? candidates[index] : undefined;
  if (found !== undefined) return { value: found, wanted };
  if (candidates.length > 1) throw severalMeant(wanted, candidates);
  const present = byName(graph.output, { names });
  throw (present && misfit(present, wanted, choice)) ?? missing(graph, names, task);
}

function byName(
  values: readonly OnnxValueInfo[],
  { names }: Pick<Wanted, 'names'>,
): OnnxValueInfo | undefined {
  return names.flatMap((name) => values.filter((value) => value.name === name))[0];
}

/** The reason why an output is not the one that is wanted, as an error; undefined where it may be. */
function misfit(
  value: OnnxValueInfo,
  { axes }: Wanted,
  { task, labels }: OutputChoice,
): ToolchainError | undefined {
  const { elemType, shape } = value.type?.tensorType ?? {};
  if (elemType !== ELEMENT.float32) {
    return unsupported(`Output '${value.name}' is not float32: export the model in fp32.`);
  }
  if (shape && shape.dim?.length !== axes.length) {
    return unsupported(
      `Output '${value.name}' has ${shape.dim?.length ?? 0} axes, but ${task} needs [${axes.join(', ')}].`,
    );
  }
  const fixed = findFixed(value, axes);
  if (fixed !== undefined) return fixed;
  const width = fixedLength(shape?.dim?.at(-1));
  if (width !== undefined && axes.includes('labels') && width !== labels) {
    return new ToolchainError(
      'SOURCE_INVALID',
      `The export gives ${width} logits, but config.json has ${labels} labels.`,
    );
  }
  return undefined;
}

function rank({ type }: OnnxValueInfo): number | undefined {
  return type?.tensorType?.shape?.dim?.length;
}

/** Notes on outputs that were not chosen by their names alone. */
function describeChoice(graph: OnnxGraph, chosen: readonly Chosen[]): string[] {
  const taken = chosen.map(({ value }) => value.name);
  const others = graph.output.map(({ name }) => name).filter((name) => !taken.includes(name));
  const notes = chosen
    .filter(({ value, wanted }) => !wanted.names.includes(value.name))
    .map(
      ({ value, wanted: { role, axes } }) =>
        `output '${value.name}' is taken as ${role}: float32 [${axes.join(', ')}]`,
    );
  if (taken.length > 0 && others.length > 0 && notes.length > 0) {
    notes.push(`outputs that are left out: ${others.join(', ')}; --output takes another`);
  }
  const pooled = chosen.find(({ wanted }) => wanted === EMBEDDINGS);
  if (pooled !== undefined)
    notes.push(`output '${pooled.value.name}' is the vector of a text, pooled by the graph`);
  return notes;
}

function missing(graph: OnnxGraph, names: readonly string[], task: TaskName): ToolchainError {
  const has = graph.output.map(({ name }) => name).join(', ');
  return unsupported(
    `For ${task} the export needs an output ${names[0]}; it has ${has}. If one of them is meant, name it with --output.`,
  );
}

function severalMeant({ role }: Wanted, fitting: readonly OnnxValueInfo[]): ToolchainError {
  const names = fitting.map(({ name }) => name).join(', ');
  return new ToolchainError(
    'SOURCE_INVALID',
    `Several outputs could be the ${role}: ${names}. Say which with --output.`,
  );
}

function unsupported(message: string): ToolchainError {
  return new ToolchainError('SOURCE_UNSUPPORTED', message);
}
