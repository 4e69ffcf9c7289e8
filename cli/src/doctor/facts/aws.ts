/** Facts about AWS: whether credentials are found, the region, and what time it is there. Nothing of a credential leaves this file. */
import { S3Client } from '@aws-sdk/client-s3';
import type { AwsFacts, ClockFacts } from '../facts.ts';

/** The SDK also asks the metadata of an instance, which answers at once or not at all. */
const LIMIT_MS = 4_000;

export async function readAws(): Promise<AwsFacts> {
  const client = new S3Client({});
  try {
    const region = await within(client.config.region()).catch(() => undefined);
    try {
      const { expiration } = await within(client.config.credentials());
      return {
        credentials: whereFound(process.env),
        expires: expiration?.getTime(),
        fault: undefined,
        region,
      };
    } catch (error) {
      return { credentials: undefined, expires: undefined, fault: reason(error), region };
    }
  } finally {
    client.destroy();
  }
}

/** The first of the SDK's chain that is there. */
export function whereFound(environment: Readonly<Record<string, string | undefined>>): string {
  const { AWS_ACCESS_KEY_ID, AWS_PROFILE, AWS_WEB_IDENTITY_TOKEN_FILE } = environment;
  if (AWS_PROFILE) return `in the profile ${AWS_PROFILE}`;
  if (AWS_ACCESS_KEY_ID) return 'in the environment';
  if (AWS_WEB_IDENTITY_TOKEN_FILE) return 'by the token of a web identity';
  if (environment.AWS_CONTAINER_CREDENTIALS_RELATIVE_URI ?? environment.AWS_CONTAINER_CREDENTIALS_FULL_URI)
    return 'of the container';
  return 'in the profile default, or of the instance';
}

function reason(error: unknown): string {
  const line = (error instanceof Error ? error.message : String(error)).split('\n', 1)[0] ?? '';
  return /[A-Za-z0-9/+]{40}/.test(line) ? 'the SDK refused them' : line.replace(/\.$/, '');
}

async function within<Result>(work: Promise<Result>): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${LIMIT_MS / 1000} s`)), LIMIT_MS);
  });
  try {
    return await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
  }
}

/** Compares the clock with the header Date of S3, which counts whole seconds; anybody may ask for it. */
export async function readClock(region: string | undefined): Promise<ClockFacts> {
  const own = process.env.AWS_ENDPOINT_URL_S3 ?? process.env.AWS_ENDPOINT_URL;
  const url = URL.parse(own ?? `https://s3.${region ?? 'us-east-1'}.amazonaws.com/`);
  if (url === null) return { skewMs: undefined, asked: 'AWS_ENDPOINT_URL_S3 is no address' };
  const before = Date.now();
  try {
    const { headers } = await fetch(url, {
      method: 'HEAD',
      signal: AbortSignal.timeout(LIMIT_MS),
      redirect: 'manual',
    });
    const after = Date.now();
    return { skewMs: skewOf(headers.get('date'), before, after), asked: url.host };
  } catch {
    return { skewMs: undefined, asked: `${url.host} cannot be reached` };
  }
}

/** Milliseconds that the clock was ahead, in the middle of the request; undefined for a date that is none. */
export function skewOf(date: string | null, before: number, after: number): number | undefined {
  const theirs = Date.parse(date ?? '');
  return Number.isNaN(theirs) ? undefined : (before + after) / 2 - (theirs + 500);
}
