/** Requests to an endpoint that IAM guards, such as that of a web function: signed with the credentials of the function. */
import { Sha256Node } from '@smithy/core/checksum';
import { SignatureV4 } from '@smithy/signature-v4';

export interface Signer {
  /** Such as `lambda`: the service that checks the signature. */
  readonly service: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** Fetches `url` with GET; rejects with what the network said. */
export type FetchSigned = (url: URL, signal: AbortSignal) => Promise<Response>;

/**
 * Signs with Signature Version 4. The header `x-amz-content-sha256`, without which a web function answers 403, is among what
 * is signed. The credentials are read at each request, because Lambda may renew them.
 */
export function signedFetch({ service, environment }: Signer): FetchSigned {
  const { AWS_REGION: region = '' } = environment;
  const signer = new SignatureV4({
    service,
    region,
    sha256: Sha256Node,
    credentials: async () => credentialsOf(environment),
  });
  return async (url, signal) => {
    const { headers } = await signer.sign({
      method: 'GET',
      protocol: url.protocol,
      hostname: url.hostname,
      path: url.pathname,
      headers: { host: url.host },
    });
    return fetch(url, { headers, signal });
  };
}

function credentialsOf(environment: Signer['environment']) {
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = environment;
  return {
    accessKeyId: AWS_ACCESS_KEY_ID ?? '',
    secretAccessKey: AWS_SECRET_ACCESS_KEY ?? '',
    ...(AWS_SESSION_TOKEN !== undefined && { sessionToken: AWS_SESSION_TOKEN }),
  };
}
