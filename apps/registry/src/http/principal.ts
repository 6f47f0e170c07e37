import { AppError } from '@graft/contracts';
import type { FastifyRequest } from 'fastify';
import type { Principal } from '../rules/roles.js';

/** Who asks. Every route under /v1 and of MLflow's API has been through the guard. */
export const principalOf = ({ principal }: Pick<FastifyRequest, 'principal'>): Principal => {
  if (principal === null) throw new AppError('internal', 'a handler ran before its guard');
  return principal;
};
