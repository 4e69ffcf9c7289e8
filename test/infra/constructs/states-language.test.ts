/** State machines, judged by a validator of the Amazon States Language that is not ours. */
import { spawnSync } from 'node:child_process';
import type { Stack } from 'aws-cdk-lib';
import { describe, expect, test } from 'vitest';
import {
  DistributedBatch,
  type DistributedBatchProps,
} from '../../../infra/constructs/src/batch/backfill/distributed-batch.ts';
import { UploadPipeline } from '../../../infra/constructs/src/batch/upload-pipeline.ts';
import { sampled } from '../../scale.ts';
import { stateMachineOf, templateOf } from './template.ts';

/** The definition of a backfill as it is deployed, in some account. */
function definitionOf(props: Partial<DistributedBatchProps> = {}): string {
  const template = templateOf((stack: Stack) => {
    const upload = new UploadPipeline(stack, 'Files', { models: ['sentiment'] });
    new DistributedBatch(stack, 'Backfill', { upload, ...props });
  });
  return stateMachineOf(template, (reference) => {
    if (reference === 'AWS::Partition') return 'aws';
    return reference.endsWith('.Arn')
      ? `arn:aws:lambda:eu-central-1:111122223333:function:${reference.slice(0, -'.Arn'.length)}`
      : reference.toLowerCase();
  });
}

/** What the validator has to say; nothing where the definition is in order. */
function complaintsOf(definition: string): string {
  const validator = 'node_modules/asl-validator/dist/bin/asl-validator.js';
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [validator, '--json-definition', definition],
    { encoding: 'utf8' },
  );
  return status === 0 ? '' : `${status}: ${stdout}${stderr}`;
}

describe('the validator of the Amazon States Language', () => {
  const backfills = [
    {},
    { toleratedFailurePercentage: 0, rowsPerBatch: 1, maxConcurrency: 10_000 },
    { toleratedFailurePercentage: 100, tracing: true },
  ];
  test.each(sampled(backfills, { short: 1 }))('has nothing to say about a backfill with %j', (props) => {
    expect(complaintsOf(definitionOf(props))).toBe('');
  });

  const mistakes = [
    ['a state that is not there', '"Next":"Summary"', '"Next":"Sum"'],
    ['a path that is none', '"$.ResultWriterDetails"', '"$.Result["'],
    ['a retry without a number', '"MaxAttempts":3', '"MaxAttempts":"3"'],
    ['a mode that Step Functions does not have', '"DISTRIBUTED"', '"DISTANT"'],
  ] as const;
  test.each(sampled(mistakes, { short: 2 }))('would complain of %s', (_, there, instead) => {
    const definition = definitionOf();
    expect(definition).toContain(there);
    expect(complaintsOf(definition.replace(there, instead))).not.toBe('');
  });
});
