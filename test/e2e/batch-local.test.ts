/** The commands of a user on this machine: `npm run batch`, and `npm start` with files copied into its S3. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSqs } from '../../infra/local/src/sqs/server.ts';
import { node, run, type Service, startService } from './command.ts';
import { runHere } from './command-here.ts';

const folder = mkdtempSync(join(tmpdir(), 'pilotlight-files-'));
afterAll(() => rmSync(folder, { recursive: true }));
const batch = (...args: readonly string[]) => run(node('cli/src/main.ts', 'batch', ...args));
const linesOf = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

describe('npm run batch', () => {
  it('predicts a file and says how it went', async () => {
    const file = join(folder, 'reviews.csv.gz');
    writeFileSync(file, gzipSync('n,review\n1,I love this\n2,"dull, and a waste of time"\n3\n'));
    const output = join(folder, 'scores.jsonl');
    const options = [
      '--column',
      'review',
      '--id-column',
      'n',
      '--parameters',
      '{"top_k":1}',
      '--output',
      output,
    ];
    const { code, stdout, stderr } = await batch(file, '--model', 'sentiment', ...options);
    expect([code, stdout]).toEqual([0, '']);
    expect(stderr).toMatch(
      /^done 3 rows \(errors: INVALID_CSV 1\) in [\d.]+ s, [\d,]+ rows\/s: .*scores\.jsonl\n$/,
    );
    expect(linesOf(readFileSync(output, 'utf8'))).toMatchObject([
      { row: 0, id: '1', output: [{ label: 'positive' }] },
      { row: 1, id: '2', output: [{ label: 'negative' }] },
      { row: 2, error: { code: 'INVALID_CSV' } },
    ]);
  });

  it.each([
    [['reviews.csv.gz', '--model', 'sentiment'], 'no column "text"'],
    [['reviews.csv.gz', '--model', 'sentiment', '--column', 'review', '--parameters', '{"topk":1}'], 'topk'],
    [['reviews.pdf', '--model', 'sentiment'], 'must end in'],
    [
      ['reviews.csv.gz', '--model', 'sentiment', '--parameters', '{top_k'],
      '--parameters is not JSON: {top_k',
    ],
    [['redrive'], 'Name the dead-letter queue'],
  ])('%j is refused in one line', async ([file = '', ...options], message) => {
    const before = readdirSync(folder);
    const named = file === 'redrive' ? file : join(folder, file);
    const { code, stderr } = await runHere(['batch', named, ...options]);
    expect(code).toBeGreaterThan(0);
    expect(stderr.trimEnd().split('\n')).toEqual([expect.stringContaining(message)]);
    expect(readdirSync(folder)).toEqual(before);
  });

  it('fails where no row of a file could be read, and leaves in the output why', async () => {
    const file = join(folder, 'macintosh.txt');
    writeFileSync(file, 'I love this\rdull\r');
    const { code, stderr } = await batch(file, '--model', 'sentiment');
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/^done 1 rows .*\nerror NO_READABLE_ROW: None of 1 rows could be read/),
    ]);
    expect(readFileSync(`${file}.sentiment.predictions.jsonl`, 'utf8')).toContain('carriage return alone');
  });

  it('gives the output the name of the model, so that two models do not share it', async () => {
    const file = join(folder, 'field.jsonl.gz');
    const packed = gzipSync('{"review":"I love this","inputs":"terrible"}\n');
    writeFileSync(file, Buffer.concat([packed, Buffer.from('something else')]));
    const { code, stderr } = await batch(file, '--model', 'sentiment', '--column', 'review');
    expect([code, stderr]).toEqual([
      0,
      expect.stringMatching(
        /^warning Bytes after the end of the gzip data were ignored\.\ndone 1 rows in .*\n$/,
      ),
    ]);
    expect(linesOf(readFileSync(`${file}.sentiment.predictions.jsonl`, 'utf8'))).toMatchObject([
      { output: [{ label: 'positive' }, {}] },
    ]);
  });

  it('refuses in one line an output that cannot be written', async () => {
    const file = join(folder, 'texts.txt');
    writeFileSync(file, 'I love this\n');
    const outputs = [
      join(folder, 'missing', 'scores.jsonl'),
      join(folder, '..', basename(folder), 'texts.txt'),
    ];
    for (const output of outputs) {
      const { code, stderr } = await runHere(['batch', file, '--model', 'sentiment', '--output', output]);
      expect(code).toBeGreaterThan(0);
      expect(stderr.trimEnd().split('\n')).toEqual([
        expect.stringMatching(/scores\.jsonl cannot be written \(ENOENT\)|is the file itself/),
      ]);
    }
    expect(readFileSync(file, 'utf8')).toBe('I love this\n');
  });

  it('refuses in one line a folder whose name is that of a file', async () => {
    const named = join(folder, 'folder.jsonl');
    mkdirSync(named);
    const { code, stderr } = await runHere(['batch', named, '--model', 'sentiment']);
    expect([code, stderr]).toEqual([1, `error FILE_UNREADABLE: ${named} is no file.\n`]);
  });

  it('redrive moves dead letters back to their queue, also those that were sent to the dead-letter queue itself', async () => {
    const sqs = await startSqs({
      work: { visibilitySeconds: 30, deadLetters: { queue: 'dead', maxReceives: 3 } },
      dead: { visibilitySeconds: 30 },
    });
    for (const body of ['a', 'b']) sqs.queues.queue('dead').send(body);
    const { code, stdout } = await batch('redrive', '--queue', sqs.arn('dead'), '--endpoint', sqs.endpoint);
    expect([code, stdout]).toEqual([0, '2 messages were moved back.\n']);
    expect(sqs.queues.queue('work').drain()).toEqual(['a', 'b']);
    const refused = await batch('redrive', '--queue', sqs.arn('work'), '--endpoint', sqs.endpoint);
    expect([refused.code, refused.stderr]).toEqual([
      1,
      'error REDRIVE_FAILED: The messages of work have no queue to go back to: no queue names it as its dead-letter queue.\n',
    ]);
    await sqs.close();
  });
});

function hasAws(): boolean {
  try {
    execFileSync('aws', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

describe('npm start', () => {
  let service: Service;
  let endpoint: string;
  beforeAll(async () => {
    service = await startService(node('cli/src/main.ts', 'start', '--port', '0', '--model', 'sentiment'), {
      env: { PILOTLIGHT_ALLOW_SPINNING: 'false' },
    });
    endpoint = /at (http:\S+) come out in out/.exec(service.stdout())?.[1] ?? '';
  });
  afterAll(() => service.end('SIGTERM'));

  it('predicts a file that an S3 client puts into its bucket', async () => {
    const credentials = { accessKeyId: 'any', secretAccessKey: 'any' };
    const client = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true, credentials });
    const object = (Key: string) => ({ Bucket: 'uploads', Key });
    await client.send(
      new PutObjectCommand({ ...object('in/sentiment/a b.txt'), Body: 'I love this\nI do not\n' }),
    );
    const read = async (name: string) => {
      const command = new GetObjectCommand(object(`out/sentiment@1.0.1/a b.txt/${name}`));
      const answer = await client.send(command).catch(() => undefined);
      return (await answer?.Body?.transformToString()) ?? '';
    };
    await expect.poll(() => read('summary.json'), { timeout: 20_000 }).not.toBe('');
    expect(JSON.parse(await read('summary.json'))).toMatchObject({ parts: 1, rowsIn: 2, rowsOut: 2 });
    expect(linesOf(await read('part-00000.jsonl'))).toMatchObject([{ row: 0 }, { row: 1 }]);
    await expect.poll(() => service.stdout()).toMatch(/^done in\/sentiment\/a b\.txt 2 rows, \d+ rows\/s$/m);
  });

  it.each([
    ['two slashes', 'a//b.txt'],
    ['dots', '../../up.txt'],
    ['a per cent sign', '100%.txt'],
    ['what looks like a code', 'a%2Fb+c.txt'],
    ['a space before it', ' lead.txt'],
    ['an emoji and letters in two forms', '😀é e\u0301.txt'],
    ['marks of a query', 'a?b=c&d#e.txt'],
    ['quotes, angles and a tab', `it's "<b>"\t.txt`],
    ['600 characters', `${'k'.repeat(596)}.txt`],
  ])('predicts a file whose key has %s', async (_, name) => {
    const credentials = { accessKeyId: 'any', secretAccessKey: 'any' };
    const client = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true, credentials });
    await client.send(
      new PutObjectCommand({ Bucket: 'uploads', Key: `in/sentiment/${name}`, Body: 'I love this' }),
    );
    const command = new GetObjectCommand({
      Bucket: 'uploads',
      Key: `out/sentiment@1.0.1/${name}/summary.json`,
    });
    const summary = async () => {
      const answer = await client.send(command).catch(() => undefined);
      return (await answer?.Body?.transformToString()) ?? '';
    };
    await expect.poll(summary, { timeout: 20_000 }).toContain('"rowsOut": 1');
    client.destroy();
  });

  it.runIf(hasAws())('predicts a file that the AWS command line copies into its bucket', async () => {
    const file = join(folder, 'cli.jsonl');
    writeFileSync(file, '"I love this"\n{"id":"x","text":"I do not"}\n');
    const env = { AWS_ACCESS_KEY_ID: 'any', AWS_SECRET_ACCESS_KEY: 'any', AWS_DEFAULT_REGION: 'us-east-1' };
    const aws = (...args: readonly string[]) =>
      run(['aws', '--endpoint-url', endpoint, 's3', ...args], { env });
    const copied = await aws('cp', file, 's3://uploads/in/sentiment/cli.jsonl');
    expect(copied.code, copied.stderr).toBe(0);
    const results = 's3://uploads/out/sentiment@1.0.1/cli.jsonl/';
    await expect
      .poll(async () => (await aws('ls', results)).stdout, { timeout: 20_000 })
      .toContain('summary.json');
    const part = await aws('cp', `${results}part-00000.jsonl`, '-');
    expect(linesOf(part.stdout)).toMatchObject([{ row: 0 }, { row: 1, id: 'x' }]);
  });

  it('says why it gave up on a file, and how to try it again', async () => {
    const credentials = { accessKeyId: 'any', secretAccessKey: 'any' };
    const client = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true, credentials });
    await client.send(new PutObjectCommand({ Bucket: 'uploads', Key: 'in/nobody/a.txt', Body: 'a' }));
    const printed = () => service.stdout();
    await expect
      .poll(printed, { timeout: 20_000 })
      .toMatch(/gave up on in\/nobody\/a\.txt: There is no model/);
    const again = /pilotlight batch (redrive .*)$/m.exec(printed())?.[1] ?? '';
    const { stdout } = await batch(...again.split(' '));
    expect(stdout).toBe('1 message was moved back.\n');
  });

  it('ends with one line where the port of S3 is in use', async () => {
    const taken = new URL(endpoint).port;
    const { code, stderr } = await run(
      node('cli/src/main.ts', 'start', '--port', '0', '--model', 'sentiment', '--s3-port', taken),
    );
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/^error PORT_UNAVAILABLE: Port \d+, for S3, is in use.*--s3-port\.\n$/),
    ]);
  });
});
