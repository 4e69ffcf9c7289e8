/** Who may call an API, and how much. */
import { generateKeyPairSync } from 'node:crypto';
import type { Stack } from 'aws-cdk-lib';
import { Match, type Template } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import {
  InferenceApi,
  type InferenceApiProps,
  InferenceFunction,
} from '../../../infra/constructs/src/index.ts';
import { actionsOf, refusalOf, statementsOf, templateOf, testStack } from './template.ts';

const SECRET = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:api-keys-AbCdEf';

function api(stack: Stack, props: Partial<InferenceApiProps> = {}): InferenceApi {
  const predict = new InferenceFunction(stack, 'Predict', { models: ['sentiment'] });
  return new InferenceApi(stack, 'Http', { function: predict, ...props });
}

const template = (props: Partial<InferenceApiProps> = {}): Template =>
  templateOf((stack) => api(stack, props));
const refusal = (props: Partial<InferenceApiProps>) => refusalOf(() => api(testStack(), props)).message;

interface RouteProperties {
  readonly AuthorizationType: string;
  readonly AuthorizationScopes?: readonly string[];
}

const routesOf = (of: Template): RouteProperties[] =>
  Object.values(of.findResources('AWS::ApiGatewayV2::Route')).map(({ Properties }) => Properties);

describe('authorisation', () => {
  test('by tokens of a provider', () => {
    const auth = {
      kind: 'jwt',
      issuer: 'https://id.example.com',
      audience: ['nlp'],
      scopes: ['predict'],
    } as const;
    const jwt = template({ auth });
    jwt.hasResourceProperties('AWS::ApiGatewayV2::Authorizer', {
      AuthorizerType: 'JWT',
      JwtConfiguration: { Issuer: 'https://id.example.com', Audience: ['nlp'] },
    });
    for (const route of routesOf(jwt)) {
      expect(route).toMatchObject({ AuthorizationType: 'JWT', AuthorizationScopes: ['predict'] });
    }
  });

  test('by tokens of an issuer that API Gateway cannot reach, which a function checks by its public keys', () => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'a', use: 'sig' };
    const keys = [{ ...jwk, x5c: ['certificate'] }];
    const issuer = 'https://login.corp.internal/';
    const auth = { kind: 'jwt', issuer, audience: ['nlp'], scopes: ['predict'], keys };
    const tokens = template({ auth: JSON.parse(JSON.stringify(auth)) });
    tokens.hasResourceProperties('AWS::ApiGatewayV2::Authorizer', {
      AuthorizerType: 'REQUEST',
      IdentitySource: ['$request.header.authorization'],
      AuthorizerResultTtlInSeconds: 60,
      JwtConfiguration: Match.absent(),
    });
    const [told] = Object.values(tokens.findResources('AWS::Lambda::Function')).flatMap(
      ({ Properties }) => Properties.Environment?.Variables.PILOTLIGHT_TOKENS ?? [],
    );
    expect(JSON.parse(told)).toEqual({ issuer, audience: ['nlp'], scopes: ['predict'], keys: [jwk] });
    expect(new Set(routesOf(tokens).map(({ AuthorizationType }) => AuthorizationType))).toEqual(
      new Set(['CUSTOM']),
    );
  });

  test('by API keys, which a function compares with those of one secret', () => {
    const keys = template({ auth: { kind: 'api-key', secretArn: SECRET } });
    keys.hasResourceProperties('AWS::ApiGatewayV2::Authorizer', {
      AuthorizerType: 'REQUEST',
      AuthorizerPayloadFormatVersion: '2.0',
      EnableSimpleResponses: true,
      IdentitySource: [],
      AuthorizerResultTtlInSeconds: 0,
    });
    keys.hasResourceProperties('AWS::Lambda::Function', {
      Environment: { Variables: { PILOTLIGHT_API_KEYS_SECRET: SECRET } },
    });
    const statements = statementsOf(keys, 'ApiKeysRole');
    expect(actionsOf(statements).filter((action) => !action.startsWith('logs:'))).toEqual([
      'secretsmanager:DescribeSecret',
      'secretsmanager:GetSecretValue',
    ]);
    expect(statements.map(({ Resource }) => Resource)).toContain(SECRET);
    expect(new Set(routesOf(keys).map(({ AuthorizationType }) => AuthorizationType))).toEqual(
      new Set(['CUSTOM']),
    );
  });

  test('by API keys in one header, so that API Gateway keeps answers and refuses who has none', () => {
    const identitySources = (['x-api-key', 'authorization'] as const).map((header) => {
      const auth = { kind: 'api-key', secretArn: SECRET, header } as const;
      const keys = template({ auth });
      // The function reads no other header: its answers are kept for this one.
      keys.hasResourceProperties('AWS::Lambda::Function', {
        Environment: { Variables: { PILOTLIGHT_API_KEYS_HEADER: header } },
      });
      const [authorizer] = Object.values(keys.findResources('AWS::ApiGatewayV2::Authorizer'));
      return [authorizer?.Properties.IdentitySource, authorizer?.Properties.AuthorizerResultTtlInSeconds];
    });
    expect(identitySources).toEqual([
      [['$request.header.x-api-key'], 300],
      [['$request.header.authorization'], 300],
    ]);
  });

  test('by nothing, only with a reason', () => {
    const open = template({ auth: { kind: 'none', reason: 'A public demonstration for one week' } });
    expect(new Set(routesOf(open).map(({ AuthorizationType }) => AuthorizationType))).toEqual(
      new Set(['NONE']),
    );
    const sentence =
      "Test/Http: auth.reason must say why anybody may call the API on the account's bill, in 10 characters or more.";
    expect(refusal({ auth: { kind: 'none', reason: ' ' } })).toBe(sentence);
    expect(refusal(JSON.parse('{"auth": {"kind": "none"}}'))).toBe('Test/Http: auth.reason is missing.');
  });

  test.each<[string, string, string]>([
    [
      'an issuer without TLS',
      '{"kind": "jwt", "issuer": "http://id.example.com", "audience": ["nlp"]}',
      'Test/Http: auth.issuer must begin with https://.',
    ],
    [
      'tokens for anybody',
      '{"kind": "jwt", "issuer": "https://id.example.com", "audience": []}',
      'Test/Http: auth.audience must not be empty.',
    ],
    [
      'a private key',
      '{"kind": "jwt", "issuer": "https://id.example.com", "audience": ["nlp"], "keys": [{"kty": "EC", "crv": "P-256", "x": "eA", "y": "eQ", "d": "secret"}]}',
      'Test/Http: auth.keys[0] must not have d, which is the private part of a key.',
    ],
    [
      'a key of which a part is missing',
      '{"kind": "jwt", "issuer": "https://id.example.com", "audience": ["nlp"], "keys": [{"kty": "EC", "crv": "P-256", "x": "eA"}]}',
      'Test/Http: auth.keys[0] must be a whole public key, RSA with 2048 bits at least: copy it anew from the JWKS of the issuer.',
    ],
    [
      'a short key',
      JSON.stringify({
        kind: 'jwt',
        issuer: 'https://id.example.com',
        audience: ['nlp'],
        keys: [generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({ format: 'jwk' })],
      }),
      'Test/Http: auth.keys[0] must be a whole public key, RSA with 2048 bits at least: copy it anew from the JWKS of the issuer.',
    ],
    [
      'a secret key',
      '{"kind": "jwt", "issuer": "https://id.example.com", "audience": ["nlp"], "keys": [{"kty": "oct", "k": "secret"}]}',
      'Test/Http: auth.keys[0].kty must be RSA, EC or OKP: the type of a public key.',
    ],
    [
      'the name of a secret',
      '{"kind": "api-key", "secretArn": "api-keys"}',
      'Test/Http: auth.secretArn must be the complete ARN of a secret, six characters at its end included.',
    ],
    [
      'a header of another name',
      `{"kind": "api-key", "secretArn": "${SECRET}", "header": "x-key"}`,
      'Test/Http: auth.header must be either, x-api-key or authorization.',
    ],
    [
      'a quota of none',
      `{"kind": "api-key", "secretArn": "${SECRET}", "quotas": {"tokensPerDay": 0}}`,
      'Test/Http: auth.quotas.tokensPerDay must be at least 1.',
    ],
    [
      'quotas of callers that have no keys',
      '{"kind": "iam", "quotas": {}}',
      'Test/Http: auth.quotas is not known where kind is iam.',
    ],
    [
      'a kind that does not exist',
      '{"kind": "basic"}',
      'Test/Http: auth.kind must be iam, jwt, api-key or none.',
    ],
  ])('refuses %s', (_what, auth, sentence) => {
    expect(refusal({ auth: JSON.parse(auth) })).toBe(sentence);
  });
});

