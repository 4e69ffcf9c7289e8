import { PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { acknowledgeKeyUse, acknowledgeObjects } from '../common/acknowledgements.ts';
import { INPUT_PREFIX, OUTPUT_PREFIX } from './upload-bucket.ts';

/** What the batch function works on. */
export interface BatchAccess {
  readonly bucket: Pick<IBucket, 'bucketArn' | 'arnForObjects' | 'encryptionKey'>;
  readonly queue: IQueue;
}

/** Reads uploads, writes results, and sends itself continuations; nothing else of the bucket. */
export function grantBatchAccess(role: Role, { bucket, queue }: BatchAccess): void {
  const inputs = bucket.arnForObjects(`${INPUT_PREFIX}*`);
  const outputs = bucket.arnForObjects(`${OUTPUT_PREFIX}*`);
  role.addToPolicy(new PolicyStatement({ actions: ['s3:GetObject'], resources: [inputs] }));
  role.addToPolicy(
    new PolicyStatement({
      // Reads to see what an interrupted invocation has written; deletes parts of a file that was replaced.
      actions: ['s3:GetObject', 's3:PutObject', 's3:DeleteObject'],
      resources: [outputs],
    }),
  );
  // Without it S3 answers 403 and not 404 where there is no object, such as a file of options, which is optional.
  role.addToPolicy(new PolicyStatement({ actions: ['s3:ListBucket'], resources: [bucket.bucketArn] }));
  if (bucket.encryptionKey) {
    bucket.encryptionKey.grantEncryptDecrypt(role);
    acknowledgeKeyUse(role);
  }
  queue.grantSendMessages(role);
  acknowledgeObjects(role, bucket.bucketArn, [INPUT_PREFIX, OUTPUT_PREFIX]);
}
