import { Duration, Token } from 'aws-cdk-lib';
import { AccessLogField } from 'aws-cdk-lib/aws-apigateway';
import { HttpNoneAuthorizer, type IHttpRouteAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2';
import {
  HttpIamAuthorizer,
  HttpJwtAuthorizer,
  HttpLambdaAuthorizer,
  HttpLambdaResponseType,
} from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { BundledFunction } from './bundled-function.ts';
import { InfraError } from './errors.ts';
import type { LoggingProps } from './execution-role.ts';

/** Who may call an API; it holds for every route. */
export type Authorisation = IamAuthorisation | JwtAuthorisation | ApiKeyAuthorisation | NoAuthorisation;

/** Callers sign requests with AWS credentials (Signature Version 4), and need `execute-api:Invoke`. */
export interface IamAuthorisation {
  readonly kind: 'iam';
}

/** Callers send a token of an OpenID Connect provider in `authorization`. */
export interface JwtAuthorisation {
  readonly kind: 'jwt';
  /** Address of the provider, such as `https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_abc`. */
  readonly issuer: string;
  /** Values of `aud`, one of which a token must have. */
  readonly audience: readonly string[];
  /** Scopes, one of which a token must have. @default - any */
  readonly scopes?: readonly string[];
}

/** Callers send a key in `x-api-key`. For clients that can do neither of the others: it is as good as its safekeeping. */
export interface ApiKeyAuthorisation {
  readonly kind: 'api-key';
  /**
   * Complete ARN of a secret: a JSON object of client names and the sha256 of the key of each, or a list of them. A change
   * is in force after ten minutes at most.
   */
  readonly secretArn: string;
  /** ARN of the KMS key of the secret. @default - the key aws/secretsmanager */
  readonly secretKeyArn?: string;
}

/** Whoever knows the address may call, on the account's bill. */
export interface NoAuthorisation {
  readonly kind: 'none';
  /** Why that is right, for whoever reviews it. Without a reason it is refused. */
  readonly reason: string;
}

export interface AuthorizerProps extends LoggingProps {
  readonly auth: Authorisation;
  /** @default false */
  readonly tracing?: boolean;
}

/** What a long enough reason has at least, so that it is one. */
const REASON_CHARACTERS = 10;
const SECRET_ARN = /^arn:[\w-]+:secretsmanager:[\w-]+:\d{12}:secret:.+-[A-Za-z0-9]{6}$/;

/** The authoriser of an API, and how its access logs name a caller. */
export class Authorizer extends Construct {
  readonly authorizer: IHttpRouteAuthorizer;
  readonly scopes: readonly string[] | undefined;
  /** Access log variable of who called. */
  readonly principal: string;

  /** @throws InfraError INVALID_PROPS */
  constructor(scope: Construct, id: string, props: AuthorizerProps) {
    super(scope, id);
    const { auth } = props;
    checkAuthorisation(auth);
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
        this.authorizer = this.#apiKeys(auth, props);
        this.principal = AccessLogField.contextAuthorizer('apiKeyName');
        break;
      case 'none':
        this.authorizer = new HttpNoneAuthorizer();
        this.principal = 'public';
    }
  }

  #apiKeys({ secretArn, secretKeyArn }: ApiKeyAuthorisation, props: AuthorizerProps): IHttpRouteAuthorizer {
    const reader = new BundledFunction(this, 'ApiKeys', {
      ...props,
      name: 'authorizer',
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
    return new HttpLambdaAuthorizer('ApiKey', reader.function, {
      identitySource: ['$request.header.x-api-key'],
      responseTypes: [HttpLambdaResponseType.SIMPLE],
      resultsCacheTtl: Duration.minutes(5),
    });
  }
}

function checkAuthorisation(auth: Authorisation): void {
  switch (auth.kind) {
    case 'iam':
      return;
    case 'jwt':
      if (!Token.isUnresolved(auth.issuer) && !auth.issuer.startsWith('https://')) {
        throw invalid(`auth.issuer is ${JSON.stringify(auth.issuer)}; it must begin with https://.`);
      }
      if (auth.audience.length === 0) throw invalid('auth.audience is empty: name who the tokens are for.');
      return;
    case 'api-key':
      if (Token.isUnresolved(auth.secretArn) || SECRET_ARN.test(auth.secretArn)) return;
      throw invalid(
        `auth.secretArn is ${JSON.stringify(auth.secretArn)}; it must be the complete ARN of a secret, six characters ` +
          'at its end included.',
      );
    case 'none':
      if (typeof auth.reason === 'string' && auth.reason.trim().length >= REASON_CHARACTERS) return;
      throw invalid(
        "auth of kind 'none' lets anybody call the API on the account's bill. If that is meant, say why in auth.reason.",
      );
    default:
      throw invalid(
        `auth.kind is ${JSON.stringify(Object(auth).kind)}; there are iam, jwt, api-key and none.`,
      );
  }
}

const invalid = (message: string): InfraError => new InfraError('INVALID_PROPS', message);