describe('with quotas', () => {
  const auth = { kind: 'api-key', secretArn: SECRET, quotas: { requestsPerMinute: 60 } } as const;
  const counted = templateOf((stack) => {
    const intent = new InferenceFunction(stack, 'Other', { models: ['intent'] });
    api(stack, { others: { intent }, auth });
  });
  const [table = ''] = Object.keys(counted.findResources('AWS::DynamoDB::Table'));

  test('keeps an item for each key and day, until it expires, paid by the request', () => {
    counted.hasResource('AWS::DynamoDB::Table', {
      Properties: {
        BillingMode: 'PAY_PER_REQUEST',
        KeySchema: [
          { AttributeName: 'key', KeyType: 'HASH' },
          { AttributeName: 'day', KeyType: 'RANGE' },
        ],
        TimeToLiveSpecification: { AttributeName: 'expires', Enabled: true },
      },
      DeletionPolicy: 'Delete',
    });
  });

  test('tells every function the table and the limits, and lets it read and count, and nothing else', () => {
    const functions = Object.values(counted.findResources('AWS::Lambda::Function'));
    const told = functions.flatMap(
      ({ Properties }) => Properties.Environment?.Variables.PILOTLIGHT_QUOTAS ?? [],
    );
    expect(told).toEqual(
      [1, 2].map(() => ({ 'Fn::Join': ['', ['{"table":"', { Ref: table }, '","requestsPerMinute":60}']] })),
    );
    for (const role of ['PredictRole', 'OtherRole']) {
      const statements = statementsOf(counted, role).filter(({ Resource }) =>
        JSON.stringify(Resource).includes(table),
      );
      expect(actionsOf(statements)).toEqual(['dynamodb:GetItem', 'dynamodb:UpdateItem']);
    }
  });

  test('is of no function without quotas', () => {
    template({ auth: { kind: 'api-key', secretArn: SECRET } }).resourceCountIs('AWS::DynamoDB::Table', 0);
  });
});
