/** `pilotlight doctor` on machines of others: what each fact means, and what to do about it. */
import { describe, expect, it, test } from 'vitest';
import { judgeAll } from '../../../cli/src/doctor/checks/index.ts';
import { report } from '../../../cli/src/doctor/doctor.ts';
import { skewOf, whereFound } from '../../../cli/src/doctor/facts/aws.ts';
import { readInstructions, readOpenFiles, readQuota } from '../../../cli/src/doctor/facts/system.ts';
import type { Facts } from '../../../cli/src/doctor/facts.ts';

const NOW = Date.parse('2026-12-01T06:00:00Z');
const SYSTEM: Facts['system'] = {
  node: '24.1.0',
  platform: 'linux',
  arch: 'x64',
  glibc: '2.36',
  instructions: ['avx2', 'avx512_vnni'],
  cores: 4,
  quota: undefined,
};
const RUNTIME: Facts['runtime'] = {
  onnxruntime: '1.30.0',
  fault: undefined,
  saturates: false,
  tokenizersFault: undefined,
};
const PACKAGE = { ref: 'reviews@1.0.0', problem: undefined, onnxruntime: ['1.30.0'] };
const SOUND: Facts = {
  now: NOW,
  system: SYSTEM,
  openFiles: { soft: 65_536, hard: 65_536 },
  memory: { total: 16e9, limit: undefined, available: 12e9 },
  runtime: RUNTIME,
  packages: [PACKAGE],
  layers: { folder: '/dist/layers', built: ['runtime-arm64-1a2b3c', 'models-4d5e6f'] },
  gpu: { requirements: [], libraries: undefined, trial: undefined },
  aws: { credentials: 'in the environment', expires: NOW + 1, fault: undefined, region: 'eu-central-1' },
  clock: { skewMs: 400, asked: 's3.eu-central-1.amazonaws.com' },
  disks: [{ use: 'packages', path: '/packages', free: 50e9, writable: true }],
};

const DRIVER = {
  of: 'cuda',
  name: 'NVIDIA driver',
  wanted: '525 or later',
  found: '580.65.06, NVIDIA H200',
  met: true,
} as const;
const LIBRARY = {
  of: 'cuda',
  name: 'provider library',
  wanted: 'it',
  found: 'not installed',
  met: false,
  advice: 'install it',
} as const;
const lacking = {
  provider: 'cuda',
  works: false,
  ms: 9,
  reason: 'libcudnn.so.9: cannot open shared object file',
} as const;
const system = (more: Partial<Facts['system']>) => ({ system: { ...SYSTEM, ...more } });
const runtime = (more: Partial<Facts['runtime']>) => ({ runtime: { ...RUNTIME, ...more } });
const gpu = (more: Partial<NonNullable<Facts['gpu']>>) => ({
  gpu: { requirements: [DRIVER], libraries: undefined, trial: undefined, ...more },
});
const NONE = { credentials: undefined, expires: undefined, fault: 'no profile', region: undefined };

test('a sound machine has no warning', () => {
  expect(judgeAll(SOUND).filter(({ status }) => status !== 'ok')).toEqual([]);
});

