/** What an update would do to the resources of a stack, as the CDK's `diff` tells it of two templates, without AWS. */
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** `replaced`: made anew and the old one deleted. `maybe`: CloudFormation decides. `orphaned`: forgotten, and kept. */
export type Fate = 'destroyed' | 'orphaned' | 'replaced' | 'maybe';

export interface Loss {
  /** Such as `AWS::S3::Bucket`. */
  readonly type: string;
  readonly logicalId: string;
  readonly fate: Fate;
}

/** These hold what cannot be made again: data, messages, keys, logs, addresses that clients and people know. */
const STATEFUL = [
  'AWS::ApiGatewayV2::Api',
  'AWS::ApiGatewayV2::DomainName',
  'AWS::CloudWatch::Dashboard',
  'AWS::DynamoDB::Table',
  'AWS::KMS::Key',
  'AWS::Lambda::Alias',
  'AWS::Lambda::Function',
  'AWS::Lambda::WebFunction',
  'AWS::Lambda::WebFunctionEndpoint',
  'AWS::Logs::LogGroup',
  'AWS::S3::Bucket',
  'AWS::SNS::Topic',
  'AWS::SNS::Subscription',
  'AWS::SQS::Queue',
  'AWS::SecretsManager::Secret',
  'AWS::StepFunctions::StateMachine',
];

const CDK = join(dirname(createRequire(import.meta.url).resolve('aws-cdk/package.json')), 'bin', 'cdk');
/** The last word of a line of `cdk diff`. */
const FATES: Readonly<Record<string, Fate>> = {
  replace: 'replaced',
  'may be replaced': 'maybe',
  destroy: 'destroyed',
  orphan: 'orphaned',
};

/** Lists the stateful resources that a stack loses where its template becomes that of `assembly`. @throws RangeError where the CDK fails */
export function lossesOf(assembly: string, stack: string, templateBefore: string): Loss[] {
  const args = [
    CDK,
    'diff',
    '--no-color',
    '--app',
    assembly,
    '--template',
    templateBefore,
    '--exclusively',
    stack,
  ];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    encoding: 'utf8',
    env: { ...process.env, CDK_DISABLE_CLI_TELEMETRY: 'true', FORCE_COLOR: '0', NO_COLOR: '1' },
  });
  if (status !== 0) throw new RangeError(`cdk diff of ${stack} failed: ${stderr}`);
  return readLosses(`${stdout}\n${stderr}`);
}

/** Reads lines such as `[~] AWS::SQS::Queue Work/Queue WorkQueue0A1B2C3D replace`. */
export function readLosses(text: string): Loss[] {
  return text.split('\n').flatMap((line) => {
    const [, type = '', logicalId = '', ending = ''] =
      /^\[[-~]\] (AWS::\S+) (?:.* )?(\w+) (replace|may be replaced|destroy|orphan)$/.exec(line) ?? [];
    const fate = FATES[ending];
    return fate === undefined || !STATEFUL.includes(type) ? [] : [{ type, logicalId, fate }];
  });
}
