import { PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { acknowledgeKeyUse, acknowledgeObjects } from '../common/acknowledgements.ts';
import { INPUT_PREFIX, OUTPUT_PREFIX } from './upload-bucket.ts';

/** The bucket and the queue that the batch function works on. */
export interface BatchAccess {
  readonly bucket: Pick<IBucket, 'bucketArn' | 'arnForObjects' | 'encryptionKey'>;
  readonly queue: IQueue;
  readonly deadLetterQueue: IQueue;
}

/** Lets the role read uploads, write results, send itself continuations, and give up messages, and do nothing else with the bucket. */
export function grantBatchAccess(role: Role, { bucket, queue, deadLetterQueue }: BatchAccess): void {
  const inputs = bucket.arnForObjects(`${INPUT_PREFIX}*`);
  const outputs = bucket.arnForObjects(`${OUTPUT_PREFIX}*`);
  role.addToPolicy(new PolicyStatement({ actions: ['s3:GetObject'], resources: [inputs] }));
  role.addToPolicy(
    new PolicyStatement({
      // The function reads what an interrupted invocation has written, and deletes parts of a file that was replaced.
      actions: ['s3:GetObject', 's3:PutObject', 's3:DeleteObject'],
      resources: [outputs],
    }),
  );
  // Without this permission S3 answers 403 instead of 404 for a missing object, such as a file of options, which is optional.
  role.addToPolicy(new PolicyStatement({ actions: ['s3:ListBucket'], resources: [bucket.bucketArn] }));
  if (bucket.encryptionKey) {
    bucket.encryptionKey.grantEncryptDecrypt(role);
    acknowledgeKeyUse(role);
  }
  queue.grantSendMessages(role);
  deadLetterQueue.grantSendMessages(role);
  acknowledgeObjects(role, bucket.bucketArn, [INPUT_PREFIX, OUTPUT_PREFIX]);
}
