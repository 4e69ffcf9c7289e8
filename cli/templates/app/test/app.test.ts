import assert from 'node:assert';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { config } from '../config.ts';

test('the app has a function with the models of its configuration, behind an API', () => {
  const outdir = mkdtempSync(join(tmpdir(), 'cdk-'));
  const root = join(import.meta.dirname, '..');
  execFileSync(process.execPath, ['app.ts'], { cwd: root, env: { ...process.env, CDK_OUTDIR: outdir } });
  const template = readFileSync(join(outdir, '{{stack}}-dev.template.json'), 'utf8');
  for (const model of config.models)
    assert.match(template, new RegExp(`"PILOTLIGHT_PRELOAD_MODELS": "[^"]*${model}@`));
  assert.match(template, /"AWS::(?:ApiGateway::RestApi|ApiGatewayV2::Api)"/);
});
