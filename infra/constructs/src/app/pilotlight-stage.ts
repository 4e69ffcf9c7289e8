import {
  type App,
  type IStackSynthesizer,
  PermissionsBoundary,
  Stack,
  type StackProps,
  Stage,
  Tags,
} from 'aws-cdk-lib';
import { acknowledge } from '../common/acknowledgements.ts';
import { InfraError } from '../common/errors.ts';
import type { Deployment } from './config/load.ts';
import { LeanSynthesizer } from './lean-synthesizer.ts';
import { BatchStack } from './stacks/batch-stack.ts';
import { ObservabilityStack } from './stacks/observability-stack.ts';
import { addPipeline } from './stacks/pipeline.ts';
import { ServerStack } from './stacks/server-stack.ts';
import { ServiceStack } from './stacks/service-stack.ts';
import { WebStack } from './stacks/web-stack.ts';

/** These resources cost nothing by themselves, and CloudFormation does not take their tags in every region yet. */
const UNTAGGED = [
  'AWS::ApplicationAutoScaling::ScalableTarget',
  'AWS::CloudWatch::Dashboard',
  'AWS::ElasticLoadBalancingV2::Listener',
];

/** Stacks that a configuration may take back. */
const OPTIONAL_STACKS = ['server', 'service', 'web', 'batch'];

/**
 * All that one team runs in one environment: a stack for each lifetime, so that a change of the service does not touch
 * the bucket, and deleting the dashboard stops nothing.
 */
export class PilotlightStage extends Stage {
  /** Absent where every function is a web function. */
  readonly service: ServiceStack | undefined;
  readonly web: WebStack | undefined;
  readonly batch: BatchStack | undefined;
  readonly server: ServerStack | undefined;

  /** @throws InfraError PACKAGE_NOT_FETCHED where the configuration has `packages` that nobody fetched */
  constructor(app: App, { team, env, config }: Deployment) {
    if (config.packages && config.packagesFolder === undefined) {
      const message = `The packages of ${team}.${env} are not on this machine: hand the stage the result of "await fetchPackages(deployment)".`;
      throw new InfraError('PACKAGE_NOT_FETCHED', message);
    }
    const { account, region, permissionsBoundary, qualifier, terminationProtection, upload, server } = config;
    super(app, `pilotlight-${team}-${env}`, {
      env: { ...(account !== undefined && { account }), ...(region !== undefined && { region }) },
      ...(permissionsBoundary !== undefined && {
        permissionsBoundary: PermissionsBoundary.fromName(permissionsBoundary),
      }),
    });
    const metricsNamespace = config.observability.metricsNamespace ?? `Pilotlight/${team}-${env}`;
    const stackProps = (what: string): StackProps => ({
      description: `Pilotlight of ${team} in ${env}: ${what}`,
      terminationProtection,
      // The class declares optional properties as undefined where the interface has them absent.
      synthesizer: new LeanSynthesizer(qualifier === undefined ? {} : { qualifier }) as IStackSynthesizer,
    });
    this.server =
      server && new ServerStack(this, 'server', { ...stackProps('server on GPU instances'), config, server });
    this.service = any(config.functions)
      ? new ServiceStack(this, 'service', {
          ...stackProps('functions and HTTP API'),
          config,
          metricsNamespace,
          ...(this.server && { server: this.server.instance }),
        })
      : undefined;
    this.web = any(config.webFunctions)
      ? new WebStack(this, 'web', { ...stackProps('web functions'), config, metricsNamespace })
      : undefined;
    this.batch =
      upload &&
      new BatchStack(this, 'batch', {
        ...stackProps('predictions of uploaded files'),
        config,
        metricsNamespace,
        upload,
      });
    const observability = new ObservabilityStack(this, 'observability', {
      ...stackProps('dashboard and alarms'),
      config,
      functions: [...(this.service?.functions.values() ?? [])],
      ...(this.service && { api: this.service.api }),
      webFunctions: [...(this.web?.functions.values() ?? [])],
      ...(this.batch && { upload: this.batch.upload }),
      ...(this.batch?.backfill && { backfill: this.batch.backfill }),
      ...(this.server && { server: this.server.instance }),
    });
    // `cdk deploy` deletes a stack without resources. So what a configuration has no longer goes, after all that used it.
    for (const id of OPTIONAL_STACKS.filter((one) => this.node.tryFindChild(one) === undefined)) {
      const empty = new Stack(this, id, stackProps('nothing, because the configuration names none'));
      empty.addStackDependency(observability);
      const reason =
        'A template without resources reaches CloudFormation never: the CDK deletes the stack instead.';
      acknowledge(empty, 'CloudFormation-Validate::F0001', reason);
    }
    if (config.pipeline) {
      const stackNames = this.node.children.flatMap((child) => (Stack.isStack(child) ? child.stackName : []));
      const aliases = [...(this.service?.functions.values() ?? [])].map(({ alias }) => alias);
      const stack = this.service ?? this.web ?? observability;
      addPipeline(stack, aliases, { environment: env, ...config.pipeline, stackNames }, config);
    }
    for (const [key, value] of Object.entries({ team, env, ...config.tags })) {
      Tags.of(this).add(key, value, { excludeResourceTypes: UNTAGGED });
    }
  }
}

const any = (functions: object): boolean => Object.keys(functions).length > 0;
