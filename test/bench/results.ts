import type { Curve } from '@pilotlight/lifecycle/internal/report/line-chart';
import type { Stack } from '@pilotlight/lifecycle/internal/report/stacked-bars';
import type { Measurement } from './arguments.ts';
import type { Machine } from './machine.ts';
import type { Spread } from './statistics.ts';

export type { Curve, Stack };

export type Unit =
  | 'ms'
  | 's'
  | 'texts/s'
  | 'tokens/s'
  | 'MiB'
  | 'MB'
  | 'GB-s'
  | 'requests'
  | 'environments'
  | 'texts'
  | 'streams'
  | 'cores'
  | 'cosine'
  | '%'
  | 'x';

/** The samples of one subject, in the order of the rounds. */
export interface Series {
  readonly subject: string;
  readonly metric: string;
  readonly unit: Unit;
  readonly samples: readonly number[];
  /** What was done, where several metrics of it stand side by side in one row of a table. */
  readonly row?: string;
}

/** Two series set against each other, pair by pair. */
export interface Comparison {
  readonly name: string;
  readonly unit: Unit;
  readonly value: Spread;
  /** The project's promise for this figure, in words. */
  readonly target?: string;
  readonly met?: boolean;
}

/** A plot that a measurement draws by itself. */
export interface Chart {
  /** The end of the name of its file. */
  readonly name: string;
  readonly title: string;
  readonly x: string;
  readonly y: string;
  readonly curves: readonly Curve[];
}

export interface Result {
  readonly measurement: Measurement;
  readonly model: string;
  readonly rounds: number;
  readonly threads: number;
  readonly machine: Machine;
  readonly series: readonly Series[];
  readonly comparisons: readonly Comparison[];
  readonly stacks?: readonly Stack[];
  readonly curves?: readonly Curve[];
  /** Curves of milliseconds, where `curves` are of something else. */
  readonly latencies?: readonly Curve[];
  readonly charts?: readonly Chart[];
  /** Notes that a reader needs to judge the figures. */
  readonly notes: readonly string[];
}

/** The result of a measurement; its caller adds where and when it was taken. */
export type Measured = Pick<
  Result,
  'series' | 'comparisons' | 'stacks' | 'curves' | 'latencies' | 'charts' | 'notes'
>;
