/**
 * Installs the dependencies before an npm script that needs them, unless those of package-lock.json are there already. It is plain
 * JavaScript without imports, because it runs on any Node. `npm start` on a fresh clone needs no other command.
 *
 * No install script of a dependency runs, whichever npm installs (npm before 11 knows no `allowScripts`):
 * onnxruntime-node's would download CUDA libraries. The one that is needed, which fetches Node 24, is run by name.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join, resolve, sep } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const MODULES = join(ROOT, 'node_modules');
const NODE = join(MODULES, '.bin', 'node');
const LOCK = join(ROOT, 'package-lock.json');
const SERVED_MAJOR = 24;
const sha256 = (content) => createHash('sha256').update(content).digest('hex');
/** Held by the process that installs. It lies where only those can write who can write the dependencies, too. */
const GUARD = join(ROOT, '.installing');
const WRITING_MS = 1000;
const LONGEST_INSTALL_MS = 3_600_000;
/** Records which locked versions are installed, and for which machine. */
const RECORD = join(MODULES, '.installed');
const WANTED = [sha256(readFileSync(LOCK)), process.platform, process.arch].join(' ');

const isInstalled = () => existsSync(NODE) && existsSync(RECORD) && readFileSync(RECORD, 'utf8') === WANTED;

/** True after an install by hand: npm's own record is younger than the lock file, and its Node runs on this machine. */
function isInstalledByHand() {
  const record = join(MODULES, '.package-lock.json');
  const isYounger = existsSync(record) && statSync(record).mtimeMs >= statSync(LOCK).mtimeMs;
  return isYounger && existsSync(NODE) && spawnSync(NODE, ['--version']).status === 0;
}

/** A Node outside node_modules, which the install replaces. */
function outerNode() {
  const onPath = (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, 'node'));
  const candidates = [process.env.npm_node_execpath, process.execPath, ...onPath];
  return candidates.find((path) => path && !path.startsWith(MODULES + sep) && existsSync(path));
}

/** Runs npm, and returns the text that it printed where it failed, else nothing. */
function npm(...args) {
  const cli = process.env.npm_execpath;
  const [command, first] = cli?.endsWith('npm-cli.js') ? [outerNode(), [cli]] : ['npm', []];
  const { status, error, stdout, stderr } = spawnSync(
    command,
    [...first, ...args, '--loglevel=error', '--no-audit', '--no-fund'],
    {
      cwd: ROOT,
      env: { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip' },
      encoding: 'utf8',
      maxBuffer: 2 ** 26,
      shell: first.length === 0 && process.platform === 'win32',
    },
  );
  return status === 0
    ? undefined
    : `${stdout ?? ''}${stderr ?? ''}npm ${args[0]} ended with ${error?.message ?? status}.`;
}

/** Node 24 as node_modules/.bin/node, where npm scripts find it first. */
function linkNode() {
  const failure = npm('rebuild', 'node');
  if (failure === undefined && existsSync(NODE)) return undefined;
  const own = outerNode();
  if (own !== process.execPath || Number(process.versions.node.split('.')[0]) < SERVED_MAJOR) {
    return `${failure ?? 'The package "node" brought no binary.'}\nInstall Node ${SERVED_MAJOR} yourself and try again.`;
  }
  rmSync(NODE, { force: true });
  symlinkSync(own, NODE);
  return undefined;
}

function install() {
  if (isInstalled()) return;
  if (isInstalledByHand()) return writeFileSync(RECORD, WANTED);
  const start = Date.now();
  console.error('Installing dependencies, the first time only ...');
  const failure = npm('ci', '--ignore-scripts', '--include=dev', '--include=optional') ?? linkNode();
  if (failure === undefined) {
    writeFileSync(RECORD, WANTED);
    console.error(`Installed in ${Math.round((Date.now() - start) / 1000)} s.`);
  } else {
    console.error(`\n${failure.trim()}\n\nThe dependencies could not be installed; nothing else was done.`);
    process.exitCode = 1;
  }
}

function isAlive(pid) {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** When a process started, which tells it from another that has its id later; empty where the system does not say. */
function startOf(pid) {
  try {
    // The name of the program, in brackets, may hold anything; the start is the 20th field behind it.
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1).split(' ')[19];
  } catch {
    return (spawnSync('ps', ['-o', 'lstart=', '-p', `${pid}`], { encoding: 'utf8' }).stdout ?? '').trim();
  }
}

const describeProcess = (pid) => `${pid} ${startOf(pid)}`;

/** Says whether the guard was free. */
function takeGuard() {
  try {
    writeFileSync(GUARD, describeProcess(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

/** Reads the guard that lies there: its text, how old it is, and the process that holds it, unless nobody does. */
function readGuard() {
  try {
    const ageMs = Date.now() - statSync(GUARD).mtimeMs;
    const text = readFileSync(GUARD, 'utf8');
    const pid = Number(/^\d+(?= )/.exec(text)?.[0]);
    const isHeld = pid > 0 && ageMs < LONGEST_INSTALL_MS && isAlive(pid) && describeProcess(pid) === text;
    return { text, ageMs, owner: isHeld ? pid : undefined };
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Removes a guard that nobody holds, unless another process was quicker and has taken it since. */
function removeGuard(text) {
  const moved = `${GUARD}-${process.pid}`;
  try {
    renameSync(GUARD, moved);
  } catch (error) {
    if (error.code === 'ENOENT') return;
    throw error;
  }
  if (readFileSync(moved, 'utf8') === text) rmSync(moved);
  else renameSync(moved, GUARD);
}

/** Two commands may start at once: one installs, and the other waits. */
async function alone(work) {
  let announced = false;
  while (!takeGuard()) {
    const guard = readGuard();
    if (guard === undefined) continue;
    // Whoever has just made it may not have written into it yet.
    if (guard.owner === undefined && guard.ageMs > WRITING_MS) removeGuard(guard.text);
    else if (guard.owner !== undefined && !announced) {
      console.error(`Waiting for process ${guard.owner}, which is installing dependencies.`);
      announced = true;
    }
    await sleep(250);
  }
  try {
    work();
  } finally {
    rmSync(GUARD, { force: true });
  }
}

if (!isInstalled()) {
  await alone(install).catch((error) => {
    console.error(`The dependencies cannot be installed: ${error.message}`);
    process.exitCode = 1;
  });
}
