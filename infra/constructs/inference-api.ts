import { Duration } from 'aws-cdk-lib';
import { HttpApi, HttpMethod, HttpStage } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpIamAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { routes } from '../../functions/shared/api/routes.ts';
import { type LoggingProps, logGroup } from './execution-role.ts';
import type { InferenceFunction } from './inference-function.ts';

export interface InferenceApiProps extends LoggingProps {
  /** Serves every route that no other function has. */
  readonly function: InferenceFunction;
}

/** An HTTP API in front of functions, with the routes of the HTTP app. */
export class InferenceApi extends Construct {
  readonly httpApi: HttpApi;
  readonly stage: HttpStage;
  /** Ends in a slash. */
  readonly url: string;
  readonly accessLogGroup: LogGroup;

  constructor(scope: Construct, id: string, props: InferenceApiProps) {
    super(scope, id);
    this.accessLogGroup = logGroup(this, 'AccessLogs', props);
    this.httpApi = new HttpApi(this, 'Api', {
      createDefaultStage: false,
      defaultAuthorizer: new HttpIamAuthorizer(),
    });
    const integration = new HttpLambdaIntegration('Predict', props.function.alias, {
      timeout: Duration.seconds(29),
      scopePermissionToRoute: false,
    });
    for (const { method, path } of Object.values(routes)) {
      this.httpApi.addRoutes({ path, methods: [METHODS[method]], integration });
    }
    this.stage = new HttpStage(this, 'Stage', { httpApi: this.httpApi, autoDeploy: true });
    this.url = this.stage.url;
  }
}

const METHODS = { get: HttpMethod.GET, post: HttpMethod.POST } as const;