describe.each<[string, string, Partial<Facts>, string, RegExp, RegExp]>([
  ['an old Node', 'node', system({ node: '20.11.0' }), 'failure', /20\.11\.0/, /install Node 24/],
  ['an odd Node', 'node', system({ node: '25.0.0' }), 'warning', /25/, /install Node 24/],
  [
    'Alpine',
    'platform',
    system({ glibc: undefined }),
    'failure',
    /without the GNU C library/,
    /node:24-slim/,
  ],
  ['an old Linux', 'platform', system({ glibc: '2.26' }), 'failure', /glibc 2\.26/, /glibc 2\.28/],
  [
    'a Mac of Intel',
    'platform',
    system({ platform: 'darwin', arch: 'x64' }),
    'failure',
    /darwin\/x64/,
    /darwin\/arm64/,
  ],
  [
    'x86 without VNNI',
    'int8',
    { ...system({ instructions: ['avx2'] }), ...runtime({ saturates: true }) },
    'warning',
    /no VNNI.*1\.3 times/,
    /--reduce-range/,
  ],
  [
    'x86 without AVX2',
    'int8',
    { ...system({ instructions: ['sse4_2'] }), ...runtime({ saturates: true }) },
    'warning',
    /neither VNNI nor AVX2/,
    /fp32/,
  ],
  [
    'Graviton1',
    'int8',
    system({ arch: 'arm64', instructions: ['asimd'] }),
    'warning',
    /asimddp/,
    /Graviton2/,
  ],
  [
    'a container of two processors',
    'cores',
    system({ quota: 2 }),
    'warning',
    /time of 2\.0/,
    /PILOTLIGHT_INTRA_OP_THREADS=2/,
  ],
  [
    'a container without room',
    'memory',
    { memory: { total: 64e9, limit: 512e6, available: 200e6 } },
    'failure',
    /0\.2 GB of 0\.5 GB, the limit of the control group/,
    /--memory/,
  ],
  [
    'a small machine',
    'memory',
    { memory: { total: 1e9, limit: undefined, available: 700e6 } },
    'warning',
    /0\.7 GB of 1\.0 GB/,
    /to package/,
  ],
  [
    'few files',
    'open-files',
    { openFiles: { soft: 1024, hard: 524_288 } },
    'warning',
    /1024 at once/,
    /ulimit -n 524288/,
  ],
  ['hardly a file', 'open-files', { openFiles: { soft: 64, hard: 64 } }, 'failure', /64/, /limits\.conf/],
  [
    'a package of a newer runtime',
    'onnxruntime',
    { packages: [{ ...PACKAGE, onnxruntime: ['1.31.0'] }] },
    'warning',
    /reviews@1\.0\.0 is of 1\.31\.0/,
    /package the model again/,
  ],
  [
    'a runtime of another machine',
    'onnxruntime',
    runtime({ fault: 'invalid ELF header' }),
    'failure',
    /cannot be loaded: invalid ELF header/,
    /npm ci --ignore-scripts/,
  ],
  [
    'tokenizers that do not load',
    'tokenizers',
    runtime({ tokenizersFault: 'Cannot find native binding' }),
    'failure',
    /native binding/,
    /npm ci/,
  ],
  [
    'a broken package',
    'packages',
    { packages: [{ ...PACKAGE, problem: 'model.json is cut off' }] },
    'failure',
    /reviews@1\.0\.0 is broken: model\.json/,
    /restore it/,
  ],
  ['no package', 'packages', { packages: [] }, 'warning', /none/, /models add/],
  [
    'a GPU without the library',
    'gpu',
    gpu({ requirements: [DRIVER, LIBRARY] }),
    'warning',
    /NVIDIA H200; provider library: not installed/,
    /install it/,
  ],
  [
    'a GPU without cuDNN',
    'gpu',
    gpu({ libraries: { 'libcudnn.so.9': false }, trial: lacking }),
    'warning',
    /not found: libcudnn\.so\.9/,
    /install what has libcudnn\.so\.9/,
  ],
  ['nobody who is signed in', 'aws-credentials', { aws: NONE }, 'warning', /no profile/, /aws sso login/],
  [
    'a session that ended',
    'aws-credentials',
    { aws: { ...NONE, credentials: 'in the profile dev', expires: NOW - 1 } },
    'failure',
    /in the profile dev: they have expired/,
    /aws sso login/,
  ],
  ['no region', 'aws-region', { aws: NONE }, 'warning', /none is set/, /AWS_REGION/],
  [
    'a clock that is slow',
    'clock',
    { clock: { skewMs: -400_000, asked: 's3' } },
    'failure',
    /400 s behind s3/,
    /timedatectl/,
  ],
  [
    'a clock that is a little fast',
    'clock',
    { clock: { skewMs: 45_000, asked: 's3' } },
    'warning',
    /45 s ahead of s3/,
    /timedatectl/,
  ],
  [
    'a full disk',
    'disk',
    { disks: [{ use: 'cache', path: '/cache', free: 1e8, writable: true }] },
    'failure',
    /cache: 0\.1 GB free at \/cache/,
    /make room/,
  ],
  [
    'a disk of others',
    'disk',
    { disks: [{ use: 'packages', path: '/opt', free: 1e12, writable: false }] },
    'failure',
    /\/opt cannot be written/,
    /right to write/,
  ],
])('on %s, the check %s', (_machine, check, facts, status, found, advice) => {
  it(`is a ${status}, and says what to do; no other check changes`, () => {
    const all = judgeAll({ ...SOUND, ...facts });
    const finding = all.find((one) => one.check === check);
    expect(finding).toMatchObject({
      status,
      found: expect.stringMatching(found),
      advice: expect.stringMatching(advice),
    });
    const others = all.filter((one) => one.status !== 'ok' && one.check !== check).map((one) => one.check);
    expect(others.filter((name) => !name.startsWith('aws-'))).toEqual([]);
  });
});

