import type { Prepared } from './prepare.ts';
import type { SubjectSpec } from './subject-process.ts';

export type Scheme = 'fp32' | 'int8';

/** Names of the subjects, as tables and plots show them. */
export const NAMES = {
  pilotlight: 'Pilotlight int8',
  pilotlightHashed: 'Pilotlight int8, hashed',
  pilotlightFp32: 'Pilotlight fp32',
  peer: 'transformers.js q8',
  peerFp32: 'transformers.js fp32',
  raw: 'session.run int8',
  limit: 'Node + onnxruntime',
} as const;
export type SubjectKey = keyof typeof NAMES;

/** Configures each subject: the model that it loads, and `text`, which it predicts first. */
export function subjectSpec(key: SubjectKey, prepared: Prepared, threads: number, text: string): SubjectSpec {
  const { bundles, model, packages, peers, oneNode } = prepared;
  const spec = (file: string, models: string, scheme: Scheme): SubjectSpec => ({
    name: NAMES[key],
    file,
    config: { models, model, scheme, threads, text },
  });
  switch (key) {
    case 'pilotlight':
      return inLayer(spec(bundles.pilotlight, packages, 'int8'));
    case 'pilotlightHashed':
      return spec(bundles.pilotlight, packages, 'int8');
    case 'pilotlightFp32':
      return inLayer(spec(bundles.pilotlight, packages, 'fp32'));
    case 'peer':
      return spec(bundles.peer, peers, 'int8');
    case 'peerFp32':
      return spec(bundles.peer, peers, 'fp32');
    case 'raw':
      return spec(bundles.raw, packages, 'int8');
    case 'limit':
      return spec(bundles.limit, oneNode, 'fp32');
  }
}

/** The predict function does the same with packages in a Lambda layer, because Lambda itself has verified them by hash. */
function inLayer(spec: SubjectSpec): SubjectSpec {
  return { ...spec, config: { ...spec.config, verify: 'size' } };
}
