import { Duration } from 'aws-cdk-lib';
import { AccessLogField } from 'aws-cdk-lib/aws-apigateway';
import { HttpNoneAuthorizer, type IHttpRouteAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2';
import {
  HttpIamAuthorizer,
  HttpJwtAuthorizer,
  HttpLambdaAuthorizer,
  HttpLambdaResponseType,
} from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { Key } from 'aws-cdk-lib/aws-kms';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import type * as z from 'zod';
import { BundledFunction } from '../common/bundled-function.ts';
import type { LoggingProps } from '../common/execution-role.ts';
import type { authSchema } from './schema.ts';

/** The callers that an API lets in, on every route. */
export type Authorisation = z.input<typeof authSchema>;
type ApiKeyAuthorisation = Extract<Authorisation, { kind: 'api-key' }>;

export interface AuthorizerProps {
  readonly auth: z.output<typeof authSchema>;
  /** @default false */
  readonly tracing?: boolean;
  /** @default - a month, with keys that AWS owns */
  readonly logging?: LoggingProps;
}

/** The authoriser of an API, and how its access logs name a caller. */
export class Authorizer extends Construct {
  readonly authorizer: IHttpRouteAuthorizer;
  readonly scopes: readonly string[] | undefined;
  /** The access log variable that names the caller. */
  readonly principal: string;
  /** The function that knows the callers, where one does. */
  readonly function: IFunction | undefined;

  constructor(scope: Construct, id: string, props: AuthorizerProps) {
    super(scope, id);
    const { auth } = props;
    switch (auth.kind) {
      case 'iam':
        this.authorizer = new HttpIamAuthorizer();
        this.principal = AccessLogField.contextIdentityUserArn();
        break;
      case 'jwt':
        this.authorizer = new HttpJwtAuthorizer('Jwt', auth.issuer, { jwtAudience: [...auth.audience] });
        this.scopes = auth.scopes;
        this.principal = AccessLogField.contextAuthorizer('claims.sub');
        break;
      case 'api-key':
        this.function = this.#apiKeys(auth, props);
        this.authorizer = new HttpLambdaAuthorizer('ApiKey', this.function, {
          identitySource: ['$request.header.x-api-key'],
          responseTypes: [HttpLambdaResponseType.SIMPLE],
          resultsCacheTtl: Duration.minutes(5),
        });
        this.principal = AccessLogField.contextAuthorizer('apiKeyName');
        break;
      case 'none':
        this.authorizer = new HttpNoneAuthorizer();
        this.principal = 'public';
    }
  }

  #apiKeys({ secretArn, secretKeyArn }: ApiKeyAuthorisation, props: AuthorizerProps): IFunction {
    const reader = new BundledFunction(this, 'ApiKeys', {
      name: 'authorizer',
      tracing: props.tracing ?? false,
      ...(props.logging && { logging: props.logging }),
      description: 'Pilotlight: lets requests with a known API key through',
      memoryMegabytes: 256,
      timeout: Duration.seconds(8),
      environment: { PILOTLIGHT_API_KEYS_SECRET: secretArn },
    });
    const encryptionKey =
      secretKeyArn === undefined ? undefined : Key.fromKeyArn(this, 'SecretKey', secretKeyArn);
    Secret.fromSecretAttributes(this, 'Secret', {
      secretCompleteArn: secretArn,
      ...(encryptionKey && { encryptionKey }),
    }).grantRead(reader.role);
    return reader.function;
  }
}
