import { type Check, failure, ok, warning } from '../finding.ts';

export const packages: Check = {
  name: 'packages',
  judge({ packages: found }) {
    if (found.length === 0) return warning('none', 'bring a model in: pilotlight models add --help');
    const broken = found.filter(({ problem }) => problem !== undefined);
    const [first] = broken;
    if (first !== undefined) {
      const more = broken.length > 1 ? `, and ${broken.length - 1} more` : '';
      return failure(`${first.ref} is broken${more}: ${first.problem}`, 'restore it, or package it again');
    }
    const refs = found.map(({ ref }) => ref);
    return ok(refs.slice(0, 5).join(', ') + (refs.length > 5 ? `, and ${refs.length - 5} more` : ''));
  },
};
