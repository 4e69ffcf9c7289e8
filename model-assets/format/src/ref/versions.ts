/** Chooses the version that is meant: the one that is named, or the highest. Undefined where there is none. */
export function chooseVersion(named: string | undefined, versions: readonly string[]): string | undefined {
  return named === undefined
    ? versions.toSorted(compareVersions).at(-1)
    : versions.find((version) => version === named);
}

/** Orders semantic versions by precedence (semver.org, section 11): 1.9.0 < 1.10.0-rc.1 < 1.10.0. */
export function compareVersions(left: string, right: string): number {
  const [leftCore = '', leftTag] = split(left);
  const [rightCore = '', rightTag] = split(right);
  const byCore = compareIdentifiers(leftCore, rightCore);
  if (byCore !== 0 || leftTag === rightTag) return byCore;
  if (leftTag === undefined) return 1;
  if (rightTag === undefined) return -1;
  return compareIdentifiers(leftTag, rightTag);
}

function split(version: string): string[] {
  const dash = version.indexOf('-');
  return dash < 0 ? [version] : [version.slice(0, dash), version.slice(dash + 1)];
}

function compareIdentifiers(left: string, right: string): number {
  const lefts = left.split('.');
  const rights = right.split('.');
  for (let i = 0; i < Math.max(lefts.length, rights.length); i++) {
    const order = compareIdentifier(lefts[i], rights[i]);
    if (order !== 0) return order;
  }
  return 0;
}

/** Numbers by value and before words, words by their characters, fewer identifiers first. */
function compareIdentifier(left: string | undefined, right: string | undefined): number {
  if (left === right) return 0;
  if (left === undefined) return -1;
  if (right === undefined) return 1;
  const numeric = [left, right].map((identifier) => /^\d+$/.test(identifier));
  if (numeric[0] && numeric[1]) return Number(left) - Number(right);
  if (numeric[0] !== numeric[1]) return numeric[0] ? -1 : 1;
  return left < right ? -1 : 1;
}
