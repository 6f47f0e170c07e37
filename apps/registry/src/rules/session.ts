/** Which sessions may be made. Pure. */
import { AppError, type Role } from '@graft/contracts';
import { ACCESS, isOperation, mayCall, PEOPLE } from './roles.js';

/** How the token of a session begins: it is looked up among sessions alone. */
export const SESSION_HEAD = 'graft_session_';

/** What would outlive it. */
const NOT_BY_SESSION: readonly string[] = ['createSession', 'createToken'];

/** Whether a session whose role may do this may do it, too. */
export const maySession = (operation: string): boolean => !NOT_BY_SESSION.includes(operation);

/** @throws AppError `forbidden` where the session could do what its maker may not, `refused` for the role of a process. */
export const checkSessionRole = (own: Role, asked: Role): void => {
  if (!PEOPLE.includes(asked)) {
    throw new AppError('refused', `sessions are for people (${PEOPLE.join(', ')}), and ${asked} is no role of theirs`, {
      details: { asked },
    });
  }
  const gained = Object.keys(ACCESS).filter((one) => isOperation(one) && mayCall(asked, one) && !mayCall(own, one));
  if (gained.length === 0) return;
  throw new AppError(
    'forbidden',
    `a session of role ${asked} could do what ${own} may not (${gained.slice(0, 3).join(', ')}${gained.length > 3 ? ', …' : ''})`,
    { details: { own, asked } },
  );
};
