/** Which tokens may be made, and which revoked. Pure. */
import { AppError, type AccessToken } from '@graft/contracts';

/** What the stack's own tokens are called, and the names under which pipelines promote and the registry lets reviews expire. */
const RESERVED: readonly string[] = ['admin', 'service', 'serving', 'pipeline', 'registry'];

/** @throws AppError `refused` for a name that is the stack's, `conflict` for one that another live token has. */
export const checkNewToken = (name: string, present: AccessToken | null): void => {
  if (RESERVED.includes(name.toLowerCase())) {
    throw new AppError('refused', `"${name}" is a name of Graft's own: name the token for who will use it`, {
      details: { name, reserved: RESERVED },
    });
  }
  if (present?.state !== 'live') return;
  throw new AppError(
    'conflict',
    `there is a token "${present.name}" of role ${present.role}: revoke it first (./graft token revoke "${present.name}"), or take another name`,
    { details: { name: present.name, role: present.role, kind: present.kind } },
  );
};

/** @throws AppError `refused` for a token that the stack itself uses. */
export const checkRevocable = ({ name, kind }: Pick<AccessToken, 'name' | 'kind'>): void => {
  if (kind === 'issued') return;
  throw new AppError(
    'refused',
    `the token "${name}" is one that the stack itself uses: without it, Graft's own processes stand still. ` +
      'It is what the registry was started with (GRAFT_ADMIN_TOKEN, GRAFT_SERVICE_TOKEN, GRAFT_SERVING_TOKEN): ' +
      'to replace it, start the registry and those who use it with another',
    { details: { name, kind } },
  );
};
