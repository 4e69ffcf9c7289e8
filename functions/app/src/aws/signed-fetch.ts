/** Requests to an endpoint that IAM guards, such as that of a web function or of KMS: signed with the credentials of the process. */
import { Sha256Node } from '@smithy/core/checksum';
import { SignatureV4 } from '@smithy/signature-v4';

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

export interface Signer {
  /** Such as `lambda`: the service that checks the signature. */
  readonly service: string;
  /** @default - that of the environment */
  readonly region?: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Read at each request, because they end. @default - those of the environment, as a function has them */
  readonly credentials?: () => Promise<Credentials>;
}

export interface SentRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Fetches `url` with GET, or with POST where something is sent; rejects with what the network said. */
export type FetchSigned = (url: URL, signal: AbortSignal, sent?: SentRequest) => Promise<Response>;

/**
 * Signs with Signature Version 4. The header `x-amz-content-sha256`, without which a web function answers 403, is among what
 * is signed. The credentials are read at each request, because Lambda may renew them.
 */
export function signedFetch({ service, environment, region, credentials }: Signer): FetchSigned {
  const { AWS_REGION = '' } = environment;
  const signer = new SignatureV4({
    service,
    region: region ?? AWS_REGION,
    sha256: Sha256Node,
    credentials: credentials ?? (async () => credentialsOf(environment)),
  });
  return async (url, signal, sent) => {
    const method = sent === undefined ? 'GET' : 'POST';
    const { headers } = await signer.sign({
      method,
      protocol: url.protocol,
      hostname: url.hostname,
      path: url.pathname,
      headers: { ...sent?.headers, host: url.host },
      ...(sent && { body: sent.body }),
    });
    return fetch(url, { method, headers, signal, ...(sent && { body: sent.body }) });
  };
}

function credentialsOf(environment: Signer['environment']): Credentials {
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = environment;
  return {
    accessKeyId: AWS_ACCESS_KEY_ID ?? '',
    secretAccessKey: AWS_SECRET_ACCESS_KEY ?? '',
    ...(AWS_SESSION_TOKEN !== undefined && { sessionToken: AWS_SESSION_TOKEN }),
  };
}
