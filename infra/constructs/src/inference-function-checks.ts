import { closest } from '@pilotlight/model-format/errors';
import { InfraError } from './errors.ts';

/** Variables that the construct sets, and the prop to set instead. */
const OWNED: Readonly<Record<string, string>> = {
  PILOTLIGHT_MODELS_DIR: 'packagesFolder',
  PILOTLIGHT_PRELOAD_MODELS: 'models',
  PILOTLIGHT_REMOTE_PACKAGES: 'models',
  PILOTLIGHT_REMOTE_FOLDER: 'models',
  PILOTLIGHT_VARIANT: 'variant',
  PILOTLIGHT_SERVER: 'container',
  PILOTLIGHT_JOB_QUEUE_URL: 'container',
  PILOTLIGHT_JOB_BUCKET: 'container',
  PILOTLIGHT_JOB_PREFIX: 'container',
};
const MEMORY_MEGABYTES = { min: 128, max: 10_240 } as const;
const ALIAS_NAME = /^(?!\d+$)[\w-]{1,128}$/;

/** What Lambda would refuse, or what would keep the function from starting. */
export interface CheckedProps {
  readonly models: readonly string[];
  readonly memoryMegabytes: number;
  readonly reservedConcurrency?: number | undefined;
  readonly environment?: Readonly<Record<string, string>> | undefined;
}

/** @throws InfraError INVALID_PROPS with one sentence. */
export function checkProps(props: CheckedProps): void {
  const { models, memoryMegabytes, reservedConcurrency, environment = {} } = props;
  if (models.length === 0) throw invalid('models is empty: name at least one, such as sentiment.');
  const { min, max } = MEMORY_MEGABYTES;
  if (!Number.isInteger(memoryMegabytes) || memoryMegabytes < min || memoryMegabytes > max) {
    throw invalid(`memoryMegabytes is ${memoryMegabytes}; Lambda has whole numbers from ${min} to 10,240.`);
  }
  if (
    reservedConcurrency !== undefined &&
    !(Number.isInteger(reservedConcurrency) && reservedConcurrency > 0)
  ) {
    throw invalid(`reservedConcurrency is ${reservedConcurrency}; it must be a whole number above 0.`);
  }
  const owned = Object.keys(environment).find((name) => name in OWNED);
  if (owned)
    throw invalid(`environment has ${owned}, which the construct sets: use ${OWNED[owned]} instead.`);
}

/** Weights are used where they lie, in the function's memory. @throws InfraError INVALID_PROPS */
export function checkMemory(memoryMegabytes: number, modelBytes: number): void {
  const megabytes = Math.ceil(modelBytes / 2 ** 20);
  if (megabytes < memoryMegabytes) return;
  throw invalid(
    `The models have ${megabytes} MB and the function ${memoryMegabytes} MB of memory: give it more than the models have.`,
  );
}

/** Provisioned concurrency has a check of its own for `$LATEST`. @throws InfraError INVALID_PROPS */
export function checkAliasName(name: string): void {
  if (ALIAS_NAME.test(name)) return;
  throw invalid(
    `aliasName is ${JSON.stringify(name)}; an alias has letters, digits, - and _, and not digits alone.`,
  );
}

/** @throws InfraError INVALID_PROPS that names the nearest option. */
export function checkOption(prop: string, value: string, options: readonly string[]): void {
  if (options.includes(value)) return;
  const meant = closest(value, options);
  const hint = meant === undefined ? `it must be one of ${options.join(', ')}.` : `did you mean ${meant}?`;
  throw invalid(`${prop} is ${JSON.stringify(value)}; ${hint}`);
}

const invalid = (message: string): InfraError => new InfraError('INVALID_PROPS', message);
