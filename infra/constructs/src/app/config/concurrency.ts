/** Invocations at once that a deployment takes of those that Lambda allows the account in the region. */
import { type ColdStart, readCapacity, readMaximum } from '../../function/cold-start/schema.ts';

/** AWS's default quota. New accounts begin with 10 or 50, and get more when they ask. */
export const DEFAULT_ACCOUNT_CONCURRENCY = 1000;
/**
 * "You can reserve up to the Unreserved account concurrency value minus 100", and keep ready no more than that either.
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
 */
const KEPT_BY_LAMBDA = 100;

interface Reserving {
  readonly lambda: { readonly reservedConcurrency?: number };
}

/** The part of `upload` that decides how many invocations it takes. */
interface Upload extends Reserving {
  readonly queue: { readonly maxConcurrency: number };
  readonly distributed?: { readonly maxConcurrency: number };
}

/** The part of a configuration that decides how many invocations it takes. */
interface Takers {
  readonly functions: Readonly<Record<string, Reserving & { readonly coldStart: ColdStart }>>;
  readonly upload?: Upload;
  readonly accountConcurrency: number;
}

/**
 * Reserves as many invocations for the batch function as files and backfills may ask for at once. Without backfills nothing is
 * reserved, because the queue takes no more than its `maxConcurrency`, and new accounts have too few to reserve any.
 */
export function reservedForBatch({ lambda, queue, distributed }: Upload): number | undefined {
  return lambda.reservedConcurrency ?? (distributed && queue.maxConcurrency + distributed.maxConcurrency);
}

/** Says how many the account must have, where that is more than it has, because what is taken is gone for everything else. */
export function explainConcurrency({ functions, upload, accountConcurrency }: Takers): string | undefined {
  const ofBatch = upload && reservedForBatch(upload);
  const reserved = [
    ...Object.entries(functions).map(
      ([name, { lambda, coldStart }]) => [name, lambda.reservedConcurrency ?? keptReady(coldStart)] as const,
    ),
    ['upload', ofBatch ?? 0] as const,
  ].filter(([, environments]) => environments > 0);
  const ofFiles = upload && ofBatch === undefined ? upload.queue.maxConcurrency : 0;
  const rest = Math.max(reserved.length > 0 ? KEPT_BY_LAMBDA : 0, ofFiles > 0 ? ofFiles + 1 : 0);
  const needed = reserved.reduce((sum, [, environments]) => sum + environments, rest);
  if (needed <= accountConcurrency) return undefined;
  const shares = [
    ...reserved.map(([name, environments]) => `${environments} for ${name}`),
    `${rest} for functions that reserve none${ofFiles > 0 ? `, of which upload takes ${ofFiles}` : ''}`,
  ];
  return `must be ${needed} or more: ${shares.join(', ')}. Set it to the quota that the account has, have the quota raised, or take less`;
}

function keptReady(coldStart: ColdStart): number {
  if (coldStart.kind !== 'provisioned') return 0;
  const windows = coldStart.schedules?.windows ?? [];
  return Math.max(readCapacity(coldStart).max, ...windows.map((window) => readMaximum(window, coldStart)));
}
