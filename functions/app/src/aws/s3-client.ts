import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';

/** How long a connection may take, and how long an answer may pause before it counts as broken. */
const CONNECT_MS = 5_000;
const SILENCE_MS = 20_000;
/** 500, 503 and broken connections are tried again so often, with growing pauses. */
const ATTEMPTS = 8;

/** Fields of S3's errors. Errors are logged, and the keys of jobs have their ids, which nobody may know but the client. */
const NAMES_OF_OBJECTS = ['Key', 'Resource'];

/**
 * A client for the region and endpoint of the environment; one of our own endpoint wants bucket names in paths.
 *
 * @param settings - those of the SDK that differ from what long-lived functions want
 */
export function createS3Client(
  environment: Readonly<Record<string, string | undefined>>,
  settings: Pick<S3ClientConfig, 'maxAttempts' | 'followRegionRedirects'> = {},
): S3Client {
  const ownEndpoint = environment.AWS_ENDPOINT_URL_S3 ?? environment.AWS_ENDPOINT_URL;
  const client = new S3Client({
    maxAttempts: ATTEMPTS,
    forcePathStyle: ownEndpoint !== undefined,
    ...(ownEndpoint === undefined ? {} : { endpoint: ownEndpoint }),
    requestHandler: { connectionTimeout: CONNECT_MS, socketTimeout: SILENCE_MS },
    ...settings,
  });
  client.middlewareStack.add(
    (next) => async (request) => {
      try {
        return await next(request);
      } catch (error) {
        if (error instanceof Error) for (const name of NAMES_OF_OBJECTS) Reflect.deleteProperty(error, name);
        throw error;
      }
    },
    { step: 'initialize', name: 'keepKeysOutOfErrors' },
  );
  return client;
}
