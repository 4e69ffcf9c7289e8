import type { CommandGroup } from '../kit/command.ts';

export const command: CommandGroup = {
  summary:
    'the life of a model: bring it in, prove it, measure it, judge it, sign it, release it, take it back',
  commands: {
    add: () => import('./models/add.ts'),
    inspect: () => import('./models/inspect.ts'),
    verify: () => import('./models/verify.ts'),
    list: () => import('./models/list.ts'),
    info: () => import('./models/info.ts'),
    bench: () => import('./models/bench.ts'),
    profile: () => import('./models/profile.ts'),
    diff: () => import('./models/diff.ts'),
    fingerprint: () => import('./models/fingerprint.ts'),
    eval: () => import('./models/eval.ts'),
    reference: () => import('./models/reference.ts'),
    sign: () => import('./models/sign.ts'),
    checklist: () => import('./models/checklist.ts'),
    migrate: () => import('./models/migrate.ts'),
    push: () => import('./models/push.ts'),
    pull: () => import('./models/pull.ts'),
    require: () => import('./models/require.ts'),
    promote: () => import('./models/promote.ts'),
    rollback: () => import('./models/rollback.ts'),
    retire: () => import('./models/retire.ts'),
    history: () => import('./models/history.ts'),
    gc: () => import('./models/gc.ts'),
  },
};
