import { isOlder } from '@pilotlight/engine/internal/session/provider-requirements';
import { type Check, failure, ok, warning } from '../finding.ts';

export const onnxruntime: Check = {
  name: 'onnxruntime',
  judge({ runtime: { onnxruntime: installed, fault }, packages }) {
    if (installed === undefined) return failure('not installed', 'run npm ci --ignore-scripts');
    if (fault !== undefined)
      return failure(
        `${installed} cannot be loaded: ${fault}`,
        'run npm ci --ignore-scripts on this machine, not on another kind',
      );
    const newer = packages.filter(({ onnxruntime: made }) =>
      made.some((version) => isOlder(installed, version)),
    );
    if (newer.length === 0) return ok(installed);
    return warning(
      `${installed}, and ${newer.map(({ ref, onnxruntime: made }) => `${ref} is of ${made.join(', ')}`).join('; ')}`,
      'graphs of a newer version may not open, or answer otherwise: install that version, or package the model again',
    );
  },
};
