/** The HTTP API in front of the functions. */
import * as z from 'zod';
import { count, kmsKeyArn, nonEmpty } from './primitives.ts';

const httpsUrl = z.string().regex(/^https:\/\/[^\s/]+/, 'must begin with https://');

const authKinds = [
  z.strictObject({ kind: z.literal('iam') }),
  z.strictObject({
    kind: z.literal('jwt'),
    issuer: httpsUrl.describe('Issuer of the tokens, such as that of a Cognito user pool'),
    audience: z.array(nonEmpty).min(1).describe('Audiences, one of which a token must name'),
    scopes: z
      .array(nonEmpty)
      .min(1)
      .exactOptional()
      .describe('Scopes, one of which a token must have. Default: any'),
  }),
  z.strictObject({
    kind: z.literal('api-key'),
    secretArn: nonEmpty.describe('Complete ARN of the secret with the names and sha256 of the keys'),
    secretKeyArn: kmsKeyArn.exactOptional().describe('KMS key of the secret. Default: aws/secretsmanager'),
  }),
  z.strictObject({
    kind: z.literal('none'),
    reason: nonEmpty.describe('Why anybody may call, for whoever reviews it'),
  }),
] as const;

export const apiSchema = z.strictObject({
  defaultFunction: nonEmpty
    .exactOptional()
    .describe('The function that answers what concerns no single model. Default: the first of functions'),
  auth: z
    .discriminatedUnion('kind', authKinds, 'must be iam, jwt, api-key or none')
    .prefault({ kind: 'iam' })
    .describe('Who may call'),
  throttle: z
    .strictObject({
      ratePerSecond: count.default(100).describe('Requests each second, over all callers'),
      burst: count.default(200).describe('Requests at once, over all callers'),
    })
    .prefault({})
    .describe('Requests beyond it are answered with 429'),
  cors: z
    .strictObject({ allowOrigins: z.array(httpsUrl).min(1).describe('Origins of the pages that may call') })
    .exactOptional()
    .describe('Lets pages of other origins call from a browser. Default: none may'),
  domain: z
    .strictObject({
      domainName: nonEmpty.describe('Such as nlp.example.com'),
      certificateArn: z
        .string()
        .regex(/^arn:[^:]+:acm:[^:]+:\d{12}:certificate\/.+$/, 'must be the ARN of a certificate')
        .describe('Certificate of the domain, in the region of the API'),
      hostedZone: z
        .strictObject({
          hostedZoneId: nonEmpty.describe('Its id in Route 53'),
          zoneName: nonEmpty.describe('Such as example.com'),
        })
        .exactOptional()
        .describe('Where to make the record. Default: none is made'),
    })
    .exactOptional()
    .describe('A domain of your own; the address of API Gateway then stops working. Default: none'),
});
