/** The HTTP API in front of the functions. */

import { createPublicKey, type JsonWebKey } from 'node:crypto';
import { type RouteName, routes } from '@pilotlight/app/internal/routes';
import * as z from 'zod';
import { count, kmsKeyArn, nonEmpty, textLike } from '../common/fields.ts';

const routeNames = Object.keys(routes) as RouteName[];
const httpsUrl = textLike(/^https:\/\/[^\s/]+/, 'must begin with https://');
/** A secret's complete ARN ends in a hyphen and six characters. */
const SECRET_ARN = /^arn:[\w-]+:secretsmanager:[\w-]+:\d{12}:secret:.+-[A-Za-z0-9]{6}$/;

/** What a key may use; the function reads the same fields. */
export const quotasSchema = z.strictObject({
  requestsPerMinute: count
    .exactOptional()
    .describe('Predictions of each key in a minute of the clock. Default: any'),
  tokensPerDay: count
    .exactOptional()
    .describe('Tokens that models read for each key in a day of UTC. Default: any'),
});

/** The members of a public key that say how to check a signature: https://www.rfc-editor.org/rfc/rfc7517#section-4 */
const MEMBERS = ['kid', 'use', 'alg', 'n', 'e', 'crv', 'x', 'y'];
const publicKey = z
  .looseObject({
    kty: z
      .enum(['RSA', 'EC', 'OKP'], 'must be RSA, EC or OKP: the type of a public key')
      .describe('Type of the key'),
  })
  .refine((key) => !('d' in key), {
    error: 'must not have d, which is the private part of a key',
    abort: true,
  })
  .refine(
    isPublicKey,
    'must be a whole public key, RSA with 2048 bits at least: copy it anew from the JWKS of the issuer',
  )
  .transform(({ kty, ...others }) => ({
    kty,
    ...Object.fromEntries(Object.entries(others).filter(([member]) => MEMBERS.includes(member))),
  }));
/** A key that the authoriser could not use would have it fail at every request. */
function isPublicKey(jwk: JsonWebKey): boolean {
  try {
    const { asymmetricKeyDetails } = createPublicKey({ key: jwk, format: 'jwk' });
    return (asymmetricKeyDetails?.modulusLength ?? MIN_RSA_BITS) >= MIN_RSA_BITS;
  } catch {
    return false;
  }
}
/** https://www.rfc-editor.org/rfc/rfc7518#section-3.3 */
const MIN_RSA_BITS = 2048;
/** The variables of a function have 4 KB. */
const MAX_KEYS_BYTES = 3000;

export const authKinds = [
  z.strictObject({ kind: z.literal('iam') }),
  z.strictObject({
    kind: z.literal('jwt'),
    issuer: httpsUrl.describe(
      'Issuer of the tokens, such as that of a Cognito user pool. Without keys, API Gateway reads its discovery document from the Internet when it is deployed',
    ),
    keys: z
      .array(publicKey)
      .min(1)
      .refine(
        (keys) => JSON.stringify(keys).length <= MAX_KEYS_BYTES,
        `must have ${MAX_KEYS_BYTES} characters at most: leave out the keys that sign no tokens`,
      )
      .readonly()
      .exactOptional()
      .describe(
        'Public keys of an issuer that API Gateway cannot reach, as its JWKS has them; a function checks tokens by them. Default: API Gateway fetches them from the issuer',
      ),
    audience: z.array(nonEmpty).min(1).readonly().describe('Audiences, one of which a token must name'),
    scopes: z
      .array(nonEmpty)
      .min(1)
      .readonly()
      .exactOptional()
      .describe('Scopes, one of which a token must have. Default: any'),
  }),
  z.strictObject({
    kind: z.literal('api-key'),
    secretArn: textLike(
      SECRET_ARN,
      'must be the complete ARN of a secret, six characters at its end included',
    ).describe(
      'Complete ARN of the secret with the names and sha256 of the keys; a change is in force after five minutes, with one header after ten',
    ),
    secretKeyArn: kmsKeyArn.exactOptional().describe('KMS key of the secret. Default: aws/secretsmanager'),
    header: z
      .enum(['either', 'x-api-key', 'authorization'], 'must be either, x-api-key or authorization')
      .default('either')
      .describe(
        'Where clients send the key, authorization as `Bearer KEY`. For one of them API Gateway keeps answers for five minutes',
      ),
    quotas: quotasSchema
      .exactOptional()
      .describe(
        'Counts what each key uses, and limits keys that have no limits of their own in the secret. Default: nobody counts',
      ),
  }),
  z.strictObject({
    kind: z.literal('none'),
    reason: z
      .string()
      .trim()
      .min(10, "must say why anybody may call the API on the account's bill, in 10 characters or more")
      .describe('The reason why anybody may call, which reviewers read'),
  }),
] as const;

