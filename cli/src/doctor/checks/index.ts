/** The checks, in the order in which they are told: the one place to register another. */
import type { Facts } from '../facts.ts';
import type { Check, Finding } from '../finding.ts';
import { clock } from './clock.ts';
import { cores } from './cores.ts';
import { credentials } from './credentials.ts';
import { disk } from './disk.ts';
import { gpu } from './gpu.ts';
import { instructions } from './instructions.ts';
import { layers } from './layers.ts';
import { memory } from './memory.ts';
import { node } from './node.ts';
import { onnxruntime } from './onnxruntime.ts';
import { openFiles } from './open-files.ts';
import { packages } from './packages.ts';
import { platform } from './platform.ts';
import { region } from './region.ts';
import { tokenizers } from './tokenizers.ts';

export const CHECKS: readonly Check[] = [
  ...[node, platform, instructions, cores, memory, openFiles, disk],
  ...[onnxruntime, tokenizers, packages, layers, gpu],
  ...[credentials, region, clock],
];

export interface NamedFinding extends Finding {
  readonly check: string;
}

export function judgeAll(facts: Facts): readonly NamedFinding[] {
  return CHECKS.map(({ name, judge }) => ({ check: name, ...judge(facts) }));
}
