import type { CommandGroup } from '../kit/command.ts';

export const command: CommandGroup = {
  summary:
    'bring model packages in, prove them, list them, describe them, time them, sign them, release them',
  commands: {
    add: () => import('./models/add.ts'),
    inspect: () => import('./models/inspect.ts'),
    verify: () => import('./models/verify.ts'),
    list: () => import('./models/list.ts'),
    info: () => import('./models/info.ts'),
    reference: () => import('./models/reference.ts'),
    bench: () => import('./models/bench.ts'),
    profile: () => import('./models/profile.ts'),
    diff: () => import('./models/diff.ts'),
    fingerprint: () => import('./models/fingerprint.ts'),
    eval: () => import('./models/eval.ts'),
    sign: () => import('./models/sign.ts'),
    checklist: () => import('./models/checklist.ts'),
    migrate: () => import('./models/migrate.ts'),
    push: () => import('./models/push.ts'),
    pull: () => import('./models/pull.ts'),
    promote: () => import('./models/promote.ts'),
    rollback: () => import('./models/rollback.ts'),
    retire: () => import('./models/retire.ts'),
    require: () => import('./models/require.ts'),
    history: () => import('./models/history.ts'),
    gc: () => import('./models/gc.ts'),
  },
};
