/** What processes are asked for in every round, and where the figures of it are kept. */
import { Random } from '../../fixtures/random.ts';
import { SEED } from '../measure/context.ts';

export const SIZES = [1, 8, 32] as const;
export const BEAMS = 4;
/** Tokens of a prompt or source, and those that are generated. */
export const PROMPT = 32;
export const TOKENS = 64;

export interface Cell {
  readonly texts: (typeof SIZES)[number];
  readonly beams: 1 | typeof BEAMS;
}

export const CELLS: readonly Cell[] = ([1, BEAMS] as const).flatMap((beams) =>
  SIZES.map((texts) => ({ texts, beams })),
);

interface Labelled {
  readonly label: string;
}

export const cellRow = ({ label }: Labelled, { texts, beams }: Cell): string =>
  `${label}: ${texts === 1 ? 'one text' : `${texts} texts`}${beams === 1 ? '' : `, ${beams} beams`}`;

/** Calls of as many tokens as each wants, of which so many are generated at once. */
export const CALLS = { count: 24, slots: 8, least: 8, most: 64 } as const;
export const CALL_WAYS = {
  continuous: 'each call joins as soon as another has ended',
  static: 'a batch begins when the one before has ended',
  padded: 'the same, and all of a batch run on until its longest has ended',
} as const;
export type CallWay = keyof typeof CALL_WAYS;
export const callsRow = ({ label }: Labelled, way: CallWay): string =>
  `${label}: ${CALLS.count} calls of ${CALLS.least} to ${CALLS.most} tokens, ${CALLS.slots} at once; ${CALL_WAYS[way]}`;

export const DIVIDED_TEXTS = 16;
export const PROCESS_WAYS = { one: 'one process', two: 'two processes, half of the texts each' } as const;
export type ProcessWay = keyof typeof PROCESS_WAYS;
export const processesRow = ({ label }: Labelled, way: ProcessWay): string =>
  `${label}: ${DIVIDED_TEXTS} texts, ${BEAMS} beams, ${PROCESS_WAYS[way]}`;

/** Calls of one token, one after the other, whose prompts begin alike; more calls before them are not timed. */
export const PREFIXED = { calls: 16, before: 3, shared: 256, own: 12, bytes: 200_000_000 } as const;
export const PREFIX_WAYS = { kept: 'first tokens kept', whole: 'read anew' } as const;
export type PrefixWay = keyof typeof PREFIX_WAYS;
export const prefixRow = ({ label }: Labelled, way: PrefixWay): string =>
  `${label}: first token of prompts with ${PREFIXED.shared} tokens alike and ${PREFIXED.own} of their own, ${PREFIX_WAYS[way]}`;

export const STREAMS = 16;
export const streamsRow = ({ label }: Labelled): string => `${label}: ${STREAMS} streams at once`;

export type Metric = 'rate' | 'CPU' | 'RSS' | 'first p50' | 'first p99' | 'next p50' | 'next p99' | 'limit';

export const sampleName = (row: string, metric: Metric, subject: string): string =>
  `${row}\t${metric}\t${subject}`;

/** Prompts of random words, none of them the last, which ends a text. */
export function makePrompts(count: number, vocabulary: number): readonly (readonly number[])[] {
  const random = new Random(SEED.generate);
  return Array.from({ length: count }, () => makeWords(random, PROMPT, vocabulary));
}

/** Prompts that begin alike. */
export function makePrefixed(vocabulary: number): readonly (readonly number[])[] {
  const random = new Random(SEED.generate + 2);
  const shared = makeWords(random, PREFIXED.shared, vocabulary);
  return Array.from({ length: PREFIXED.before + PREFIXED.calls }, () => [
    ...shared,
    ...makeWords(random, PREFIXED.own, vocabulary),
  ]);
}

function makeWords(random: Random, count: number, vocabulary: number): readonly number[] {
  return Array.from({ length: count }, () => 1 + random.below(vocabulary - 2));
}

export function makeLengths(): readonly number[] {
  const random = new Random(SEED.generate + 1);
  const { count, least, most } = CALLS;
  return Array.from({ length: count }, () => least + random.below(most - least + 1));
}
