import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  GetObjectCommand,
  ListMultipartUploadsCommand,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { sha256Of } from '@pilotlight/model-format';
import { describe, expect, test } from 'vitest';
import { uploadFile } from '../../../../model-assets/lifecycle/src/registry/s3-upload.ts';
import { temporaryFolder } from '../../toolchain/temporary-folder.ts';
import { BUCKET, registryWorld } from './registry-world.ts';

const world = registryWorld();
const large = join(temporaryFolder(), 'large');

describe('an upload in parts', () => {
  const bytes = 33 * 2 ** 20 + 5;
  const content = Buffer.alloc(bytes, 'pilotlight');
  const upload = (more: object = {}) => ({
    bucket: BUCKET,
    key: 'large',
    path: large,
    bytes,
    sha256: sha256Of(content),
    ...more,
  });

  test('gives the same bytes, and is refused where there is an object', async () => {
    writeFileSync(large, content);
    const parts: number[] = [];
    const onBytes = (part: number) => void parts.push(part);
    expect(await uploadFile(world.client, upload({ onBytes }))).toBe(true);
    expect(parts.sort((a, b) => a - b)).toEqual([2 ** 20 + 5, 2 ** 24, 2 ** 24]);
    const { Body, Metadata } = await world.client.send(
      new GetObjectCommand({ Bucket: BUCKET, Key: 'large' }),
    );
    expect(sha256Of((await Body?.transformToByteArray()) ?? '')).toBe(sha256Of(content));
    expect(Metadata).toEqual({ sha256: sha256Of(content) });
    expect(await uploadFile(world.client, upload())).toBe(false);
  });

  test('that another one of the same object overtakes is sent again, and finds it or writes it', async () => {
    writeFileSync(large, content);
    let conflicts = 2;
    let counted = 0;
    const client = new S3Client({ forcePathStyle: true });
    client.middlewareStack.add(
      (next, { commandName }) =>
        async (request) => {
          if (commandName !== 'CompleteMultipartUploadCommand' || conflicts === 0) return next(request);
          conflicts -= 1;
          const $metadata = { httpStatusCode: 409 };
          throw new S3ServiceException({ name: 'ConditionalRequestConflict', $fault: 'client', $metadata });
        },
      { step: 'initialize' },
    );
    const onBytes = (part: number) => {
      counted += part;
    };
    expect(await uploadFile(client, upload({ key: 'overtaken', onBytes }))).toBe(true);
    expect({ conflicts, counted }).toEqual({ conflicts: 0, counted: bytes });
    expect(await uploadFile(client, upload({ key: 'overtaken' }))).toBe(false);
    client.destroy();
  });

  test('leaves nothing of a file that changed', async () => {
    const sha256 = '0'.repeat(64);
    await expect(uploadFile(world.client, upload({ key: 'changed', sha256 }))).rejects.toMatchObject({
      code: 'FILE_CHANGED',
    });
    const { Uploads = [] } = await world.client.send(new ListMultipartUploadsCommand({ Bucket: BUCKET }));
    expect(Uploads).toEqual([]);
  });
});
