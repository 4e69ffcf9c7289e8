/** A judge knows one kind of rows: how they are read, how a model answers them, and which metrics that makes. */
import type { BulkModel } from '@pilotlight/engine';
import { explainIssue } from '@pilotlight/model-format/errors';
import type * as z from 'zod';
import { type Row, refuseRow } from '../dataset/read-rows.ts';
import type { EvaluationReport } from '../report-schema.ts';

/** A row that can be asked. */
export interface Example<Gold = unknown> {
  readonly line: number;
  /** The row as a reader sees it in a list of mistakes. */
  readonly shown: string;
  /** The right answer, as a reader sees it. */
  readonly shownGold: string;
  readonly input: unknown;
  readonly gold: Gold;
}

/** What a model made of a row. */
export interface Answer<Facts = unknown> {
  /** As a reader sees it. Two models agree on a row where this is the same. */
  readonly shown: string;
  /** @default - answers of this kind are not right or wrong, but better or worse */
  readonly isRight?: boolean;
  /** How sure the model is, 0 to 1. @default - it does not say */
  readonly confidence?: number;
  /** How bad a mistake it is: the most is shown first. */
  readonly badness: number;
  /** Tokens of the input; characters where they are not known. */
  readonly size: number;
  /** What metrics are made of. */
  readonly facts: Facts;
}

export type Metrics = ReadonlyMap<string, number>;
export type Details = Pick<EvaluationReport, 'labels' | 'confusion' | 'calibration'>;

export interface Judge<Gold = unknown, Facts = unknown> {
  /** Field by field, the rows that it reads, for the message to who has others: `{"text", "label"}`. */
  readonly rows: string;
  /** Reads rows; most often each is an example. @throws LifecycleError DATASET_INVALID with line and field */
  read(rows: readonly Row[], file: string): readonly Example<Gold>[];
  /** Asks the model. A row that it refuses is a wrong answer of it. @throws EngineError where it can answer nothing any more */
  answer(examples: readonly Example<Gold>[]): Promise<readonly Answer<Facts>[]>;
  /** The metrics of any of the rows, by name; the same names each time. */
  measure(facts: readonly Facts[]): Metrics;
  /** More than numbers, of all rows. */
  describe?(facts: readonly Facts[]): Details;
  /** Whether sizes are tokens. */
  readonly countsTokens: boolean;
}

/** A model, and what was chosen for it. */
export interface JudgeOptions {
  readonly model: BulkModel;
  /** Parameters of each call, beside those that the judge needs. */
  readonly parameters: Readonly<Record<string, unknown>>;
}

/** Reads one row by a schema. @throws LifecycleError DATASET_INVALID with line and field */
export function parseRow<Schema extends z.ZodType>(
  schema: Schema,
  { line, fields }: Row,
  file: string,
): z.infer<Schema> {
  const parsed = schema.safeParse(fields);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw refuseRow(file, line, `${issue?.path.join('.') || 'it'} ${explainIssue(issue)}`);
}

/** Forgets the types of golds and facts, which a judge hands to itself only. */
export function eraseJudge<Gold, Facts>(judge: Judge<Gold, Facts>): Judge {
  const { describe } = judge;
  return {
    rows: judge.rows,
    countsTokens: judge.countsTokens,
    read: (rows, file) => judge.read(rows, file),
    answer: (examples) => judge.answer(examples as readonly Example<Gold>[]),
    measure: (facts) => judge.measure(facts as readonly Facts[]),
    ...(describe && { describe: (facts) => describe(facts as readonly Facts[]) }),
  };
}
