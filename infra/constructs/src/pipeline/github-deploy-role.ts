import { DefaultStackSynthesizer, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { OidcProviderNative, PolicyStatement, Role, WebIdentityPrincipal } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { acknowledge, flattenArn } from '../common/acknowledgements.ts';
import { checkSettings } from '../common/problems.ts';
import { type GitHubDeployRoleSettings, gitHubDeployRoleSchema } from './schema.ts';

export interface GitHubDeployRoleProps {
  /** `OWNER/NAME` on GitHub. */
  readonly repository: GitHubDeployRoleSettings['repository'];
  /** Environment of the repository: its protection rules decide which branches deploy, and who approves. */
  readonly environment: GitHubDeployRoleSettings['environment'];
  /** Stacks that pull requests are compared with. */
  readonly stackNames: GitHubDeployRoleSettings['stackNames'];
  /** Qualifier of the bootstrap. @default - that of the CDK */
  readonly qualifier?: GitHubDeployRoleSettings['qualifier'];
  /** Hours for which a job may hold its credentials. @default 1 */
  readonly sessionHours?: GitHubDeployRoleSettings['sessionHours'];
  /** Whether to make the identity provider, of which an account has one. @default false */
  readonly createProvider?: GitHubDeployRoleSettings['createProvider'];
}

const ISSUER = 'token.actions.githubusercontent.com';
const AUDIENCE = 'sts.amazonaws.com';
/** The roles of `cdk bootstrap` by which a deployment works. CloudFormation's own role is none of them: only the deploy role may hand it on. */
const BOOTSTRAP_ROLES = ['deploy', 'file-publishing', 'image-publishing', 'lookup'];

/**
 * What the workflows of one repository may do in this account, without a secret in GitHub: jobs of one environment deploy, and
 * pull requests read the templates that they are compared with. ADR-roles.md has the reasons.
 */
export class GitHubDeployRole extends Construct {
  /** Of jobs of the environment: takes on the roles of `cdk bootstrap`. */
  readonly role: Role;
  /** Of pull requests: reads the templates of `stackNames`, and nothing else. */
  readonly pullRequestRole: Role;

  /** @throws InfraError INVALID_PROPS */
  constructor(scope: Construct, id: string, props: GitHubDeployRoleProps) {
    super(scope, id);
    const settings = checkSettings(scope, id, gitHubDeployRoleSchema, props);
    const { repository, environment, stackNames, sessionHours, createProvider } = settings;
    const { qualifier = DefaultStackSynthesizer.DEFAULT_QUALIFIER } = settings;
    const { partition, account, region } = Stack.of(this);
    const provider = createProvider
      ? this.#provider()
      : `arn:${partition}:iam::${account}:oidc-provider/${ISSUER}`;
    const jobs = (subject: string) =>
      new WebIdentityPrincipal(provider, {
        StringEquals: { [`${ISSUER}:aud`]: AUDIENCE, [`${ISSUER}:sub`]: `repo:${repository}:${subject}` },
      });
    this.role = new Role(this, 'Role', {
      description: `Deploys for jobs of the environment ${environment} of ${repository}`,
      assumedBy: jobs(`environment:${environment}`),
      maxSessionDuration: Duration.hours(sessionHours),
    });
    const roles = BOOTSTRAP_ROLES.map((name) => `cdk-${qualifier}-${name}-role-${account}-${region}`);
    this.role.addToPolicy(
      new PolicyStatement({
        actions: ['sts:AssumeRole'],
        resources: roles.map((name) => `arn:${partition}:iam::${account}:role/${name}`),
      }),
    );
    this.pullRequestRole = new Role(this, 'PullRequestRole', {
      description: `Reads templates for pull requests of ${repository}`,
      assumedBy: jobs('pull_request'),
    });
    const stacks = stackNames.map(
      (name) => `arn:${partition}:cloudformation:${region}:${account}:stack/${name}/*`,
    );
    const actions = ['cloudformation:DescribeStacks', 'cloudformation:GetTemplate'];
    this.pullRequestRole.addToPolicy(new PolicyStatement({ actions, resources: stacks }));
    acknowledgeAll(
      this.pullRequestRole,
      stacks,
      'The ids that CloudFormation gives to one stack, by its name.',
    );
  }

  /** Lets jobs of the environment have a deployed function run its goldens, by its alias. */
  allowVerification(alias: IFunction): void {
    this.role.addToPolicy(
      new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [alias.functionArn] }),
    );
  }

  /** Lets all of them read model packages, which a synth fetches: `resources` are ARNs of objects. */
  allowPackages(resources: readonly string[]): void {
    for (const role of [this.role, this.pullRequestRole]) {
      role.addToPolicy(new PolicyStatement({ actions: ['s3:GetObject'], resources: [...resources] }));
      acknowledgeAll(role, resources, 'The files of one package, whose paths are those of its manifest.');
    }
  }

  /** Other deployments of the account may use the provider too, so it outlives the stack. */
  #provider(): string {
    const provider = new OidcProviderNative(this, 'Provider', {
      url: `https://${ISSUER}`,
      clientIds: [AUDIENCE],
      removalPolicy: RemovalPolicy.RETAIN,
    });
    return provider.oidcProviderArn;
  }
}

function acknowledgeAll(role: Role, resources: readonly string[], reason: string): void {
  for (const resource of resources) {
    acknowledge(role, `AwsSolutions-IAM5[Resource::${flattenArn(Stack.of(role).resolve(resource))}]`, reason);
  }
}
