/** A predictor of any task whose tokenizer is a real one, of few words, and whose graph is a function of token ids. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Axis, OnnxManifest, TaskName } from '@pilotlight/model-format';
import type { Feeds, OutputRole, Outputs, Session, Tensor } from '../../../../layers/engine/src/ports.ts';
import type { Predictor } from '../../../../layers/engine/src/predict/predictor.ts';
import { createRustTokenizer } from '../../../../layers/engine/src/tokenizer/rust-tokenizer.ts';
import { tokenizerJson } from '../../../fixtures/vocabulary.ts';
import { manifestOf, predictorOf } from '../fakes.ts';

/** Ids are places in this list: [CLS] is 2, [SEP] 3, [MASK] 4, `paris` 5. */
export const WORDS = [
  ...[
    '[PAD]',
    '[UNK]',
    '[CLS]',
    '[SEP]',
    '[MASK]',
    'paris',
    'rome',
    'is',
    'big',
    'old',
    'and',
    '##burg',
    '.',
  ],
];

/** One number for each cell: `[columns]`, or `[tokens][columns]`. */
export type Rows = readonly number[] | readonly (readonly number[])[];
export type Graph = (ids: readonly number[]) => Readonly<Partial<Record<OutputRole, Rows>>>;

interface TaskModel {
  readonly task: TaskName;
  readonly graph: Graph;
  readonly labels?: readonly string[];
  readonly taskDefaults?: OnnxManifest['taskDefaults'];
  readonly tokenBudget?: number;
  readonly maxTokens?: number;
}

export async function predictorFor(
  model: TaskModel,
): Promise<{ predictor: Predictor; session: GraphSession }> {
  const base = manifestOf();
  const { int8 } = base.variants;
  if (!int8) throw new TypeError('the fake manifest has an int8 variant');
  const roles = Object.entries(model.graph([2, 3]));
  const outputs = roles.map(([role, rows]) => {
    const inner: Axis[] = isMatrix(rows) ? ['tokens', 'hidden'] : ['labels'];
    return {
      name: role,
      role: role as OutputRole,
      type: 'float32' as const,
      axes: ['batch' as const, ...inner],
    };
  });
  const graphs = { model: { ...int8.graphs.model, outputs } };
  const textProcessing = {
    ...base.textProcessing,
    vocabSize: WORDS.length,
    maxTokens: model.maxTokens ?? 16,
  };
  const manifest = manifestOf({
    task: model.task,
    labels: [...(model.labels ?? [])],
    textProcessing,
    variants: { int8: { ...int8, graphs, tokenBudget: model.tokenBudget ?? 64 } },
    ...(model.taskDefaults && { taskDefaults: model.taskDefaults }),
  });
  const folder = await mkdtemp(join(tmpdir(), 'pilotlight-task-'));
  const file = join(folder, 'tokenizer.json');
  await writeFile(file, JSON.stringify(tokenizerJson(WORDS)));
  const tokenizer = await createRustTokenizer({ path: () => file }, textProcessing).finally(() =>
    rm(folder, { recursive: true }),
  );
  const session = new GraphSession(model.graph);
  return { predictor: predictorOf({ manifest, session, tokenizer }), session };
}

const isMatrix = (rows: Rows | undefined): rows is readonly (readonly number[])[] => Array.isArray(rows?.[0]);

/** Runs the function on each row; where a row is padded, its cells are far out, so that one that is read shows. */
export class GraphSession implements Session {
  ended = false;
  runs = 0;
  readonly #graph: Graph;

  constructor(graph: Graph) {
    this.#graph = graph;
  }

  async run({ input_ids, attention_mask }: Feeds): Promise<Outputs> {
    this.runs += 1;
    const [rows = 0, tokens = 0] = input_ids?.dims ?? [];
    const texts = Array.from({ length: rows }, (_, row) => {
      const places = Array.from({ length: tokens }, (_, token) => row * tokens + token);
      return places
        .filter((i) => attention_mask?.data[i] === 1n)
        .map((i) => Number(input_ids?.data[i] ?? 0n));
    });
    const results = texts.map((ids) => this.#graph(ids));
    const roles = Object.keys(results[0] ?? {}) as OutputRole[];
    return Object.fromEntries(
      roles.map((role) => [
        role,
        stack(
          results.map((own) => own[role]),
          tokens,
        ),
      ]),
    );
  }

  async dispose(): Promise<void> {
    this.ended = true;
  }
}

function stack(rows: readonly (Rows | undefined)[], tokens: number): Tensor {
  const [first] = rows;
  if (!isMatrix(first)) {
    const data = rows.flatMap((row) => (row ?? []) as readonly number[]);
    return { dims: [rows.length, first?.length ?? 0], data: Float32Array.from(data) };
  }
  const columns = first[0]?.length ?? 0;
  const data = new Float32Array(rows.length * tokens * columns).fill(1e9);
  for (const [row, matrix] of rows.entries()) {
    data.set((matrix as readonly (readonly number[])[]).flat(), row * tokens * columns);
  }
  return { dims: [rows.length, tokens, columns], data };
}
