/** What a synth tells on its way: where the models of each function are, and why they fit. */
import { explainPlacement, type Placement } from '../constructs/index.ts';
import type { PilotlightStage } from './pilotlight-stage.ts';

export function explain({ service, batch }: PilotlightStage): string {
  const placements: [name: string, placement: Placement][] = [
    ...[...service.functions].map(
      ([name, { placement }]) => [`function ${name}`, placement] as [string, Placement],
    ),
    ...(batch ? [['batch function', batch.upload.placement] as [string, Placement]] : []),
  ];
  return placements.map(([name, placement]) => `${name}\n${indent(explainPlacement(placement))}`).join('\n');
}

const indent = (text: string): string => text.replaceAll(/^/gm, '  ');