test.each<[string, Partial<Facts>, RegExp]>([
  ['int8', system({ arch: 'arm64', instructions: ['asimddp', 'i8mm'] }), /i8mm, asimddp/],
  [
    'int8',
    { ...system({ instructions: undefined }), ...runtime({ saturates: false }) },
    /exact here, as the kernels answer/,
  ],
  ['gpu', gpu({ trial: { provider: 'cuda', works: true, ms: 2_100 } }), /a graph ran on it in 2\.1 s/],
  ['layers', { layers: { folder: '/x', built: [] } }, /a synth builds/],
])('the check %s is content with %j', (check, facts, found) => {
  const finding = judgeAll({ ...SOUND, ...facts }).find((one) => one.check === check);
  expect(finding).toMatchObject({ status: 'ok', found: expect.stringMatching(found) });
});

test('what the machine does not say, or nobody was asked for, is unknown, and no fault', () => {
  const silent = {
    aws: undefined,
    gpu: undefined,
    openFiles: undefined,
    clock: { skewMs: undefined, asked: 'nobody was asked' },
  };
  const unknown = judgeAll({ ...SOUND, ...silent }).filter(({ status }) => status !== 'ok');
  expect(unknown.map(({ check, status }) => `${check} ${status}`)).toEqual([
    'open-files unknown',
    'gpu unknown',
    'aws-credentials unknown',
    'aws-region unknown',
    'clock unknown',
  ]);
});

test('the report has a line for each check, and below it what to do', () => {
  const text = report(judgeAll({ ...SOUND, packages: [] }));
  expect(text).toMatch(/^packages +warning +none$/m);
  expect(text).toMatch(/\n\nWhat to do\npackages: bring a model in: .*$/);
});

test('limits of open files are read as the kernel writes them', () => {
  const limits = (values: string) =>
    `Limit   Soft Limit   Hard Limit   Units\nMax open files            ${values}     files     \n`;
  expect(readOpenFiles(limits('1024   524288'))).toEqual({ soft: 1024, hard: 524_288 });
  expect(readOpenFiles(limits('1024   unlimited'))).toEqual({ soft: 1024, hard: Number.POSITIVE_INFINITY });
  expect(readOpenFiles(undefined)).toBeUndefined();
});

test.each<[string, Readonly<Record<string, string>>, number | undefined]>([
  [
    'version 2, in a group',
    {
      '/proc/self/cgroup': '0::/a/b\n',
      '/sys/fs/cgroup/a/cpu.max': '150000 100000\n',
      '/sys/fs/cgroup/a/b/cpu.max': 'max 100000\n',
    },
    1.5,
  ],
  [
    'version 2, in a container',
    { '/proc/self/cgroup': '0::/\n', '/sys/fs/cgroup/cpu.max': '200000 100000\n' },
    2,
  ],
  [
    'version 1',
    {
      '/proc/self/cgroup': '4:cpuacct,cpu:/docker/1\n',
      '/sys/fs/cgroup/cpu/cpu.cfs_quota_us': '50000\n',
      '/sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000\n',
    },
    0.5,
  ],
  [
    'version 1, without a limit',
    {
      '/proc/self/cgroup': '4:cpu:/\n',
      '/sys/fs/cgroup/cpu/cpu.cfs_quota_us': '-1\n',
      '/sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000\n',
    },
    undefined,
  ],
  ['no control groups', {}, undefined],
])('the share of processors is read from control groups: %s', (_kind, files, quota) => {
  expect(readQuota((path) => files[path])).toBe(quota);
});

test('instructions are those of the first processor, of x86 or of Arm', () => {
  expect(
    readInstructions('processor\t: 0\nflags\t\t: fpu avx2 avx_vnni\n\nprocessor\t: 1\nflags\t\t: fpu\n'),
  ).toContain('avx_vnni');
  expect(readInstructions('Features\t: fp asimd asimddp\n')).toEqual(['fp', 'asimd', 'asimddp']);
  expect(readInstructions(undefined)).toBeUndefined();
});

test('the clock is compared with the middle of the second that the header names', () => {
  const date = new Date(NOW).toUTCString();
  expect(skewOf(date, NOW + 400, NOW + 600)).toBe(0);
  expect(skewOf(date, NOW + 60_400, NOW + 60_600)).toBe(60_000);
  expect(skewOf('soon', 0, 0)).toBeUndefined();
});

test('credentials are told by the place where they are, never by their value', () => {
  const secret = { AWS_ACCESS_KEY_ID: 'AKIASECRET', AWS_SECRET_ACCESS_KEY: 'secret' };
  expect(whereFound(secret)).toBe('in the environment');
  expect(whereFound({ ...secret, AWS_PROFILE: 'dev' })).toBe('in the profile dev');
  expect(whereFound({})).toMatch(/profile default/);
});
