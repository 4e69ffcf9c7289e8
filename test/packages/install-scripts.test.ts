/** An install with scripts, by npm 10 and 11: the script of onnxruntime-node, and how it is told to fetch nothing. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { type Ended, run } from '../e2e/command.ts';
import { canReach, INSTALL_MS, INSTALLS, tarballs } from './world.ts';

const NUGET = 'https://api.nuget.org/v3/index.json';
const REGISTRY = execFileSync('npm', ['config', 'get', 'registry'], { encoding: 'utf8' }).trim();
const hasRegistry = INSTALLS && (await canReach(REGISTRY));
const hasNuget = INSTALLS && (await canReach(NUGET));
if (INSTALLS && !hasRegistry) console.log(`Skipped: ${REGISTRY} cannot be reached, so nothing is installed.`);
/** The one platform for which onnxruntime-node has CUDA libraries to fetch. */
const hasCuda = process.platform === 'linux' && process.arch === 'x64';
const CUDA = 'node_modules/onnxruntime-node/bin/napi-v6/linux/x64/libonnxruntime_providers_cuda.so';
const BINDING = `node_modules/onnxruntime-node/bin/napi-v6/${process.platform}/${process.arch}/onnxruntime_binding.node`;

describe.skipIf(!hasRegistry).each(['10', '11'])(
  'an install with scripts by npm %s',
  { timeout: INSTALL_MS },
  (major) => {
    const folders: string[] = [];
    afterEach(() => {
      for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
    });

    const install = async (
      manifest: object,
      env: NodeJS.ProcessEnv = {},
    ): Promise<Ended & { folder: string }> => {
      const folder = mkdtempSync(join(tmpdir(), 'pilotlight-scripts-'));
      folders.push(folder);
      writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, ...manifest }));
      const engine = tarballs().filter((path) => /pilotlight-(?:engine|model-format)-/.test(path));
      const npm = ['npx', '--yes', `npm@${major}`, 'install', '--foreground-scripts', '--prefer-offline'];
      return { folder, ...(await run([...npm, ...engine], { cwd: folder, env })) };
    };

    test('fetches nothing where ONNXRUNTIME_NODE_INSTALL is skip', async () => {
      const { code, stdout, stderr, folder } = await install({}, { ONNXRUNTIME_NODE_INSTALL: 'skip' });
      expect(code, stdout + stderr).toBe(0);
      expect(stdout).toContain('onnxruntime-node');
      expect(existsSync(join(folder, BINDING))).toBe(true);
      expect(existsSync(join(folder, CUDA))).toBe(false);
    });

    test.skipIf(major === '10')('fetches nothing where the project denies the script', async () => {
      const { code, stdout, stderr, folder } = await install({ allowScripts: { 'onnxruntime-node': false } });
      expect(code, stdout + stderr).toBe(0);
      expect(existsSync(join(folder, CUDA))).toBe(false);
    });

    test.skipIf(!hasCuda || hasNuget)(
      'fails where nothing is said and NuGet cannot be reached, because the script asks NuGet for CUDA',
      async () => {
        const { code, stdout, stderr } = await install({});
        expect(code).not.toBe(0);
        expect(stdout + stderr).toContain('api.nuget.org');
      },
    );

    test.skipIf(!hasCuda || !hasNuget)('fetches the CUDA libraries where nothing is said', async () => {
      const { code, stdout, stderr, folder } = await install({});
      expect(code, stdout + stderr).toBe(0);
      expect(existsSync(join(folder, CUDA))).toBe(true);
    });
  },
);
