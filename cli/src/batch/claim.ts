/** A claim on something, which one process has at a time, and which ends with that process. */
import { readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { hasCode, isRunning } from '@pilotlight/model-format/internal/package/system';
import * as z from 'zod/mini';

/** A claim is touched so often, and is left over once nobody has touched it for so long. */
const HEARTBEAT_MS = 2_000;
const LEFT_OVER_MS = 20_000;
/** Left-over claims that are removed before it is given up. */
const TRIES = 10;

/** The tokens of this process's claims: another process may have had its number before, as in containers. */
const heldTokens = new Set<string>();

const holderSchema = z.object({ pid: z.int(), host: z.string(), token: z.string() });
export type Holder = z.infer<typeof holderSchema>;

export interface Claim {
  /** Whether nobody has taken it away, as one would who held this process for dead. */
  isHeld(): Promise<boolean>;
  release(): Promise<void>;
}

export interface ClaimOptions {
  /** The file that is the claim. */
  readonly path: string;
  /** Distinguishes this claim from all others. */
  readonly token: string;
  /** Removes what a holder has left that is gone. */
  readonly clear: (gone: Holder) => Promise<void>;
}

/**
 * Takes the claim, unless a process holds it that lives: one on this machine that runs, or one anywhere that has touched it
 * within the last twenty seconds.
 *
 * @throws what the file system throws
 */
export async function takeClaim({
  path,
  token,
  clear,
}: ClaimOptions): Promise<Claim | { readonly heldBy: number }> {
  const ours = JSON.stringify({ pid: process.pid, host: hostname(), token });
  for (let tries = 0; tries < TRIES; tries++) {
    if (await create(path, ours)) return hold(path, token, ours);
    const there = await read(path);
    if (!there) continue;
    if (isLive(there)) return { heldBy: there.holder?.pid ?? 0 };
    if (there.holder) await clear(there.holder);
    if ((await read(path))?.text === there.text) await rm(path, { force: true });
  }
  return { heldBy: 0 };
}

async function create(path: string, text: string): Promise<boolean> {
  try {
    await writeFile(path, text, { flag: 'wx' });
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  }
}

function hold(path: string, token: string, ours: string): Claim {
  heldTokens.add(token);
  const heartbeat = setInterval(() => {
    const now = new Date();
    // That it was taken away is noticed by `isHeld`.
    utimes(path, now, now).catch(() => undefined);
  }, HEARTBEAT_MS).unref();
  const isHeld = async () => (await read(path))?.text === ours;
  return {
    isHeld,
    release: async () => {
      clearInterval(heartbeat);
      heldTokens.delete(token);
      if (await isHeld()) await rm(path, { force: true });
    },
  };
}

interface Found {
  readonly text: string;
  /** Nothing while it is being written, or where it is no claim. */
  readonly holder?: Holder | undefined;
  readonly ageMs: number;
}

async function read(path: string): Promise<Found | undefined> {
  try {
    const { mtimeMs } = await stat(path);
    const text = await readFile(path, 'utf8');
    return { text, holder: parseHolder(text), ageMs: Date.now() - mtimeMs };
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

function parseHolder(text: string): Holder | undefined {
  try {
    return holderSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

function isLive({ holder, ageMs }: Found): boolean {
  if (ageMs > LEFT_OVER_MS) return false;
  if (holder?.host !== hostname()) return true;
  return holder.pid === process.pid ? heldTokens.has(holder.token) : isRunning(holder.pid);
}
