/** A key of AWS KMS that signs: its private half never leaves KMS. */
import { S3Client } from '@aws-sdk/client-s3';
import { PilotlightError } from '@pilotlight/model-format/errors';
import { retry } from '@pilotlight/model-format/internal/network/retry';
import * as z from 'zod/mini';
import { type FetchSigned, signedFetch } from './signed-fetch.ts';

type Environment = Readonly<Record<string, string | undefined>>;

const TIMEOUT_MS = 10_000;
const ATTEMPTS = 4;
/** Answers that another attempt may not get, beside those of 500 and above. https://docs.aws.amazon.com/kms/latest/APIReference/CommonErrors.html */
const TRANSIENT = /Throttling|LimitExceeded|DependencyTimeout|KMSInternal|ServiceUnavailable/;

const publicKeySchema = z.object({
  /** Its SubjectPublicKeyInfo in DER, as base64. */
  PublicKey: z.string(),
  SigningAlgorithms: z._default(z.array(z.string()), []),
});
const signedSchema = z.object({ Signature: z.string() });
const errorSchema = z.object({
  __type: z._default(z.string(), 'an error'),
  message: z.optional(z.string()),
  Message: z.optional(z.string()),
});

export interface KmsPublicKey {
  readonly spki: Buffer;
  readonly signingAlgorithms: readonly string[];
}

/** One key, by its ARN, the ARN of an alias, `alias/NAME` or its id. */
export class KmsKey {
  readonly #keyId: string;
  readonly #connect: () => Promise<{ readonly url: URL; readonly ask: FetchSigned }>;

  /** The region is that of an ARN, else that of the SDK, as credentials are: variables, profiles, roles. `AWS_ENDPOINT_URL_KMS` leads elsewhere. */
  constructor(keyId: string, environment: Environment = process.env) {
    this.#keyId = keyId;
    this.#connect = memoised(() => connect(keyId, environment));
  }

  /** @throws PilotlightError KMS_REFUSED, KMS_UNREACHABLE */
  async publicKey(): Promise<KmsPublicKey> {
    const { PublicKey, SigningAlgorithms } = await this.#call('GetPublicKey', {}, publicKeySchema);
    return { spki: Buffer.from(PublicKey, 'base64'), signingAlgorithms: SigningAlgorithms };
  }

  /** The signature of a message of at most 4,096 bytes. @throws PilotlightError KMS_REFUSED, KMS_UNREACHABLE */
  async sign(message: Buffer, algorithm: 'ED25519_SHA_512' | 'ECDSA_SHA_256'): Promise<Buffer> {
    const wanted = { Message: message.toString('base64'), MessageType: 'RAW', SigningAlgorithm: algorithm };
    const { Signature } = await this.#call('Sign', wanted, signedSchema);
    return Buffer.from(Signature, 'base64');
  }

  #call<Answer>(action: string, wanted: object, schema: z.ZodMiniType<Answer>): Promise<Answer> {
    return retry(() => this.#ask(action, wanted, schema), {
      ...{ attempts: ATTEMPTS, firstMs: 100, longestMs: 2_000 },
      isTransient: (error) => error instanceof KmsError && error.transient,
    });
  }

  async #ask<Answer>(action: string, wanted: object, schema: z.ZodMiniType<Answer>): Promise<Answer> {
    const { status, text } = await this.#post(action, wanted);
    const json = readJson(text);
    if (status === 200) {
      const parsed = schema.safeParse(json);
      if (parsed.success) return parsed.data;
      throw refused(action, 'its answer is not one of KMS');
    }
    const {
      __type: type,
      message,
      Message = message,
    } = errorSchema.safeParse(json).data ?? {
      __type: `status ${status}`,
    };
    const reason = [type.replace(/^.*#/, ''), Message].filter(Boolean).join(': ');
    throw refused(action, reason, status >= 500 || TRANSIENT.test(type));
  }

  async #post(action: string, wanted: object): Promise<{ readonly status: number; readonly text: string }> {
    const { url, ask } = await this.#connect();
    try {
      const answer = await ask(url, AbortSignal.timeout(TIMEOUT_MS), {
        headers: {
          'content-type': 'application/x-amz-json-1.1',
          'x-amz-target': `TrentService.${action}`,
        },
        body: JSON.stringify({ KeyId: this.#keyId, ...wanted }),
      });
      return { status: answer.status, text: await answer.text() };
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new KmsError(
        'KMS_UNREACHABLE',
        `KMS cannot be asked for ${action} at ${url.origin}: ${reason}. Look at the region and the credentials of this shell.`,
        { cause, transient: !/credential/i.test(reason) },
      );
    }
  }
}

/** An answer of KMS that is none, or the lack of one. */
class KmsError extends PilotlightError<'KMS_REFUSED' | 'KMS_UNREACHABLE'> {
  override readonly name = 'KmsError';
  /** Whether another attempt may succeed. */
  readonly transient: boolean;

  constructor(
    code: 'KMS_REFUSED' | 'KMS_UNREACHABLE',
    message: string,
    { transient, cause }: { readonly transient: boolean; readonly cause?: unknown },
  ) {
    super(code, message, { cause });
    this.transient = transient;
  }
}

async function connect(keyId: string, environment: Environment) {
  const sdk = new S3Client({});
  const region = /^arn:[\w-]+:kms:([\w-]+):/.exec(keyId)?.[1] ?? (await sdk.config.region());
  const host = `kms.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`;
  const url = new URL(environment.AWS_ENDPOINT_URL_KMS ?? environment.AWS_ENDPOINT_URL ?? `https://${host}/`);
  const ask = signedFetch({
    ...{ service: 'kms', region, environment },
    credentials: async () => {
      const { accessKeyId, secretAccessKey, sessionToken } = await sdk.config.credentials();
      return { accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) };
    },
  });
  return { url, ask };
}

function memoised<Result>(work: () => Promise<Result>): () => Promise<Result> {
  let done: Promise<Result> | undefined;
  return () => {
    done ??= work();
    return done;
  };
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function refused(action: string, reason: string, transient = false): KmsError {
  return new KmsError(
    'KMS_REFUSED',
    `KMS refused ${action}: ${reason}. The key must be for SIGN_VERIFY, and the caller may kms:GetPublicKey and kms:Sign with it.`,
    { transient },
  );
}