/** The ways in which callers say who they are: signed requests, tokens, keys, or not at all. */
export const authSchema = z.discriminatedUnion('kind', authKinds, 'must be iam, jwt, api-key or none');

const ratePerSecond = z.number().positive();

export const throttleSchema = z.strictObject({
  ratePerSecond: ratePerSecond.default(100).describe('Requests each second on average, over all callers'),
  burst: count.default(200).describe('Requests at once, over all callers'),
  routes: z
    .partialRecord(
      z.enum(routeNames),
      z.strictObject({
        ratePerSecond: ratePerSecond.describe('Requests each second on average, to this route'),
        burst: count.describe('Requests at once, to this route'),
      }),
    )
    .exactOptional()
    .describe('Routes with limits of their own, by their names in the route table. Default: none'),
});

export const corsSchema = z.strictObject({
  allowOrigins: z
    .array(
      textLike(
        /^https:\/\/[^\s/]+|^http:\/\/localhost\b|^\*$/,
        'must begin with https:// or http://localhost, or be *',
      ),
    )
    .min(1, 'must name one origin at least')
    .readonly()
    .describe('Origins of the pages that may call, such as https://app.example.com'),
  maxAgeSeconds: z
    .int()
    .min(0)
    .max(86_400)
    .default(3600)
    .describe('Seconds for which a browser may keep the answer to its question'),
});

export const domainSchema = z.strictObject({
  domainName: nonEmpty.describe('Such as nlp.example.com'),
  certificateArn: textLike(
    /^arn:[^:]+:acm:[^:]+:\d{12}:certificate\/.+$/,
    'must be the ARN of a certificate',
  ).describe('Certificate of the domain, in the region of the API'),
  // Not strict, because a hosted zone of the CDK has these two fields and others.
  hostedZone: z
    .object({
      hostedZoneId: nonEmpty.describe('Its id in Route 53'),
      zoneName: nonEmpty.describe('Such as example.com'),
    })
    .exactOptional()
    .describe('Where to make the record. Default: none is made'),
  disableDefaultEndpoint: z
    .boolean()
    .default(true)
    .describe('Whether the address of API Gateway itself stops working'),
});

const apiFields = {
  auth: authSchema.prefault({ kind: 'iam' }).describe('Who may call'),
  throttle: throttleSchema.prefault({}).describe('Requests beyond it are answered with 429'),
  cors: corsSchema
    .exactOptional()
    .describe('Lets pages of other origins call from a browser. Default: none may'),
  domain: domainSchema.exactOptional().describe('A domain of your own. Default: the address of API Gateway'),
};
/** The settings of the construct. */
export const inferenceApiSchema = z.strictObject(apiFields);
export type InferenceApiSettings = z.input<typeof inferenceApiSchema>;

/** The settings of a deployment, which has a name for each function. */
export const apiSchema = z.strictObject({
  defaultFunction: nonEmpty
    .exactOptional()
    .describe('The function that answers what concerns no single model. Default: the first of functions'),
  ...apiFields,
});
