import type { Duration } from 'aws-cdk-lib';
import { checkBatchEnvironment } from './environment-checks.ts';
import { InfraError } from './errors.ts';

export interface CheckedUploadPipeline {
  readonly timeout: Duration;
  readonly maxConcurrency: number;
  readonly batchSize: number;
  readonly environment?: Readonly<Record<string, string>>;
}

/** What SQS and Lambda would refuse, or what would keep the function from its bucket. @throws InfraError INVALID_PROPS */
export function checkUploadPipeline(props: CheckedUploadPipeline): void {
  const { timeout, maxConcurrency, batchSize, environment = {} } = props;
  within('timeout', timeout.toSeconds({ integral: false }), 30, 900, ' seconds');
  within('maxConcurrency', maxConcurrency, 2, 1000);
  within('batchSize', batchSize, 1, 10);
  const owned = OWNED.find((name) => name in environment);
  if (owned) throw new InfraError('INVALID_PROPS', `environment has ${owned}, which the construct sets.`);
  checkBatchEnvironment(environment);
}

const OWNED = [
  'PILOTLIGHT_BATCH_QUEUE_URL',
  'PILOTLIGHT_BATCH_BUCKET',
  'PILOTLIGHT_BATCH_INPUT_PREFIX',
  'PILOTLIGHT_BATCH_OUTPUT_PREFIX',
];

function within(prop: string, value: number, min: number, max: number, unit = ''): void {
  if (Number.isInteger(value) && value >= min && value <= max) return;
  throw new InfraError('INVALID_PROPS', `${prop} is ${value}${unit}; it must be ${min} to ${max}.`);
}
