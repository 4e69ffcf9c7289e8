import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { WebInferenceFunction } from '../../index.ts';
import type { Config } from '../config/schema.ts';
import { webCurlLine } from './curl-line.ts';
import { makeLogging, resolvePackages, telemetryVariables } from './stack-settings.ts';

export interface WebStackProps extends StackProps {
  readonly config: Config;
  /** Namespace of the metrics of the deployment. */
  readonly metricsNamespace: string;
}

/** The web functions, each with an address of its own. */
export class WebStack extends Stack {
  /** The web functions, by their names in the configuration. */
  readonly functions: ReadonlyMap<string, WebInferenceFunction>;

  constructor(scope: Construct, id: string, { config, metricsNamespace, ...stackProps }: WebStackProps) {
    super(scope, id, stackProps);
    const logging = makeLogging(this, config);
    const keepRevisions = config.removalPolicy === 'retain';
    this.functions = new Map(
      Object.entries(config.webFunctions).map(([name, { packages, release, ...settings }]) => [
        name,
        new WebInferenceFunction(this, name, {
          ...settings,
          web: {
            ...settings.web,
            environment: { ...telemetryVariables(config), ...settings.web.environment },
          },
          packages: resolvePackages(packages, config),
          release: { ...release, keepRevisions },
          metricsNamespace,
          logging,
        }),
      ]),
    );
    for (const [name, one] of this.functions) this.#tell(name, one, config);
  }

  #tell(name: string, one: WebInferenceFunction, { webFunctions }: Config): void {
    const kind = webFunctions[name]?.auth.kind ?? 'iam';
    const [model = ''] = one.modelNames;
    new CfnOutput(this, `${name}-Url`, { value: one.url, description: `Address of ${name}` });
    new CfnOutput(this, `${name}-Revision`, {
      value: one.revisionId,
      description: `Revision of ${name}, for release.previous of a later deployment`,
    });
    new CfnOutput(this, `${name}-Try`, {
      value: webCurlLine(one.url, model, kind, this.region),
      description: `A request to try ${name} with`,
    });
  }
}
