/** PostgreSQL refuses to run as root. As root it runs as `nobody`, who can't enter every folder. */
import { accessSync, constants, readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { AppError } from '@graft/contracts';

export interface UnixUser {
  readonly uid: number;
  readonly gid: number;
}

/** initdb wants its user to have a name, so it is one that every system has. */
const UNPRIVILEGED = 'nobody';

/**
 * Who a server that refuses root runs as: null (the caller) unless the caller is root.
 * @throws AppError `missing_prerequisite` when root has no unprivileged user to turn to.
 */
export const unprivilegedUser = (passwd = '/etc/passwd'): UnixUser | null => {
  if (process.getuid?.() !== 0) return null;
  for (const line of readFileSync(passwd, 'utf8').split('\n')) {
    const [name, , uid, gid] = line.split(':');
    if (name === UNPRIVILEGED && uid !== undefined && gid !== undefined) return { uid: Number(uid), gid: Number(gid) };
  }
  throw new AppError(
    'missing_prerequisite',
    `PostgreSQL refuses to run as root and ${passwd} has no user "${UNPRIVILEGED}": add one (useradd -r nobody), or run graft as another user`,
  );
};

const mayEnter = (folder: string, user: UnixUser): boolean => {
  const { mode, uid, gid } = statSync(folder);
  if (uid === user.uid) return (mode & 0o100) !== 0;
  if (gid === user.gid) return (mode & 0o010) !== 0;
  return (mode & 0o001) !== 0;
};

/** Whether `user` can reach `path` (which must exist) through every folder above it. */
export const canReach = (path: string, user: UnixUser): boolean => {
  for (let folder = dirname(resolve(path)); ; folder = dirname(folder)) {
    if (!mayEnter(folder, user)) return false;
    if (folder === dirname(folder)) return true;
  }
};

/**
 * The first of `folders` (made by nobody yet, but each with an existing parent somewhere above) that `user` could reach.
 * With no user (the caller runs the server as itself) it is simply the first.
 * @throws AppError `missing_prerequisite` when none will do.
 */
export const firstReachable = (folders: readonly string[], user: UnixUser | null): string => {
  const [first] = folders;
  if (first === undefined) throw new AppError('internal', 'no folder to choose from');
  if (user === null) return first;
  for (const folder of folders) {
    let existing = resolve(folder);
    for (let parent = dirname(existing); !exists(existing) && parent !== existing; parent = dirname(existing))
      existing = parent;
    if (canReach(join(existing, 'x'), user) && isWritable(existing)) return folder;
  }
  throw new AppError(
    'missing_prerequisite',
    `as root, PostgreSQL runs as ${UNPRIVILEGED}, who can't enter any of ${folders.join(', ')}: set XDG_STATE_HOME and XDG_CACHE_HOME to folders that every user may enter (mode 755)`,
  );
};

const exists = (path: string): boolean => {
  try {
    statSync(path);
    return true;
  } catch {
    return false;
  }
};

const isWritable = (folder: string): boolean => {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
};
