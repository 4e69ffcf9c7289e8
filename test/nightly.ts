/**
 * Files that take about ten seconds and more each on a busy machine, and whose kind has others that `npm test` runs: they run at night, with
 * PILOTLIGHT_TESTS=long, and where they are named.
 */
export const NIGHTLY: readonly string[] = [
  'test/attack/add-kills.test.ts',
  'test/attack/batch.test.ts',
  'test/attack/http-fuzz.test.ts',
  'test/attack/http-schema.test.ts',
  'test/attack/hub-kills.test.ts',
  'test/attack/jobs.test.ts',
  'test/e2e/archives-lambda.test.ts',
  'test/e2e/aws-runtime.test.ts',
  'test/e2e/fresh-clone.test.ts',
  'test/e2e/job-crashes.test.ts',
  'test/e2e/models-diff-kinds.test.ts',
  'test/e2e/quota-storm.test.ts',
  'test/e2e/rollout-memory.test.ts',
  'test/e2e/same-bits.test.ts',
  'test/e2e/same-bytes.test.ts',
  'test/e2e/server-faults.test.ts',
  'test/e2e/server-traces.test.ts',
  'test/golden/generation/prefix-same-bits.test.ts',
  'test/infra/app/server.test.ts',
  'test/infra/constructs/archives.test.ts',
  'test/infra/constructs/fetch-time.test.ts',
  'test/packages/examples.test.ts',
  'test/packages/init.test.ts',
  'test/unit/bench/cli.test.ts',
  'test/unit/engine/remote-processes.test.ts',
];
