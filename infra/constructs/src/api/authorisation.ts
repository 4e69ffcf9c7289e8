import { Duration } from 'aws-cdk-lib';
import { AccessLogField } from 'aws-cdk-lib/aws-apigateway';
import { HttpNoneAuthorizer, type IHttpRouteAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2';
import {
  HttpIamAuthorizer,
  HttpJwtAuthorizer,
  HttpLambdaAuthorizer,
  HttpLambdaResponseType,
} from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type * as z from 'zod';
import { BundledFunction, type BundledFunctionProps } from '../common/bundled-function.ts';
import type { LoggingProps } from '../common/execution-role.ts';
import { grantReadKeys } from '../common/key-secret.ts';
import type { authSchema } from './schema.ts';

/** The callers that an API lets in, on every route. */
export type Authorisation = z.input<typeof authSchema>;
type ApiKeyAuthorisation = Extract<AuthorizerProps['auth'], { kind: 'api-key' }>;
type TokenAuthorisation = Extract<AuthorizerProps['auth'], { kind: 'jwt' }>;

/** How long API Gateway lets a token through after it has been checked, also where it expires meanwhile. */
const TOKEN_KEPT = Duration.minutes(1);

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
        if (auth.keys) {
          this.function = this.#tokens(auth, props);
          this.authorizer = new HttpLambdaAuthorizer('Token', this.function, {
            responseTypes: [HttpLambdaResponseType.SIMPLE],
            identitySource: ['$request.header.authorization'],
            resultsCacheTtl: TOKEN_KEPT,
          });
          this.principal = AccessLogField.contextAuthorizer('sub');
          break;
        }
        this.authorizer = new HttpJwtAuthorizer('Jwt', auth.issuer, { jwtAudience: [...auth.audience] });
        this.scopes = auth.scopes;
        this.principal = AccessLogField.contextAuthorizer('claims.sub');
        break;
      case 'api-key':
        this.function = this.#apiKeys(auth, props);
        this.authorizer = new HttpLambdaAuthorizer('ApiKey', this.function, {
          responseTypes: [HttpLambdaResponseType.SIMPLE],
          // API Gateway lets nobody through who lacks one of the sources, so that either of two headers can be none, and answers are not kept.
          identitySource: auth.header === 'either' ? [] : [`$request.header.${auth.header}`],
          resultsCacheTtl: auth.header === 'either' ? Duration.seconds(0) : Duration.minutes(5),
        });
        this.principal = AccessLogField.contextAuthorizer('apiKeyName');
        break;
      case 'none':
        this.authorizer = new HttpNoneAuthorizer();
        this.principal = 'public';
    }
  }

  #apiKeys(auth: ApiKeyAuthorisation, props: AuthorizerProps): IFunction {
    const { secretArn, header } = auth;
    const reader = this.#function('ApiKeys', props, {
      description: 'Pilotlight: lets requests with a known API key through',
      environment: {
        PILOTLIGHT_API_KEYS_SECRET: secretArn,
        ...(header !== 'either' && { PILOTLIGHT_API_KEYS_HEADER: header }),
      },
    });
    grantReadKeys(this, auth, reader.role);
    return reader.function;
  }

  #tokens({ kind, ...settings }: TokenAuthorisation, props: AuthorizerProps): IFunction {
    return this.#function('Tokens', props, {
      description: 'Pilotlight: lets requests with a token of the issuer through',
      environment: { PILOTLIGHT_TOKENS: JSON.stringify(settings) },
    }).function;
  }

  #function(
    id: string,
    { tracing = false, logging }: AuthorizerProps,
    own: Pick<BundledFunctionProps, 'description' | 'environment'>,
  ): BundledFunction {
    return new BundledFunction(this, id, {
      name: 'authorizer',
      tracing,
      ...(logging && { logging }),
      memoryMegabytes: 256,
      timeout: Duration.seconds(8),
      ...own,
    });
  }
}
