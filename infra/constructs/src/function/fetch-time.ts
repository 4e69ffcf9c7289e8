/** Says at synth which models cannot be fetched from S3 in the time that Lambda gives a function to start. */
import { megabytes, type Placement } from '@pilotlight/layers/internal/models/index';
import { sumOfBytes } from '@pilotlight/model-format';
import { InfraError } from '../common/errors.ts';
import type { ColdStart } from './cold-start/schema.ts';

/** The facts of a function that decide how long a fetch may take. */
export interface FetchingFunction {
  readonly placement: Placement;
  readonly timeoutSeconds: number;
  /** @default - the function is of a kind that has no measures */
  readonly coldStart?: ColdStart['kind'];
}

/**
 * Bytes a second that S3 brings into one function: users measured 400 to 700 Mbit/s, whatever the number of connections. What
 * AWS promises is not documented, so the warning takes the slow end of it, and the refusal more than anybody had for long.
 */
const SLOW_BYTES = 50_000_000;
const FAST_BYTES = 100_000_000;

/**
 * "The Init phase is limited to 10 seconds. If [it does not end in time], Lambda retries the Init phase at the time of the first
 * function invocation with the configured function timeout"; it may take 130 s and more in environments that are kept ready.
 * https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
 */
const INIT_SECONDS = 10;

/**
 * @returns a warning, in a sentence, where the fetch takes longer than an init phase may
 * @throws InfraError UNSUPPORTED_PLACEMENT where it takes longer than an invocation may, and nothing keeps environments ready
 */
export function checkFetchTime({
  placement,
  timeoutSeconds,
  coldStart,
}: FetchingFunction): string | undefined {
  if (placement.kind !== 's3') return undefined;
  const bytes = sumOfBytes(placement.fetched);
  const what = `The models to fetch from S3 have ${megabytes(bytes)}`;
  const remedy = `${REMEDIES}${coldStart === undefined ? '' : ", or keep environments ready with coldStart 'provisioned'"}.`;
  if (bytes > FAST_BYTES * timeoutSeconds && coldStart !== 'provisioned') {
    throw new InfraError(
      'UNSUPPORTED_PLACEMENT',
      `${what}, of which ${megabytes(FAST_BYTES * timeoutSeconds)} at most arrive in the ${timeoutSeconds} s of an invocation, so the function would never start. ${remedy}`,
    );
  }
  if (bytes <= SLOW_BYTES * INIT_SECONDS) return undefined;
  const seconds = Math.ceil(bytes / SLOW_BYTES);
  return (
    `${what}, which may take ${seconds} s. Lambda ends the init phase of an environment that is not kept ready after ` +
    `${INIT_SECONDS} s and begins again within its first invocation, of at most ${timeoutSeconds} s. ${remedy}`
  );
}

const REMEDIES =
  "Serve a smaller variant, divide the models among functions, or set packages.placement to 'image'";
