/** Who may do what, read out of templates: one row for each statement that allows something. */
import * as z from 'zod';
import type { Resource, SynthesisedDeployment } from './deployments.ts';

export interface Permission {
  /** The purpose of a role, or a service, such as `inference function`. */
  readonly who: string;
  readonly actions: readonly string[];
  /** In words that are the same for every deployment, such as `Logs::LogGroup`, or an ARN. */
  readonly resource: string;
  /** The name of the policy, for messages. */
  readonly place: string;
}

const oneOrMore = z.preprocess((value) => (Array.isArray(value) ? value : [value]), z.array(z.unknown()));
const statementSchema = z.object({
  Effect: z.enum(['Allow', 'Deny']),
  Action: oneOrMore,
  Resource: oneOrMore.default([]),
  Principal: z.unknown().optional(),
  Condition: z.unknown().optional(),
});
export type Statement = z.infer<typeof statementSchema>;
const documentSchema = z.object({ Statement: z.array(statementSchema) });

/** Roles by what they are for; the first pattern that fits the logical id of a policy or role names it. */
const ROLES: readonly [pattern: RegExp, who: string][] = [
  [/WarmUpSchedulerRole/, 'warm-up schedule'],
  [/WarmUpWarmerRole/, 'warmer'],
  [/CanaryRole/, 'CodeDeploy, for a canary'],
  [/Canary.*Role|PreTraffic.*Role/, 'pre-traffic hook of a canary'],
  [/AuthorizerApiKeysRole/, 'API-key authoriser'],
  [/^Upload.*Role/, 'batch function'],
  [/^Backfill/, 'backfill'],
  [/ServerRunningTasks/, 'count of running tasks, for a deployment'],
  [/CustomS3AutoDeleteObjects/, 'emptier of log buckets, with the stack'],
  [/ServerTaskTaskRole/, 'Server'],
  [/ServerTaskExecutionRole/, 'ECS, to start the server'],
  [/ServerCapacityProvider(Instance|Infrastructure)/, 'Instance of the server'],
  [/ServerNetworkVpc.*IAMRole/, 'VPC flow logs'],
  [/SchedulerRoleForTarget/, 'schedule that keeps queue metrics coming'],
  [/GoldensGateRole/, 'revision gate'],
  [/WebCodeCopyRole/, 'copy of the code of web functions'],
  [/WebRole/, 'web function'],
  [/^PipelinePullRequestRole/, 'pull requests on GitHub'],
  [/^PipelineRole/, 'pipeline on GitHub'],
  [/(Role|RemotePackages)/, 'inference function'],
];

/** The name that the CDK gives what one stack exports to another: it begins with the id of the resource. */
const EXPORTED = /:ExportsOutput(?:FnGetAtt|Ref)(\w+)$/;

/** Policies of identities and of resources, and permissions to invoke functions. */
export function permissionsOf({ name, resources, stacks }: SynthesisedDeployment): Permission[] {
  const all = stacks.flatMap((stack) => stack.resources);
  const types = new Map(all.map(({ stack, id, Type }) => [`${stack}/${id}`, Type]));
  const typeOfExport = (exported: string) => all.find(({ id }) => exported.startsWith(id))?.Type;
  return resources.flatMap((resource) => {
    const place = `${name} ${resource.stack} ${resource.id}`;
    const typeOf = (id: string) => {
      const [, exported] = EXPORTED.exec(id) ?? [];
      return exported === undefined ? types.get(`${resource.stack}/${id}`) : typeOfExport(exported);
    };
    if (resource.Type === 'AWS::Lambda::Permission') {
      const { Principal, Action } = resource.Properties;
      return [
        { who: String(Principal), actions: [String(Action)], resource: 'Lambda::Alias or Function', place },
      ];
    }
    return documentsOf(resource).flatMap(({ Statement: statements }) =>
      statements
        .filter(({ Effect }) => Effect === 'Allow')
        .flatMap((statement) =>
          statement.Resource.map((target) => ({
            who: statement.Principal === undefined ? roleOf(resource.id) : principalOf(statement.Principal),
            actions: statement.Action.map(String).sort(),
            resource: resource.Type === 'AWS::KMS::Key' ? 'KMS::Key' : labelOf(target, typeOf),
            place,
          })),
        ),
    );
  });
}

/** Policy documents of a resource, but for the trust policies of roles. */
export function documentsOf({ Properties, Type }: Resource): z.infer<typeof documentSchema>[] {
  const { PolicyDocument, Policies, KeyPolicy } = Properties;
  if (/^AWS::(IAM::(Managed)?Policy|S3::BucketPolicy|SQS::QueuePolicy|SNS::TopicPolicy)$/.test(Type)) {
    return [documentSchema.parse(PolicyDocument)];
  }
  if (Type === 'AWS::KMS::Key') return [documentSchema.parse(KeyPolicy)];
  if (Type !== 'AWS::IAM::Role') return [];
  const inline = z
    .array(z.object({ PolicyDocument: documentSchema }))
    .default([])
    .parse(Policies);
  return inline.map((policy) => policy.PolicyDocument);
}

function roleOf(id: string): string {
  return ROLES.find(([pattern]) => pattern.test(id))?.[1] ?? id;
}

function principalOf(principal: unknown): string {
  const { Service, AWS } = z
    .object({ Service: z.unknown().optional(), AWS: z.unknown().optional() })
    .parse(principal);
  if (typeof Service === 'string') return Service;
  const text = JSON.stringify(AWS ?? Service);
  const [, role] = /"Fn::GetAtt":\["(\w+)"/.exec(text) ?? [];
  if (role !== undefined) return roleOf(role);
  return text.includes(':root') ? 'this account, by IAM policies' : text;
}

/** `{"Fn::Join": ["", [{"Fn::GetAtt": ["Bucket", "Arn"]}, "/in/*"]]}` becomes `S3::Bucket/in/*`. */
function labelOf(target: unknown, typeOf: (id: string) => string | undefined): string {
  const visit = (node: unknown): string => {
    if (typeof node === 'string') return node.replaceAll(/\$\{AWS::(\w+)\}/g, '<$1>');
    const [[intrinsic, value] = []] = Object.entries(Object(node));
    if (intrinsic === 'Fn::Join' && Array.isArray(value)) return Array.from(value[1], visit).join('');
    if (intrinsic === 'Fn::Sub') return visit(value);
    const id = String(Array.isArray(value) ? value[0] : value);
    return typeOf(id)?.replace('AWS::', '') ?? `<${id.replace('AWS::', '')}>`;
  };
  return PLACEHOLDERS.reduce((text, [pattern, label]) => text.replace(pattern, label), visit(target));
}

const PLACEHOLDERS: readonly [RegExp, string][] = [
  [/^arn:[^:]+:kms:.*/, 'the KMS key of the configuration'],
  [/^arn:[^:]+:secretsmanager:.*/, 'the secret with the keys'],
  [
    /^arn:[^:]+:s3:::cdk-[^/]*-assets-[^/]*\/[0-9a-f]{64}\.\w+$/,
    'one object of the bootstrap bucket for each file',
  ],
  [/\/web-function\/\w+\/\*$/, '/web-function/<function>/*'],
  [/^arn:(aws|<Partition>):(\w+):[^:]*:[^:]*:/, 'arn:$2:'],
];
