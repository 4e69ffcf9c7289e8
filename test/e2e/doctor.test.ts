/** `pilotlight doctor` on this machine. */
import { createServer } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { listeningPort } from '../../model-assets/format/src/network/listening-port.ts';
import { node, run } from './command.ts';

const DOCTOR = node('cli/src/main.ts', 'doctor');
const SECRET = 'a-secret-that-nobody-prints';
let skewMs = 0;
const s3 = createServer((_request, response) => {
  response.sendDate = false;
  response.writeHead(403, { date: new Date(Date.now() - skewMs).toUTCString() }).end();
});
const env = () => ({
  AWS_ENDPOINT_URL_S3: `http://127.0.0.1:${listeningPort(s3)}`,
  AWS_ACCESS_KEY_ID: 'AKIANOBODY',
  AWS_SECRET_ACCESS_KEY: SECRET,
  AWS_REGION: 'eu-central-1',
});
beforeAll(() => new Promise<void>((resolve) => void s3.listen(0, '127.0.0.1', resolve)));
afterAll(() => void s3.close());

test('a machine that serves models is told so, for programs too', async () => {
  const { code, stdout, stderr } = await run([...DOCTOR, '--json'], { env: env() });
  const { checks } = JSON.parse(stdout);
  const found = (name: string) => checks.find(({ check }: { check: string }) => check === name);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(found('onnxruntime')).toEqual({ check: 'onnxruntime', status: 'ok', found: '1.30.0' });
  expect(found('packages')).toMatchObject({ status: 'ok', found: expect.stringContaining('sentiment@') });
  expect(found('aws-credentials')).toMatchObject({ status: 'ok', found: 'found, in the environment' });
  expect(found('aws-region')).toMatchObject({ found: 'eu-central-1' });
  expect(found('clock')).toMatchObject({
    status: 'ok',
    found: expect.stringContaining('agrees with 127.0.0.1'),
  });
  expect(stdout).not.toMatch(new RegExp(`${SECRET}|AKIANOBODY`));
});

test('a clock that AWS would refuse is a failure, with the exit code 1 and what to do', async () => {
  skewMs = 600_000;
  const { code, stdout } = await run(DOCTOR, { env: env() });
  expect(code).toBe(1);
  expect(stdout).toMatch(/^clock +failure +\d+ s ahead of 127\.0\.0\.1/m);
  expect(stdout).toMatch(/^clock: AWS refuses what is signed by it: set the clock/m);
});
