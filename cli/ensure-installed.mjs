/**
 * Installs the dependencies when they are missing or are not those of package-lock.json. Runs before every npm
 * script that needs them, on whatever Node the user has (18 or later): plain JavaScript, nothing imported.
 *
 * No install script of a dependency runs, whichever npm installs (npm before 11 knows no `allowScripts`):
 * onnxruntime-node's would download CUDA libraries. The one that is needed, which fetches Node 24, is run by name.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, statfsSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, resolve, sep } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const MODULES = join(ROOT, 'node_modules');
const LOCK_FILE = join(ROOT, 'package-lock.json');
const RECORD = join(MODULES, '.installed.json');
const NODE = join(MODULES, '.bin', 'node');
const SERVED_MAJOR = 24;

const start = performance.now();
const seconds = () => Math.round((performance.now() - start) / 1000);
const sha256 = (text) => createHash('sha256').update(text).digest('hex');
const GUARD = join(tmpdir(), `pilotlight-install-${sha256(ROOT).slice(0, 16)}.pid`);

/** The installed tree belongs to this: the locked versions, for this machine. */
function wanted() {
  return JSON.stringify({
    lock: sha256(readFileSync(LOCK_FILE)),
    platform: process.platform,
    arch: process.arch,
  });
}

function readText(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

const isRecorded = () => existsSync(NODE) && readText(RECORD) === wanted();

/** True where `npm install` by hand has already brought what the lock file says; npm keeps its own record of it. */
function matchesLock() {
  const text = readText(join(MODULES, '.package-lock.json'));
  if (text === undefined || !existsSync(NODE)) return false;
  const installed = JSON.parse(text).packages;
  const locked = Object.entries(JSON.parse(readFileSync(LOCK_FILE, 'utf8')).packages);
  return locked.every(([path, entry]) => {
    if (entry.link || !path.includes('node_modules/')) return true;
    return installed[path] ? installed[path].version === entry.version : !isNeeded(entry);
  });
}

function isNeeded({ optional, os, cpu, libc }) {
  if (!optional) return true;
  return !libc && os?.includes(process.platform) === true && cpu?.includes(process.arch) === true;
}

/** Holds back other processes until `work` is done; a guard whose process has died is taken over. */
async function alone(work) {
  for (let announced = false; ; announced = true) {
    try {
      writeFileSync(GUARD, String(process.pid), { flag: 'wx' });
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    const owner = Number(readText(GUARD));
    if (owner > 0 && !isAlive(owner)) rmSync(GUARD, { force: true });
    else {
      if (!announced) console.error(`Waiting for process ${owner || '?'}, which is installing dependencies.`);
      await sleep(250);
    }
  }
  const release = () => rmSync(GUARD, { force: true });
  process.once('exit', release);
  try {
    return await work();
  } finally {
    release();
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** A Node outside node_modules, which the install replaces. */
function outerNode() {
  const names = (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, 'node'));
  const candidates = [process.env.npm_node_execpath, process.execPath, ...names];
  return candidates.find((path) => path && !path.startsWith(MODULES + sep) && existsSync(path));
}

/** Runs npm quietly; resolves to what it printed when it failed, and to undefined when it did not. */
function npm(args) {
  const cli = process.env.npm_execpath;
  const byPath = cli?.endsWith('npm-cli.js') && outerNode();
  const [command, first] = byPath ? [byPath, [cli]] : ['npm', []];
  const child = spawn(command, [...first, ...args, '--loglevel=error', '--no-audit', '--no-fund'], {
    cwd: ROOT,
    env: { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip' },
    stdio: ['ignore', 'pipe', 'pipe'],
    shell: !byPath && process.platform === 'win32',
  });
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.once(signal, () => {
      child.kill('SIGKILL');
      process.exit(130);
    });
  }
  let output = '';
  child.stdout.on('data', (chunk) => (output += chunk));
  child.stderr.on('data', (chunk) => (output += chunk));
  return new Promise((done) => {
    child.once('error', (error) => done(`npm can not be started: ${error.message}`));
    child.once('close', (code, signal) =>
      done(code === 0 ? undefined : `${output}npm ${args[0]} ended with ${signal ?? code}.`),
    );
  });
}

/** Links Node 24 to node_modules/.bin/node, where npm scripts find it first. */
async function linkNode() {
  const failure = await npm(['rebuild', 'node']);
  if (failure === undefined && existsSync(NODE)) return undefined;
  const own = outerNode();
  if (own !== process.execPath || Number(process.versions.node.split('.')[0]) < SERVED_MAJOR) {
    return `${failure ?? 'The package "node" brought no binary.'}\nInstall Node ${SERVED_MAJOR} yourself and try again.`;
  }
  mkdirSync(dirname(NODE), { recursive: true });
  rmSync(NODE, { force: true });
  symlinkSync(own, NODE);
  return undefined;
}

/** Shows that something goes on: a line that counts seconds and megabytes on a terminal, one plain line elsewhere. */
function showProgress() {
  const title = 'Installing dependencies, the first time only';
  if (!process.stderr.isTTY) {
    console.error(`${title} ...`);
    return (failed) => failed || console.error(`Installed in ${seconds()} s.`);
  }
  const frames = '⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏';
  const freeAtStart = freeBytes();
  let tick = 0;
  const timer = setInterval(() => {
    const megabytes = Math.max(0, Math.round((freeAtStart - freeBytes()) / 1e6));
    const frame = frames[tick++ % frames.length];
    process.stderr.write(`\r\x1b[2K${frame} ${title}: ${seconds()} s, ${megabytes} MB written`);
  }, 100);
  return (failed) => {
    clearInterval(timer);
    process.stderr.write(`\r\x1b[2K${failed ? '' : `Installed dependencies in ${seconds()} s.\n`}`);
  };
}

function freeBytes() {
  const { bavail, bsize } = statfsSync(ROOT);
  return bavail * bsize;
}

async function install() {
  if (isRecorded()) return;
  if (!matchesLock()) {
    const stop = showProgress();
    const failure =
      (await npm(['ci', '--ignore-scripts', '--include=dev', '--include=optional'])) ?? (await linkNode());
    stop(failure !== undefined);
    if (failure !== undefined) {
      console.error(`\n${failure.trim()}\n\nThe dependencies could not be installed; nothing else was done.`);
      process.exitCode = 1;
      return;
    }
  }
  writeFileSync(RECORD, wanted());
}

if (!isRecorded()) await alone(install);
