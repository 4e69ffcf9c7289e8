import type { CommandLine, Options } from '../../kit/options.ts';
import { COMMON, QUIET } from '../options.ts';

export const REGISTRY = {
  registry: {
    type: 'string',
    value: 'S3',
    help: 'the registry: s3://BUCKET or s3://BUCKET/PREFIX',
    otherwise: 'PILOTLIGHT_REGISTRY',
  },
} as const satisfies Options;

const { packages, json } = COMMON;
const WHO = {
  who: {
    type: 'string',
    value: 'NAME',
    help: 'who does it, for the history',
    otherwise: 'the actor of a GitHub workflow, else the user.email of git, else the user of this machine',
  },
} as const satisfies Options;
const MAY_SAY_WHY = {
  because: { type: 'string', value: 'TEXT', help: 'why, for the history' },
} as const satisfies Options;
const SAYS_WHY = {
  because: { type: 'string', value: 'TEXT', help: 'why, for the history; it must be given' },
} as const satisfies Options;
const ALIAS = {
  alias: { type: 'string', value: 'NAME', default: 'prod', help: 'the alias' },
} as const satisfies Options;

export const PUSH = { ...MAY_SAY_WHY, ...REGISTRY, ...WHO, packages, json, ...QUIET };
export const PULL = { ...REGISTRY, packages, json, ...QUIET };
export const PROMOTE = {
  to: {
    type: 'string',
    value: 'ALIAS',
    help: 'the alias: prod, canary, shadow, or a name of your own; it must be given',
  },
  ...SAYS_WHY,
  share: {
    type: 'string',
    value: 'NUMBER',
    help: 'the share of the calls of prod that a canary answers, or a shadow reads: 0 to 1',
  },
  report: { type: 'string', value: 'FILE', help: 'the report that models eval --out wrote, with its gates' },
  ...REGISTRY,
  ...WHO,
  json,
  ...QUIET,
} as const satisfies Options;
export const RETIRE = {
  alias: { type: 'string', value: 'NAME', help: 'the alias; it must be given' },
  ...SAYS_WHY,
  ...REGISTRY,
  ...WHO,
  json,
} as const satisfies Options;
export const REQUIRE = {
  ...ALIAS,
  dataset: {
    type: 'string',
    value: 'FILE',
    help: 'the dataset on which the gates must be passed: a file, or its sha256',
    otherwise: 'any dataset, also an easier one',
  },
  ...SAYS_WHY,
  ...REGISTRY,
  ...WHO,
  json,
} as const satisfies Options;
export const ROLLBACK = {
  ...ALIAS,
  from: {
    type: 'string',
    value: 'VERSION',
    help: 'the version to leave; nothing is done where the alias means another one',
  },
  ...SAYS_WHY,
  ...REGISTRY,
  ...WHO,
  json,
} as const satisfies Options;
export const HISTORY = { ...REGISTRY, json };
export const GC = {
  keep: {
    type: 'string',
    value: 'NUMBER',
    default: '5',
    help: 'versions of each model that stay: those that were pushed last',
  },
  'older-than': {
    type: 'string',
    value: 'DAYS',
    default: '90',
    help: 'days for which nothing is removed after it was pushed, or after an alias meant it',
  },
  grace: {
    type: 'string',
    value: 'HOURS',
    default: '24',
    help: 'hours after which a push that has not ended is taken for interrupted',
  },
  'dry-run': { type: 'boolean', help: 'tell what would be removed, and remove nothing' },
  ...MAY_SAY_WHY,
  ...REGISTRY,
  ...WHO,
  json,
} as const satisfies Options;

export type PushLine = CommandLine<typeof PUSH>;
export type PullLine = CommandLine<typeof PULL>;
export type PromoteLine = CommandLine<typeof PROMOTE>;
export type RetireLine = CommandLine<typeof RETIRE>;
export type RequireLine = CommandLine<typeof REQUIRE>;
export type RollbackLine = CommandLine<typeof ROLLBACK>;
export type HistoryLine = CommandLine<typeof HISTORY>;
export type GcLine = CommandLine<typeof GC>;
